"""Right answers to `Block(d_model, n_heads)`, written in different ways."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
class InTwoLines(nn.Module):
    """The two lines of the text, with SelfAttention."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(d_model)
        self.ln_2 = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(
            nn.Linear(d_model, 4 * d_model),
            nn.GELU(approximate="tanh"),
            nn.Linear(4 * d_model, d_model),
        )

    def forward(self, stream):
        between = stream + self.attention(self.ln_1(stream))
        return between + self.mlp(self.ln_2(between))


@right
class ReadyMade(nn.Module):
    """nn.MultiheadAttention in a module of one tensor, defined inside."""

    def __init__(self, d_model, n_heads):
        super().__init__()

        class Causal(nn.Module):
            def __init__(self):
                super().__init__()
                self.inner = nn.MultiheadAttention(d_model, n_heads, bias=False, batch_first=True)

            def forward(self, x):
                T = x.shape[1]
                mask = nn.Transformer.generate_square_subsequent_mask(T, dtype=x.dtype)
                return self.inner(x, x, x, attn_mask=mask, is_causal=True, need_weights=False)[0]

        class Network(nn.Module):
            def __init__(self):
                super().__init__()
                self.up = nn.Linear(d_model, 4 * d_model, bias=False)
                self.down = nn.Linear(4 * d_model, d_model, bias=False)

            def forward(self, x):
                return self.down(F.gelu(self.up(x)))

        self.norms = nn.ModuleList([nn.LayerNorm(d_model, bias=False) for _ in range(2)])
        self.attention, self.mlp = Causal(), Network()

    def forward(self, x):
        for norm, part in zip(self.norms, (self.attention, self.mlp)):
            x = x + part(norm(x))
        return x


@right
class BySuper(nn.Module):
    """Norms with another epsilon, in a dict; torch.add."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.norm = nn.ModuleDict({name: nn.LayerNorm((d_model,), eps=1e-6) for name in ("attention", "mlp")})
        self.mlp = nn.Sequential()
        self.mlp.append(nn.Linear(d_model, d_model * 4))
        self.mlp.append(nn.GELU())
        self.mlp.append(nn.Linear(d_model * 4, d_model))
        self.attention = SelfAttention(n_heads=n_heads, d_model=d_model)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.add(x, self.attention(self.norm["attention"](x)))
        return torch.add(x, self.mlp(self.norm["mlp"](x)))


@right
class PlainNorms(nn.Module):
    """Norms without numbers of their own to learn."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.first = nn.LayerNorm(d_model, elementwise_affine=False)
        self.second = nn.LayerNorm(d_model, elementwise_affine=False)
        self.attention = SelfAttention(d_model, n_heads)
        width = 4 * d_model
        self.mlp = nn.Sequential(nn.Linear(d_model, width), nn.GELU(), nn.Linear(width, d_model, bias=False))

    def forward(self, x):
        a = self.attention(self.first(x))
        m = self.mlp(self.second(x + a))
        return x + a + m


@right
class GroupedByHand(nn.Module):
    """An attention of its own, with the three layers in one, and a network of plain parameters."""

    def __init__(self, d_model, n_heads):
        super().__init__()

        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.qkv = nn.Linear(d_model, 3 * d_model)
                self.proj = nn.Linear(d_model, d_model)

            def forward(self, x):
                B, T, D = x.shape
                q, k, v = self.qkv(x).view(B, T, 3, n_heads, D // n_heads).permute(2, 0, 3, 1, 4)
                out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
                return self.proj(out.transpose(1, 2).flatten(2))

        class Mlp(nn.Module):
            def __init__(self):
                super().__init__()
                self.A = nn.Parameter(torch.randn(d_model, 4 * d_model) / math.sqrt(d_model))
                self.a = nn.Parameter(torch.zeros(4 * d_model))
                self.C = nn.Parameter(torch.zeros(4 * d_model, d_model))

            def forward(self, x):
                x = x @ self.A + self.a
                return 0.5 * x * (1 + torch.erf(x / math.sqrt(2))) @ self.C

        self.attention = Attention()
        self.norm1 = nn.LayerNorm(d_model)
        self.mlp = Mlp()
        self.norm2 = nn.LayerNorm(d_model)

    def forward(self, x):
        x = self.attention(self.norm1(x)) + x
        return self.mlp(self.norm2(x)).add(x)


@right
class InPlaceAtTheEnd(nn.Module):
    """Adds in place where nobody needs the old numbers: to what a part gave."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))
        self.before_attention, self.before_mlp = nn.LayerNorm(d_model), nn.LayerNorm(d_model)

    def _branch(self, norm, part, x):
        out = part(norm(x))
        out += x
        return out

    def forward(self, x):
        return self._branch(self.before_mlp, self.mlp, self._branch(self.before_attention, self.attention, x))


@right
class Convolutions(nn.Module):
    """The network as convolutions of width 1."""

    def __init__(self, d_model, n_heads):
        super().__init__()

        class Pointwise(nn.Sequential):
            def forward(self, x):
                return super().forward(x.transpose(1, 2)).transpose(1, 2)

        self.norm_a, self.norm_m = (nn.LayerNorm([d_model]) for _ in range(2))
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = Pointwise(nn.Conv1d(d_model, 4 * d_model, 1), nn.GELU("tanh"), nn.Conv1d(4 * d_model, d_model, 1))

    def forward(self, x):
        x = x + self.attention(self.norm_a(x))
        return x + self.mlp(self.norm_m(x))


@right
class HidesByAdding(nn.Module):
    """Attention in which -1e5 is added to the scores of what comes later: far below all that are promised."""

    class Attention(nn.Module):
        def __init__(self, d_model, n_heads):
            super().__init__()
            self.n_heads = n_heads
            self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

        def forward(self, x):
            q, k, v = (W(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
            later = torch.full((x.shape[1], x.shape[1]), -1e5, dtype=x.dtype).triu(1)
            weights = (q @ k.mT / q.shape[-1] ** 0.5 + later).softmax(-1)
            return self.W_o((weights @ v).transpose(1, 2).flatten(2))

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = self.Attention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


@right
class NormsByFunction(nn.Module):
    """Holds two norms, and applies `F.layer_norm` with their weights."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x):
        x = x + self.attention(F.layer_norm(x, x.shape[-1:], self.ln1.weight, self.ln1.bias))
        return x + self.mlp(F.layer_norm(x, x.shape[-1:], self.ln2.weight, self.ln2.bias))


@right
class NormsWrittenOut(nn.Module):
    """Holds two norms, and computes what they would by the formula, in a helper."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(d_model), nn.LayerNorm(d_model)])
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def plus(self, x, norm, part):
        away = x - x.mean(-1, keepdim=True)
        variance = x.var(-1, unbiased=False, keepdim=True)
        return x + part(away / torch.sqrt(variance + norm.eps) * norm.weight + norm.bias)

    def forward(self, x):
        return self.plus(self.plus(x, self.norms[0], self.attention), self.norms[1], self.mlp)
