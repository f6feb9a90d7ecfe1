"""Right answers to `SelfAttention(d_model, n_heads)`, written in different ways."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import right


@right
class ByHand(nn.Module):
    """Scores, mask and softmax, one line each; the mask is made in each call."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError("d_model must be divisible by n_heads")
        self.n_heads = n_heads
        self.d_head = d_model // n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, hidden):
        B, T, D = hidden.shape
        q = self.W_q(hidden).reshape(B, T, self.n_heads, self.d_head).permute(0, 2, 1, 3)
        k = self.W_k(hidden).reshape(B, T, self.n_heads, self.d_head).permute(0, 2, 1, 3)
        v = self.W_v(hidden).reshape(B, T, self.n_heads, self.d_head).permute(0, 2, 1, 3)
        scores = q @ k.transpose(-1, -2) / math.sqrt(self.d_head)
        mask = torch.tril(torch.ones(T, T, device=hidden.device))
        scores = scores.masked_fill(mask == 0, float("-inf"))
        out = F.softmax(scores, dim=-1) @ v
        return self.W_o(out.permute(0, 2, 1, 3).reshape(B, T, D))


@right
class FromTheRepair(nn.Module):
    """Uses causal_mix, and no biases."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"{n_heads} does not divide {d_model}")
        self.h = n_heads
        for name in ("W_q", "W_k", "W_v", "W_o"):
            setattr(self, name, nn.Linear(d_model, d_model, bias=False))

    def forward(self, x):
        def split(y):
            return y.unflatten(-1, (self.h, -1)).transpose(-2, -3)

        mixed = causal_mix(split(self.W_q(x)), split(self.W_k(x)), split(self.W_v(x)))
        return self.W_o(mixed.transpose(-2, -3).flatten(-2))


@right
class FusedByEinsum(nn.Module):
    """Heads stay where they are, and einsum names them; -1e9 hides."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("heads")
        self.n_heads, self.d = n_heads, d_model // n_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x):
        B, T, _ = x.shape
        q, k, v = (w(x).view(B, T, self.n_heads, self.d) for w in (self.W_q, self.W_k, self.W_v))
        scores = torch.einsum("bihd,bjhd->bhij", q, k) * self.d**-0.5
        place = torch.arange(T)
        scores = torch.where(place[None, :] > place[:, None], torch.full_like(scores, -1e9), scores)
        return self.W_o(torch.einsum("bhij,bjhd->bihd", scores.softmax(-1), v).reshape(B, T, -1))


@right
class FunctionalMultihead(nn.Module):
    """What nn.MultiheadAttention computes, given the weights of the four layers."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("d_model % n_heads != 0")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        x = x.transpose(0, 1)
        length, _, width = x.shape
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        out, _ = F.multi_head_attention_forward(
            x, x, x, width, self.n_heads,
            None, torch.cat([self.W_q.bias, self.W_k.bias, self.W_v.bias]),
            None, None, False, 0.0, self.W_o.weight, self.W_o.bias,
            training=self.training, need_weights=False, attn_mask=future,
            use_separate_proj_weight=True,
            q_proj_weight=self.W_q.weight, k_proj_weight=self.W_k.weight, v_proj_weight=self.W_v.weight,
        )  # fmt: skip
        return out.transpose(0, 1)


@right
class GrowingBuffer(nn.Module):
    """Keeps its mask in a buffer, and makes a larger one when a longer text comes."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads has to divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model, bias=False)
        self.W_k = nn.Linear(d_model, d_model, bias=False)
        self.W_v = nn.Linear(d_model, d_model, bias=False)
        self.W_o = nn.Linear(d_model, d_model)
        self.register_buffer("mask", torch.ones(16, 16, dtype=torch.bool).tril(), persistent=False)

    def forward(self, x):
        T = x.size(1)
        if T > len(self.mask):
            self.mask = torch.ones(2 * T, 2 * T, dtype=torch.bool).tril()
        q, k, v = (layer(x).chunk(self.n_heads, -1) for layer in (self.W_q, self.W_k, self.W_v))
        heads = [F.scaled_dot_product_attention(a, b, c, attn_mask=self.mask[:T, :T]) for a, b, c in zip(q, k, v)]
        return self.W_o(torch.cat(heads, -1))


@right
class OneHeadAtATime(nn.Module):
    """A loop over the heads, each a slice of the features; an additive mask of -inf; queries scaled before."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model // n_heads * n_heads != d_model:
            raise ValueError
        self.heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        T, d = x.shape[1], x.shape[2] // self.heads
        hidden = torch.full((T, T), -torch.inf, dtype=x.dtype).triu(1)
        q, k, v = self.W_q(x) / d**0.5, self.W_k(x), self.W_v(x)
        found = []
        for h in range(self.heads):
            part = slice(h * d, (h + 1) * d)
            scores = torch.baddbmm(hidden.expand(len(x), T, T), q[..., part], k[..., part].mT)
            found.append(torch.bmm(scores.softmax(2), v[..., part]))
        return self.W_o(torch.concatenate(found, dim=2))


@right
class RowByRow(nn.Module):
    """Each position on its own, and nothing to be masked: it is given its past alone."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError
        self.n, self.d = n_heads, d_model // n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        B, T, D = x.shape
        q, k, v = (W(x).reshape(B, T, self.n, self.d).transpose(1, 2) for W in (self.W_q, self.W_k, self.W_v))
        rows = []
        for t in range(T):
            scores = (q[:, :, t, None] * k[:, :, : t + 1]).sum(-1) / math.sqrt(self.d)
            rows.append((scores.softmax(-1)[..., None] * v[:, :, : t + 1]).sum(2))
        return self.W_o(torch.stack(rows, 1).reshape(B, T, D))


@right
class BatchedHeads(nn.Module):
    """Heads beside the batch, one softmax by hand with the maximum taken off."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        d_head, rest = divmod(d_model, n_heads)
        if rest:
            raise ValueError(f"{rest} numbers would be left over")
        self.n_heads, self.d_head = n_heads, d_head
        self.W_q, self.W_k = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.W_v, self.W_o = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)

    def heads(self, x):
        B, T, _ = x.shape
        return x.view(B, T, self.n_heads, self.d_head).swapaxes(1, 2).contiguous().view(-1, T, self.d_head)

    def forward(self, stream):
        B, T, D = stream.shape
        q, k, v = self.heads(self.W_q(stream)), self.heads(self.W_k(stream)), self.heads(self.W_v(stream))
        scores = torch.bmm(q, k.transpose(1, 2)).div(math.sqrt(self.d_head))
        scores = scores + torch.triu(torch.full((T, T), -math.inf), diagonal=1).to(scores.dtype)
        exps = torch.exp(scores - scores.max(dim=-1, keepdim=True).values)
        weights = exps / exps.sum(dim=-1, keepdim=True)
        merged = torch.bmm(weights, v).view(B, self.n_heads, T, self.d_head).transpose(1, 2)
        return self.W_o(merged.contiguous().view(B, T, D))


@right
class OneMatrix(nn.Module):
    """The three layers stacked into one product, as GPT-2 has it."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("not divisible")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model, bias=False)
        self.W_k = nn.Linear(d_model, d_model, bias=False)
        self.W_v = nn.Linear(d_model, d_model, bias=False)
        self.W_o = nn.Linear(d_model, d_model, bias=False)

    def forward(self, x):
        B, T, D = x.size()
        weight = torch.cat([self.W_q.weight, self.W_k.weight, self.W_v.weight])
        q, k, v = (x @ weight.T).split(D, dim=2)
        q, k, v = (y.view(B, T, self.n_heads, D // self.n_heads).transpose(1, 2) for y in (q, k, v))
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(torch.tril(torch.ones(T, T)).view(1, 1, T, T) == 0, torch.finfo(att.dtype).min)
        y = F.softmax(att, dim=-1) @ v
        return self.W_o(y.transpose(1, 2).contiguous().view(B, T, D))


@right
class PlainFunctions(nn.Module):
    """The functions of notebooks 01 to 03, nested; math.inf by torch.where; GQA-like repeat."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads > 0:
            raise ValueError("choose another number of heads")
        self.n_heads = n_heads
        layers = {name: nn.Linear(d_model, d_model) for name in ("W_q", "W_k", "W_v", "W_o")}
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x):
        def split_heads(y):
            B, T, D = y.shape
            return y.reshape(B, T, self.n_heads, D // self.n_heads).transpose(1, 2)

        def attention_scores(q, k):
            return q @ k.mT / q.shape[-1] ** 0.5

        def causal_attention_weights(scores):
            past = torch.ones_like(scores, dtype=torch.bool).tril()
            return torch.where(past, scores, -torch.inf).softmax(-1)

        def merge_heads(y):
            return y.movedim(1, 2).flatten(2)

        q, k, v = split_heads(self.W_q(x)), split_heads(self.W_k(x)), split_heads(self.W_v(x))
        return self.W_o(merge_heads(causal_attention_weights(attention_scores(q, k)) @ v))


@right
class OutputPerHead(nn.Module):
    """W_o applied head by head and added up, in float64 where that is asked."""

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        d = x.shape[-1] // self.n_heads
        out = self.W_o.bias.expand_as(x)
        for q, k, v, o in zip(
            self.W_q(x).split(d, -1),
            self.W_k(x).split(d, -1),
            self.W_v(x).split(d, -1),
            self.W_o.weight.split(d, 1),
        ):
            out = out + F.scaled_dot_product_attention(q, k, v, is_causal=True) @ o.T
        return out


@right
class ErrorOfOnesOwn(nn.Module):
    """A kind of `ValueError`, raised with what doesn't fit."""

    class Misfit(ValueError):
        pass

    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise self.Misfit([d_model, n_heads])
        self.n_heads = n_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x):
        heads = (layer(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for layer in (self.W_q, self.W_k, self.W_v))
        return self.W_o(F.scaled_dot_product_attention(*heads, is_causal=True).transpose(1, 2).flatten(2))
