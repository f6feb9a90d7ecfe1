"""docs/gpt2.md: made-up weights of GPT-2 in the models of 07 and 08 give what GPT-2's own formulas give."""

import math
import re
import sys
from pathlib import Path

import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.course import assignments

COURSE = Path(__file__).resolve().parents[2]
V, D, HEADS, LAYERS, POSITIONS = 11, 12, 3, 2, 8


@pytest.fixture
def renamed():
    (source, *_) = re.findall(
        r"```python\n(.*?)```", (COURSE / "docs" / "gpt2.md").read_text(), re.DOTALL
    )
    names: dict = {}
    exec(source, names)
    return names["renamed"]


@pytest.fixture
def gpt2():
    """Weights with the names and shapes of GPT-2's file."""
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape):
        return torch.randn(shape, generator=generator) / 2

    found = {"wte.weight": drawn(V, D), "wpe.weight": drawn(POSITIONS, D)}
    found |= {"ln_f.weight": drawn(D), "ln_f.bias": drawn(D)}
    for layer in range(LAYERS):
        for name, shape in (
            ("attn.c_attn", (D, 3 * D)),
            ("attn.c_proj", (D, D)),
            ("mlp.c_fc", (D, 4 * D)),
            ("mlp.c_proj", (4 * D, D)),
        ):
            found |= {
                f"h.{layer}.{name}.weight": drawn(*shape),
                f"h.{layer}.{name}.bias": drawn(shape[1]),
            }
        for name in ("ln_1", "ln_2"):
            found |= {f"h.{layer}.{name}.weight": drawn(D), f"h.{layer}.{name}.bias": drawn(D)}
    return {f"transformer.{name}": value for name, value in found.items()}


def by_the_formulas(gpt2, ids):
    """GPT-2's logits, as the paper and its code have it: one product for queries, keys and values, and GELU by tanh."""
    w = {name.removeprefix("transformer."): value for name, value in gpt2.items()}
    x = w["wte.weight"][ids] + w["wpe.weight"][: ids.shape[1]]
    B, T, _ = x.shape
    hidden = torch.ones(T, T, dtype=torch.bool).triu(1)
    for layer in range(LAYERS):
        h = f"h.{layer}."
        y = F.layer_norm(x, (D,), w[h + "ln_1.weight"], w[h + "ln_1.bias"])
        y = y @ w[h + "attn.c_attn.weight"] + w[h + "attn.c_attn.bias"]
        q, k, v = (part.reshape(B, T, HEADS, -1).permute(0, 2, 1, 3) for part in y.split(D, dim=2))
        scores = (q @ k.mT / math.sqrt(D // HEADS)).masked_fill(hidden, -torch.inf)
        mixed = (scores.softmax(-1) @ v).permute(0, 2, 1, 3).reshape(B, T, D)
        x = x + mixed @ w[h + "attn.c_proj.weight"] + w[h + "attn.c_proj.bias"]
        y = F.layer_norm(x, (D,), w[h + "ln_2.weight"], w[h + "ln_2.bias"])
        y = y @ w[h + "mlp.c_fc.weight"] + w[h + "mlp.c_fc.bias"]
        y = 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * y**3)))
        x = x + y @ w[h + "mlp.c_proj.weight"] + w[h + "mlp.c_proj.bias"]
    return F.layer_norm(x, (D,), w["ln_f.weight"], w["ln_f.bias"]) @ w["wte.weight"].T


def with_gelu_by_tanh(model):
    for part in model.modules():
        if isinstance(part, nn.GELU):
            part.approximate = "tanh"
    return model.eval()


def test_in_the_model_of_07(renamed, gpt2):
    names = {"torch": torch, "nn": nn, "F": F}
    for name in ("SelfAttention", "Block", "TinyTransformer"):
        exec(assignments(COURSE)["07-tiny-llm"].solutions[name], names)
    model = names["TinyTransformer"](
        V, d_model=D, n_heads=HEADS, n_layers=LAYERS, max_len=POSITIONS
    )
    model.load_state_dict(renamed(gpt2, LAYERS))
    ids = torch.randint(V, (3, POSITIONS), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        found = with_gelu_by_tanh(model)(ids)
    torch.testing.assert_close(found, by_the_formulas(gpt2, ids), rtol=1e-4, atol=1e-4)


def test_in_the_model_beside_08(renamed, gpt2, monkeypatch):
    monkeypatch.syspath_prepend(str(COURSE / "source" / "08-stories"))
    monkeypatch.delitem(sys.modules, "transformer", raising=False)
    from transformer import TinyTransformer

    sys.modules.pop("transformer")
    model = TinyTransformer(V, d_model=D, n_heads=HEADS, n_layers=LAYERS, max_len=POSITIONS)
    weights = renamed(gpt2, LAYERS)
    del weights["head.weight"], weights["head.bias"]
    model.load_state_dict(weights)
    ids = torch.randint(V, (2, 5), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        found = with_gelu_by_tanh(model)(ids)
    torch.testing.assert_close(found, by_the_formulas(gpt2, ids), rtol=1e-4, atol=1e-4)
