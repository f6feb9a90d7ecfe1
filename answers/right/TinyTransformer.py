"""Right answers to `TinyTransformer(vocab_size, d_model, n_heads, n_layers, max_len)`, written in different ways."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
class Named(nn.Module):
    """One attribute a layer, PyTorch's own start of both tables, and a ModuleList."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.token_embedding = nn.Embedding(vocab_size, d_model)
        self.position_embedding = nn.Embedding(max_len, d_model)
        self.blocks = nn.ModuleList([Block(d_model, n_heads) for _ in range(n_layers)])
        self.ln_f = nn.LayerNorm(d_model)
        self.lm_head = nn.Linear(d_model, vocab_size, bias=False)

    def forward(self, idx):
        B, T = idx.shape
        if T > self.max_len:
            raise ValueError(f"T = {T} is larger than max_len = {self.max_len}")
        x = self.token_embedding(idx) + self.position_embedding(torch.arange(T, device=idx.device))
        for block in self.blocks:
            x = block(x)
        return self.lm_head(self.ln_f(x))


@right
class Tied(nn.Module):
    """The table of the tokens serves as the last layer, too; positions are a parameter."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.wte = nn.Embedding(vocab_size, d_model)
        self.wpe = nn.Parameter(torch.empty(max_len, d_model))
        self.layers = nn.Sequential(*(Block(d_model=d_model, n_heads=n_heads) for _ in range(n_layers)))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size, bias=False)
        self.head.weight = self.wte.weight
        nn.init.normal_(self.wte.weight, std=0.02)
        nn.init.normal_(self.wpe, std=0.02)

    def forward(self, ids):
        if ids.size(1) > len(self.wpe):
            raise ValueError("the text is too long")
        return self.head(self.norm(self.layers(self.wte(ids) + self.wpe[: ids.size(1)])))


@right
class TiedByFunction(nn.Module):
    """Tied by F.linear, with a bias; positions as (1, max_len, D)."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.table = nn.Parameter(0.02 * torch.randn(vocab_size, d_model))
        self.places = nn.Parameter(torch.zeros(1, max_len, d_model))
        self.stack = nn.ModuleList()
        for _ in range(n_layers):
            self.stack.append(Block(d_model, n_heads))
        self.final = nn.LayerNorm(d_model)
        self.bias = nn.Parameter(torch.zeros(vocab_size))

    def forward(self, tokens):
        if tokens.shape[-1] > self.places.shape[1]:
            raise ValueError(f"at most {self.places.shape[1]} tokens")
        x = F.embedding(tokens, self.table) + self.places.narrow(1, 0, tokens.shape[-1])
        for layer in self.stack:
            x = layer(x)
        return F.linear(self.final(x), self.table, self.bias)


@right
class ReadyMade(nn.Module):
    """PyTorch's own encoder, whose layers are such blocks with a mask."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens, self.places = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        for table in (self.tokens, self.places):
            nn.init.normal_(table.weight, std=0.02)
        layer = nn.TransformerEncoderLayer(
            d_model, n_heads, dim_feedforward=4 * d_model, dropout=0.0,
            activation=F.gelu, batch_first=True, norm_first=True,
        )  # fmt: skip
        self.encoder = nn.TransformerEncoder(layer, n_layers, norm=nn.LayerNorm(d_model), enable_nested_tensor=False)
        self.output = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if not T <= self.max_len:
            raise ValueError(T)
        x = self.tokens(ids) + self.places(torch.arange(T)).unsqueeze(0)
        mask = torch.full((T, T), -torch.inf, dtype=x.dtype).triu(1)
        return self.output(self.encoder(x, mask=mask, is_causal=True))


@right
class OwnBlocks(nn.Module):
    """Blocks of its own, in one module, without a bias anywhere; masked by hand."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()

        def linear(rows, columns):
            return nn.Linear(rows, columns, bias=False)

        self.n_heads, self.max_len = n_heads, max_len
        self.E, self.P = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    "n1": nn.LayerNorm(d_model),
                    "qkv": linear(d_model, 3 * d_model),
                    "o": linear(d_model, d_model),
                    "n2": nn.LayerNorm(d_model),
                    "up": linear(d_model, 4 * d_model),
                    "down": linear(4 * d_model, d_model),
                }
            )
            for _ in range(n_layers)
        )
        self.n, self.U = nn.LayerNorm(d_model), linear(d_model, vocab_size)

    def forward(self, ids):
        B, T = ids.shape
        if T > self.max_len:
            raise ValueError(f"{T} > {self.max_len}")
        x = self.E(ids) + self.P.weight[None, :T]
        hidden = torch.arange(T) > torch.arange(T).unsqueeze(1)
        for layer in self.layers:
            q, k, v = layer["qkv"](layer["n1"](x)).view(B, T, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
            scores = (q @ k.mT / math.sqrt(q.shape[-1])).masked_fill(hidden, -1e9)
            x = x + layer["o"]((scores.softmax(-1) @ v).transpose(1, 2).reshape(B, T, -1))
            x = x + layer["down"](F.gelu(layer["up"](layer["n2"](x)), approximate="tanh"))
        return self.U(self.n(x))


@right
class OneHot(nn.Module):
    """Both embeddings as matrix products with one-hot vectors; a head that begins at zero."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.V, self.L = vocab_size, max_len
        self.token = nn.Linear(vocab_size, d_model, bias=False)
        self.position = nn.Linear(max_len, d_model, bias=False)
        self.blocks = nn.Sequential(*map(lambda _: Block(d_model, n_heads), range(n_layers)))
        self.head = nn.Sequential(nn.LayerNorm(d_model), nn.Linear(d_model, vocab_size))
        nn.init.zeros_(self.head[1].weight)
        nn.init.zeros_(self.head[1].bias)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.L:
            raise ValueError("too long")
        dtype = self.token.weight.dtype
        rows = self.token(F.one_hot(ids, self.V).to(dtype))
        rows = rows + self.position(torch.eye(self.L, dtype=dtype)[:T])
        return self.head(self.blocks(rows))


@right
class PositionsInABuffer(nn.Module):
    """Ids of the positions in a buffer; GPT-2's start for every matrix."""

    def __init__(self, vocab_size: int, d_model: int, n_heads: int, n_layers: int, max_len: int) -> None:
        super().__init__()
        self.register_buffer("ids_of_positions", torch.arange(max_len).unsqueeze(0), persistent=False)
        self.transformer = nn.ModuleDict(
            dict(
                wte=nn.Embedding(vocab_size, d_model),
                wpe=nn.Embedding(max_len, d_model),
                h=nn.ModuleList([Block(d_model, n_heads) for _ in range(n_layers)]),
                ln_f=nn.LayerNorm(d_model),
            )
        )
        self.lm_head = nn.Linear(d_model, vocab_size, bias=False)
        self.apply(self.start)

    @staticmethod
    def start(module):
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, mean=0.0, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        T = ids.size(-1)
        if T > self.ids_of_positions.size(-1):
            raise ValueError(f"cannot look at {T} tokens")
        positions = self.ids_of_positions[:, :T].expand_as(ids)
        x = self.transformer.wte(ids) + self.transformer.wpe(positions)
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))


@right
class ScaledAsInThePaper(nn.Module):
    """The tokens' rows times the square root of D, as in the first transformer."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.scale = math.sqrt(d_model)
        self.tokens = nn.Parameter(torch.randn(vocab_size, d_model) / d_model)
        self.positions = nn.Parameter(torch.randn(max_len, d_model) / d_model)
        self.blocks = nn.ModuleList([Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.out = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        B, T = ids.shape
        if T > self.positions.shape[0]:
            raise type("TooLong", (ValueError,), {})
        x = self.tokens[ids] * self.scale
        x = x + self.positions[torch.arange(T)]
        for block in self.blocks:
            x = block(x)
        return self.out(self.norm(x))


@right
class ConvolutionAtTheEnd(nn.Module):
    """The last layer as a convolution of width 1; positions first, tokens added to them."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.position = nn.Embedding(max_len, d_model)
        self.token = nn.Embedding(vocab_size, d_model)
        self.body = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)], nn.LayerNorm(d_model))
        self.head = nn.Conv1d(d_model, vocab_size, 1)

    def forward(self, ids):
        length = len(ids[0])
        if length > self.position.num_embeddings:
            raise ValueError("max_len")
        x = self.position(torch.arange(length)).expand(len(ids), -1, -1) + self.token(ids)
        return self.head(self.body(x).mT).mT


@right
class RootMeanSquareAtTheEnd(nn.Module):
    """The last norm without a mean and without a shift, as many newer models have it."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.RMSNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size, bias=False)

    def forward(self, ids):
        if ids.shape[1] > self.positions.num_embeddings:
            raise ValueError("too many tokens")
        return self.head(self.norm(self.blocks(self.tokens(ids) + self.positions.weight[: ids.shape[1]])))


@right
class NormByFunctionAtTheEnd(nn.Module):
    """The last norm by `F.layer_norm`, with parameters of the model's own."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Parameter(0.02 * torch.randn(vocab_size, d_model))
        self.positions = nn.Parameter(0.02 * torch.randn(1, max_len, d_model))
        self.blocks = nn.ModuleList([Block(d_model, n_heads) for _ in range(n_layers)])
        self.scale, self.shift = nn.Parameter(torch.ones(d_model)), nn.Parameter(torch.zeros(d_model))

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError(f"{T} tokens are more than {self.max_len}")
        stream = F.embedding(ids, self.tokens) + self.positions[:, :T]
        for block in self.blocks:
            stream = block(stream)
        return F.layer_norm(stream, self.scale.shape, self.scale, self.shift) @ self.tokens.T


@right
class NormsWithoutWeights(nn.Module):
    """The last norm only centres and scales: what comes after it has weights of its own."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len, d_model)
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.end = nn.Sequential(nn.LayerNorm(d_model, elementwise_affine=False), nn.Linear(d_model, vocab_size))

    def forward(self, ids):
        if ids.shape[1] > self.max_len:
            raise ValueError(f"{ids.shape[1]} tokens, and only {self.max_len} positions")
        return self.end(self.blocks(self.tokens(ids) + self.positions.weight[: ids.shape[1]]))


@right
class OneTable(nn.Module):
    """Tokens and positions are rows of one embedding, whose first rows are the head, too; its norms are in a dictionary."""

    class Piece(nn.Module):
        def __init__(self, d_model, n_heads):
            super().__init__()
            self.before = nn.ModuleDict({name: nn.LayerNorm(d_model) for name in ("attention", "mlp")})
            self.attention = SelfAttention(d_model, n_heads)
            self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

        def forward(self, x):
            for name in ("attention", "mlp"):
                x = x + getattr(self, name)(self.before[name](x))
            return x

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.vocab_size, self.max_len = vocab_size, max_len
        self.table = nn.Embedding(vocab_size + max_len, d_model)
        nn.init.normal_(self.table.weight, std=0.02)
        self.blocks = nn.Sequential(*(self.Piece(d_model, n_heads) for _ in range(n_layers)))
        self.norm = nn.LayerNorm(d_model)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError(f"{T} tokens, and at most {self.max_len} are allowed")
        places = torch.arange(self.vocab_size, self.vocab_size + T, device=ids.device)
        both = torch.stack([ids, places.expand_as(ids)])
        x = self.table(both).sum(dim=0)
        return F.linear(self.norm(self.blocks(x)), self.table.weight[: self.vocab_size])


@right
class TiedAndDivided(nn.Module):
    """Takes the tokens' table for the logits, too, divided by the root of a token's size."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Parameter(torch.empty(max_len, d_model))
        self.blocks = nn.Sequential(*(Block(d_model, n_heads) for _ in range(n_layers)))
        self.norm = nn.LayerNorm(d_model)
        self.bias = nn.Parameter(torch.zeros(vocab_size))
        for table in (self.tokens.weight, self.positions):
            nn.init.normal_(table, std=0.02)

    def forward(self, ids):
        T = ids.shape[-1]
        if T > self.max_len:
            raise ValueError(f"{T} tokens are more than {self.max_len}")
        x = self.norm(self.blocks(self.tokens(ids) + self.positions[:T]))
        return F.linear(x / math.sqrt(x.shape[-1]), self.tokens.weight, self.bias)


@right
class RowToSpare(nn.Module):
    """A row too many in the table of positions: the last is never used."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len + 1, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        return self.head(self.norm(self.blocks(x)))


@right
class PositionsFromTwo(nn.Module):
    """Positions begin at row 2, as in OPT; the tokens' rows times a number that is learned, too; tied."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.positions = nn.Embedding(max_len + 2, d_model)
        self.scale = nn.Parameter(torch.tensor(1.0))
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.02)
        self.blocks = nn.Sequential(*[Block(d_model, n_heads) for _ in range(n_layers)])
        self.norm = nn.LayerNorm(d_model)

    def forward(self, ids):
        rows = torch.arange(ids.shape[1]) + 2
        if rows[-1] >= self.positions.num_embeddings:
            raise ValueError(f"{len(rows)} tokens are too many")
        x = self.scale * self.tokens(ids) + self.positions(rows)
        return F.linear(self.norm(self.blocks(x)), self.tokens.weight)


@right
class AParameterForEachPosition(nn.Module):
    """Positions in a list of parameters, the tokens' rows times 8, and a last norm by the formula."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        self.positions = nn.ParameterList([0.02 * torch.randn(d_model) for _ in range(max_len)])
        self.blocks = nn.ModuleList([Block(d_model, n_heads) for _ in range(n_layers)])
        self.end = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > len(self.positions):
            raise ValueError("more tokens than positions")
        x = 8 * self.tokens(ids) + torch.stack(list(self.positions)[:T])
        for block in self.blocks:
            x = block(x)
        away = x - x.mean(-1, keepdim=True)
        normed = away * torch.rsqrt(away.pow(2).mean(-1, keepdim=True) + self.end.eps)
        return self.head(normed * self.end.weight + self.end.bias)


@right
class OwnPiecesByFunction(nn.Module):
    """Blocks of its own that norm by `F.layer_norm`, in a helper for both of their halves."""

    class Piece(nn.Module):
        def __init__(self, d_model, n_heads):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
            self.look = SelfAttention(d_model, n_heads)
            self.think = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

        def half(self, x, norm, part):
            return x + part(F.layer_norm(x, norm.normalized_shape, norm.weight, norm.bias, norm.eps))

        def forward(self, x):
            return self.half(self.half(x, self.norm1, self.look), self.norm2, self.think)

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens, self.positions = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.02)
        self.pieces = nn.Sequential(*(self.Piece(d_model, n_heads) for _ in range(n_layers)))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        return self.head(self.norm(self.pieces(self.tokens(ids) + self.positions.weight[:T])))


@right
class NormedForEach(nn.Module):
    """Queries, keys and values each call the norm by themselves, and the last norm is called token by token."""

    class Piece(nn.Module):
        def __init__(self, d_model, n_heads):
            super().__init__()
            self.n_heads = n_heads
            self.first, self.second = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
            self.q, self.k, self.v, self.o = (nn.Linear(d_model, d_model) for _ in range(4))
            self.up, self.down = nn.Linear(d_model, 4 * d_model), nn.Linear(4 * d_model, d_model)

        def forward(self, x):
            parts = (layer(self.first(x)).unflatten(-1, (self.n_heads, -1)) for layer in (self.q, self.k, self.v))
            mixed = F.scaled_dot_product_attention(*(part.transpose(1, 2) for part in parts), is_causal=True)
            x = x + self.o(mixed.transpose(1, 2).flatten(2))
            return x + self.down(F.gelu(self.up(self.second(x))))

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens, self.positions = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.02)
        self.pieces = nn.ModuleList(self.Piece(d_model, n_heads) for _ in range(n_layers))
        self.norm = nn.LayerNorm(d_model)
        self.head = nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        T = ids.shape[1]
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids) + self.positions(torch.arange(T))
        for piece in self.pieces:
            x = piece(x)
        return torch.stack([self.head(self.norm(x[:, t])) for t in range(T)], dim=1)


@right
class TokensFirst(nn.Module):
    """PyTorch's own blocks without `batch_first`: inside, the stream is `(T, B, D)`."""

    def __init__(self, vocab_size, d_model, n_heads, n_layers, max_len):
        super().__init__()
        self.max_len = max_len
        self.tokens, self.positions = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        for table in (self.tokens, self.positions):
            nn.init.normal_(table.weight, std=0.02)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(d_model, n_heads, 4 * d_model, 0.0, "gelu", norm_first=True)
            for _ in range(n_layers)
        )
        self.norm, self.head = nn.LayerNorm(d_model), nn.Linear(d_model, vocab_size)

    def forward(self, ids):
        B, T = ids.shape
        if T > self.max_len:
            raise ValueError("too many tokens")
        x = self.tokens(ids.T) + self.positions(torch.arange(T)).unsqueeze(1)
        later = torch.ones(T, T, dtype=torch.bool).triu(1)
        for block in self.blocks:
            x = block(x, src_mask=later)
        return self.head(self.norm(x)).transpose(0, 1)
