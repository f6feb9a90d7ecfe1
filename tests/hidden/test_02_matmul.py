"""Hidden checks of 02-matmul."""

import itertools
import re
from types import SimpleNamespace

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.checks import (
    DTYPES,
    close,
    code,
    equal,
    gradients,
    in_turn,
    layouts,
    predicts,
    raises,
    unchanged,
)

PRODUCTS = """
    mm bmm mv dot vdot inner addmm addmv addbmm baddbmm einsum tensordot matmul linear trilinear bilinear conv
    smm hspmm sspaddmm"""
SOLVERS = "linalg solve cholesky lu ldl qr geqrf ormqr orgqr fft dist cdist pdist rnn lstm gru attention convolution"
HARMLESS = {"linalg_vector_norm", "linalg_norm", "linalg_cross", "linalg_diagonal"}


def products():
    """The names of the operations that give products of matrices, or can be made to, `numpy` included."""
    operators = {
        name.split("::")[1].split(".")[0] for name in torch._C._dispatch_get_all_op_names()
    }
    words = {*PRODUCTS.split(), *SOLVERS.split()}
    return sorted(
        {name for name in operators if set(re.split("[_0-9]", name)) & words} - HARMLESS | {"numpy"}
    )


FORBIDDEN = {
    "matmul": products(),
    "linear": ["linear"],
    "attention_scores": ["scaled_dot_product_attention"],
}

# The terms of a sum may cancel, and leave only their rounding.
ROUNDING = {torch.float32: 1e-5, torch.float64: 1e-9}


def near(got, want, size=1.0):
    """`size`: how large the terms of the sums are."""
    close(got, want, atol=ROUNDING[want.dtype] * size)


# The two factors of a product are of these sizes. An answer that adds one to the other, or a constant to one of them,
# and subtracts it later has lost the digits of the small one. Multiplying and adding up loses nothing: the terms of one
# sum are all of one size.
SMALL, LARGE = 1e-4, 2e3
FACTORS = ((SMALL, LARGE), (LARGE, SMALL), (LARGE, LARGE))


def cancelling(draw, size, dtype=torch.float32):
    """Whole numbers that add up to exactly zero, in whatever order."""
    x = draw.integers(1, 5, size // 2)
    return torch.cat([x, -x, x.new_zeros(size % 2)]).to(dtype)


def product(A, B):
    return (A.double() @ B.double()).to(A.dtype)


# matmul


def test_matmul_values__sizes_and_dtypes(student, draw):
    """Entry [i, j] is row i of A times column j of B, for every size, in both dtypes."""
    for dtype in DTYPES:
        for n, k, m in (
            (7, 9, 8),
            (2, 3, 4),
            (5, 4, 2),
            (3, 3, 3),
            (1, 4, 3),
            (3, 1, 4),
            (3, 4, 1),
            (1, 1, 1),
            (2, 300, 3),
        ):
            A, B = draw.normal(n, k, dtype=dtype), draw.normal(k, m, dtype=dtype)
            near(student.matmul(A=A, B=B), product(A, B))
        A, B = draw.normal(3, 4, dtype=dtype), draw.normal(4, 3, dtype=dtype)
        A[1], B[:, 1], A[2], B[2] = cancelling(draw, 4), cancelling(draw, 4), 0, 0
        near(student.matmul(A, B), product(A, B))
        for size_a, size_b in (*FACTORS, (SMALL, SMALL)):
            A, B = (
                draw.normal(3, 5, dtype=dtype, scale=size_a),
                draw.normal(5, 4, dtype=dtype, scale=size_b),
            )
            near(student.matmul(A, B), product(A, B), size_a * size_b)
    size = draw.randint(130, 160)
    for n, k, m in ((size, 2, 3), (3, 2, size)):
        A, B = draw.normal(n, k), draw.normal(k, m)
        near(student.matmul(A, B), product(A, B))


def test_matmul_values__memory(student, draw):
    """Arguments may be non-contiguous, and stay as they were."""
    A, B = draw.normal(2, 3), draw.normal(3, 4)
    one_row, one_column = draw.normal(1, 3).expand(2, 3), draw.normal(3, 1).expand(3, 4)
    for a, b in [*zip(layouts(A), layouts(B), strict=True), (one_row, one_column)]:
        near(student.matmul(a, b), product(a, b))
    A[0, 1], B[1] = 0, 0
    unchanged(student, "matmul", A, B)


def test_matmul_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    A, B = draw.normal(3, 4), draw.normal(4, 2)
    later = draw.normal(3, 4), draw.normal(4, 2)
    in_turn(student, "matmul", product, (A, B), (B, draw.normal(2, 3)), (A, B), later, compare=near)


def test_matmul_gradients__both(student, draw):
    """Gradients flow back to both arguments."""
    A, B = draw.normal(3, 4, dtype=torch.float64), draw.normal(4, 2, dtype=torch.float64)
    A[1, 2], A[2], B[0, 1] = 0, 0, 0
    for a, b in [(A, B), *zip(layouts(A), layouts(B), strict=True)]:
        # a result computed through float32 has lost digits, which another cell checks, but has the right gradient
        gradients(student, torch.matmul, "matmul", a, b, rtol=1e-5, atol=1e-5)
    for n, k, m in ((1, 4, 1), (1, 1, 1)):
        a, b = draw.normal(n, k, dtype=torch.float64), draw.normal(k, m, dtype=torch.float64)
        gradients(student, torch.matmul, "matmul", a, b, rtol=1e-5, atol=1e-5)


def test_matmul_errors__inner_sizes(student, draw):
    """Inner sizes that differ raise a ValueError, even if one of them is 1."""
    for a, b in (
        ((2, 3), (4, 5)),
        ((2, 4), (3, 5)),
        ((2, 3), (2, 3)),
        ((2, 1), (3, 4)),
        ((2, 3), (1, 4)),
        ((2, 3), (1, 2)),
        ((2, 3), (4, 2)),
    ):
        raises(student, ValueError, "matmul", draw.normal(*a), draw.normal(*b))
    student.matmul(draw.normal(2, 3), draw.normal(3, 4))


# linear


def affine(x, W, b=None):
    return F.linear(x.double(), W.double(), None if b is None else b.double()).to(x.dtype)


def test_linear_values__with_bias(student, draw):
    """The result is x @ W.T + b, for every size, and the arguments stay as they were."""
    for dtype in DTYPES:
        for batch, size_in, size_out in (
            (7, 9, 8),
            (5, 3, 4),
            (4, 3, 4),
            (4, 3, 3),
            (2, 1, 3),
            (2, 3, 1),
            (1, 2, 3),
            (1, 1, 1),
        ):
            x, W = (
                draw.normal(batch, size_in, dtype=dtype),
                draw.normal(size_out, size_in, dtype=dtype),
            )
            b = draw.normal(size_out, dtype=dtype)
            near(student.linear(x=x, W=W, b=b), affine(x, W, b))
        for size_x, size_W in FACTORS:
            x, W = (
                draw.normal(5, 6, dtype=dtype, scale=size_x),
                draw.normal(4, 6, dtype=dtype, scale=size_W),
            )
            b = cancelling(draw, 4, dtype)
            near(student.linear(x, W, b), affine(x, W, b), size_x * size_W)
    size = draw.randint(130, 160)
    for batch, size_in, size_out in ((size, 3, 2), (2, size, 3), (2, 3, size)):
        x, W, b = draw.normal(batch, size_in), draw.normal(size_out, size_in), draw.normal(size_out)
        near(student.linear(x, W, b), affine(x, W, b))
    x, W, b = draw.normal(5, 3), draw.normal(4, 3), draw.normal(4)
    for other in layouts(W):
        near(student.linear(x, other, layouts(b)[0]), affine(x, W, b))
    x[2], W[1, 2], b[3] = 0, 0, 0
    unchanged(student, "linear", x, W, b)


def test_linear_values__without_bias(student, draw):
    """Without b the result is x @ W.T, and nothing is added."""
    for dtype in DTYPES:
        x, W = draw.normal(5, 3, dtype=dtype), draw.normal(4, 3, dtype=dtype)
        near(student.linear(x, W), affine(x, W))
        near(student.linear(x, W, b=None), affine(x, W))
        x, W = (
            draw.normal(5, 3, dtype=dtype, scale=SMALL),
            draw.normal(4, 3, dtype=dtype, scale=SMALL),
        )
        near(student.linear(x, W), affine(x, W), SMALL**2)


def test_linear_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    x, W, b = draw.normal(5, 3), draw.normal(4, 3), draw.normal(4)
    later = draw.normal(5, 3), draw.normal(4, 3), draw.normal(4)
    in_turn(student, "linear", affine, (x, W, b), (W, x), (x, W), (x, W, b), later, compare=near)


def test_linear_leading__none(student, draw):
    """A single vector without leading dimensions is allowed."""
    for dtype, (size_in, size_out) in itertools.product(DTYPES, ((3, 4), (1, 3), (3, 1))):
        x, W, b = (
            draw.normal(*shape, dtype=dtype)
            for shape in ((size_in,), (size_out, size_in), (size_out,))
        )
        near(student.linear(x, W, b), affine(x, W, b))
        near(student.linear(x, W), affine(x, W))


def test_linear_leading__several(student, draw):
    """Any number of leading dimensions is allowed."""
    for dtype in DTYPES:
        W, b = draw.normal(4, 3, dtype=dtype), draw.normal(4, dtype=dtype)
        for leading in ((2, 5), (1, 1), (2, 5, 6), (2, 1, 2, 3)):
            x = draw.normal(*leading, 3, dtype=dtype)
            for same in [x, *layouts(x)]:
                near(student.linear(same, W, b), affine(x, W, b))
            near(student.linear(x, W), affine(x, W))


def test_linear_gradients__all_arguments(student, draw):
    """Gradients flow back to all arguments."""
    x, W, b = (draw.normal(*shape, dtype=torch.float64) for shape in ((5, 3), (4, 3), (4,)))
    for a, w in [(x, W), *zip(layouts(x), layouts(W), strict=True)]:
        gradients(student, F.linear, "linear", a, w, layouts(b)[0])
        gradients(student, F.linear, "linear", a, w)
    for leading in ((), (2, 5), (2, 1, 2)):
        gradients(student, F.linear, "linear", draw.normal(*leading, 3, dtype=torch.float64), W, b)
    # a layer often starts with zeros
    for outputs in (4, 1):
        gradients(
            student,
            F.linear,
            "linear",
            x,
            torch.zeros_like(W[:outputs]),
            torch.zeros_like(b[:outputs]),
        )


# attention_scores. In float64, the checks use only widths D for which sqrt(D) and its inverse in float32, as from
# torch.sqrt(torch.tensor(D)), are right to 2e-8.


def scores(q, k):
    return (q.double() @ k.double().transpose(-2, -1) / q.shape[-1] ** 0.5).to(q.dtype)


def test_attention_scores_values__one_leading_dimension(student, draw):
    """Entry [b, i, j] is query i times key j over sqrt(D), and the arguments stay as they were."""
    for dtype in DTYPES:
        for B, Tq, Tk, D in (
            (2, 3, 4, 10),
            (3, 5, 5, 12),
            (2, 3, 10, 10),
            (2, 1, 4, 10),
            (2, 3, 1, 10),
            (2, 3, 4, 1),
            (1, 1, 1, 1),
        ):
            q, k = draw.normal(B, Tq, D, dtype=dtype), draw.normal(B, Tk, D, dtype=dtype)
            near(student.attention_scores(q=q, k=k), scores(q, k))
        q, k = draw.normal(2, 3, 4, dtype=dtype), draw.normal(2, 5, 4, dtype=dtype)
        q[0, 1], k[1, 2], k[0, 0] = 0, 0, cancelling(draw, 4)
        near(student.attention_scores(q, k), scores(q, k))
        for size_q, size_k in (*FACTORS, (SMALL, SMALL)):
            q, k = (
                draw.normal(2, 3, 4, dtype=dtype, scale=size_q),
                draw.normal(2, 5, 4, dtype=dtype, scale=size_k),
            )
            near(student.attention_scores(q, k), scores(q, k), size_q * size_k)
    size = draw.randint(130, 160)
    for B, Tq, Tk, D in ((1, size, 3, 4), (1, 3, size, 4), (1, 3, 2, size), (size, 2, 3, 4)):
        q, k = draw.normal(B, Tq, D), draw.normal(B, Tk, D)
        near(student.attention_scores(q, k), scores(q, k))
    q, k = draw.normal(2, 3, 5), draw.normal(2, 4, 5)
    q[0, 1], k[1, 2, 3] = 0, 0
    unchanged(student, "attention_scores", q, k)


def test_attention_scores_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    q, k = draw.normal(2, 3, 10), draw.normal(2, 4, 10)
    later = draw.normal(2, 3, 10), draw.normal(2, 4, 10)
    in_turn(
        student,
        "attention_scores",
        scores,
        (q, k),
        (q[:1, :, :1], k[:1, :, :1]),
        (q, k),
        later,
        compare=near,
    )


def test_attention_scores_leading__any_number(student, draw):
    """Any number of leading dimensions is allowed."""
    for dtype, leading in itertools.product(DTYPES, ((), (2, 3), (1, 1), (2, 1, 3))):
        q, k = draw.normal(*leading, 4, 10, dtype=dtype), draw.normal(*leading, 6, 10, dtype=dtype)
        near(student.attention_scores(q, k), scores(q, k))


def test_attention_scores_leading__memory(student, draw):
    """Arguments may be non-contiguous."""
    q = draw.normal(2, 4, 3, 5).transpose(1, 2)
    k = draw.normal(2, 6, 3, 5).transpose(1, 2)
    same_keys = draw.normal(2, 1, 6, 5).expand(2, 3, 6, 5)
    both = zip(layouts(q), layouts(k), strict=True)
    for a, b in [(q, k), *both, (q, same_keys), (q.contiguous(), k), (q, k.contiguous())]:
        near(student.attention_scores(a, b), scores(a, b))


def test_attention_scores_gradients__both(student, draw):
    """Gradients flow back to both arguments."""
    q, k = draw.normal(2, 3, 10, dtype=torch.float64), draw.normal(2, 4, 10, dtype=torch.float64)
    q[0, 1], k[1, 2] = 0, 0
    # as they are when they were split into heads: the tokens in front of the leading dimension
    heads = [x.transpose(0, 1).contiguous().transpose(0, 1) for x in (q, k)]
    for a, b in [(q, k), heads, *zip(layouts(q), layouts(k), strict=True)]:
        gradients(student, scores, "attention_scores", a, b)
    for leading in ((), (2, 3), (2, 1, 2)):
        q, k = (draw.normal(*leading, size, 10, dtype=torch.float64) for size in (3, 4))
        gradients(student, scores, "attention_scores", q, k)


# collapse


def one_layer(W1, b1, W2, b2):
    W, b = W2.double() @ W1.double(), W2.double() @ b1.double() + b2.double()
    return W.to(W1.dtype), b.to(b1.dtype)


def two_layers(draw, size_in, hidden, size_out, dtype=torch.float32):
    shapes = {"W1": (hidden, size_in), "b1": (hidden,), "W2": (size_out, hidden), "b2": (size_out,)}
    return {name: draw.normal(*shape, dtype=dtype) for name, shape in shapes.items()}


def pair(got):
    assert isinstance(got, list | tuple) and len(got) == 2, (
        "expected two values, the weight and the bias"
    )
    return got


SIZES = ((7, 9, 8), (3, 5, 2), (2, 3, 4), (4, 4, 4), (3, 1, 2), (1, 3, 2), (3, 4, 1), (1, 1, 1))


def demanding_layers(draw, dtype):
    """Pairs of layers that are large, wide, or have biases that add up to zero; and the size of their terms.

    Each bias is as large as its weight. Otherwise the outputs of two layers for zero and for unit vectors would not
    give both parts of the one layer precisely.
    """
    size = draw.randint(130, 160)
    for sizes in ((3, size, 2), (size, 2, 3), (2, 3, size)):
        yield two_layers(draw, *sizes, dtype=dtype), 1.0
    for first, second in FACTORS:
        layers = {
            "W1": draw.normal(6, 3, dtype=dtype, scale=first),
            "b1": first * cancelling(draw, 6, dtype),
        }
        layers |= {
            "W2": draw.normal(4, 6, dtype=dtype, scale=second),
            "b2": cancelling(draw, 4, dtype),
        }
        yield layers, 10 * first * second


def test_collapse_weight__every_size(student, draw):
    """The weight of the one layer is W2 @ W1, for every size, in both dtypes."""
    for dtype in DTYPES:
        for sizes in SIZES:
            layers = two_layers(draw, *sizes, dtype=dtype)
            near(pair(student.collapse(**layers))[0], one_layer(**layers)[0])
        for layers, size in demanding_layers(draw, dtype):
            near(pair(student.collapse(**layers))[0], one_layer(**layers)[0], size)
    layers = two_layers(draw, 3, 5, 2)
    for W1, W2 in zip(layouts(layers["W1"]), layouts(layers["W2"]), strict=True):
        near(pair(student.collapse(W1, layers["b1"], W2, layers["b2"]))[0], one_layer(**layers)[0])


def test_collapse_weight__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    collapses_in_turn(student, draw, 0)


def test_collapse_bias__every_size(student, draw):
    """The bias of the one layer is W2 @ b1 + b2, and the arguments stay as they were."""
    for dtype in DTYPES:
        for sizes in SIZES:
            layers = two_layers(draw, *sizes, dtype=dtype)
            near(pair(student.collapse(**layers))[1], one_layer(**layers)[1])
        for layers, size in demanding_layers(draw, dtype):
            near(pair(student.collapse(**layers))[1], one_layer(**layers)[1], size)
    layers = two_layers(draw, 3, 5, 2)
    b1, b2 = layouts(layers["b1"])[0], layouts(layers["b2"])[0]
    near(pair(student.collapse(layers["W1"], b1, layers["W2"], b2))[1], one_layer(**layers)[1])
    layers["W1"][1, 2] = layers["b1"][3] = layers["W2"][0] = layers["b2"][1] = 0
    unchanged(student, "collapse", **layers)
    unchanged(student, "collapse", **two_layers(draw, 3, 5, 1))


def test_collapse_bias__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    collapses_in_turn(student, draw, 1)


def collapses_in_turn(student, draw, which):
    layers = [
        tuple(two_layers(draw, *sizes).values()) for sizes in ((3, 5, 2), (2, 3, 3), (2, 3, 3))
    ]
    compare = lambda got, want: near(pair(got)[which], want[which])  # noqa: E731
    in_turn(student, "collapse", one_layer, *layers, compare=compare)


def test_collapse_gradients__all_arguments(student, draw):
    """Gradients flow back to all arguments."""
    W1, b1, W2, b2 = two_layers(draw, 3, 5, 2, dtype=torch.float64).values()
    for w1, w2 in [(W1, W2), *zip(layouts(W1), layouts(W2), strict=True)]:
        gradients(student, one_layer, "collapse", w1, layouts(b1)[0], w2, layouts(b2)[0])
    # biases of zeros, as a layer often begins to learn with
    gradients(student, one_layer, "collapse", W1, torch.zeros_like(b1), W2, torch.zeros_like(b2))
    for sizes in ((3, 5, 1), (1, 1, 1)):
        gradients(
            student, one_layer, "collapse", *two_layers(draw, *sizes, dtype=torch.float64).values()
        )


def test_predict_projected_shape_value__computed(student, draw):
    """Each id picks a row of 8 numbers, and W takes each row to 16 numbers."""
    table, W = torch.zeros(100, 8), torch.zeros(8, 16)
    predicts(student, "predict_projected_shape", tuple((table[torch.arange(6)] @ W).shape))


def test_predict_parameters_value__computed(student, draw):
    """nn.Linear learns a weight of shape (out, in) and a bias of shape (out,)."""
    predicts(
        student, "predict_parameters", sum(part.numel() for part in nn.Linear(8, 32).parameters())
    )


def test_predict_reshaped_row_value__computed(student, draw):
    """reshape keeps the reading order of the numbers, and cuts it into rows of the new length."""
    predicts(
        student,
        "predict_reshaped_row",
        tuple(torch.arange(8).reshape(2, 4).reshape(4, 2)[0].tolist()),
    )


# merge_heads


def merged(x):
    return x.transpose(1, 2).flatten(2)


def test_merge_heads_values__every_shape(student, draw):
    """The heads are put back together in their order, for every shape."""
    for shape in (
        (3, 4, 4, 2),
        (2, 3, 4, 5),
        (1, 2, 3, 1),
        (2, 1, 5, 3),
        (4, 5, 1, 2),
        (1, 1, 1, 1),
    ):
        for dtype in DTYPES:
            x = draw.normal(*shape, dtype=dtype)
            for same in (x, *layouts(x)):
                equal(student.merge_heads(x=same), merged(x))


def test_merge_heads_values__is_left_alone(student, draw):
    """The arguments stay as they were."""
    unchanged(student, "merge_heads", draw.normal(2, 3, 4, 5))


def test_merge_heads_values__one_call_after_another(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    calls = [(draw.normal(*shape),) for shape in ((2, 3, 4, 5), (2, 4, 3, 5), (2, 4, 3, 5))]
    in_turn(student, "merge_heads", merged, *calls)


def test_merge_heads_gradients__by_value(student, draw):
    """Gradients flow from the result back to the arguments, with the right values."""
    gradients(student, merged, "merge_heads", draw.normal(2, 3, 4, 5))


# Queries


def probe_queries(student, x, weight, bias, n_heads, seed):
    """a module Queries, with these numbers in its W_q: its result for x, and the gradients"""
    import torch

    torch.manual_seed(seed)
    model = student.Queries(d_model=x.shape[-1], n_heads=n_heads).to(x.dtype)
    # each call stands alone, and so does each module
    student.Queries(d_model=2 * x.shape[-1], n_heads=2 * x.shape[-1])(x.float().repeat(1, 2, 2))
    model(x.repeat(2, 2, 1))
    if not isinstance(model.W_q, torch.nn.Linear) or model.W_q.bias is None:
        return {"layer": False}
    with torch.no_grad():
        model.W_q.weight.copy_(weight)
        model.W_q.bias.copy_(bias)
    leaf = x.clone().requires_grad_()
    q = model(leaf)
    if isinstance(q, torch.Tensor) and q.requires_grad:
        (q * torch.arange(q.numel()).sin().reshape(q.shape).to(q.dtype)).sum().backward()
    return {
        "layer": True,
        "q": q.detach(),
        "parameters": len(list(model.parameters())),
        "gradients": [leaf.grad, model.W_q.weight.grad, model.W_q.bias.grad],
    }


def test_Queries_values__of_its_layer(student, draw):
    """The result is W_q(x) cut into heads, and gradients reach x and both parameters of W_q."""
    here = SimpleNamespace(Queries=QueriesStandIn)
    for (B, T, D, n_heads), dtype in zip(
        ((2, 5, 12, 3), (3, 4, 8, 2), (1, 1, 3, 1), (1, 3, 4, 4)), 2 * DTYPES
    ):
        x, weight, bias = (draw.normal(*shape, dtype=dtype) for shape in ((B, T, D), (D, D), (D,)))
        for same in (x, *layouts(x)):
            seed = draw.randint(0, 10**6)
            got = student.run(probe_queries, same, weight, bias, n_heads, seed)
            assert got["layer"], "expected self.W_q to be an nn.Linear with a bias"
            want = probe_queries(here, same, weight, bias, n_heads, seed)
            near(got["q"], want["q"])
            assert got["parameters"] == 2, (
                "expected no parameters but the weight and the bias of W_q"
            )
            for name, gradient, wanted in zip(
                ("x", "W_q.weight", "W_q.bias"), got["gradients"], want["gradients"]
            ):
                assert gradient is not None, f"no gradient reaches {name}"
                near(gradient, wanted)


def probe_heads_that_do_not_divide(student, d_model, n_heads):
    """Queries, made with heads that don't divide the width"""
    try:
        student.Queries(d_model, n_heads)
    except ValueError:
        return True
    return False


def test_Queries_values__heads_divide(student, draw):
    """The constructor raises a ValueError if n_heads doesn't divide d_model."""
    for d_model, n_heads in ((10, 3), (4, 8), (7, 2)):
        got = student.run(probe_heads_that_do_not_divide, d_model, n_heads)
        assert got, f"expected ValueError for {d_model} numbers in {n_heads} heads"


# Stand-ins: regrading uses these in place of wrong answers, for example to `matmul`. They run beside the student's
# code, in a scope of their own that holds torch, math, nn and F.


def matmul_stand_in(A: torch.Tensor, B: torch.Tensor) -> torch.Tensor:
    if A.size(-1) != B.size(0):
        raise ValueError("inner sizes")
    return torch.matmul(A, B)


def linear_stand_in(
    x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None
) -> torch.Tensor:
    return F.linear(x, W, b)


def attention_scores_stand_in(q: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    return torch.einsum("...qd,...kd->...qk", q, k) * q.size(-1) ** -0.5


def collapse_stand_in(
    W1: torch.Tensor, b1: torch.Tensor, W2: torch.Tensor, b2: torch.Tensor
) -> tuple:
    return torch.mm(W2, W1), F.linear(b1, W2, b2)


def merge_heads_stand_in(x: torch.Tensor) -> torch.Tensor:
    return x.transpose(1, 2).flatten(2)


class QueriesStandIn(nn.Module):
    def __init__(self, d_model: int, n_heads: int):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("the heads do not divide the width")
        self.W_q, self.n_heads = nn.Linear(d_model, d_model), n_heads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.W_q(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


STAND_INS = {
    "matmul": matmul_stand_in,
    "linear": linear_stand_in,
    "attention_scores": attention_scores_stand_in,
    "collapse": collapse_stand_in,
    "merge_heads": merge_heads_stand_in,
    "Queries": QueriesStandIn,
}


# Small experiments, the smallest first, for each graded cell. If the cell fails, the student sees the first experiment
# that comes out otherwise than with the reference solution. Each number in braces is drawn anew.

QUERIES = """
    model = Queries(d_model=2, n_heads=1)
    model.W_q.weight.data, model.W_q.bias.data = torch.eye(2), torch.zeros(2)
"""
TOKENS = "torch.tensor([[[{number}, {number}], [{number}, {number}]]])"

EXPERIMENTS = {
    "Queries_values": [
        code(QUERIES, "model(torch.tensor([[[{number}, {number}]]]))"),
        code(QUERIES, f"model({TOKENS})"),
        code(QUERIES.replace("n_heads=1", "n_heads=2"), f"model({TOKENS})"),
        code(
            QUERIES,
            f"model.W_q.weight.data = {TOKENS}[0]",
            "model(torch.tensor([[[{number}, {number}]]]))",
        ),
        code(
            QUERIES,
            "model.W_q.bias.data = torch.tensor([{number}, {number}])",
            "model(torch.ones(1, 1, 2))",
        ),
        code(QUERIES, f"model({TOKENS}.transpose(0, 1))"),
        code(QUERIES, f"x = {TOKENS}", "model(x)", f"x.copy_({TOKENS})", "model(x)"),
        code(
            QUERIES,
            f"x = {TOKENS[:-1]}, requires_grad=True)",
            "model(x)[..., 0].sum().backward()",
            "x.grad",
        ),
        "len(list(Queries(d_model=2, n_heads=1).parameters()))",
        "Queries(d_model=3, n_heads=2)",
        "Queries(d_model=2, n_heads=4)",
    ],
}
