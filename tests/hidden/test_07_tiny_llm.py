"""Hidden checks of 07-tiny-llm.

A module is made and fed in a probe, beside the student's code, after random numbers were put into all its parameters.
The checks compare the reply out here: with attention computed from the weights that the check chose, with the inputs and
outputs that hooks saw, or with the same module's results for other inputs.
"""

import math
from itertools import pairwise

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.checks import (
    DTYPES,
    close,
    code,
    describe,
    drawn_again,
    gradients,
    in_turn,
    layouts,
    predicts,
    raises,
    unchanged,
)

# Rounding that is left when the terms of a sum cancel, relative to the largest entry.
ROUNDING = {torch.float32: 2e-5, torch.float64: 1e-8}
# At scores of 1e4, float32 itself is coarse: these are compared in float64 alone.
LARGE = 9999.5
LAYERS = ("W_q", "W_k", "W_v", "W_o")


def near(got, want, what=""):
    try:
        close(got, want, atol=ROUNDING[want.dtype] * float(want.abs().max()))
    except AssertionError as error:
        error.args = (f"{what}: {error}" if what else str(error),)
        raise


def a_tensor(value, shape, dtype, what="a result"):
    """Fails unless a value is a tensor of this shape and dtype, and finite."""
    assert isinstance(value, torch.Tensor), f"expected a tensor, got {describe(value)}"
    assert value.shape == shape, (
        f"expected {what} of shape {tuple(shape)}, got {tuple(value.shape)}"
    )
    assert value.dtype == dtype, f"expected {what} of dtype {dtype}, got {value.dtype}"
    assert value.isfinite().all(), f"expected {what} without nan and inf, got some"
    return value


def attention(x, weights, n_heads):
    """Causal attention in float64 by these weights and biases of W_q, W_k, W_v and W_o."""
    B, T, D = x.shape
    Wq, bq, Wk, bk, Wv, bv, Wo, bo = (each.double() for each in weights)
    x = x.double()
    q, k, v = (
        F.linear(x, W, b).reshape(B, T, n_heads, D // n_heads).transpose(1, 2)
        for W, b in ((Wq, bq), (Wk, bk), (Wv, bv))
    )
    return F.linear(causal_mix(q, k, v).transpose(1, 2).reshape(B, T, D), Wo, bo)


def causal_mix(q, k, v):
    scores = q.double() @ k.double().transpose(-2, -1) / math.sqrt(q.shape[-1])
    past = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    return (scores.masked_fill(~past, -math.inf).softmax(-1) @ v.double()).to(v.dtype)


def kept_to_the_bit(before, after, t, what="only positions after t were changed"):
    """Fails unless two results are equal up to position `t`, to the last bit."""
    T = before.shape[-2]
    same = (before == after)[..., : t + 1, :]
    if not same.all():
        place = int((~same).nonzero()[0, -2])
        largest = float((before - after)[..., : t + 1, :].abs().max())
        raise AssertionError(
            f"of {T} positions only those after {t} were changed, and the result at {place} changed with them, by up to "
            f"{largest:.2g}: expected the same at {f'0..{t}' if t else 0}, to the last bit"
        )


# SelfAttention


def probe_attention(student, d_model, n_heads, weights, inputs, training=True, downstream=None):
    """SelfAttention(d_model, n_heads) with weights that the check chose, fed with one input after another"""
    import torch
    from torch import nn

    dtype = inputs[0].dtype
    model, other = (
        student.SelfAttention(d_model=d_model, n_heads=n_heads).to(dtype) for _ in range(2)
    )
    layers = {name: getattr(model, name, None) for name in ("W_q", "W_k", "W_v", "W_o")}
    kinds = {
        name: [layer.in_features, layer.out_features]
        if isinstance(layer, nn.Linear)
        else type(layer).__name__
        if layer is not None
        else "missing"
        for name, layer in layers.items()
    }
    if any(kind != [d_model, d_model] for kind in kinds.values()):
        return {"kinds": kinds}
    model.train(training)
    model(inputs[0].flip(1))  # before the weights are put in, so that nothing may be kept of them
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in [*model.parameters(), *other.parameters()]:
            parameter.normal_(0, 0.5, generator=generator)
        for layer, weight, bias in zip(layers.values(), weights[::2], weights[1::2]):
            layer.weight.copy_(weight)
            if layer.bias is not None:
                layer.bias.copy_(bias)
        for parameter in other.parameters():
            parameter.normal_(0, 0.5, generator=generator)
    put = [each for layer, pair in zip(layers.values(), zip(weights[::2], weights[1::2])) for each in (
        pair[0], torch.zeros_like(pair[1]) if layer.bias is None else pair[1]
    )]  # fmt: skip
    reply = {"kinds": kinds, "parameters": dict(enumerate(put))}
    if downstream is None:
        return {**reply, "outputs": [model(x) for x in inputs]}
    x = inputs[0].requires_grad_()
    output = model(x)
    if output.shape == downstream.shape and output.requires_grad:
        (output * downstream).sum().backward()
    return {
        **reply,
        "outputs": [output],
        "gradients": [x.grad, *(layer.weight.grad for layer in layers.values())],
    }


def attention_of(student, d_model, n_heads, weights, inputs, **more):
    """The outputs for these inputs, and the weights, with zeros for the biases that the layers lack."""
    got, weights = (
        student.run(probe_attention, d_model, n_heads, weights, inputs, **more),
        [*map(torch.clone, weights)],
    )
    for name, kind in got["kinds"].items():
        said = f"nn.Linear({kind[0]}, {kind[1]})" if isinstance(kind, list) else kind
        wanted = f"nn.Linear({d_model}, {d_model})"
        assert kind == [d_model, d_model], (
            f"of SelfAttention({d_model}, {n_heads}), {name} is {said}, expected {wanted}"
        )
    # the student's code decides which layers have a bias, but not the numbers in them
    for number, bias in enumerate([*got["parameters"].values()][1::2]):
        weights[2 * number + 1] *= bool(bias.any())
    return got, weights


def some_weights(draw, size, scale=0.6):
    """Weights and biases of W_q, W_k, W_v and W_o. Their attention weights are neither uniform nor all 0 and 1."""
    scale = scale / math.sqrt(size) * 2
    return [
        draw.normal(*shape, dtype=torch.float64, scale=scale)
        for _ in LAYERS
        for shape in ((size, size), (size,))
    ]


def test_self_attention_values__by_definition(student, draw):
    """The result is that of the table's five rows: W_q, W_k, W_v, heads, attention in each, W_o."""
    for B, T, D, n_heads in (
        (1, 1, 2, 2),
        (1, 2, 2, 2),
        (1, 3, 4, 2),
        (2, 4, 6, 3),
        (3, 5, 6, 2),
        (2, 3, 3, 3),
        (2, 6, 12, 3),
    ):
        for dtype in DTYPES:
            x = draw.normal(B, T, D, dtype=dtype)
            inputs = [x] if T == 1 else [x, *layouts(x)]
            got, weights = attention_of(student, D, n_heads, some_weights(draw, D), inputs)
            for output in got["outputs"]:
                near(
                    output,
                    attention(x, weights, n_heads).to(dtype),
                    f"SelfAttention({D}, {n_heads})",
                )


def test_self_attention_values__any_size_of_scores(student, draw):
    """Attention is right for scores near 0 and for scores of several thousand."""
    for size in (1e-3, 30, 4000):
        x, weights = draw.normal(8, 5, 6, dtype=torch.float64), some_weights(draw, 6)
        q, k = (
            F.linear(x, weights[i], weights[i + 1]).unflatten(-1, (2, 3)).transpose(1, 2)
            for i in (0, 2)
        )
        largest = float((q @ k.mT).abs().max()) / math.sqrt(3)
        weights[:4] = [each * math.sqrt(size / largest) for each in weights[:4]]
        got, weights = attention_of(student, 6, 2, weights, [x])
        near(got["outputs"][0], attention(x, weights, 2), f"with scores up to {size:g} in size")


def test_self_attention_values__any_length(student, draw):
    """One module takes inputs of any length T, long ones and short ones in turn."""
    x = draw.normal(1, draw.randint(260, 300), 4)
    inputs = [x[:, :length] for length in (3, 70, 5, 130, 1, x.shape[1], 2)]
    weights = some_weights(draw, 4)
    # the query of this token is zero, and so are all its scores
    x[:, 1], weights[1] = 0, torch.zeros(4).double()
    got, weights = attention_of(student, 4, 2, weights, inputs)
    for given, output in zip(inputs, got["outputs"], strict=True):
        near(output, attention(given, weights, 2).float(), f"with T = {given.shape[1]}")


def probe_attention_again(student, d_model, n_heads, weights, x, y):
    """SelfAttention, called again with other numbers in the same tensor, in the other mode, and with other weights"""
    import torch

    model = student.SelfAttention(d_model=d_model, n_heads=n_heads)
    with torch.no_grad():
        for name, weight, bias in zip(("W_q", "W_k", "W_v", "W_o"), weights[::2], weights[1::2]):
            layer = getattr(model, name)
            layer.weight.copy_(weight)
            if layer.bias is not None:
                layer.bias.copy_(bias)
    given = x.clone()
    first = model(given).detach().clone()
    left = given.clone()
    given.copy_(y)
    second = model(given).detach().clone()
    with torch.no_grad():
        third = model.eval()(given).clone()
        for name in ("W_q", "W_k", "W_v", "W_o"):
            getattr(model, name).weight.mul_(-0.5)
        fourth = model(given)
    return {"outputs": [first, second, third, fourth], "left": left, "bias": [layer.bias is not None for layer in (
        model.W_q, model.W_k, model.W_v, model.W_o
    )]}  # fmt: skip


def test_self_attention_values__each_call_alone(student, draw):
    """Each call leaves x as it was and stands alone, even if x, mode or weights change."""
    weights = [each.float() for each in some_weights(draw, 4)]
    x, y = draw.normal(2, 3, 4), draw.normal(2, 3, 4)
    got = student.run(probe_attention_again, 4, 2, weights, x, y)
    assert torch.equal(got["left"], x), (
        "the argument of forward must be left as it was, but it was changed"
    )
    for number, there in enumerate(got["bias"]):
        weights[2 * number + 1] *= there
    halved = [each * -0.5 if each.dim() == 2 else each for each in weights]
    first, second, third, fourth = got["outputs"]
    near(first, attention(x, weights, 2).float())
    near(
        second,
        attention(y, weights, 2).float(),
        "called again, with other numbers in the same tensor",
    )
    near(third, attention(y, weights, 2).float(), "in evaluation mode")
    near(fourth, attention(y, halved, 2).float(), "after the weights have changed")


def leaning(draw, T, size, n_heads):
    """An input, weights, and another input: the scores are as far below 0 as they get, or above.

    Entry 0 of a token makes its queries, and entry 1 its keys: -1 in the first half of the tokens, 1 in the others.
    """
    weights = [torch.zeros(shape).double() for _ in LAYERS for shape in ((size, size), (size,))]
    head = size // n_heads
    for place in range(0, size, head):
        weights[0][place, 0] = weights[2][place, 1] = math.sqrt(LARGE * math.sqrt(head))
    weights[4], weights[6] = draw.normal(size, size).double(), draw.normal(size, size).double()
    x, other = draw.normal(1, T, size), draw.normal(1, T, size)
    x[..., 0] = other[..., 0] = 1
    x[..., 1] = torch.where(torch.arange(T) < (T + 1) // 2, -1.0, 1.0)
    other[..., 1] = -x[..., 1]
    return x, other, weights


def with_changes(x, other, places):
    """`x`, and for each of the places a copy of `x` with the later positions of `other`."""
    T = x.shape[1]
    return [x, *(torch.where(torch.arange(T)[:, None] > t, other, x) for t in places)]


def test_self_attention_causal__all_of_the_past_and_nothing_else(student, draw):
    """The result at t depends on all of 0..t, and on nothing after t, to the last bit."""
    for T, places in ((2, (0,)), (5, range(4)), (80, (0, 39, 60, 78))):
        ordinary = draw.normal(1, T, 8), draw.normal(1, T, 8, scale=3), some_weights(draw, 8)
        for x, other, weights in (ordinary, leaning(draw, T, 8, 2)):
            inputs = with_changes(x, other, places)
            outputs = attention_of(student, 8, 2, weights, inputs)[0]["outputs"]
            for t, output in zip([T - 1, *places], outputs, strict=True):
                a_tensor(output, x.shape, x.dtype)
                kept_to_the_bit(outputs[0], output, t)
    # one token after another changes, in a text longer than windows and masks of a fixed size
    x = draw.normal(1, draw.randint(70, 80), 4, dtype=torch.float64)
    places = [0, 1, x.shape[1] - 3, x.shape[1] - 1]
    inputs = [
        x,
        *(torch.where(torch.arange(x.shape[1])[:, None] == place, -x, x) for place in places),
    ]
    first, *outputs = attention_of(student, 4, 2, some_weights(draw, 4), inputs)[0]["outputs"]
    for place, output in zip(places, outputs, strict=True):
        a_tensor(output, x.shape, x.dtype)
        moved = (output != first).any(-1)[0, place:]
        assert moved.all(), (
            f"the token at {place} was changed, and the result at {place + int((~moved).nonzero()[0])} stayed: "
            "expected a result at t to depend on all of 0..t"
        )


def test_self_attention_gradients__as_the_definitions(student, draw):
    """The gradients of the input and of the four weights are those of the definition."""
    for T, D, n_heads in ((2, 4, 2), (4, 6, 3)):
        x, downstream = (draw.normal(2, T, D, dtype=torch.float64) for _ in range(2))
        got, weights = attention_of(
            student, D, n_heads, some_weights(draw, D), [x], downstream=downstream
        )
        a_tensor(got["outputs"][0], x.shape, x.dtype)
        leaves = [x, *weights]
        leaves = [each.detach().clone().requires_grad_() for each in leaves]
        (attention(leaves[0], leaves[1:], n_heads) * downstream).sum().backward()
        for what, gradient in zip(("the input", *LAYERS), got["gradients"], strict=True):
            assert gradient is not None, (
                f"no gradient reaches {what}: somewhere the result is cut off from it"
            )
        for what, gradient, leaf in zip(
            ("the input", *LAYERS), got["gradients"], (leaves[0], *leaves[1::2]), strict=True
        ):
            # a result computed through float32 has lost digits, which another cell checks, but has the right gradient
            try:
                close(gradient, leaf.grad, rtol=1e-4, atol=1e-4 * float(leaf.grad.abs().max()))
            except AssertionError as error:
                error.args = (f"the gradient of {what} is off: {error}",)
                raise


def probe_made(student, several):
    """SelfAttention is made with one d_model and n_heads after another, and called"""
    import torch

    said = []
    for d_model, n_heads in several:
        try:
            model = student.SelfAttention(d_model, n_heads)
        except Exception as error:
            said.append(
                ["ValueError" if isinstance(error, ValueError) else type(error).__name__, ""]
            )
            continue
        try:
            model(torch.zeros(1, 2, d_model))
            said.append(["", ""])
        except Exception as error:
            said.append(["", type(error).__name__])
    return said


def test_self_attention_errors__heads(student, draw):
    """The constructor raises a ValueError if n_heads doesn't divide d_model, and only then."""
    several = (3, 2), (6, 4), (2, 4), (7, 3), (2, 1), (6, 3), (4, 4), (12, 3)
    for (d_model, n_heads), (made, called) in zip(
        several, student.run(probe_made, several), strict=True
    ):
        wanted, what = (
            "ValueError" if d_model % n_heads else "",
            f"SelfAttention({d_model}, {n_heads})",
        )
        later = f", and only forward raised {called}" if called else ""
        found = f"the constructor raised {made}" if made else f"it was made{later}"
        expected = (
            f"expected the constructor to raise {wanted}" if wanted else "expected it to work"
        )
        assert made == wanted, f"{what}: {found}, {expected}"


def probe_numbers_of_heads(student, d_model, several, weights, x):
    """SelfAttention with one number of heads after another, the same weights, and biases of 0"""
    import torch

    replies = []
    for n_heads in several:
        try:
            model = student.SelfAttention(d_model=d_model, n_heads=n_heads)
            with torch.no_grad():
                for name, weight in zip(("W_q", "W_k", "W_v", "W_o"), weights):
                    layer = getattr(model, name)
                    layer.weight.copy_(weight)
                    if layer.bias is not None:
                        layer.bias.zero_()
            replies.append(model(x))
        except Exception as error:
            replies.append(f"raises {type(error).__name__}")
    return replies


def test_self_attention_errors__one_head(student, draw):
    """A single head is allowed, and attends with all numbers of a token."""
    several = (2, 4, 1)
    x, weights = draw.normal(2, 3, 8), some_weights(draw, 8)[::2]
    replies = student.run(probe_numbers_of_heads, 8, several, weights, x)
    no_bias = torch.zeros(8)
    parameters = [each for weight in weights for each in (weight, no_bias)]
    right = {}
    for n_heads, reply in zip(several, replies, strict=True):
        want = attention(x, parameters, n_heads).float()
        is_alike = isinstance(reply, torch.Tensor) and reply.dtype == want.dtype
        right[n_heads] = is_alike and bool(same_as(reply, [want]))
    # a mistake that more heads show, too, costs the other cells
    if right[2] and right[4]:
        found = replies[-1] if isinstance(replies[-1], str) else "gives another result"
        assert right[1], (
            f"SelfAttention(8, 2) and (8, 4) are right, and SelfAttention(8, 1) {found}"
        )


# Block


def probe_block(student, d_model, n_heads, x, vectors, gives):
    """Block(d_model, n_heads), while hooks look at the inputs of attention and mlp, and replace their outputs

    `vectors` are for the norms, and `gives` holds the new outputs of attention and mlp.
    """
    import torch
    from torch import nn

    block = student.Block(d_model=d_model, n_heads=n_heads).to(x.dtype)
    parts = {name: getattr(block, name, None) for name in ("attention", "mlp")}
    kinds = {name: isinstance(part, nn.Module) for name, part in parts.items()}
    if not all(kinds.values()):
        return {"modules": kinds}
    seen = []

    def look(name, number):
        def hook(module, args, kwargs, output):
            given = [*args, *kwargs.values()]
            whole = isinstance(output, torch.Tensor) and output.shape == x.shape
            one = (
                given[0].detach().clone()
                if len(given) == 1 and isinstance(given[0], torch.Tensor)
                else len(given)
            )
            seen.append([name, one, whole])
            return output * 0 + gives[number] if whole else output

        return hook

    generator = torch.Generator().manual_seed(0)
    within = {each for part in parts.values() for each in part.modules()}
    norms = [
        each for each in block.modules() if isinstance(each, nn.LayerNorm) and each not in within
    ]
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.normal_(0, 0.5, generator=generator)
        for norm, numbers in zip(norms, vectors):
            for vector, number in zip((norm.weight, norm.bias), numbers):
                if vector is not None and vector.shape == number.shape:
                    vector.copy_(number)
    for number, (name, part) in enumerate(parts.items()):
        part.register_forward_hook(look(name, number), with_kwargs=True)
    leaf = x.clone().requires_grad_()
    given = leaf * 1
    output = block(given)
    reply = {
        "modules": kinds,
        "seen": seen,
        "output": output,
        "left": given,
        "norms": [
            [norm.weight, norm.bias, norm.eps, list(norm.normalized_shape)] for norm in norms
        ],
    }
    if not isinstance(output, torch.Tensor):
        return {**reply, "backward": ""}
    try:
        output.sum().backward()
    except RuntimeError as error:
        inplace = "modified by an inplace operation" in str(error)
        return {**reply, "backward": "in place" if inplace else str(error)[:300]}
    return {**reply, "backward": "" if leaf.grad is not None else "no gradient reaches the input"}


def block_seen(student, draw, B, T, D, n_heads, dtype):
    """The block's reply with all that its hooks saw, the input, and the outputs of attention and mlp."""
    x, a, m = (draw.normal(B, T, D, dtype=dtype, scale=2) for _ in range(3))
    vectors = [[draw.normal(D, dtype=dtype), draw.normal(D, dtype=dtype)] for _ in range(4)]
    got = student.run(probe_block, D, n_heads, x, vectors, [a, m])
    for name, there in got["modules"].items():
        assert there, f"expected self.{name} to be a module"
    # the student's code decides which vectors a norm has, but not the numbers in them
    got["norms"] = [
        [None if weight is None else numbers[0], None if bias is None else numbers[1], eps, shape]
        for (weight, bias, eps, shape), numbers in zip(got["norms"], vectors, strict=False)
    ]
    order = [name for name, *_ in got["seen"]]
    for name in ("attention", "mlp"):
        found = order.count(name)
        assert found == 1, f"forward calls self.{name}(...) {found} times, expected once"
    for name, given, whole in got["seen"]:
        assert isinstance(given, torch.Tensor), (
            f"self.{name} was called with {given} arguments, expected one tensor"
        )
        assert whole, f"self.{name} doesn't give one tensor of shape (B, T, D)"
    return got, x, a, m


def test_block_residual__added(student, draw):
    """The block gives x plus the output of attention plus that of mlp, and leaves x as it was."""
    for (B, T, D, n_heads), dtype in (
        ((1, 1, 4, 2), torch.float32),
        ((2, 5, 6, 3), torch.float32),
        ((2, 3, 4, 2), torch.float64),
    ):
        got, x, a, m = block_seen(student, draw, B, T, D, n_heads, dtype)
        what = "with x going in, a coming out of attention and m out of mlp, the block should give x + a + m"
        near(got["output"], x + a + m, what)
        assert torch.equal(got["left"], x), (
            "the argument of forward must be left as it was, but it was changed"
        )


def probe_slope(student, d_model, n_heads, x, step, downstream):
    """the gradient of a Block with random numbers in all its parameters, and its results a small step to either side"""
    import torch

    block = student.Block(d_model=d_model, n_heads=n_heads).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.normal_(0, 0.5, generator=generator)
        outputs = [block(x + step), block(x - step)]
    leaf = x.clone().requires_grad_()
    output = block(leaf)
    if output.requires_grad and output.shape == downstream.shape:
        (output * downstream).sum().backward()
    return {"outputs": outputs, "gradient": leaf.grad}


def test_block_residual__backward(student, draw):
    """backward runs, and the input's gradient is the slope of the block: nothing is cut off."""
    got, *_ = block_seen(student, draw, 2, 3, 4, 2, torch.float32)
    assert got["backward"] != "in place", (
        "forward runs and backward fails, because the stream was changed in place after the norm had kept it for its "
        "gradient: write x = x + ..., not x += ..."
    )
    assert not got["backward"], f"backward fails: {got['backward']}"
    x, step, downstream = (draw.normal(2, 4, 6, dtype=torch.float64) for _ in range(3))
    got = student.run(probe_slope, 6, 2, x, step * 1e-6, downstream)
    ahead, behind = (a_tensor(output, x.shape, x.dtype) for output in got["outputs"])
    slope = float(((ahead - behind) * downstream).sum()) / 2e-6
    assert got["gradient"] is not None, "no gradient reaches the input"
    along = float((got["gradient"] * step).sum())
    assert math.isclose(along, slope, rel_tol=1e-4, abs_tol=1e-4), (
        f"along a small step of the input, the block's gradient says {along:.6g} and its results say {slope:.6g}: "
        "expected the same, so nothing may be cut off from the input (by .detach() or torch.no_grad())"
    )


def probe_two(student, d_model, n_heads):
    """two Blocks of one size"""
    one, other = (student.Block(d_model=d_model, n_heads=n_heads) for _ in range(2))
    return len({id(p) for p in one.parameters()} & {id(p) for p in other.parameters()})


def test_block_order__layers_of_its_own(student, draw):
    """Each block has layers of its own: two blocks share no parameters."""
    shared = student.run(probe_two, 6, 2)
    assert shared == 0, (
        f"two blocks share {shared} of their parameters: expected layers of its own in each, made in __init__"
    )


def normed(x, norms):
    """The results of a block's norms for `x`, by number."""
    return [
        F.layer_norm(x, (x.shape[-1],), weight, bias, eps)
        for weight, bias, eps, shape in norms
        if shape == [x.shape[-1]]
    ]


def same_as(x, candidates):
    """The numbers of the candidates that equal `x`, to rounding."""
    limit = ROUNDING[x.dtype] * 10
    return {
        n
        for n, each in enumerate(candidates)
        if x.shape == each.shape and (x - each).abs().max() < limit * (1 + each.abs().max())
    }


def test_block_order__each_sees_normed_input(student, draw):
    """attention sees the normed x, and mlp the normed sum after it, each by its own LayerNorm."""
    for sizes, dtype in (((1, 2, 8, 1), torch.float32), ((2, 4, 6, 3), torch.float64)):
        got, x, a, m = block_seen(student, draw, *sizes, dtype)
        seen = {name: given for name, given, _ in got["seen"]}
        before = {"x": x, "x + a": x + a, "a": a, "x + m": x + m, "m": m, "x + a + m": x + a + m}
        used = {}
        for name, wanted in (("attention", "x"), ("mlp", "x + a")):
            used[name] = same_as(seen[name], normed(before[wanted], got["norms"]))
            if used[name]:
                continue
            words = [stream for stream, value in before.items() if same_as(seen[name], [value])]
            words += [
                f"norm({stream})"
                for stream, value in before.items()
                if same_as(seen[name], normed(value, got["norms"]))
            ]
            found = f"it got {words[0]}" if words else "it got something else"
            raise AssertionError(
                f"x goes in, a comes out of attention and m out of mlp: expected {name} to get norm({wanted}), by an "
                f"nn.LayerNorm of the block's own, and {found}"
            )
        assert len(used["attention"] | used["mlp"]) > 1, (
            "attention and mlp share one norm: expected one for each"
        )


def probe_mlp(student, d_model, x, seed):
    """the mlp of Block(d_model, 1)"""
    import torch

    mlp = student.Block(d_model=d_model, n_heads=1).mlp
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in mlp.parameters():
            fresh = torch.empty(parameter.shape, dtype=torch.float32).normal_(
                0, 0.5, generator=generator
            )
            parameter.data = fresh.to(parameter.dtype)
    return {
        "output": mlp(x),
        "parameters": {name: p.detach() for name, p in mlp.named_parameters()},
    }


def explained_mlp(x, output, parameters, size):
    """Whether some of the parameters are a linear layer to `4 * size` and one back, whatever way round they are stored."""
    tensors = [
        each.double().squeeze(-1) if each.dim() == 3 else each.double() for each in parameters
    ]
    matrices = [m for t in tensors if t.dim() == 2 for m in (t, t.T)]
    vectors = [0.0, *(t.flatten() for t in tensors if t.numel() in t.shape)]

    def biases(length):
        return [v for v in vectors if isinstance(v, float) or len(v) == length]

    for first in matrices:
        for last in matrices:
            if first.shape != (4 * size, size) or last.shape != (size, 4 * size):
                continue
            for bias in biases(4 * size):
                for way in ("none", "tanh"):
                    inner = F.gelu(x.double() @ first.T + bias, approximate=way)
                    for end in biases(size):
                        if torch.allclose(
                            inner @ last.T + end,
                            output.double(),
                            rtol=1e-4,
                            atol=1e-5 * float(output.abs().max()),
                        ):
                            return True
    return False


def test_block_order__mlp(student, draw):
    """mlp is linear from D to 4 * D, GELU, and linear back to D."""
    for size in (2, 6):
        x = draw.normal(2, 5, size)
        seed = draw.randint(0, 10**6)
        got = student.run(probe_mlp, size, x, seed)
        a_tensor(got["output"], x.shape, x.dtype, "a result of self.mlp")
        parameters = drawn_again(got["parameters"], seed, 0.5)
        shapes = [tuple(each.shape) for each in parameters]
        assert len(shapes) < 9 and explained_mlp(x, got["output"], parameters, size), (
            f"of Block({size}, 1), self.mlp is not a linear layer to {4 * size}, GELU, a linear layer back to {size}: its "
            f"parameters have the shapes {shapes}"
        )


def probe_heads(student, d_model, n_heads, x):
    """the attention of Block(d_model, n_heads), fed with pairs of tokens"""
    import torch

    attention = student.Block(d_model=d_model, n_heads=n_heads).attention.to(x.dtype)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.normal_(0, 0.5, generator=generator)
    return attention(x)[:, 1]


def pairs_of_tokens(draw, size, count):
    """Pairs of tokens, in float64: the second ones are all different, the first ones are these plus one vector, or these."""
    second, apart = (
        draw.normal(count, 1, size, dtype=torch.float64),
        draw.normal(1, 1, size, dtype=torch.float64),
    )
    return torch.cat([torch.cat([second + apart, second], 1), second.expand(-1, 2, -1)])


def heads_in(output):
    """How many heads attention has that gave this for pairs of tokens.

    Changing the vector between the two tokens of a pair changes the result by a sum over the heads: one fixed vector for
    each head, times the share that it gives to the first token. With many pairs, these sums span as many dimensions.
    """
    moved = output[: len(output) // 2] - output[len(output) // 2 :]
    sizes = torch.linalg.svdvals(moved.double())
    return int((sizes > 1e-9 * sizes[0]).sum())


def test_block_order__heads(student, draw):
    """The block's attention has n_heads heads."""
    for size, n_heads in ((4, 2), (12, 3), (6, 1)):
        output = student.run(probe_heads, size, n_heads, pairs_of_tokens(draw, size, 24))
        a_tensor(output, (48, size), torch.float64, "a result of self.attention")
        found = heads_in(output)
        named = f"the number of heads in the attention of Block({size}, {n_heads})"
        assert found == n_heads, f"{named} is {found}, expected {n_heads}"


def probe_fed(student, name, sizes, inputs, seed, spread, double=False, parameters=False):
    """a module with random numbers in all its parameters, fed with one input after another"""
    import torch

    model = getattr(student, name)(**sizes)
    if double:
        model.double()
    model(inputs[0].clone())
    made = {}
    with torch.no_grad():
        # the same numbers for a shape, in whatever order the module has its layers
        for parameter in model.parameters():
            shape = tuple(parameter.shape)
            if shape not in made:
                number = 10007 * len(shape)
                for size in shape:
                    number = 101 * number + size
                made[shape] = torch.Generator().manual_seed(seed + number)
            parameter.copy_(torch.randn(shape, generator=made[shape], dtype=torch.float64) * spread)
    reply = {"outputs": [model(x.clone()) for x in inputs]}
    if parameters:
        reply["parameters"] = {key: p.detach().clone() for key, p in model.named_parameters()}
    return reply


def test_block_causal__to_the_last_bit(student, draw):
    """If x changes only after position t, the result at 0..t stays the same, to the last bit."""
    sizes = {"d_model": 8, "n_heads": 2}
    for spread in (0.4, 2.5):
        checked, inputs = [], []
        for T, places in ((2, (0,)), (70, (0, 35, 68)), (5, range(4))):
            checked.append((len(inputs), T, places))
            inputs += with_changes(draw.normal(1, T, 8), draw.normal(1, T, 8, scale=3), places)
        outputs = student.run(probe_fed, "Block", sizes, inputs, draw.randint(0, 10**6), spread)[
            "outputs"
        ]
        for start, T, places in checked:
            for t, output in zip([T - 1, *places], outputs[start:], strict=False):
                a_tensor(output, (1, T, 8), torch.float32)
                kept_to_the_bit(outputs[start], output, t)


# TinyTransformer


def model_sizes(vocab_size, d_model, n_heads, n_layers, max_len):
    return dict(
        vocab_size=vocab_size, d_model=d_model, n_heads=n_heads, n_layers=n_layers, max_len=max_len
    )


def fed(student, sizes, inputs, draw, spread=0.4, **more):
    """The model's replies to these ids, one tensor of logits each."""
    got = student.run(
        probe_fed, "TinyTransformer", sizes, inputs, draw.randint(0, 10**6), spread, **more
    )
    dtype = torch.float64 if more.get("double") else torch.float32
    for ids, logits in zip(inputs, got["outputs"], strict=True):
        a_tensor(logits, (*ids.shape, sizes["vocab_size"]), dtype, "logits")
    return got


def explained(logits, parameters, size):
    """The inputs of the last linear layer, computed from its logits, for each matrix and bias that can have made these."""
    V = logits.shape[-1]
    # a convolution of one position is a linear layer, too
    flat = [p.squeeze(-1) if p.dim() == 3 else p for p in parameters]
    # the tokens' table may have more rows behind those of the tokens
    matrices = [m for p in flat if p.dim() == 2 for m in (p[:V], p.T) if m.shape == (V, size)]
    ends = [
        torch.zeros(V, dtype=logits.dtype),
        *(p.flatten() for p in parameters if p.numel() == V and V in p.shape),
    ]
    within = 1e-9 * float(logits.abs().max())
    # of a model with more of these than any needs, some are tried
    for matrix in matrices[:50]:
        for end in ends[:50]:
            rows = (logits - end).reshape(-1, V)
            found = torch.linalg.lstsq(matrix, rows.T).solution.T
            if torch.allclose(found @ matrix.T, rows, rtol=0, atol=within):
                yield found


def of_a_norm(rows, parameters):
    """Whether a norm of any kind made these rows: before scale and shift, all have the same root mean square, at most 1.

    If the token table makes the logits, too, the rows may be divided by the root of their size.
    """
    size = rows.shape[-1]
    vectors = [p.flatten() for p in parameters if p.numel() == size and size in p.shape]
    scales = torch.stack([torch.ones_like(rows[0]), *vectors])[:, None, None]
    shifts = torch.stack([torch.zeros_like(rows[0]), *vectors])[:, None]
    rows = torch.stack([rows, math.sqrt(size) * rows])[:, None, None]
    sizes = ((rows - shifts) / scales).square().mean(-1).sqrt()
    # the eps of a norm makes small rows smaller; rows that this vector didn't scale are large at its entries near 0
    return bool(((sizes.amin(-1) > 0.98 * sizes.amax(-1)) & (sizes.amax(-1) < 1.1)).any())


def test_tiny_transformer_logits__last_norm_and_linear(student, draw):
    """Raw logits (B, T, V) come from a norm after the last block and a linear layer behind it."""
    for sizes, B, T in (
        (model_sizes(3, 4, 2, 1, 3), 1, 2),
        (model_sizes(1, 8, 4, 1, 4), 3, 3),
        (model_sizes(11, 6, 2, 2, 9), 2, 5),
    ):
        fed(student, sizes, [draw.integers(0, sizes["vocab_size"], T, B).T], draw, 0.6)
    # with more logits than numbers for a token, the input of the last layer can be computed from its output
    for sizes in (model_sizes(11, 6, 2, 2, 9), model_sizes(13, 6, 3, 3, 8)):
        V, D = sizes["vocab_size"], sizes["d_model"]
        ids = draw.integers(0, V, 3, 7)
        got = fed(student, sizes, [ids], draw, 0.25, double=True, parameters=True)
        logits, parameters = got["outputs"][0], [*got["parameters"].values()]
        probable = (logits >= 0).all() and (logits.sum(-1) - 1).abs().max() < 1e-3
        assert not probable, (
            "each position's numbers sum to 1: expected raw logits, not probabilities"
        )
        logs = logits.logsumexp(-1).abs().max() < 1e-4
        assert not logs, (
            "the exponentials of each position's numbers sum to 1: expected raw logits, not log-probabilities"
        )
        given = list(explained(logits, parameters, D))
        assert given, (
            f"no matrix of shape {(V, D)} among the parameters explains the logits: expected one linear layer to the "
            "vocabulary at the end, and nothing behind it"
        )
        assert any(of_a_norm(rows, parameters) for rows in given), (
            "the input of the last linear layer differs in size from position to position, so no norm made it: expected "
            "a norm after the last block, and the linear layer straight behind it"
        )


def probe_inside(student, sizes, ids):
    """the inputs and outputs of the norms, the blocks and the linear layers of a TinyTransformer"""
    import torch
    from torch import nn

    model, seen = student.TinyTransformer(**sizes).double(), []
    size, generator = sizes["d_model"], torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.5, generator=generator)

    def look(kind):
        def hook(module, args, kwargs, output):
            given = next(
                (each for each in (*args, *kwargs.values()) if isinstance(each, torch.Tensor)), None
            )
            if given is None or not isinstance(output, torch.Tensor):
                return
            # calls token by token, or row by row, aren't compared
            if given.shape[:-1] == output.shape[:-1] == ids.shape:
                seen.append([kind, given.detach().clone(), output.detach().clone()])

        return hook

    for module in model.modules():
        kind = ""
        if isinstance(module, nn.LayerNorm):
            kind = "norm"
        elif isinstance(module, nn.Linear):
            ways = {(size, 4 * size): "up", (4 * size, size): "down"}
            kind = ways.get((module.in_features, module.out_features), "")
        elif module is not model and all(
            isinstance(getattr(module, n, None), nn.Module) for n in ("attention", "mlp")
        ):
            kind = "block"
        if kind:
            module.register_forward_hook(look(kind), with_kwargs=True)
    model(ids)
    return seen


def calls_of(seen, wanted):
    """The inputs and outputs of the modules of one kind, in the order of their calls."""
    return [(given, made) for kind, given, made in seen if kind == wanted]


def alike(one, other):
    return one.shape == other.shape and torch.allclose(
        one, other, rtol=1e-7, atol=1e-9 * float(other.abs().max())
    )


# A model may apply a norm, a block or a linear layer without calling the module. So the check compares only the calls
# that it sees, and requires none.


def test_tiny_transformer_logits__blocks_and_nothing_between(student, draw):
    """Blocks follow one another directly; in each, attention adds before mlp, which has a GELU."""
    seen = student.run(probe_inside, model_sizes(7, 6, 2, 3, 6), draw.integers(0, 7, 2, 5))
    norms, blocks, ups, downs = (calls_of(seen, kind) for kind in ("norm", "block", "up", "down"))
    if len(blocks) == 3:
        for number, (before, block) in enumerate(pairwise(blocks), 2):
            assert alike(block[0], before[1]), (
                f"block {number} of 3 is not given the output of block {number - 1}, unchanged"
            )
        last = max(number for number, (kind, *_) in enumerate(seen) if kind == "block")
        for given, _ in calls_of(seen[last:], "norm"):
            is_last = alike(given, blocks[-1][1])
            assert is_last, "the last norm is not given the output of the last block"
    for given, _ in ups:
        for stream in [taken for taken, made in norms if alike(made, given)]:
            same = sum(alike(stream, taken) for taken, _ in norms)
            assert same == 1, (
                "two norms in turn are given the same: expected the second to see the stream with attention's output added"
            )
    for given, _ in downs if ups else ():
        activated = [F.gelu(made, approximate=way) for _, made in ups for way in ("none", "tanh")]
        assert any(alike(given, each) for each in activated), (
            "in the blocks, the activation between the linear layer to 4 * D and the one back is not GELU"
        )


def probe_large_tables(student, several, inputs, seed, times):
    """TinyTransformers with embeddings many times as large as the outputs of their blocks"""
    import torch

    logits = []
    for sizes, ids in zip(several, inputs):
        model = student.TinyTransformer(**sizes).double()
        longer = {"vocab_size": sizes["vocab_size"] + 1, "max_len": sizes["max_len"] + 1}
        others = dict(student.TinyTransformer(**sizes | longer).named_parameters())
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                # the same numbers for a size, however many layers there are
                generator = torch.Generator().manual_seed(seed + parameter.numel())
                parameter.normal_(0, 0.4, generator=generator)
                if name in others and others[name].shape != parameter.shape:
                    parameter.mul_(times)
        logits.append(model(ids))
    return logits


def test_tiny_transformer_logits__blocks_look_through_norms(student, draw):
    """attention and mlp see the stream through norms, and the stream itself isn't normed."""
    ids, other = draw.integers(0, 7, 2, 5), draw.integers(0, 7, 2, 5)
    other[:, -1] = ids[:, -1]
    several = [model_sizes(7, 6, 2, n_layers, 6) for n_layers in (1, 3)]
    replies = student.run(probe_large_tables, several, [ids, other], draw.randint(0, 10**6), 1e8)
    # neither the number of blocks matters then, nor the tokens that attention looks back at
    one, three = (a_tensor(each, (2, 5, 7), torch.float64, "logits")[:, -1] for each in replies)
    assert torch.allclose(one, three, rtol=0, atol=1e-3 * float(one.abs().max())), (
        "with embeddings 1e8 times as large, the blocks' additions to the stream should be lost beside them, "
        "and are not: expected attention and mlp to see the stream through a norm, and no norm of the stream itself"
    )


def test_tiny_transformer_logits__causal_and_by_row(student, draw):
    """The logits at t depend on the tokens at 0..t of their own row, and on nothing else."""
    sizes = model_sizes(11, 8, 2, 2, 81)
    inputs, checked = [], []
    for T, places in ((2, (0,)), (80, (0, 40, 78)), (5, range(4))):
        ids = draw.integers(0, 11, 1, T)
        other = (ids + draw.integers(1, 11, 1, T)) % 11
        checked.append((len(inputs), T, places))
        inputs += [ids, *(torch.where(torch.arange(T) > t, other, ids) for t in places)]
    shorter = inputs[2][:, :7]
    outputs = fed(student, sizes, [*inputs, shorter], draw)["outputs"]
    for start, T, places in checked:
        for t, output in zip([T - 1, *places], outputs[start:], strict=False):
            kept_to_the_bit(outputs[start], output, t)
    near(
        outputs[-1],
        outputs[2][:, :7],
        "the first 7 of 80 tokens alone, compared with the logits among all 80",
    )
    ids, other = draw.integers(0, 11, 6, 3).T, draw.integers(0, 11, 3, 6)
    alone = [ids[row : row + 1] for row in range(3)]
    outputs = fed(student, sizes, [other, ids, *alone, ids], draw)["outputs"]
    for row in range(3):
        near(
            outputs[2 + row],
            outputs[1][row : row + 1],
            f"row {row} of a batch alone, compared with it in the batch",
        )
    near(outputs[-1], outputs[1], "the same batch again, after others")


def probe_again(student, sizes, several, seed):
    """TinyTransformer, called again while its mode and parameters change, and each time a new one like it"""
    import torch

    def make():
        # buffers, and other state beside the parameters, start the same in each
        torch.manual_seed(seed)
        return student.TinyTransformer(**sizes)

    model, other, again, new = make(), make(), [], []
    generator = torch.Generator().manual_seed(seed)
    for number, ids in enumerate(several):
        fresh = make()
        with torch.no_grad():
            for parameter, copied in zip(model.parameters(), fresh.parameters()):
                copied.copy_(parameter.normal_(0, 0.4, generator=generator))
        new.append(fresh(ids).detach().clone())
        with torch.no_grad():
            for parameter in other.parameters():
                parameter.normal_(0, 0.4, generator=generator)
        training = number % 3 == 0
        with torch.set_grad_enabled(training):
            again.append(model.train(training)(ids).detach().clone())
    return {"again": again, "new": new}


def test_tiny_transformer_logits__each_call_alone(student, draw):
    """Each call stands alone: the ids, the mode and the parameters may change in between."""
    several = [draw.integers(0, 7, 2, T) for T in (2, 5, 3, 5)]
    several += [several[-1], several[0]]
    got = student.run(probe_again, model_sizes(7, 4, 2, 2, 6), several, draw.randint(0, 10**6))
    for number, (again, new) in enumerate(zip(got["again"], got["new"], strict=True), 1):
        what = f"call {number} of one model, compared with a new model of the same parameters"
        near(again, new, what)


def probe_sizes(student, several):
    """how many parameters TinyTransformer has, and how many of them are in tensors that grow with max_len"""
    found = []
    for sizes in several:
        larger = sizes | {"max_len": sizes["max_len"] + 1}
        longer = dict(student.TinyTransformer(**larger).named_parameters())
        total = growing = 0
        for name, parameter in student.TinyTransformer(**sizes).named_parameters():
            total += parameter.numel()
            if name in longer and longer[name].shape != parameter.shape:
                growing += parameter.numel()
        found.append([total, growing])
    return found


def test_tiny_transformer_logits__layers(student, draw):
    """The model has n_layers blocks of one size, two tables, a norm and a linear layer, no more."""
    D, V, max_len = 6, 11, 5
    several = [model_sizes(V, D, 2, layers, max_len) for layers in (1, 2, 5)]
    (one, positions), (two, _), (five, _) = student.run(probe_sizes, several)
    grown, least = two - one, 12 * D**2
    assert least <= grown <= least + 13 * D, (
        f"with a second layer, the model for d_model = {D} has {grown} parameters more, expected from {least} to "
        f"{least + 13 * D}: those of one block"
    )
    assert five - two == 3 * grown, (
        f"with three more layers it has {five - two} parameters more, expected {3 * grown}"
    )
    # the table of positions may have rows to spare
    rest, most = one - grown - max(positions, max_len * D), 2 * V * D + V + 2 * D
    # a number to scale the tokens' rows with does no harm; another norm would have D or more
    assert rest < most + D, (
        f"without its n_layers blocks and its positions the model for V = {V} and d_model = {D} has "
        f"{rest} parameters, expected at most {most}: a table of tokens, a norm, a linear layer"
    )


def probe_model_heads(student, sizes, x):
    """the attention in the blocks of TinyTransformer, fed with pairs of tokens"""
    import torch
    from torch import nn

    model = student.TinyTransformer(**sizes).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.5, generator=generator)
    ready = [each.num_heads for each in model.modules() if isinstance(each, nn.MultiheadAttention)]
    # a dictionary of modules may have the name for another one
    inside = [
        getattr(each, "attention", None)
        for each in model.modules()
        if not isinstance(each, nn.ModuleDict)
    ]
    found = [
        each
        for each in inside
        if isinstance(each, nn.Module) and not isinstance(each, nn.MultiheadAttention)
    ]
    outputs = []
    for attention in found:
        try:
            outputs.append(attention(x)[:, 1])
        except TypeError:
            # a model's own blocks may give their attention more than one tensor
            continue
    return {"ready": ready, "outputs": outputs}


def test_tiny_transformer_logits__heads(student, draw):
    """Attention in every block has n_heads heads."""
    for size, n_heads in ((4, 2), (12, 3)):
        got = student.run(
            probe_model_heads, model_sizes(7, size, n_heads, 2, 5), pairs_of_tokens(draw, size, 24)
        )
        # blocks of another kind may have their attention elsewhere
        for found in [*got["ready"], *map(heads_in, got["outputs"])]:
            assert found == n_heads, (
                f"a model made with n_heads = {n_heads} has blocks with {found}"
            )


def probe_other_heads(student, sizes, several, ids):
    """the logits of TinyTransformers that differ in their numbers of heads, with equal parameters if these have the same shapes"""
    import torch

    logits, shapes = [], []
    for n_heads in several:
        model = student.TinyTransformer(**sizes | {"n_heads": n_heads}).double()
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0, 0.5, generator=generator)
        shapes.append([list(parameter.shape) for parameter in model.parameters()])
        logits.append(model(ids))
    return {"logits": logits, "comparable": shapes[0] == shapes[1]}


def test_tiny_transformer_logits__heads_count(student, draw):
    """With the same weights, another n_heads gives other logits."""
    sizes, ids = model_sizes(7, 12, 2, 1, 6), draw.integers(0, 7, 2, 5)
    got = student.run(probe_other_heads, sizes, [2, 3], ids)
    one, other = (a_tensor(each, (2, 5, 7), torch.float64, "logits") for each in got["logits"])
    same = got["comparable"] and alike(one, other)
    assert not same, "n_heads = 2 and n_heads = 3 give the same logits with the same weights"


def test_tiny_transformer_positions__every_two_differ(student, draw):
    """Even with one layer, the last logits depend on where each earlier token stands."""
    for max_len in (6, 70):
        T, one = max_len - 1, draw.randint(0, 7)
        other = (one + draw.randint(1, 7)) % 7
        # in each row one token everywhere, and another at a single position, which is never the last
        ids = torch.where(torch.eye(T, dtype=torch.bool)[:-1], other, one)
        sizes = model_sizes(7, 6, 2, 1, max_len)
        last = fed(student, sizes, [ids], draw, double=True)["outputs"][0][:, -1]
        largest = float(last.abs().max())
        # by default, cdist multiplies matrices from 25 rows on, which leaves rounding between equal rows
        apart = torch.cdist(last, last, compute_mode="donot_use_mm_for_euclid_dist")
        apart += torch.eye(len(last)) * largest
        if apart.min() < 1e-10 * largest:
            here, there = sorted(divmod(int(apart.argmin()), len(last)))
            raise AssertionError(
                f"with one layer and {T} tokens, the last token gets the same logits whether another token "
                f"stands at position {here} or {there}: expected a vector of its own for each position"
            )


def test_tiny_transformer_positions__added(student, draw):
    """The first norm gets the sum of two vectors: one for the token, one for its position."""
    a = draw.integers(0, 7, 5)
    b = (a + draw.randint(1, 7)) % 7
    # a and b, and each with the other's end: token and position add up, whatever stands beside
    rows = torch.stack([a, b, torch.cat([a[:2], b[2:]]), torch.cat([b[:2], a[2:]])])
    every = torch.arange(7)[:, None].expand(7, 5)
    seen = student.run(probe_inside, model_sizes(7, 6, 2, 3, 12), torch.cat([rows, every]))
    norms, blocks = calls_of(seen, "norm"), calls_of(seen, "block")
    # two in each of the three blocks, and perhaps one before them and one after
    all_norms_seen = 6 <= len(norms) <= 8
    first = norms if all_norms_seen else blocks if len(blocks) == 3 else []
    if not first:
        return
    into = a_tensor(first[0][0], (11, 5, 6), torch.float64, "an input of the first norm")
    mixed = torch.stack(
        [torch.cat([into[0, :2], into[1, 2:]]), torch.cat([into[1, :2], into[0, 2:]])]
    )
    what = "the input of the first norm should be made of this position's token and place alone"
    near(into[2:4], mixed, what)
    table = into[4:]
    parts = table - table[:1] - table[:, :1] + table[:1, :1]
    largest = float(parts.abs().max()) / float(table.abs().max())
    assert largest < 1e-9, (
        "the embedding of the token and that of the position should be added, and they are not"
    )


def test_tiny_transformer_positions__learned(student, draw):
    """The positions are a table of parameters that grows with max_len by one row of d_model."""
    for size in (4, 6):
        several = [model_sizes(11, size, 2, 1, max_len) for max_len in (2, 3, 11)]
        (two, _), (three, _), (eleven, _) = student.run(probe_sizes, several)
        assert (three - two, eleven - three) == (size, 8 * size), (
            f"positions are a learned table with a row for each: with d_model = {size}, a model has "
            f"{three - two} parameters more for max_len = 3 than for 2, and {eleven - three} more for 11 than "
            f"for 3, expected {size} and {8 * size}"
        )


TEXT = (
    "the lamp stood by the stove, and the old woman lit it every evening at five. when the wind came from the sea, "
    "the flame leaned to the left. then she sat down and read a letter that she had read a hundred times before. "
)


def probe_fresh(student, sizes, several, seed, count):
    """new TinyTransformers, as they start"""
    import torch

    torch.manual_seed(seed)
    models = [student.TinyTransformer(**sizes) for _ in range(count)]
    with torch.no_grad():
        return [[model(ids) for model in models] for ids in several]


def test_tiny_transformer_start__near_log_v(student, draw):
    """Untrained, the loss is within 0.5 of log V, on random ids and on a text."""
    letters = sorted(set(TEXT))
    text = torch.tensor([letters.index(each) for each in TEXT])
    # a single model may lie high or low by luck, the mean of some doesn't
    count = 6
    for V, D, n_heads, n_layers, T in (
        (len(letters), 8, 2, 1, 16),
        (40, 64, 4, 1, 32),
        (65, 32, 4, 3, 24),
        (50, 128, 4, 2, 24),
    ):
        rows, random = text.unfold(0, T + 1, T), draw.integers(0, V, 8, T + 1)
        sizes = model_sizes(V, D, n_heads, n_layers, T + 1)
        found = student.run(
            probe_fresh, sizes, [random[:, :-1], rows[:, :-1]], draw.randint(0, 10**6), count
        )
        for what, ids, several in zip(("random ids", "a text"), (random, rows), found, strict=True):
            targets = ids[:, 1:]
            for logits in several:
                a_tensor(logits, (*targets.shape, V), torch.float32, "logits")
            losses = [
                F.cross_entropy(each.flatten(0, 1).double(), targets.flatten()) for each in several
            ]
            loss, known = float(sum(losses)) / count, math.log(V)
            assert abs(loss - known) <= 0.5, (
                f"before training, the loss on {what} is {loss:.4f} with d_model = {D}, the mean over {count} fresh models: "
                f"expected within 0.5 of log({V}) = {known:.4f}"
            )


def probe_model_gradients(student, sizes, ids, downstream, seed):
    """the gradients of a TinyTransformer with random numbers in all its parameters"""
    import torch

    model, generator = student.TinyTransformer(**sizes), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.4, generator=generator)
    # a graph or value kept from the first step shows in the second
    for _ in range(2):
        model.zero_grad()
        logits = model(ids)
        if (
            isinstance(logits, torch.Tensor)
            and logits.requires_grad
            and logits.shape == downstream.shape
        ):
            (logits * downstream).sum().backward()
    # the last position isn't fed, and may have a parameter of its own
    less = sizes | {"max_len": sizes["max_len"] - 1}
    shorter = dict(student.TinyTransformer(**less).named_parameters())
    gradients = {name: p.grad for name, p in model.named_parameters() if name in shorter}
    # under this key, the student's own names don't matter to diagnosis
    return {"logits": logits, "parameters": gradients}


def test_tiny_transformer_gradients__every_parameter(student, draw):
    """Every parameter gets a gradient, and so does every row of a table that the text uses."""
    # no other size is as large as max_len, so a table of positions is known by its number of rows
    for sizes in (model_sizes(5, 4, 2, 1, 20), model_sizes(11, 6, 2, 2, 50)):
        T = sizes["max_len"] - 1
        shape = 3, T, sizes["vocab_size"]
        # every token is there, and every position but the last
        ids = torch.randperm(3 * T, generator=draw.generator()).view(3, T) % shape[2]
        got = student.run(
            probe_model_gradients, sizes, ids, draw.normal(*shape), draw.randint(0, 10**6)
        )
        a_tensor(got["logits"], shape, torch.float32, "logits")
        assert got["parameters"], "expected parameters that PyTorch can find, but there are none"
        for name, gradient in got["parameters"].items():
            assert gradient is not None, f"no gradient reaches the parameter {name}"
            assert gradient.dim() < 2 or gradient.any(), (
                f"the gradient of the parameter {name} is zero everywhere"
            )
            rows = gradient.squeeze() if gradient.squeeze().dim() == 2 else gradient.flatten()[:0]
            still = [number for number, row in enumerate(rows) if not row.any()]
            unused = len(rows) - T if len(rows) > T else 0
            assert len(still) <= unused, (
                f"row {still[0]} of the parameter {name} has a gradient of zeros: expected every row that "
                "is used to learn"
            )


def probe_same_rows(student, sizes, several, seed):
    """TinyTransformer with the same row for every token in all its tables, fed with other ids"""
    import torch

    model = student.TinyTransformer(**sizes).double()
    more = sizes | {"vocab_size": sizes["vocab_size"] + 1}
    larger = dict(student.TinyTransformer(**more).named_parameters())
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # a token may have a parameter of its own, so those of one size get the same numbers
            generator = torch.Generator().manual_seed(seed + parameter.numel())
            parameter.normal_(0, 0.4, generator=generator)
            for dim in range(parameter.dim()):
                if name in larger and parameter.shape[dim] != larger[name].shape[dim]:
                    parameter.copy_(parameter.narrow(dim, 0, 1).clone())
    return [model(ids) for ids in several]


def test_tiny_transformer_gradients__tokens_are_learned(student, draw):
    """Only rows of learned tables make one token differ from another."""
    sizes, several = model_sizes(7, 6, 2, 1, 6), [draw.integers(0, 7, 2, 5) for _ in range(2)]
    outputs = student.run(probe_same_rows, sizes, several, draw.randint(0, 10**6))
    one, other = (a_tensor(each, (2, 5, 7), torch.float64, "logits") for each in outputs)
    assert alike(other, one), (
        "all rows of all tables were made the same, and other ids still give other logits: something about "
        "the tokens is no parameter, and would never learn"
    )


def probe_lengths(student, sizes, several):
    """TinyTransformer, fed with ids of other lengths, the last of them in evaluation mode"""
    model, said = student.TinyTransformer(**sizes), []
    for number, ids in enumerate(several, 1):
        model.train(number < len(several))
        try:
            said.append([list(model(ids).shape), ""])
        except Exception as error:
            said.append(
                [[], "ValueError" if isinstance(error, ValueError) else type(error).__name__]
            )
    return said


def test_tiny_transformer_errors__too_long(student, draw):
    """forward raises a ValueError if T is larger than max_len, and works up to max_len."""
    for max_len, n_heads in ((4, 2), (1, 2), (16, 1)):
        # more texts than positions, since it is the length that counts
        B = max_len + 1
        several = [draw.integers(0, 5, B, T) for T in (max_len, 1, max_len + 1, 2 * max_len + 3)]
        replies = student.run(probe_lengths, model_sizes(5, 4, n_heads, 1, max_len), several)
        for ids, (shape, raised) in zip(several, replies, strict=True):
            length = ids.shape[1]
            outcome = f"raised {raised}" if raised else f"gave {shape}"
            found = f"with max_len = {max_len} and n_heads = {n_heads}, a text of T = {length} {outcome}"
            if length > max_len:
                assert raised == "ValueError", f"{found}: expected forward to raise ValueError"
            else:
                assert shape == [B, length, 5], (
                    f"{found}: expected logits of shape {(B, length, 5)}"
                )


# causal_mix


def mix_inputs(draw, lead, T, d, dv, dtype=torch.float32):
    return [draw.normal(*lead, T, size, dtype=dtype) for size in (d, d, dv)]


def test_causal_mix_values__every_shape(student, draw):
    """Position t mixes the values at 0..t by the softmax of its scores, for every shape."""
    for lead, T, d, dv in (
        ((), 2, 2, 2),
        ((), 1, 2, 2),
        ((), 3, 4, 2),
        ((2,), 4, 1, 3),
        ((2, 3), 5, 4, 1),
        ((2, 1), 6, 9, 2),
        ((2, 3, 2), 2, 3, 4),
    ):
        for dtype in DTYPES:
            q, k, v = mix_inputs(draw, lead, T, d, dv, dtype)
            near(student.causal_mix(q=q, k=k, v=v), causal_mix(q, k, v))
    given = mix_inputs(draw, (2, 3), 4, 5, 6)
    for each in zip(*map(layouts, given), strict=True):
        near(student.causal_mix(*each), causal_mix(*given))
    # as they are when they were split into heads: the tokens in front of the heads
    split = [x.transpose(1, 2).contiguous().transpose(1, 2) for x in given]
    near(student.causal_mix(*split), causal_mix(*given))


def test_causal_mix_values__any_length_and_size(student, draw):
    """The mix is right for any length, and for scores near 0 and of several thousand."""
    for T in (70, 3, draw.randint(260, 300)):
        q, k, v = mix_inputs(draw, (1,), T, 3, 2)
        q[:, 1] = 0  # and so are all scores of this position
        near(student.causal_mix(q, k, v), causal_mix(q, k, v), f"with T = {T}")
    for size in (1e-3, 30, 4000):
        q, k, v = mix_inputs(draw, (12,), 5, 3, 2, torch.float64)
        scale = math.sqrt(size * math.sqrt(3) / float((q @ k.mT).abs().max()))
        near(
            student.causal_mix(q * scale, k * scale, v),
            causal_mix(q * scale, k * scale, v),
            f"with scores up to {size:g}",
        )


def test_causal_mix_values__rules(student, draw):
    """The arguments stay as they were, and each call stands alone."""
    unchanged(student, "causal_mix", *mix_inputs(draw, (2,), 3, 4, 2))
    calls = [mix_inputs(draw, *sizes) for sizes in (((2,), 3, 5, 2), ((), 4, 4, 3), ((), 4, 4, 3))]
    in_turn(student, "causal_mix", causal_mix, *map(tuple, calls), compare=near)


def test_causal_mix_values__gradients(student, draw):
    """Gradients flow from the result back to q, k and v, with the right values."""
    for lead, T, d, dv in (((), 2, 2, 2), ((2,), 4, 3, 2)):
        gradients(
            student,
            causal_mix,
            "causal_mix",
            *mix_inputs(draw, lead, T, d, dv, torch.float64),
            rtol=1e-5,
            atol=1e-7,
        )


def test_causal_mix_causal__to_the_last_bit(student, draw):
    """If q, k and v change only after t, the result at 0..t stays the same, to the last bit."""
    for T, places in ((2, (0,)), (5, range(4)), (80, (0, 39, 60, 78))):
        for large in (False, True):
            q, k, v = mix_inputs(draw, (1,), T, 4, 2)
            others = mix_inputs(draw, (1,), T, 4, 2)
            if large:
                # scores are as far below 0 as they get for the first half of the keys, and as far above for the others
                q = others[0] = torch.zeros_like(q)
                q[..., 0] = 2 * math.sqrt(LARGE)
                k = torch.zeros_like(k)
                k[..., 0] = math.sqrt(LARGE) * torch.where(
                    torch.arange(T) < (T + 1) // 2, -1.0, 1.0
                )
                others[1] = -k
            first = student.causal_mix(q, k, v)
            a_tensor(first, v.shape, v.dtype)
            for t in places:
                later = torch.arange(T)[:, None] > t
                changed = (
                    torch.where(later, other, x) for x, other in zip((q, k, v), others, strict=True)
                )
                kept_to_the_bit(first, a_tensor(student.causal_mix(*changed), v.shape, v.dtype), t)


# nucleus_probs


def nucleus_probs(logits, p):
    """In float64, row by row: the likeliest tokens are taken one by one until they reach `p`."""
    probs = logits.double().softmax(-1)
    rows, kept = probs.reshape(-1, probs.shape[-1]), []
    for row in rows.detach():
        taken, total = torch.zeros(len(row), dtype=torch.bool), 0.0
        for place in row.argsort(descending=True).tolist():
            if total >= p and p < 1:
                break
            taken[place] = True
            total += float(row[place])
        kept.append(taken)
    probs = probs * torch.stack(kept).reshape(probs.shape)
    return (probs / probs.sum(-1, keepdim=True)).to(logits.dtype)


def reached_clearly(draw, shape, p, dtype=torch.float32, scale=2.0):
    """Logits of which no sum of the likeliest comes near `p`."""
    while True:
        logits = draw.normal(*shape, dtype=dtype, scale=scale)
        sums = logits.double().softmax(-1).sort(-1, descending=True).values.cumsum(-1)
        if p == 1 or (sums - p).abs().min() > 1e-4:
            return logits


def near_nucleus(got, want):
    close(got, want, atol=2e-6)
    assert (got[want == 0] == 0).all(), "expected exactly 0 for the tokens outside the nucleus"


def test_nucleus_probs_values__every_shape(student, draw):
    """The fewest likeliest tokens that reach p share the probability; all others get exactly 0."""
    for dtype in DTYPES:
        for shape in ((1,), (4,), (7,), (3, 5), (2, 1, 4), (2, 3, 2, 6), (2, 140)):
            for p in (0.05, 0.45, 0.8, 0.97, 1.0):
                logits = reached_clearly(draw, shape, p, dtype)
                near_nucleus(student.nucleus_probs(logits=logits, p=p), nucleus_probs(logits, p))
    logits = reached_clearly(draw, (3, 5), 0.8)
    for each in layouts(logits):
        near_nucleus(student.nucleus_probs(each, 0.8), nucleus_probs(logits, 0.8))
    near_nucleus(
        student.nucleus_probs(logits.double() - 9996, 0.8),
        nucleus_probs(logits.double() - 9996, 0.8),
    )
    near_nucleus(
        student.nucleus_probs(logits.double() + 9996, 0.8),
        nucleus_probs(logits.double() + 9996, 0.8),
    )


def test_nucleus_probs_values__rules(student, draw):
    """The logits stay as they were, each call stands alone, and gradients flow to the logits."""
    unchanged(student, "nucleus_probs", reached_clearly(draw, (3, 5), 0.8), 0.8)
    calls = [
        (reached_clearly(draw, shape, p), p)
        for shape, p in (((3, 5), 0.8), ((5,), 0.5), ((3, 4), 0.6), ((3, 4), 0.6))
    ]
    in_turn(student, "nucleus_probs", nucleus_probs, *calls, compare=near_nucleus)
    logits = reached_clearly(draw, (3, 5), 0.8, torch.float64)
    gradients(student, nucleus_probs, "nucleus_probs", logits, 0.8, rtol=1e-5, atol=1e-9)


def test_nucleus_probs_values__p_out_of_range(student, draw):
    """A p that is 0 or below, or above 1, raises a ValueError."""
    for p in (0.0, -0.5, 1.5):
        raises(student, ValueError, "nucleus_probs", draw.normal(3, 5), p)


# Predictions


def test_predict_attention_size_value__computed(student, draw):
    """Each of the four layers has D * D weights and D biases, however many heads there are."""
    layers = [nn.Linear(64, 64) for _ in LAYERS]
    predicts(
        student,
        "predict_attention_size",
        sum(p.numel() for layer in layers for p in layer.parameters()),
    )


def test_predict_order_value__computed(student, draw):
    """Attention is a weighted sum, and the order of its terms doesn't change a sum."""
    x, weights = draw.normal(1, 3, 4, dtype=torch.float64), some_weights(draw, 4)
    one, other = (attention(each, weights, 2)[:, -1] for each in (x, x[:, [1, 0, 2]]))
    predicts(student, "predict_order", "C" if torch.allclose(one, other) else "B")


def test_predict_wall_value__computed(student, draw):
    """H bounds models that see one character; with one layer of attention a model sees more."""
    letters = torch.tensor([ord(each) for each in TEXT])

    def entropy(rows):
        return -sum(
            n * math.log(n)
            for n in (rows.unique(dim=0, return_counts=True)[1] / len(rows)).tolist()
        )

    pairs, threes = letters.unfold(0, 2, 1), letters.unfold(0, 3, 1)
    seen_one = entropy(pairs) - entropy(letters[:-1, None])
    seen_two = entropy(threes) - entropy(pairs[:-1])
    predicts(student, "predict_wall", "C" if seen_two < seen_one else "D")


# Stand-ins: regrading uses these in place of wrong answers that other exercises build on. They run beside the student's
# code, in a scope of their own that holds torch, math, nn and F.


def causal_mix_stand_in(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


class SelfAttentionStandIn(nn.Module):
    def __init__(self, d_model: int, n_heads: int):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads")
        self.n_heads = n_heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (
            W(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for W in (self.W_q, self.W_k, self.W_v)
        )
        return self.W_o(
            F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        )


class BlockStandIn(nn.Module):
    def __init__(self, d_model: int, n_heads: int):
        class Attention(nn.Module):
            def __init__(self):
                super().__init__()
                self.all = nn.MultiheadAttention(d_model, n_heads, batch_first=True)

            def forward(self, x):
                future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
                return self.all(x, x, x, attn_mask=future, need_weights=False)[0]

        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attention = Attention()
        self.mlp = nn.Sequential(
            nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class TinyTransformerStandIn(nn.Module):
    def __init__(self, vocab_size: int, d_model: int, n_heads: int, n_layers: int, max_len: int):
        super().__init__()
        self.max_len = max_len
        self.tokens, self.places = nn.Embedding(vocab_size, d_model), nn.Embedding(max_len, d_model)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.places.weight, std=0.02)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(
                d_model, n_heads, 4 * d_model, 0.0, "gelu", batch_first=True, norm_first=True
            )
            for _ in range(n_layers)
        )
        self.head = nn.Sequential(nn.LayerNorm(d_model), nn.Linear(d_model, vocab_size))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        length = ids.shape[1]
        if length > self.max_len:
            raise ValueError("max_len")
        x = self.tokens(ids) + self.places.weight[:length]
        for block in self.blocks:
            x = block(x, src_mask=torch.ones(length, length, dtype=torch.bool).triu(1))
        return self.head(x)


def nucleus_probs_stand_in(logits: torch.Tensor, p: float) -> torch.Tensor:
    if not 0 < p <= 1:
        raise ValueError("p")
    probs, order = torch.softmax(logits, -1).sort(-1, descending=True)
    kept = probs.where(probs.cumsum(-1) - probs < p, 0)
    return torch.zeros_like(probs).scatter(-1, order, kept / kept.sum(-1, keepdim=True))


STAND_INS = {
    "causal_mix": causal_mix_stand_in,
    "SelfAttention": SelfAttentionStandIn,
    "Block": BlockStandIn,
    "TinyTransformer": TinyTransformerStandIn,
    "nucleus_probs": nucleus_probs_stand_in,
}


# Small experiments, the smallest first, for each graded cell. If the cell fails, the student sees the first experiment
# that comes out otherwise than with the reference solution. Each number in braces is drawn anew.

ATTENTION = """
    model = SelfAttention(2, 1)
    for p in model.parameters():
        p.data = torch.eye(2) if p.dim() > 1 else torch.zeros(2)
"""
TWO_HEADS = ATTENTION.replace("SelfAttention(2, 1)", "SelfAttention(2, 2)")
FOUR = (
    ATTENTION.replace("SelfAttention(2, 1)", "SelfAttention(4, 2)")
    .replace("eye(2)", "eye(4)")
    .replace("zeros(2)", "zeros(4)")
)
TOKEN = "torch.tensor([[[{number}, {number}]]])"
TOKENS = "torch.tensor([[[{number}, {number}], [{number}, {number}]]])"
MATRIX = "torch.tensor([[{number}, {number}], [{number}, {number}]])"
BLOCK = """
    block = Block(3, 1)
    block.attention, block.mlp = nn.Tanh(), nn.Sigmoid()
"""
TRANSFORMER = "model = TinyTransformer(vocab_size=3, d_model=4, n_heads=2, n_layers=1, max_len=5)"
ANY_TRANSFORMER = code(
    TRANSFORMER + ".double()", "for p in model.parameters():", "    nn.init.normal_(p)"
)
COUNT = "sum(p.numel() for p in TinyTransformer(3, 4, 2, n_layers, max_len).parameters())"
# The same call twice shows that an answer draws at random, before the next experiment would report another fault. Of so
# many numbers some differ then; nan is no difference.
ALIKE = "(one - again).nan_to_num().abs().max()"
ATTENDS_ALIKE = code(
    ATTENTION, "one, again = model(torch.ones(50, 2, 2)), model(torch.ones(50, 2, 2))", ALIKE
)
BLOCKS_ALIKE = code(
    "block = Block(2, 1)",
    "one, again = block(torch.ones(50, 2, 2)), block(torch.ones(50, 2, 2))",
    ALIKE,
)
TRANSFORMS_ALIKE = code(
    TRANSFORMER,
    "ids = torch.tensor(50 * [[0, 1, 2, 0]])",
    "one, again = model(ids), model(ids)",
    ALIKE,
)

EXPERIMENTS = {
    "self_attention_values": [
        "list(SelfAttention(2, 1)(torch.ones(1, 1, 2)).shape)",
        code(
            "model = SelfAttention(4, 2)",
            "[list(W.weight.shape) for W in (model.W_q, model.W_k, model.W_v, model.W_o)]",
        ),
        ATTENDS_ALIKE,
        code(ATTENTION, f"model({TOKEN})"),
        code(ATTENTION, f"model({TOKENS})"),
        *(
            code(ATTENTION, f"model.{W}.weight.data = {MATRIX}", f"model({TOKENS})")
            for W in ("W_v", "W_o", "W_q", "W_k")
        ),
        code(TWO_HEADS, f"model({TOKENS})"),
        code(
            FOUR,
            "model(torch.tensor([[[1.0, {number}, 0.0, {number}], [{number}, 0.5, {number}, 0.0]]]))",
        ),
        code(ATTENTION, f"model({TOKENS}.transpose(0, 1))"),
        code(ATTENTION, f"model(torch.stack([{TOKENS}[0], {TOKENS}[0]], 1).transpose(0, 1))"),
        code(TWO_HEADS, f"model.W_o.weight.data = {MATRIX}", f"model({TOKENS})"),
        code(ATTENTION, "model(torch.tensor([[[10.0, 0.0], [20.0, {number}], [30.0, 0.0]]]))"),
        code(ATTENTION, f"model.eval()({TOKENS})"),
        code(ATTENTION, f"model.double()({TOKENS}.double())"),
        code(ATTENTION, "model(torch.tensor([[[{number}, 1000.0], [1000.0, {number}]]]))"),
        code(ATTENTION, "model(torch.tensor([[[1.0, 0.0], [0.0, 1.0], [{number}, {number}]]]))"),
        code(ATTENTION, "model(torch.arange(600.0).reshape(1, 300, 2) / 600)[0, -1]"),
        code(ATTENTION, f"x = {TOKENS}", "model(x)", f"x.copy_({TOKENS})", "model(x)"),
        code(
            ATTENTION, f"x = {TOKENS}", "model(x)", f"model.W_v.weight.data = {MATRIX}", "model(x)"
        ),
        code(ATTENTION, f"x = {TOKENS}", "model(x)", "x"),
    ],
    "self_attention_causal": [
        ATTENDS_ALIKE,
        code(ATTENTION, f"model({TOKENS})"),
        code(
            ATTENTION,
            f"x = {TOKENS}",
            "one = model(x)",
            "x[0, 1] = {number}",
            "torch.equal(model(x)[0, 0], one[0, 0])  # is the output at place 0 as before?",
        ),
        code(
            ATTENTION,
            f"x = {TOKENS}",
            "one = model(100 * x)",
            "x[0, 1] = -1000.0",
            "torch.equal(model(100 * x)[0, 0], one[0, 0])  # is the output at place 0 as before?",
        ),
        code(
            ATTENTION,
            f"x = {TOKENS}",
            "one = model(x)",
            "x[0, 1] = 1000.0",
            "torch.equal(model(x)[0, 0], one[0, 0])  # is the output at place 0 as before?",
        ),
        code(
            ATTENTION,
            f"x = {TOKENS}",
            "one = model(x)",
            "x[0, 0] = 3.0",
            "torch.equal(model(x)[0, 1], one[0, 1])  # is the output at place 1 as before?",
        ),
        code(
            TWO_HEADS,
            f"x = {TOKENS}",
            "one = model(x)",
            "x[0, 1] = 9.0",
            "torch.equal(model(x)[0, 0], one[0, 0])  # is the output at place 0 as before?",
        ),
        code(
            ATTENTION,
            "x = torch.ones(1, 80, 2)",
            "one = model(x)",
            "x[0, 79] = 3.0",
            "torch.equal(model(x)[0, :79], one[0, :79])  # are the outputs before place 79 as before?",
        ),
        code(
            ATTENTION,
            "x = torch.ones(1, 80, 2)",
            "one = model(x)",
            "x[0, 0] = 0.5",
            "bool((model(x) != one).any(-1).all())  # did all outputs change?",
        ),
    ],
    "self_attention_gradients": [
        code(
            ATTENTION,
            f"x = {TOKEN[:-1]}, requires_grad=True)",
            "model(x)[..., 0].sum().backward()",
            "x.grad",
        ),
        code(
            ATTENTION,
            f"x = {TOKENS[:-1]}, requires_grad=True)",
            "model(x)[..., 0].sum().backward()",
            "x.grad",
        ),
        *(
            code(ATTENTION, f"model({TOKENS})[..., 0].sum().backward()", f"model.{W}.weight.grad")
            for W in ("W_q", "W_k", "W_v", "W_o")
        ),
        code(
            TWO_HEADS,
            f"x = {TOKENS[:-1]}, requires_grad=True)",
            "model(x)[..., 0].sum().backward()",
            "x.grad",
        ),
        code(
            FOUR,
            "x = torch.tensor([[[1.0, {number}, 0.0, 2.0], [0.0, 0.5, {number}, 0.0]]], requires_grad=True)",
            "model(x)[..., 3].sum().backward()",
            "x.grad",
        ),
    ],
    "self_attention_errors": [
        "SelfAttention(3, 2)",
        "SelfAttention(2, 4)",
        "list(SelfAttention(2, 1)(torch.zeros(1, 2, 2)).shape)",
        code(ATTENTION, f"model({TOKENS})"),
        "list(SelfAttention(2, 2)(torch.zeros(1, 1, 2)).shape)",
        "list(SelfAttention(6, 3)(torch.zeros(1, 1, 6)).shape)",
    ],
    "block_residual": [
        code(
            "block = Block(2, 1)",
            "for p in block.parameters():",
            "    p.data.zero_()",
            f"block({TOKEN})",
        ),
        BLOCKS_ALIKE,
        code(BLOCK, "block(torch.tensor([[[0.25, {number}, {number}]]]))"),
        code(
            BLOCK,
            "block.mlp.register_forward_hook(lambda module, args, output: 0 * output)",
            "block(torch.tensor([[[0.25, {number}, {number}]]]))",
        ),
        code(
            "block = Block(2, 1)",
            f"x = {TOKEN}",
            "before = x.clone()",
            "block(x)",
            "torch.equal(x, before)  # is x as it was before the call?",
        ),
        code(
            "block = Block(2, 1)",
            f"x = {TOKEN[:-1]}, requires_grad=True)",
            "block(x * 1).sum().backward()",
            "x.grad is None",
        ),
    ],
    "block_order": [
        code(BLOCK, "block(torch.tensor([[[0.25, {number}, {number}]]]))"),
        *(
            code(
                BLOCK,
                "seen = []",
                f"block.{part}.register_forward_pre_hook(lambda module, args: seen.append(args[0].clone()))",
                "block(torch.tensor([[[0.25, {number}, {number}]]]))",
                "seen[0]",
            )
            for part in ("attention", "mlp")
        ),
        code(BLOCK, "sum(isinstance(module, nn.LayerNorm) for module in block.modules())"),
        code(
            "mlp = Block(2, 1).mlp",
            "for p in mlp.parameters():",
            "    p.data.fill_(0.5 if p.dim() > 1 and len(p) > 1 else 0.0)",
            f"mlp({TOKEN})",
        ),
    ],
    "block_causal": [
        BLOCKS_ALIKE,
        code(
            "block = Block(2, 1)",
            f"x = {TOKENS}",
            "one = block(x)",
            "x[0, 1] = {number}",
            "torch.equal(block(x)[0, 0], one[0, 0])  # is the output at place 0 as before?",
        ),
        code(
            "block = Block(2, 1)",
            "x = torch.ones(1, 80, 2)",
            "one = block(x)",
            "x[0, 79, 0] = 3.0",
            "torch.equal(block(x)[0, :79], one[0, :79])  # are the outputs before place 79 as before?",
        ),
    ],
    "tiny_transformer_logits": [
        code(TRANSFORMER, "list(model(torch.tensor([[0, 1]])).shape)"),
        code(TRANSFORMER, "list(model(torch.tensor([[0, 1], [1, 0]])).shape)"),
        TRANSFORMS_ALIKE,
        code(
            TRANSFORMER,
            "logits = model(torch.tensor([[0, 1]]))",
            "torch.allclose(logits.sum(-1), torch.ones(1, 2))  # are these probabilities?",
        ),
        code(
            TRANSFORMER,
            "logits = model(torch.tensor([[0, 1]]))",
            "torch.allclose(logits.exp().sum(-1), torch.ones(1, 2))  # are these log-probabilities?",
        ),
        code(
            TRANSFORMER,
            "one, other = model(torch.tensor([[0, 1]])), model(torch.tensor([[0, 2]]))",
            "torch.equal(one[0, 0], other[0, 0])  # the same at place 0 for another token after it?",
        ),
        code(
            TRANSFORMER,
            "alone, both = model(torch.tensor([[0, 1]])), model(torch.tensor([[2, 2], [0, 1]]))",
            "torch.allclose(alone[0], both[1], atol=1e-4)  # the same logits alone and below another row?",
        ),
        code(
            TRANSFORMER,
            "short, long = model(torch.tensor([[0, 1]])), model(torch.tensor([[0, 1, 2]]))",
            "torch.allclose(short[0], long[0, :2], atol=1e-4)  # the same logits at both places of the longer text?",
        ),
        code(
            TRANSFORMER,
            "training, evaluating = model(torch.tensor([[0, 1]])), model.eval()(torch.tensor([[0, 1]]))",
            "torch.allclose(training, evaluating, atol=1e-4)  # the same logits in training and in evaluation?",
        ),
        code(
            TRANSFORMER,
            "before = model(torch.tensor([[0, 1]]))",
            "for p in model.parameters():",
            "    p.data.fill_(0.5)",
            "torch.equal(before, model(torch.tensor([[0, 1]])))  # the same logits with other parameters?",
        ),
        code(
            "max_len = 4",
            f"one, two, three = ({COUNT} for n_layers in (1, 2, 3))",
            "two > one, three - two == two - one",
        ),
        "list(TinyTransformer(1, 4, 2, 1, 4)(torch.tensor([[0, 0]])).shape)",
        code(TRANSFORMER, "list(model(torch.tensor([[0, 1, 2, 0]])).shape)"),
        code(TRANSFORMER, "model.double()(torch.tensor([[0, 1]])).dtype == torch.float64"),
        code(
            ANY_TRANSFORMER,
            "before = model(torch.tensor([[0, 1]]))",
            "torch.allclose(before, model(torch.tensor([[1, 2]])))  # the same logits for other tokens?",
        ),
        code(
            "one, other = TinyTransformer(3, 4, 2, 1, 4), TinyTransformer(3, 4, 2, 1, 4)",
            "before = one(torch.tensor([[0, 1]]))",
            "for p in other.parameters():",
            "    p.data.fill_(0.5)",
            "torch.equal(before, one(torch.tensor([[0, 1]])))  # do the parameters of another model change nothing here?",
        ),
    ],
    "tiny_transformer_positions": [
        TRANSFORMS_ALIKE,
        code(
            ANY_TRANSFORMER,
            "logits = model(torch.tensor([[1, 1, 1]]))[0]",
            "torch.allclose(logits[0], logits[1], rtol=0, atol=1e-9)  # the same logits at places 0 and 1?",
        ),
        code(
            ANY_TRANSFORMER,
            "one, other = model(torch.tensor([[0, 1, 2]])), model(torch.tensor([[1, 0, 2]]))",
            "torch.allclose(one[0, 2], other[0, 2], rtol=0, atol=1e-9)  # the same at place 2 with the tokens before it swapped?",
        ),
        code(
            ANY_TRANSFORMER,
            "logits = model(torch.tensor([[1, 1, 1, 1]]))[0]",
            "torch.allclose(logits[2], logits[3], rtol=0, atol=1e-9)  # the same logits at places 2 and 3?",
        ),
        code("n_layers = 1", f"short, long = ({COUNT} for max_len in (1, 3))", "long - short"),
        code(TRANSFORMER, "list(model(torch.tensor([[0, 1, 2, 0]])).shape)"),
    ],
    "tiny_transformer_start": [
        code(
            "model = TinyTransformer(vocab_size=50, d_model=32, n_heads=4, n_layers=1, max_len=51)",
            "loss = F.cross_entropy(model(torch.arange(50)[None])[0], torch.arange(50).flip(0)).item()",
            "abs(loss - math.log(50)) < 0.9  # is the loss near log(50) = 3.91?",
        ),
    ],
    "tiny_transformer_gradients": [
        code(
            TRANSFORMER,
            "model(torch.tensor([[0, 1, 2, 0]]))[..., 0].sum().backward()",
            # the last position isn't used, and may have a parameter of its own
            "[name for name, p in model.named_parameters() if p.grad is None and not name.endswith('.4')]",
        ),
        code(TRANSFORMER, "len(list(model.parameters())) > 0  # has the model any parameters?"),
    ],
    "tiny_transformer_errors": [
        code(TRANSFORMER, "model(torch.zeros(1, 6, dtype=torch.int64))"),
        code(TRANSFORMER, "list(model(torch.zeros(1, 5, dtype=torch.int64)).shape)"),
        code(TRANSFORMER, "list(model(torch.zeros(1, 1, dtype=torch.int64)).shape)"),
        "list(TinyTransformer(3, 4, 1, 1, 5)(torch.zeros(1, 2, dtype=torch.int64)).shape)",
    ],
}
