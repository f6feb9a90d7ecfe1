"""Hidden checks of 05-gradients."""

from contextlib import suppress

import torch
import torch.nn.functional as F

from proctor.checks import (
    DTYPES,
    StudentError,
    about,
    close,
    code,
    describe,
    equal,
    in_turn,
    layouts,
    predicts,
    unchanged,
)

FORBIDDEN = {
    "numerical_gradient": ["torch.autograd", "backward"],
    "logits_gradient": ["torch.autograd", "backward"],
    "sgd_step": ["torch.optim", "fused_sgd"],
    "adam_step": ["torch.optim", "fused_adam", "fused_adamw"],
}

# A result near zero is a difference of numbers of size one, and holds only their rounding.
ROUNDING = {torch.float32: 1e-5, torch.float64: 1e-9}


# gradient_of: f is the log-sum-exp of weight * x


def probe_gradient(student, x, weight):
    def f(x):
        return (weight * x).exp().sum().log()

    return student.gradient_of(f=f, x=x)


LOG_SUM_EXP = "the gradient of f(x) = (weight * x).exp().sum().log()"


def gradient_of_log_sum_exp(x, weight):
    scores = (weight * x).double()
    return (weight * torch.softmax(scores.flatten(), 0).reshape(x.shape)).to(x.dtype)


def test_gradient_of_values__every_shape(student, draw):
    """Every call gives the gradient of f at x, of any size, in the shape and dtype of x."""
    for dtype in DTYPES:
        for shape in ((2, 3, 4), (), (1,), (draw.randint(17, 20), draw.randint(17, 20))):
            x = draw.normal(*shape, dtype=dtype)
            x.view(-1)[1::3] = 0
            weight = draw.normal(*shape, dtype=dtype)
            expanded = x[:, :1].expand(shape) if shape == (2, 3, 4) else x
            for same in [x, expanded, *(layouts(x) if shape == (2, 3, 4) else [])]:
                got = student.run(probe_gradient, same, weight)
                with about(LOG_SUM_EXP):
                    close(got, gradient_of_log_sum_exp(same, weight))
        # A gradient of any length: nothing says that it is clipped.
        x, weight = draw.normal(2, 3, dtype=dtype), draw.normal(2, 3, dtype=dtype, scale=1000)
        close(student.run(probe_stopped, x, weight), weight)
        new, weight, other = (
            draw.normal(2, 3, dtype=dtype),
            draw.normal(2, 3, dtype=dtype),
            draw.normal(2, 3, dtype=dtype),
        )
        for got, where, slope in zip(
            student.run(probe_again, x, new, weight, other),
            (x, new, new),
            (weight, weight, other),
            strict=True,
        ):
            with about(f"{LOG_SUM_EXP}, in three calls: the numbers in x change, and then f does"):
                close(got, gradient_of_log_sum_exp(where, slope))


def probe_again(student, x, new, weight, other):
    """gradient_of, called again after the numbers in x have changed, and again with another f"""

    def f(x):
        return (weight * x).exp().sum().log()

    gradients = [student.gradient_of(f, x)]
    x.data.copy_(new)
    gradients.append(student.gradient_of(f, x))
    x.data.copy_(new)
    gradients.append(student.gradient_of(lambda x: (other * x).exp().sum().log(), x))
    return gradients


def probe_itself(student, x):
    """gradient_of(f, x), for an x with one entry and an f that gives that entry back"""

    def f(x):
        return x.squeeze() if x.dim() else x

    return student.gradient_of(f, x)


def test_gradient_of_values__x_itself(student, draw):
    """If f gives x itself, or a view of it, the gradient is one, in the shape of x."""
    for shape in ((), (1,), (1, 1)):
        x = draw.normal(*shape)
        with about("the gradient of an f that gives x itself, or a view of it"):
            close(student.run(probe_itself, x), torch.ones_like(x))


def probe_stopped(student, x, weight):
    """gradient_of(f, x), for an f(x) that is 0 because it subtracts a detached copy of itself"""

    def f(x):
        value = (weight * x).sum()
        return value - value.detach()

    return student.gradient_of(f, x)


def probe_graph(student, x, weight, requires_grad):
    import torch

    x.requires_grad_(requires_grad)
    weight.requires_grad_()

    def f(x):
        return (weight * x).exp().sum().log()

    gradient = student.gradient_of(f, x)
    return {"gradient": gradient, "has_graph": torch.is_tensor(gradient) and gradient.requires_grad}


def test_gradient_of_values__no_graph(student, draw):
    """The result carries no graph, even if x or a weight in f requires a gradient."""
    x, weight = draw.normal(2, 3), draw.normal(2, 3)
    for requires_grad in (False, True):
        got = student.run(probe_graph, x, weight, requires_grad)
        with about(LOG_SUM_EXP):
            close(got["gradient"], gradient_of_log_sum_exp(x, weight))
        assert not got["has_graph"], (
            "the gradient still carries a graph (its requires_grad is True), expected plain numbers; "
            "f uses a weight that requires a gradient"
            + (", and so does x" if requires_grad else "")
        )


def probe_state_of_x(student, x, weight, old_grad, kind):
    import warnings

    if kind != "a plain tensor":
        x.requires_grad_()
    if kind == "a leaf with an old .grad":
        x.grad = old_grad

    def f(x):
        return (weight * x).exp().sum().log()

    before = x.requires_grad
    gradient = student.gradient_of(f, x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns when .grad of a non-leaf is read
        grads = [] if x.grad is None else [x.grad]
    return {
        "gradient": gradient,
        "x": x,
        "grads": grads,
        "before": before,
        "after": x.requires_grad,
    }


def check_state_of_x(student, draw, kind):
    x, weight, old_grad = draw.normal(2, 3), draw.normal(2, 3), draw.normal(2, 3)
    got = student.run(probe_state_of_x, x, weight, old_grad, kind)
    with about(f"{LOG_SUM_EXP}, for an x that was {kind}"):
        close(got["gradient"], gradient_of_log_sum_exp(x, weight))
    with about("x after the call, which must be unchanged"):
        equal(got["x"], x)
    assert got["after"] == got["before"], (
        f"x was {kind}: its requires_grad was {got['before']} before the call and is {got['after']} after it, expected no change"
    )
    if kind == "a leaf with an old .grad":
        assert len(got["grads"]) == 1, (
            "x had an old .grad before the call and has none after it, expected no change"
        )
        with about("x.grad after the call, which must be unchanged"):
            equal(got["grads"][0], old_grad)
    else:
        assert not got["grads"], (
            f"x was {kind} and had no .grad before the call, but has one after it, expected none"
        )


def test_gradient_of_values__x_left_alone_plain(student, draw):
    """A plain x stays as it was: its numbers, without requires_grad, without a .grad."""
    check_state_of_x(student, draw, "a plain tensor")


def test_gradient_of_values__x_left_alone_leaf_without_grad(student, draw):
    """An x that requires a gradient stays as it was, and still has no .grad."""
    check_state_of_x(student, draw, "a leaf without a .grad")


def test_gradient_of_values__x_left_alone_leaf_with_grad(student, draw):
    """An old .grad of x stays as it was, and is no part of the result."""
    check_state_of_x(student, draw, "a leaf with an old .grad")


def probe_constant(student, x, weight, has_graph):
    weight.requires_grad_(has_graph)

    def f(x):
        return (weight * weight).sum()

    gradient = student.gradient_of(f, x)
    return {"gradient": gradient, "requires_grad": gradient.requires_grad}


def test_gradient_of_values__constant_without_graph(student, draw):
    """If f gives a number without a graph, the gradient is zeros, and carries no graph."""
    for dtype in DTYPES:
        x = draw.normal(2, 3, dtype=dtype)
        got = student.run(probe_constant, x, draw.normal(4, dtype=dtype), False)
        with about("the gradient of an f that gives a number without a graph"):
            equal(got["gradient"], torch.zeros_like(x))
        assert not got["requires_grad"], (
            "the gradient requires a gradient itself, expected plain numbers"
        )


def test_gradient_of_values__constant_with_graph_of_another_tensor(student, draw):
    """If the graph of f leads only to other tensors, the gradient is zeros."""
    for dtype in DTYPES:
        x = draw.normal(2, 3, dtype=dtype)
        got = student.run(probe_constant, x, draw.normal(4, dtype=dtype), True)
        with about("the gradient of an f whose graph leads only to another tensor"):
            equal(got["gradient"], torch.zeros_like(x))


# numerical_gradient: every f here detaches x by PyTorch's own method, so that autograd finds nothing


def probe_quadratic(student, x, weight, eps):
    import torch

    def f(x):
        x = torch.Tensor.detach(x)
        return (weight * x).sum() ** 2 + (x * x).sum()

    before = x.clone()
    gradient = student.numerical_gradient(f=f, x=x, eps=eps)
    # whether x moved is a reply of its own: a move by one rounding is within the tolerance for known answers
    moved = not torch.equal(x, before)
    return {"gradient": gradient, "x": x, "moved": moved, "records": torch.is_grad_enabled()}


QUADRATIC = "the gradient of f(x) = (weight * x).sum() ** 2 + (x * x).sum()"


def gradient_of_quadratic(x, weight):
    return 2 * (weight * x).sum() * weight + 2 * x


def test_numerical_gradient_values__centred(student, draw):
    """Each entry is a centred difference, for which that entry of x alone is moved."""
    for shape, scale in (
        ((), 1),
        ((1, 1), 1),
        ((4,), 1),
        ((2, 3), 100),
        ((draw.randint(11, 14), 12), 1),
    ):
        x, weight = (
            draw.normal(*shape, dtype=torch.float64),
            draw.normal(*shape, dtype=torch.float64, scale=scale),
        )
        x.view(-1)[1::3] = 0
        # on a quadratic, centred differences are exact whatever eps is
        got = student.run(probe_quadratic, x, weight, 1e-3)["gradient"]
        with about(f"{QUADRATIC} with eps=1e-3"):
            close(got, gradient_of_quadratic(x, weight))


def probe_eps(student, x, weight):
    import torch

    def cubic(x):
        return (weight * torch.Tensor.detach(x) ** 3).sum()

    def wave(x):
        return (1000 * torch.Tensor.detach(x)).sin().sum()

    gradients = {
        "cubic": student.numerical_gradient(cubic, x, eps=0.5),
        "wave": student.numerical_gradient(wave, x),
        "again": student.numerical_gradient(cubic, x),
    }
    x.mul_(0.5)
    return gradients | {"halved": student.numerical_gradient(cubic, x)}


def test_numerical_gradient_values__eps(student, draw):
    """Each entry is moved by eps, 1e-6 unless given, whatever its size, anew in every call."""
    x, weight = draw.normal(5, dtype=torch.float64), draw.normal(5, dtype=torch.float64)
    x[0], weight[0] = 2, 1  # a step that grows with x is another step here, whatever is drawn
    got = student.run(probe_eps, x, weight)
    with about("the centred differences of f(x) = (weight * x**3).sum() with eps=0.5"):
        close(got["cubic"], weight * (3 * x**2 + 0.5**2))
    with about("the gradient of f(x) = (1000 * x).sin().sum() with the default eps"):
        # the rounding of f, and of 1000 * x, is divided by 2e-6
        close(got["wave"], 1000 * (1000 * x).cos(), rtol=1e-6, atol=1e-5)
    for name, at in (("again", x), ("halved", x / 2)):
        with about(
            "the gradient of f(x) = (weight * x**3).sum(), in two more calls, for this x and after it was halved in place"
        ):
            close(got[name], 3 * weight * at**2, rtol=1e-6, atol=1e-5)


def test_numerical_gradient_values__x_unchanged(student, draw):
    """x stays exactly as it was: no entry is off by a rounding."""
    x, weight = draw.normal(4, 5, dtype=torch.float64), draw.normal(4, 5, dtype=torch.float64)
    got = student.run(probe_quadratic, x, weight, 1e-3)["x"]
    with about("x after the call, which must be exactly as before"):
        equal(got, x)


def probe_entry(student, x):
    """numerical_gradient(f, x), for an x with one entry and an f that gives that entry back"""
    import torch

    def f(x):
        x = torch.Tensor.detach(x)
        return x.squeeze() if x.dim() else x

    return student.numerical_gradient(f, x)


def test_numerical_gradient_values__x_itself(student, draw):
    """If f gives x itself, or a view of it, the gradient is one, in the shape of x."""
    for shape in ((), (1,), (1, 1)):
        x = draw.normal(*shape, dtype=torch.float64)
        with about("the gradient of an f that gives x itself, or a view of it"):
            # the rounding of x is divided by 2e-6
            close(student.run(probe_entry, x), torch.ones_like(x), rtol=1e-8)


def test_numerical_gradient_values__layouts(student, draw):
    """x may be non-contiguous, and autograd records after the call as before."""
    x, weight = draw.normal(2, 3, dtype=torch.float64), draw.normal(2, 3, dtype=torch.float64)
    for same in layouts(x):
        got = student.run(probe_quadratic, same, weight, 1e-3)
        with about(f"{QUADRATIC} with eps=1e-3, for an x that is not contiguous"):
            close(got["gradient"], gradient_of_quadratic(same, weight))
        assert got["records"], (
            "autograd is switched off after the call, expected it to record as before"
        )


# logits_gradient

# at large logits the float32 numbers themselves are this coarse, and another route to the probabilities rounds otherwise
COARSE = {torch.float32: 2e-3, torch.float64: 1e-7}


def slopes_by_definition(logits, targets):
    N, V = logits.shape
    one_hot = torch.zeros(N, V, dtype=torch.float64)
    for n, target in enumerate(targets.tolist()):
        one_hot[n, target] = 1
    return ((torch.softmax(logits.double(), 1) - one_hot) / N).to(logits.dtype)


def test_logits_gradient_values__every_shape(student, draw):
    """The result is (softmax(logits) - one_hot(targets)) / N, for any N, V and targets."""
    for dtype in DTYPES:
        for N, V in (
            (1, 5),
            (4, 1),
            (1, 1),
            (6, 9),
            (9, 6),
            (draw.randint(30, 40), draw.randint(11, 14)),
        ):
            logits = draw.normal(N, V, dtype=dtype, scale=2)
            # the last id is nobody's target, and several rows share one
            targets = draw.integers(0, max(1, V - 2), N)
            for same in [logits, *layouts(logits)] if N == 6 else [logits]:
                got = student.logits_gradient(logits=same, targets=targets)
                with about(f"the gradient for logits of shape {(N, V)}"):
                    close(got, slopes_by_definition(same, targets), atol=ROUNDING[dtype] / N)
        logits = draw.normal(6, 4, dtype=dtype)
        got = student.logits_gradient(logits, torch.tensor([3, 0, 3, 1, 2, 0]))
        with about("the gradient if every id is a target"):
            close(
                got,
                slopes_by_definition(logits, torch.tensor([3, 0, 3, 1, 2, 0])),
                atol=ROUNDING[dtype] / 6,
            )


def test_logits_gradient_values__left_alone(student, draw):
    """The arguments stay as they were."""
    unchanged(student, "logits_gradient", draw.normal(4, 6), draw.integers(0, 5, 4))


def test_logits_gradient_values__each_call(student, draw):
    """Each call stands alone: no result depends on earlier calls."""
    logits, targets = draw.normal(4, 6), draw.integers(0, 3, 4)
    calls = (logits, targets), (draw.normal(4, 6), targets), (logits, targets + 2)
    in_turn(student, "logits_gradient", slopes_by_definition, *calls)


def test_logits_gradient_stability__large(student, draw):
    """Logits as large as 10,000 give the right gradient, without nan and inf."""
    for dtype in DTYPES:
        for size in (200.0, 1000.0, 9990.0):
            logits = draw.normal(5, 7, dtype=dtype)
            logits[0, 2] += size
            logits[1, 3] -= size
            logits[2] += size
            logits[3] -= size
            logits[4, 1] += size
            # row 0 is certain and right, row 4 certain and wrong
            targets = torch.tensor([2, 3, 0, 4, 5])
            got = student.logits_gradient(logits, targets)
            with about(f"the gradient for logits up to {size:g} in size"):
                close(got, slopes_by_definition(logits, targets), atol=COARSE[dtype] / 5)


# gradient_descent: f is a bowl, whose slope in one direction depends on the place in the others, and 0 at the start


def probe_descent(student, start, weight, centre, lr, steps, old_grad=None):
    import torch

    if old_grad is not None:
        start.requires_grad_()
        start.grad = old_grad

    def bowl(x):
        away = x - centre
        return (weight * away**2).sum() + 0.05 * away.sum() ** 2

    height = bowl(start.detach())

    def f(x):
        return bowl(x) - height

    path = student.gradient_descent(f=f, start=start, lr=lr, steps=steps)
    return {
        "path": path,
        "has_graph": torch.is_tensor(path) and path.requires_grad,
        "start": start,
        "requires_grad": start.requires_grad,
        "grad": start.grad,
        "records": torch.is_grad_enabled(),
    }


def descent_in_a_bowl(start, weight, centre, lr, steps):
    start, weight, centre = start.double(), weight.double(), centre.double()
    path = [start]
    for _ in range(steps):
        away = path[-1] - centre
        path.append(path[-1] - lr * (2 * weight * away + 0.1 * away.sum()))
    return torch.stack(path)


def probe_descent_again(student, start, new, weight, other, lr, steps):
    """gradient_descent, called again after the numbers in start have changed, and again with another f"""

    def f(x):
        return (weight * x**2).sum()

    paths = [student.gradient_descent(f, start, lr, steps)]
    start.data.copy_(new)
    paths.append(student.gradient_descent(f, start, lr, steps))
    start.data.copy_(new)
    paths.append(student.gradient_descent(lambda x: (other * x**2).sum(), start, lr, steps))
    return paths


def check_descent(student, start, weight, centre, lr, steps):
    got = student.run(probe_descent, start, weight, centre, lr, steps)["path"]
    with about(
        f"the path down f(x) = (weight * (x - centre) ** 2).sum() + 0.05 * (x - centre).sum() ** 2 - height with lr={lr} and steps={steps}"
    ):
        close(
            got,
            descent_in_a_bowl(start, weight, centre, lr, steps).to(start.dtype),
            atol=ROUNDING[start.dtype],
        )


def test_gradient_descent_path__every_point(student, draw):
    """The start comes first, and each step subtracts lr times the gradient at the point before."""
    for dtype in DTYPES:
        for shape in ((), (1,), (4,), (2, 3)):
            start, centre = draw.normal(*shape, dtype=dtype), draw.normal(*shape, dtype=dtype)
            start.view(-1)[1::3] = 0
            weight = draw.uniform(0.5, 1.0, *shape, dtype=dtype)
            for same in [
                start,
                *([*layouts(start), start[:, :1].expand(2, 3)] if shape == (2, 3) else []),
            ]:
                check_descent(student, same, weight, centre, lr=0.2, steps=5)
    start, new, weight, other = (draw.uniform(0.5, 1.0, 3) for _ in range(4))
    paths = student.run(probe_descent_again, start, new, weight, other, 0.2, 3)
    for got, place, slope in zip(paths, (start, new, new), (weight, weight, other), strict=True):
        with about(
            "the path down f(x) = (weight * x**2).sum(), in three calls: the numbers in start change, and then f does"
        ):
            close(got, torch.stack([place * (1 - 0.4 * slope) ** k for k in range(4)]))


def test_gradient_descent_path__no_steps(student, draw):
    """With steps = 0 the path is the start alone."""
    start = draw.normal(2, 3)
    check_descent(student, start, draw.uniform(0.5, 1.0, 2, 3), draw.normal(2, 3), lr=0.2, steps=0)


def test_gradient_descent_path__keeps_going(student, draw):
    """Every step is taken in full, even if nothing moves or the walk runs away to infinity."""
    centre, weight = draw.normal(3), draw.uniform(0.8, 1.0, 3)
    check_descent(student, centre, weight, centre, lr=0.2, steps=4)  # starts at the bottom
    check_descent(student, centre + 1, weight, centre, lr=1.5, steps=4)  # every step is too long
    centre, weight = centre.double(), weight.double()
    check_descent(student, centre + 2e-4, weight, centre, lr=0.2, steps=3)  # nearly at the bottom
    check_descent(student, centre + 1, 1000 * weight, centre, lr=2e-4, steps=5)  # on a steep slope
    check_descent(student, centre + 1, weight / 100, centre, lr=4.0, steps=draw.randint(120, 140))
    # A first step so long that f is infinite at its end. Whether inf or nan comes first depends on how the answer uses f.
    path = student.run(probe_descent, centre + 1, weight, centre, 1e200, 4)["path"]
    assert isinstance(path, torch.Tensor) and path.shape == (5, 3), (
        f"with lr=1e200 and steps=4 the path runs away to infinity: expected 5 points all the same, got {describe(path)}"
    )
    with about("the start and the first step of a path that runs away to infinity, with lr=1e200"):
        close(path[:2], descent_in_a_bowl(centre + 1, weight, centre, 1e200, 1))
    assert not path[3:].isfinite().any(), (
        "with lr=1e200 the path runs away to infinity, expected inf or nan at its end"
    )


def test_gradient_descent_no_traces__plain_start(student, draw):
    """The path carries no graph, start stays as it was, and autograd records as before."""
    start, weight = draw.normal(2, 3), draw.uniform(0.5, 1.0, 2, 3)
    got = student.run(probe_descent, start, weight, draw.normal(2, 3), 0.2, 3)
    with about("start after the call, which must be unchanged"):
        equal(got["start"], start)
    assert not got["has_graph"], (
        "the path carries a graph (its requires_grad is True), expected plain numbers"
    )
    assert not got["requires_grad"], (
        "start.requires_grad was False before the call and is True after it, expected no change"
    )
    assert got["grad"] is None, (
        "start had no .grad before the call and has one after it, expected none"
    )
    assert got["records"], (
        "autograd is switched off after the call, expected it to record as before"
    )


def test_gradient_descent_no_traces__start_that_requires_grad(student, draw):
    """A start that requires a gradient stays as it was, and the path carries no graph."""
    start, weight, centre, old_grad = (
        draw.normal(2, 3),
        draw.uniform(0.5, 1.0, 2, 3),
        draw.normal(2, 3),
        draw.normal(2, 3),
    )
    got = student.run(probe_descent, start, weight, centre, 0.2, 3, old_grad)
    with about("the path from a start that requires a gradient"):
        close(
            got["path"],
            descent_in_a_bowl(start, weight, centre, 0.2, 3).float(),
            atol=ROUNDING[torch.float32],
        )
    assert not got["has_graph"], (
        "start requires a gradient: the path still carries a graph, expected plain numbers"
    )
    # an answer that fails without steps loses the other cell, not this one
    with suppress(StudentError):
        none = student.run(probe_descent, start, weight, centre, 0.2, 0, old_grad)
        assert not none["has_graph"], (
            "with steps=0 the path requires a gradient, as start does: expected plain numbers"
        )
    with about("start after the call, which must be unchanged"):
        equal(got["start"], start)
    assert got["requires_grad"], (
        "start.requires_grad was True before the call and is False after it, expected no change"
    )
    with about("start.grad after the call, which must be unchanged"):
        equal(got["grad"], old_grad)


# sgd_step


def probe_sgd_step(
    student, values, grads, without_grad, lr, how_often, as_generator, frozen=(), only_once=()
):
    import torch

    parameters = [value.clone().requires_grad_(i not in frozen) for i, value in enumerate(values)]
    given = list(parameters)
    for step in range(how_often):
        for i, (p, grad) in enumerate(zip(parameters, grads)):
            p.grad = None if i in without_grad or (step and i in only_once) else grad.clone()
        result = student.sgd_step((p for p in given) if as_generator else given, lr=lr)
    return {
        "values": [p.detach() for p in parameters],
        "grads": [torch.zeros(0) if p.grad is None else p.grad for p in parameters],
        "is_leaf": [p.is_leaf for p in parameters],
        "requires_grad": [p.requires_grad for p in parameters],
        "same_objects": len(given) == len(parameters)
        and all(a is b for a, b in zip(given, parameters)),
        "gives_none": result is None,
        "records": torch.is_grad_enabled(),
    }


def draw_parameters(draw, dtype, scale=1.0):
    shapes = ((3, 4), (4,), (), (5, 2), *[(2,)] * draw.randint(14, 18))
    values = [draw.normal(*shape, dtype=dtype) for shape in shapes]
    grads = [draw.normal(*shape, dtype=dtype, scale=scale) for shape in shapes]
    values[0] = values[0].T.contiguous().T  # not contiguous
    grads[3] = grads[3].T.contiguous().T
    grads[0][1, 2] = 0
    values[1][:] = 0  # as a bias starts
    grads[5][1] = -grads[5][0]  # adds up to exactly nothing
    return values, grads


def check_sgd_values(
    student,
    draw,
    dtype,
    without_grad=(),
    how_often=1,
    as_generator=False,
    lr=0.3,
    scale=1.0,
    only_once=(),
):
    values, grads = draw_parameters(draw, dtype, scale)
    got = student.run(
        probe_sgd_step,
        values,
        grads,
        list(without_grad),
        lr,
        how_often,
        as_generator,
        only_once=list(only_once),
    )
    for i, (value, grad) in enumerate(zip(values, grads)):
        taken = 1 if i in only_once else how_often
        want = (
            value if i in without_grad else (value.double() - taken * lr * grad.double()).to(dtype)
        )
        which = f"parameter {i} of {len(values)}" + (
            ", with .grad None" if i in without_grad else ""
        )
        which += ", with .grad None at the second step" if i in only_once else ""
        steps = "the step" if how_often == 1 else "two steps"
        given = " of parameters that came from a generator" if as_generator else ""
        with about(f"{which}, after {steps}{given} with lr={lr}"):
            close(got["values"][i], want, atol=ROUNDING[dtype])
    return got


def test_sgd_step_values__one_step_and_two(student, draw):
    """Each step subtracts lr * .grad from every parameter, for small and large values of both."""
    for dtype in DTYPES:
        for how_often in (1, 2):
            check_sgd_values(student, draw, dtype, how_often=how_often)
        check_sgd_values(student, draw, dtype, lr=7.0, scale=100.0)
        check_sgd_values(student, draw, dtype, lr=2e-4, scale=100.0)


def test_sgd_step_values__generator_and_none(student, draw):
    """The parameters may come from a generator, and one whose .grad is None stays as it is."""
    # a fault with a .grad of None costs only this cell
    got = check_sgd_values(
        student, draw, torch.float32, (1, 3), as_generator=True, how_often=2, only_once=(2,)
    )
    message = "a parameter whose .grad was None has one after the call, expected None still"
    assert all(got["grads"][i].numel() == 0 for i in (1, 3)), message


def test_sgd_step_in_place__same_leaf(student, draw):
    """Each parameter stays the same leaf, keeps its requires_grad, and nothing is returned."""
    values, grads = draw_parameters(draw, torch.float32)
    got = student.run(probe_sgd_step, values, grads, [], 0.3, 1, False, frozen=[3])
    assert not torch.equal(got["values"][0], values[0]), (
        "a parameter is the same after the call as before, expected a step"
    )
    assert not torch.equal(got["values"][3], values[3]), (
        "a tensor that requires no gradient is the same after the call, expected a step by its .grad"
    )
    assert got["same_objects"], (
        "the list that was passed holds other tensors after the call, expected the same ones"
    )
    assert all(got["is_leaf"]), "a parameter is no longer a leaf after the call, expected leaves"
    frozen, others = got["requires_grad"][3], got["requires_grad"][:3] + got["requires_grad"][4:]
    assert not frozen, "a frozen parameter's requires_grad is True after the call, expected False"
    assert all(others), "a parameter's requires_grad is False after the call, expected True"
    assert got["records"], (
        "autograd is still switched off after the call, expected it to record again"
    )
    assert got["gives_none"], "sgd_step returned something, expected None"


def test_sgd_step_in_place__grad_untouched(student, draw):
    """Each parameter's .grad is unchanged afterwards."""
    values, grads = draw_parameters(draw, torch.float32)
    got = student.run(probe_sgd_step, values, grads, [], 0.3, 1, False)["grads"]
    for after, before in zip(got, grads, strict=True):
        with about("a parameter's .grad after the call, which must be unchanged"):
            equal(after, before)


# train_step: the same probe runs in the student's process and, with the reference below, out here


class SGD:
    """`torch.optim.SGD`, written out: importing PyTorch's would cost every command that runs these checks a second."""

    def __init__(self, parameters, lr, momentum=0.0, weight_decay=0.0):
        given = list(parameters)
        groups = given if isinstance(given[0], dict) else [{"params": given}]
        self.rates = {p: group.get("lr", lr) for group in groups for p in group["params"]}
        self.momentum, self.weight_decay, self.velocities = momentum, weight_decay, {}

    def zero_grad(self):
        for p in self.rates:
            p.grad = None

    def step(self):
        for p, lr in self.rates.items():
            if p.grad is not None:
                grad = p.grad + self.weight_decay * p.data
                self.velocities[p] = self.momentum * self.velocities.get(p, 0) + grad
                p.data -= lr * self.velocities[p]


class AdamW(SGD):
    """`torch.optim.AdamW`, written out."""

    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, lr, weight_decay=weight_decay)
        self.betas, self.steps, self.squares = betas, 0, {}

    def step(self):
        self.steps += 1
        (one, two), steps = self.betas, self.steps
        for p, lr in self.rates.items():
            if p.grad is not None:
                self.velocities[p] = one * self.velocities.get(p, 0) + (1 - one) * p.grad
                self.squares[p] = two * self.squares.get(p, 0) + (1 - two) * p.grad**2
                root = (self.squares[p] / (1 - two**steps)).sqrt() + 1e-8
                p.data.mul_(1 - lr * self.weight_decay).sub_(
                    lr * self.velocities[p] / (1 - one**steps) / root
                )


class Written:
    SGD, AdamW = SGD, AdamW


class Reference:
    @staticmethod
    def train_step(model, optimizer, loss_fn, inputs, targets):
        optimizer.zero_grad()
        logits = model(inputs)
        loss = loss_fn(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        return loss.item()


def probe_train_step(
    student,
    weights,
    batches,
    kind,
    old_grads,
    scale=1.0,
    from_zero=False,
    modes=(True, True),
    optim=None,
):
    """train_step, in a small experiment

    `modes`: whether the model is in training mode, and whether a part of it is.
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F

    class Part(nn.Module):
        def forward(self, hidden):
            return hidden if self.training else 0.5 * hidden

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(weights[0].clone())
            self.head = nn.Parameter(weights[1].clone())
            self.part = Part()
            self.train(modes[0])
            self.part.train(modes[1])

        def forward(self, token_ids):
            hidden = self.part(F.embedding(token_ids, self.table)) * (1 if self.training else 0.7)
            logits = (hidden + hidden.cumsum(1) * 0.9).tanh() @ self.head
            # an answer that rounds them to float32 is far off
            return logits + 10000

    shapes, optim = [], optim or torch.optim

    def loss_fn(input, target):
        shapes.append([list(input.shape), list(target.shape)])
        input = input - 10000
        loss = (
            F.cross_entropy(input, target, reduction="sum", label_smoothing=0.2)
            + 0.01 * (input**2).sum()
        )
        return scale * (loss - loss.detach() if from_zero else loss)

    def model_and_optimizer():
        model = Model()
        for p, grad in zip(model.parameters(), old_grads):
            p.grad = grad.clone()
        if kind in ("momentum", "two groups"):
            groups = [{"params": [model.table], "lr": 0.03}, {"params": [model.head]}]
            return model, optim.SGD(groups, lr=0.02, momentum=0.9, weight_decay=0.1)
        if kind == "AdamW":
            return model, optim.AdamW(
                model.parameters(), lr=0.03, betas=(0.8, 0.9), weight_decay=0.2
            )
        return model, optim.SGD(model.parameters(), lr=0.02)

    # another model of this type comes first, and another optimizer
    first, first_optimizer = model_and_optimizer()
    student.train_step(first, first_optimizer, loss_fn, *batches[-1])
    model, optimizer = model_and_optimizer()
    student.train_step(model, optim.SGD(model.parameters(), lr=0.001), loss_fn, *batches[-1])
    for p, grad in zip(model.parameters(), old_grads or [None] * 2):
        p.grad = grad if grad is None else grad.clone()
    shapes.clear()
    losses = []
    (inputs, targets), drawn = batches[0], [[each.clone() for each in batch] for batch in batches]
    for batch in drawn:
        # each in the same two tensors, whose numbers change
        inputs.copy_(batch[0])
        targets.copy_(batch[1])
        losses.append(
            student.train_step(
                model=model, optimizer=optimizer, loss_fn=loss_fn, inputs=inputs, targets=targets
            )
        )
        for p in model.parameters():
            p.grad = None
    return {
        "losses": losses,
        "parameters": [p.detach() for p in model.parameters()],
        "first": [p.detach() for p in first.parameters()],
        "modes": [module.training for module in model.modules()],
        "shapes": shapes,
        "records": torch.is_grad_enabled(),
    }


VOCAB = 7


def draw_weights(draw, vocab=VOCAB):
    return [draw.normal(vocab, 5, dtype=torch.float64), draw.normal(5, vocab, dtype=torch.float64)]


def draw_batch(draw, batch=3, time=4, vocab=VOCAB):
    return [draw.integers(0, vocab, batch, time), draw.integers(0, vocab, batch, time)]


def test_train_step_loss__before_the_update(student, draw):
    """The result is the loss before the update, as loss_fn gives it, in a Python float."""
    large = draw.randint(18, 22), draw.randint(70, 80), draw.randint(280, 320)
    for batch, time, vocab in ((1, 1, VOCAB), (3, 4, VOCAB), (4, 4, VOCAB), large):
        weights, batches = draw_weights(draw, vocab), [draw_batch(draw, batch, time, vocab)]
        scale = 1e-3 / (batch * time)  # a small loss shows whether somebody rounds it
        got = student.run(probe_train_step, weights, batches, "SGD", [], scale)
        want = probe_train_step(Reference, weights, batches, "SGD", [], scale, optim=Written)
        with about("the loss before the update"):
            close(got["losses"], want["losses"], rtol=1e-7)


def test_train_step_loss__shapes(student, draw):
    """loss_fn gets logits of shape (B*T, V) and targets of shape (B*T,)."""
    for batch, time in ((2, 1), (1, 5), (3, 4)):
        got = student.run(
            probe_train_step, draw_weights(draw), [draw_batch(draw, batch, time)], "SGD", []
        )["shapes"]
        assert got, "loss_fn was never called, expected the loss to come from it"
        want = [[batch * time, VOCAB], [batch * time]]
        assert all(shapes == want for shapes in got), (
            f"inputs and targets were {(batch, time)} and the logits {(batch, time, VOCAB)}: loss_fn got tensors of shapes "
            f"{tuple(got[-1][0])} and {tuple(got[-1][1])}, expected {tuple(want[0])} and {tuple(want[1])}"
        )


# of a model and a part of it: the same mode or different ones
MODES = (True, True), (False, False), (True, False), (False, True)


def test_train_step_loss__mode(student, draw):
    """The loss is that of the model in the modes that it and its parts have, and these stay."""
    for modes in MODES:
        weights, batches = draw_weights(draw), [draw_batch(draw)]
        got = student.run(probe_train_step, weights, batches, "SGD", [], modes=modes)
        want = probe_train_step(Reference, weights, batches, "SGD", [], modes=modes, optim=Written)
        with about(
            f"the loss of a model with training={modes[0]}, a part of which has training={modes[1]}"
        ):
            close(got["losses"], want["losses"], rtol=1e-7)
        assert got["modes"] == list(modes), (
            f"the model had training={modes[0]} and a part of it {modes[1]}, expected these modes to stay"
        )


def check_parity(student, weights, batches, kind, old_grads, what, **loss):
    got = student.run(probe_train_step, weights, batches, kind, old_grads, **loss)
    want = probe_train_step(Reference, weights, batches, kind, old_grads, **loss, optim=Written)
    with about(f"a parameter after {what}"):
        close(got["parameters"], want["parameters"])
    assert got["records"], (
        "autograd is switched off after the call, expected it to record as before"
    )


def test_train_step_update__three_steps(student, draw):
    """Each call takes one step of the optimizer that it gets, whichever it is."""
    for kind in ("momentum", "AdamW"):
        first = draw_batch(draw)
        batches = [first, draw_batch(draw), [each.clone() for each in first]]
        what = "three steps with AdamW" if kind == "AdamW" else "three steps with SGD and momentum"
        check_parity(student, draw_weights(draw), batches, kind, [], what)


def test_train_step_update__any_loss(student, draw):
    """The step follows the loss_fn that it gets, however steep, even if its value is 0 or less."""
    weights, batches = draw_weights(draw), [draw_batch(draw) for _ in range(2)]
    check_parity(
        student,
        weights,
        batches,
        "SGD",
        [],
        "two steps up a steep slope, with negative losses",
        scale=-300.0,
    )
    check_parity(
        student,
        weights,
        batches,
        "SGD",
        [],
        "two steps with a loss_fn of value 0",
        from_zero=True,
    )


def test_train_step_update__layouts(student, draw):
    """Inputs and targets may be non-contiguous."""
    weights, (inputs, targets) = draw_weights(draw), draw_batch(draw)
    for batch in zip(layouts(inputs), layouts(targets), strict=True):
        check_parity(
            student,
            weights,
            [list(batch)],
            "SGD",
            [],
            "a step on inputs and targets that are not contiguous",
        )


def test_train_step_clearing__old_gradients(student, draw):
    """No gradient from before the call reaches the step."""
    what = "a step in a model that still held old gradients"
    for kind in ("SGD", "two groups"):
        check_parity(
            student, draw_weights(draw), [draw_batch(draw)], kind, draw_weights(draw), what
        )


# Predictions


def test_predict_start_loss_value__computed(student, draw):
    """The cross-entropy of equal logits is the logarithm of the size of the vocabulary."""
    predicts(
        student, "predict_start_loss", F.cross_entropy(torch.zeros(1, 20), torch.tensor([0])).item()
    )


def test_predict_gradient_sign_value__computed(student, draw):
    """The slope is softmax minus one-hot: below 0 for the right token, above 0 for the others."""
    logits = torch.tensor([2.0, 1.0, 0.1], requires_grad=True)
    F.cross_entropy(logits, torch.tensor(1)).backward()
    signs = "".join("-" if slope < 0 else "+" for slope in logits.grad.tolist())
    predicts(
        student, "predict_gradient_sign", {"+++": "A", "+-+": "B", "-+-": "C", "---": "D"}[signs]
    )


def test_predict_no_clearing_value__computed(student, draw):
    """backward() adds to .grad: without clearing, each step follows the sum of all gradients."""
    w = torch.tensor(2.0, requires_grad=True)
    for _ in range(3):
        (3 * w).backward()
        w.data -= 0.1 * w.grad
    predicts(student, "predict_no_clearing", w.item())


# fit: the same probe runs in the student's process and, with the reference below, out here


class FitReference:
    @staticmethod
    def fit(model, optimizer, loss_fn, inputs, targets, steps):
        return [
            Reference.train_step(model, optimizer, loss_fn, inputs, targets) for _ in range(steps)
        ]


def probe_fit(
    student,
    weights,
    inputs,
    targets,
    steps,
    kind="SGD",
    old_grads=(),
    modes=(True, True),
    rising=False,
    again=False,
    optim=None,
):
    """fit, on a small model of the check's own

    `modes`: whether the model is in training mode, and whether a part of it is. With `again`, once more, with other numbers
    in the same inputs.
    """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F

    class Part(nn.Module):
        def forward(self, hidden):
            return hidden if self.training else 0.5 * hidden

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(weights[0].clone())
            self.head = nn.Parameter(weights[1].clone())
            self.part = Part()
            self.train(modes[0])
            self.part.train(modes[1])

        def forward(self, token_ids):
            hidden = self.part(F.embedding(token_ids, self.table)) * (1 if self.training else 0.7)
            # an answer that rounds them to float32 is far off
            return (hidden + hidden.cumsum(1) * 0.9).tanh() @ self.head + 10000

    shapes, optim = [], optim or torch.optim

    def loss_fn(input, target):
        shapes.append([list(input.shape), list(target.shape)])
        input = input - 10000
        loss = F.cross_entropy(input, target, reduction="sum") + 0.01 * (input**2).sum()
        # the same slopes, but a value that rises
        return 0.1 * (loss - 2 * loss.detach()) if rising else loss

    model = Model()
    if kind == "momentum":
        optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    else:
        optimizer = optim.SGD(model.parameters(), lr=0.05)
    for p, grad in zip(model.parameters(), old_grads):
        p.grad = grad.clone()
    arguments = {"optimizer": optimizer, "loss_fn": loss_fn, "inputs": inputs, "targets": targets}
    losses = student.fit(model=model, steps=steps, **arguments)
    if again:
        inputs.copy_((inputs + 1) % len(weights[0]))
        again = student.fit(model=model, steps=steps, **arguments)
    return {
        "losses": losses,
        "again": again,
        "parameters": [p.detach() for p in model.parameters()],
        "shapes": shapes,
        "modes": [module.training for module in model.modules()],
        "records": torch.is_grad_enabled(),
    }


def fitted(student, draw, steps, batch=(3, 4), **how):
    """The replies of the student's fit and of the right one, on the same drawn batch."""
    weights, (inputs, targets) = draw_weights(draw), draw_batch(draw, *batch)
    for same in zip(layouts(inputs), layouts(targets), strict=True):
        got = student.run(probe_fit, weights, *same, steps, **how)
        yield got, probe_fit(FitReference, weights, *same, steps, **how, optim=Written)


def test_fit_losses__before_each_update(student, draw):
    """The list has a float for each step: its loss before the update, over (B*T, V) and (B*T,)."""
    cases = (1, (1, 5), False), (0, (2, 1), False), (4, (3, 4), False), (5, (2, 2), True)
    for steps, batch, rising in cases:
        for got, want in fitted(student, draw, steps, batch, rising=rising):
            with about(f"the {'rising ' * rising}losses with steps={steps}"):
                close(got["losses"], want["losses"], rtol=1e-7)
            # a fault with steps=0 costs only this cell
            if steps == 0:
                with about("a parameter after steps=0"):
                    close(got["parameters"], want["parameters"])
            flat = [[batch[0] * batch[1], VOCAB], [batch[0] * batch[1]]]
            assert all(shapes == flat for shapes in got["shapes"]), (
                f"expected loss_fn to get tensors of shapes {tuple(flat[0])} and {tuple(flat[1])}"
            )


def test_fit_losses__mode(student, draw):
    """The model and its parts stay in their modes, and each call stands alone."""
    for modes in MODES:
        for got, want in fitted(student, draw, 2, modes=modes, again=True):
            with about(
                f"the losses of a model with training={modes[0]}, a part of which has training={modes[1]}"
            ):
                close(got["losses"], want["losses"], rtol=1e-7)
            with about("the losses of a second call, after the numbers in inputs have changed"):
                close(got["again"], want["again"], rtol=1e-7)
            assert got["modes"] == list(modes), (
                f"the model had training={modes[0]} and a part of it {modes[1]}, expected these modes to stay"
            )
            assert got["records"], (
                "autograd is switched off after the call, expected it to record as before"
            )


def test_fit_clearing__old_gradients(student, draw):
    """No old gradient reaches a step, not even one from before the call."""
    for kind in ("SGD", "momentum"):
        for steps in (1, 3):
            for got, want in fitted(student, draw, steps, kind=kind, old_grads=draw_weights(draw)):
                with about(
                    f"a parameter after steps={steps} in a model that still held old gradients"
                ):
                    close(got["parameters"], want["parameters"])


# adam_step


def probe_adam_step(student, value, grads, lr, first=1):
    """adam_step, called for one gradient after another"""
    import torch

    p = value.clone().requires_grad_()
    m, v = torch.zeros_like(value), torch.zeros_like(value)
    path, results = [], []
    for step, grad in enumerate(grads, first):
        p.grad = grad.clone()
        results.append(student.adam_step(p=p, m=m, v=v, step=step, lr=lr))
        path.append(p.detach().clone())
    return {
        "path": torch.stack(path),
        "m": m,
        "v": v,
        "grad": torch.zeros(0) if p.grad is None else p.grad,
        "is_leaf": p.is_leaf and p.requires_grad,
        "gives_none": all(result is None for result in results),
    }


def by_definition(value, grads, lr, first):
    """The values after each step of Adam, and its two averages, if `first - 1` steps without a gradient came before."""
    p, path = value.double().clone(), []
    optimizer = AdamW([p], lr, betas=(0.9, 0.999), weight_decay=0.0)
    optimizer.steps = first - 1
    for grad in grads:
        p.grad = grad.double()
        optimizer.step()
        path.append(p.clone())
    return torch.stack(path), optimizer.velocities[p], optimizer.squares[p]


def test_adam_step_values__eight_steps(student, draw):
    """Each step changes p, m and v by the three formulas, also for a gradient of 0."""
    for dtype in DTYPES:
        for shape, first in (((), 1), ((4,), 1), ((3, 5), 1), ((4,), 1000)):
            value = layouts(draw.normal(*shape, dtype=dtype))[0]  # not contiguous
            # beside which 1e-8 is not nothing
            tiny = torch.where(draw.normal(*shape) < 0, 1e-7, 1.0).to(dtype)
            grads = [tiny * draw.normal(*shape, dtype=dtype) for _ in range(8)]
            for grad in grads:
                grad.view(-1)[1::3] = 0
            # a gradient of zeros is a gradient like any other
            grads[3].zero_()
            got = student.run(probe_adam_step, value, grads, 0.3, first)
            path, mean, square = (
                each.to(dtype) for each in by_definition(value, grads, 0.3, first)
            )
            with about(
                f"the parameter after each of eight steps, from step={first} on, with lr=0.3"
            ):
                close(got["path"], path, atol=ROUNDING[dtype])
            for name, want in (("m", mean), ("v", square)):
                with about(f"{name} after eight steps"):
                    close(got[name], want, rtol={torch.float32: 1e-3, torch.float64: 1e-6}[dtype])


def test_adam_step_values__in_place(student, draw):
    """p stays a leaf that requires a gradient, .grad is unchanged, and nothing is returned."""
    value, grads = draw.normal(3, 5), [draw.normal(3, 5), draw.normal(3, 5)]
    got = student.run(probe_adam_step, value, grads, 0.3)
    with about("the parameter's .grad after the call, which must be unchanged"):
        equal(got["grad"], grads[-1])
    assert got["is_leaf"], (
        "the parameter is no longer a leaf that requires a gradient, expected that it is"
    )
    assert got["gives_none"], "adam_step returned something, expected None"


# Stand-ins: regrading uses these in place of wrong answers, for example to `gradient_of`. They run beside the student's
# code, in a scope of their own that holds torch, math, nn and F.


def gradient_of_stand_in(f, x: torch.Tensor) -> torch.Tensor:
    with torch.enable_grad():
        point = x.detach().clone().requires_grad_()
        value = f(point) + 0 * point.sum()
    return torch.autograd.grad(value, point)[0]


def numerical_gradient_stand_in(f, x: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    slopes = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        up, down = (
            x.detach().reshape(-1).index_add(0, torch.tensor([i]), slopes.new_tensor([e]))
            for e in (eps, -eps)
        )
        slopes[i] = (float(f(up.reshape(x.shape))) - float(f(down.reshape(x.shape)))) / (2 * eps)
    return slopes.reshape(x.shape)


def logits_gradient_stand_in(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    with torch.enable_grad():
        point = logits.detach().clone().requires_grad_()
        loss = F.cross_entropy(point, targets)
    return torch.autograd.grad(loss, point)[0]


def gradient_descent_stand_in(f, start: torch.Tensor, lr: float, steps: int) -> torch.Tensor:
    point, path = start.detach().clone().requires_grad_(), start.detach()[None]
    optimizer = torch.optim.SGD([point], lr=lr)
    for _ in range(steps):
        with torch.enable_grad():
            point.grad = torch.autograd.grad(f(point) + 0 * point.sum(), point)[0]
        optimizer.step()
        path = torch.cat([path, point.detach()[None]])
    return path


def sgd_step_stand_in(parameters, lr: float) -> None:
    for p in parameters:
        if p.grad is not None:
            p.data.sub_(p.grad, alpha=lr)


def train_step_stand_in(
    model, optimizer, loss_fn, inputs: torch.Tensor, targets: torch.Tensor
) -> float:
    model.zero_grad()
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))
    loss.backward()
    optimizer.step()
    return float(loss)


def fit_stand_in(
    model, optimizer, loss_fn, inputs: torch.Tensor, targets: torch.Tensor, steps: int
) -> list:
    found = []
    while len(found) < steps:
        logits = model(inputs)
        loss = loss_fn(logits.reshape(-1, logits.size(-1)), targets.reshape(-1))
        model.zero_grad()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(float(loss))
    return found


def adam_step_stand_in(
    p: torch.Tensor, m: torch.Tensor, v: torch.Tensor, step: int, lr: float
) -> None:
    m.copy_(0.9 * m + 0.1 * p.grad)
    v.copy_(0.999 * v + 0.001 * p.grad.square())
    p.data.sub_(lr * m / (1 - 0.9**step) / ((v / (1 - 0.999**step)).sqrt() + 1e-8))


STAND_INS = {
    "gradient_of": gradient_of_stand_in,
    "numerical_gradient": numerical_gradient_stand_in,
    "logits_gradient": logits_gradient_stand_in,
    "gradient_descent": gradient_descent_stand_in,
    "sgd_step": sgd_step_stand_in,
    "train_step": train_step_stand_in,
    "fit": fit_stand_in,
    "adam_step": adam_step_stand_in,
}


# Small experiments, the smallest first, for each graded cell. If the cell fails, the student sees the first experiment
# that comes out otherwise than with the reference solution. Each number in braces is drawn anew.

A_MODEL = """
    model = nn.Embedding(2, 2)
    model.weight.data = torch.tensor([[{number}, {number}], [{number}, {number}]])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
"""
STEP = "loss = train_step(model, optimizer, F.cross_entropy, torch.tensor([[0, {bit}]]), torch.tensor([[1, {bit}]]))"
FIT = "losses = fit(model, optimizer, F.cross_entropy, torch.tensor([[0, {bit}]]), torch.tensor([[1, {bit}]]), steps=2)"
LOOKS_BACK = """
    model = nn.Embedding(2, 2)
    model.weight.data = torch.tensor([[{number}, {number}], [{number}, {number}]])
    model.forward = lambda ids: F.embedding(ids, model.weight).cumsum(1)
    w, optimizer = model.weight, torch.optim.SGD(model.parameters(), lr=0.5)
"""
STEP_BACK = "loss = train_step(model, optimizer, F.cross_entropy, torch.tensor([[0, 1], [1, 1]]), torch.tensor([[0, 1], [1, 0]]))"
PARTS = """
    model = nn.Sequential(nn.Embedding(2, 2), nn.Dropout(1.0))
    model[0].weight.data = torch.tensor([[{number}, {number}], [{number}, {number}]])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
"""
MOMENTUM = A_MODEL.replace("lr=0.5", "lr=0.5, momentum=0.9")


EXPERIMENTS = {
    "gradient_of_values": [
        "gradient_of(lambda x: x**2, torch.tensor({number}))",
        "gradient_of(lambda x: x, torch.tensor({number}))",
        "gradient_of(lambda x: x.squeeze(), torch.tensor([{number}]))",
        "gradient_of(lambda x: 0.1 * (x**3).sum(), torch.tensor([{number}, {number}]))",
        "gradient_of(lambda x: 1000 * x.sum(), torch.tensor([{number}, {number}]))",
        "gradient_of(lambda x: (x - x.detach()).sum(), torch.tensor([{number}, {number}]))",
        "gradient_of(lambda x: (x[0] * x[1]).sum(), torch.tensor([[{number}, {number}], [{number}, {number}]]))",
        "gradient_of(lambda x: (x + 1) ** 2, torch.tensor(0.0))",
        "gradient_of(f=lambda x: (x**2).sum(), x=torch.tensor([[{number}, {number}], [{number}, {number}]]))",
        "gradient_of(lambda x: (x**2).sum(), torch.tensor([{number}, {number}], dtype=torch.float64))",
        "gradient_of(lambda x: (x**2).sum(), torch.tensor([[{number}, {number}, {number}]]).T)",
        "gradient_of(lambda x: (x**2).sum(), torch.tensor([[{number}], [{number}]]).expand(2, 2))",
        """
        w = torch.tensor({number}, requires_grad=True)
        gradient = gradient_of(lambda x: w * x**2, torch.tensor({number}))
        gradient.requires_grad
        """,
        """
        x = torch.tensor({number}, requires_grad=True)
        gradient = gradient_of(lambda x: x**2, x)
        gradient.requires_grad
        """,
        """
        def f(x):
            return x**2

        x = torch.tensor({number})
        gradient_of(f, x)
        x.copy_(torch.tensor({number}))
        gradient_of(f, x)
        """,
        """
        x = torch.tensor({number})
        gradient_of(lambda x: x**2, x)
        gradient_of(lambda x: x**3, x)
        """,
        """
        x = torch.tensor({number})
        gradient_of(lambda x: x**2, x)
        x.requires_grad
        """,
        """
        x = torch.tensor({number})
        gradient_of(lambda x: x**2, x)
        x.grad
        """,
        """
        x = torch.tensor({number}, requires_grad=True)
        x.grad = torch.tensor({number})
        gradient_of(lambda x: x**2, x)
        x.grad
        """,
        """
        x = torch.tensor({number}, requires_grad=True)
        gradient_of(lambda x: x**2, x)
        x.requires_grad
        """,
        """
        x = torch.tensor({number}, requires_grad=True)
        x.grad = torch.tensor({number})
        gradient_of(lambda x: x**2, x)
        """,
        """
        x = torch.tensor({number})
        gradient_of(lambda x: x**2, x)
        x
        """,
        "gradient_of(lambda x: torch.tensor({number}), torch.tensor({number}))",
        """
        w = torch.tensor({number}, requires_grad=True)
        gradient_of(lambda x: w**2, torch.tensor({number}))
        """,
        "gradient_of(lambda x: torch.tensor({number}), torch.tensor([{number}], dtype=torch.float64))",
        """
        gradient = gradient_of(lambda x: torch.tensor({number}), torch.tensor({number}))
        gradient.requires_grad
        """,
    ],
    "numerical_gradient_values": [
        "numerical_gradient(lambda x: x**2, torch.tensor({number}, dtype=torch.float64))",
        "numerical_gradient(lambda x: x**3, torch.tensor({number}, dtype=torch.float64), eps=0.5)",
        "numerical_gradient(lambda x: x, torch.tensor({number}, dtype=torch.float64))",
        "numerical_gradient(lambda x: x.squeeze(), torch.tensor([{number}], dtype=torch.float64))",
        "numerical_gradient(lambda x: (x**2).sum(), torch.tensor([{number}, {number}], dtype=torch.float64))",
        "numerical_gradient(lambda x: x.detach() ** 2, torch.tensor({number}, dtype=torch.float64))",
        "numerical_gradient(lambda x: x[0] @ x[1], torch.tensor([[{number}, {number}], [{number}, {number}]], dtype=torch.float64))",
        "numerical_gradient(lambda x: x.sum() ** 2, torch.tensor([[{number}, 0.0], [{number}, 0.0]], dtype=torch.float64))",
        "numerical_gradient(lambda x: (1000 * x).sin(), torch.tensor({number}, dtype=torch.float64))",
        """
        def f(x):
            return x**2

        x = torch.tensor({number}, dtype=torch.float64)
        numerical_gradient(f, x)
        x.mul_(0.5)
        numerical_gradient(f, x)
        """,
        """
        def f(x):
            return x**3

        x = torch.tensor({number}, dtype=torch.float64)
        numerical_gradient(f, x, eps=0.5)
        numerical_gradient(f, x)
        """,
        """
        x = torch.tensor([{number}, {number}], dtype=torch.float64)
        numerical_gradient(lambda x: (x**2).sum(), x, eps=0.5)
        x
        """,
        """
        x = torch.tensor([{number}, {number}], dtype=torch.float64)
        before = x.clone()
        numerical_gradient(lambda x: (x**2).sum(), x, eps=0.1)
        torch.equal(x, before)  # is x as it was before the call?
        """,
        "numerical_gradient(lambda x: (x**2).sum(), torch.tensor([[{number}, {number}], [{number}, {number}]], dtype=torch.float64).T)",
        """
        numerical_gradient(lambda x: x**2, torch.tensor({number}, dtype=torch.float64))
        torch.is_grad_enabled()
        """,
    ],
    "logits_gradient_values": [
        "logits_gradient(torch.tensor([[{number}, {number}]]), torch.tensor([{bit}]))",
        "logits_gradient(torch.tensor([[{number}, {number}], [{number}, {number}]]), torch.tensor([{bit}, {bit}]))",
        "logits_gradient(torch.tensor([[{number}, {number}], [{number}, {number}]]), torch.tensor([1, 1]))",
        "logits_gradient(torch.tensor([[{number}, {number}, {number}], [{number}, {number}, {number}]]), torch.tensor([1, 0]))",
        "logits_gradient(torch.tensor([[{number}, {number}]], dtype=torch.float64), torch.tensor([{bit}]))",
        "logits_gradient(torch.tensor([[{number}], [{number}]]), torch.tensor([0, 0]))",
        "logits_gradient(torch.tensor([[{number}, {number}], [{number}, {number}]]).T, torch.tensor([0, {bit}]))",
        """
        logits = torch.tensor([[{number}, {number}]])
        logits_gradient(logits, torch.tensor([{bit}]))
        logits
        """,
        """
        logits = torch.tensor([[{number}, {number}]])
        logits_gradient(logits, torch.tensor([0]))
        logits_gradient(logits, torch.tensor([1]))
        """,
        """
        logits = torch.tensor([[{number}, {number}]])
        first = logits_gradient(logits, torch.tensor([0]))
        logits_gradient(logits, torch.tensor([1]))
        first
        """,
    ],
    "logits_gradient_stability": [
        "logits_gradient(torch.tensor([[0.0, 200.0]]), torch.tensor([{bit}]))",
        "logits_gradient(torch.tensor([[0.0, -200.0]]), torch.tensor([{bit}]))",
        "logits_gradient(torch.tensor([[1000.0, 1000.0]]), torch.tensor([{bit}]))",
        "logits_gradient(torch.tensor([[10000.0, 0.0], [0.0, 10000.0]]), torch.tensor([0, {bit}]))",
        "logits_gradient(torch.tensor([[-10000.0, -10001.0]]), torch.tensor([{bit}]))",
    ],
    "gradient_descent_path": [
        "gradient_descent(lambda x: x**2, torch.tensor({number}), lr=0.25, steps=1)",
        "gradient_descent(lambda x: x**2, torch.tensor({number}), lr=0.25, steps=3)",
        "gradient_descent(lambda x: (x**2).sum() + x.prod(), torch.tensor([{number}, {number}]), lr=0.25, steps=2)",
        "gradient_descent(f=lambda x: x**2, start=torch.tensor({number}), lr=0.25, steps=0)",
        "gradient_descent(lambda x: (x**2).sum(), torch.tensor([{number}], dtype=torch.float64), lr=0.25, steps=2)",
        "gradient_descent(lambda x: (x**2).sum(), torch.tensor([[{number}, {number}], [{number}, {number}]]).T, lr=0.25, steps=1)",
        "gradient_descent(lambda x: (x**2).sum(), torch.tensor([[{number}], [{number}]]).expand(2, 2), lr=0.25, steps=1)",
        "gradient_descent(lambda x: (x + 1) ** 2, torch.tensor(0.0), lr=0.25, steps=2)",
        "gradient_descent(lambda x: x**2 - 1, torch.tensor(1.0), lr=0.25, steps=2)",
        "gradient_descent(lambda x: x**2, torch.tensor(0.0), lr=0.25, steps=3)",
        "gradient_descent(lambda x: x**2, torch.tensor({number}), lr=1.5, steps=3)",
        "gradient_descent(lambda x: x**2, torch.tensor({number}), lr=1e9, steps=1)",
        """
        first = gradient_descent(lambda x: x**2, torch.tensor({number}), lr=0.25, steps=1)
        gradient_descent(lambda x: x**2, torch.tensor(3.0), lr=0.25, steps=1)
        first
        """,
        "gradient_descent(lambda x: x**2 - 100, torch.tensor({number}), lr=0.25, steps=3)",
        "gradient_descent(lambda x: 1000 * x**2, torch.tensor({number}), lr=0.0001, steps=2)",
        "gradient_descent(lambda x: 0.01 * x**2, torch.tensor({number}), lr=0.25, steps=2)",
        "gradient_descent(lambda x: 10000 * x**2, torch.tensor({number}), lr=1e20, steps=3).shape[0]",
        """
        start = torch.tensor({number})
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=1)
        start.copy_(torch.tensor({number}))
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=1)
        """,
        """
        start = torch.tensor({number})
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=1)
        gradient_descent(lambda x: x**3, start, lr=0.25, steps=1)
        """,
    ],
    "gradient_descent_no_traces": [
        """
        start = torch.tensor({number})
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=2)
        start
        """,
        """
        start = torch.tensor({number})
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=2)
        start.requires_grad
        """,
        """
        start = torch.tensor({number})
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=2)
        start.grad
        """,
        """
        path = gradient_descent(lambda x: x**2, torch.tensor({number}), lr=0.25, steps=2)
        path.requires_grad
        """,
        """
        start = torch.tensor({number}, requires_grad=True)
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=2)
        """,
        """
        start = torch.tensor({number}, requires_grad=True)
        path = gradient_descent(lambda x: x**2, start, lr=0.25, steps=2)
        path.requires_grad
        """,
        """
        start = torch.tensor({number}, requires_grad=True)
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=2)
        start.requires_grad
        """,
        """
        start = torch.tensor({number}, requires_grad=True)
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=2)
        start
        """,
        """
        start = torch.tensor({number}, requires_grad=True)
        start.grad = torch.tensor({number})
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=2)
        """,
        """
        start = torch.tensor({number}, requires_grad=True)
        start.grad = torch.tensor({number})
        gradient_descent(lambda x: x**2, start, lr=0.25, steps=2)
        start.grad
        """,
        """
        gradient_descent(lambda x: x**2, torch.tensor({number}), lr=0.25, steps=2)
        torch.is_grad_enabled()
        """,
    ],
    "sgd_step_values": [
        """
        p = torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor({number})
        sgd_step([p], lr=0.5)
        p
        """,
        """
        p = torch.tensor(0.0, requires_grad=True)
        p.grad = torch.tensor({number})
        sgd_step([p], lr=0.0001)
        p
        """,
        """
        p = torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor(100.0)
        sgd_step([p], lr=0.1)
        p
        """,
        """
        p = torch.tensor([{number}, {number}], requires_grad=True)
        p.grad = torch.tensor([{number}, {number}])
        sgd_step([p], lr=7.0)
        p
        """,
        """
        p = torch.tensor([0.0, 0.0], requires_grad=True)
        p.grad = torch.tensor([1.5, -1.5])
        sgd_step([p], lr=0.5)
        p
        """,
        """
        p = torch.tensor([[{number}, {number}], [{number}, {number}]]).T.requires_grad_()
        p.grad = torch.tensor([[{number}, {number}], [{number}, {number}]])
        sgd_step([p], lr=0.5)
        p
        """,
        """
        p = torch.tensor([{number}], requires_grad=True)
        q = torch.tensor([{number}, {number}], requires_grad=True)
        p.grad, q.grad = torch.tensor([{number}]), torch.tensor([{number}, {number}])
        sgd_step([p, q], lr=0.5)
        q
        """,
        """
        p = torch.tensor({number}, requires_grad=True)
        q = torch.tensor({number}, requires_grad=True)
        q.grad = torch.tensor({number})
        sgd_step([p, q], lr=0.5)
        q
        """,
        """
        p, q = torch.tensor({number}, requires_grad=True), torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor({number})
        sgd_step([q, p], lr=0.5)
        q
        """,
        """
        p, q = torch.tensor({number}, requires_grad=True), torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor({number})
        sgd_step([q, p], lr=0.5)
        q.grad
        """,
        """
        p = torch.tensor([{number}, {number}], requires_grad=True)
        p.grad = torch.tensor([{number}, 0.0])
        sgd_step([p], lr=0.5)
        p
        """,
        """
        p = torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor({number})
        sgd_step((each for each in [p]), lr=0.5)
        p
        """,
        """
        p, q = torch.tensor({number}, requires_grad=True), torch.tensor({number}, requires_grad=True)
        p.grad, q.grad = torch.tensor({number}), torch.tensor({number})
        sgd_step((each for each in [p, q]), lr=0.5)
        q
        """,
        """
        p = torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor({number})
        sgd_step([p], lr=0.5)
        sgd_step([p], lr=0.5)
        p
        """,
        """
        p = torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor({number})
        sgd_step([p], lr=0.5)
        p.grad = torch.tensor({number})
        sgd_step([p], lr=0.5)
        p
        """,
        """
        p, q = torch.tensor({number}, requires_grad=True), torch.tensor({number}, requires_grad=True)
        p.grad, q.grad = torch.tensor({number}), torch.tensor({number})
        sgd_step([p, q], lr=0.5)
        p.grad = None
        sgd_step([p, q], lr=0.5)
        p
        """,
        """
        p = torch.tensor({number}, dtype=torch.float64, requires_grad=True)
        p.grad = torch.tensor({number}, dtype=torch.float64)
        sgd_step([p], lr=0.5)
        p
        """,
    ],
    "sgd_step_in_place": [
        """
        p = torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor({number})
        sgd_step([p], lr=0.5)
        p
        """,
        """
        p = torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor({number})
        parameters = [p]
        sgd_step(parameters, lr=0.5)
        parameters[0] is p
        """,
        *(
            """
            p = torch.tensor({number}, requires_grad=True)
            p.grad = torch.tensor({number})
            sgd_step([p], lr=0.5)
            """
            + last
            for last in ("p.grad", "p.is_leaf", "p.requires_grad", "torch.is_grad_enabled()")
        ),
        """
        p = torch.tensor({number}, requires_grad=True)
        p.grad = torch.tensor({number})
        sgd_step([p], lr=0.5)
        """,
        """
        p = torch.tensor({number})
        p.grad = torch.tensor({number})
        sgd_step([p], lr=0.5)
        p.requires_grad
        """,
    ],
    "train_step_loss": [
        code(A_MODEL, STEP, "loss"),
        code(
            A_MODEL,
            STEP.replace(
                "F.cross_entropy", "lambda logits, ids: list(logits.shape)[0] * logits.sum()"
            ),
            "loss",
        ),
        code(
            A_MODEL,
            STEP.replace(
                "F.cross_entropy", "lambda logits, ids: (logits.sum(1) * (ids + 1)).sum()"
            ),
            "loss",
        ),
        code(
            A_MODEL,
            "inputs, targets = torch.tensor([[0, 0], [1, 1]]), torch.tensor([[0, 0], [1, 1]])",
            "train_step(model, optimizer, F.cross_entropy, inputs, targets)",
        ),
        code(A_MODEL, STEP, "isinstance(loss, float)"),
        code(
            A_MODEL,
            STEP.replace(
                "F.cross_entropy", "lambda logits, ids: 0.001 * F.cross_entropy(logits, ids)"
            ),
            "loss",
        ),
        code(A_MODEL, STEP, STEP, "loss"),
        code(A_MODEL, STEP, "model.training"),
        code(A_MODEL, "model.eval()", STEP, "model.training"),
        code(
            PARTS, "model.train()", "model[1].eval()", STEP, "[model.training, model[1].training]"
        ),
        code(
            PARTS, "model.eval()", "model[1].train()", STEP, "[model.training, model[1].training]"
        ),
        code(PARTS, "model.eval()", STEP, "loss"),
        code(LOOKS_BACK, STEP_BACK, "loss"),
    ],
    "train_step_update": [
        code(A_MODEL, STEP, "model.weight"),
        code(A_MODEL, STEP, STEP, "model.weight"),
        code(MOMENTUM, STEP, STEP, "model.weight"),
        code(A_MODEL.replace("SGD", "AdamW"), STEP, "model.weight"),
        code(
            A_MODEL,
            STEP.replace("F.cross_entropy", "lambda logits, ids: -10 * logits.sum()"),
            "model.weight",
        ),
        code(
            A_MODEL,
            STEP.replace("F.cross_entropy", "lambda logits, ids: 0 * logits.sum()"),
            "model.weight",
        ),
        code(A_MODEL, STEP.replace("]]))", "]]).T)").replace("]]),", "]]).T,"), "model.weight"),
        code(
            A_MODEL,
            "inputs, targets = torch.tensor([[0, 1], [1, 1]]).T, torch.tensor([[1, 0], [0, {bit}]]).T",
            "train_step(model, optimizer, F.cross_entropy, inputs, targets)",
            "model.weight",
        ),
        code(A_MODEL, STEP, "torch.is_grad_enabled()"),
        code(LOOKS_BACK, STEP_BACK, "w"),
    ],
    "train_step_clearing": [
        code(A_MODEL, "model.weight.grad = torch.ones(2, 2)", STEP, "model.weight"),
        code(A_MODEL, STEP, STEP, "model.weight"),
        code(
            A_MODEL.replace("model.parameters()", "[model.weight]"),
            "model.weight.grad = torch.ones(2, 2)",
            STEP,
            "model.weight",
        ),
    ],
    "fit_losses": [
        code(A_MODEL, FIT, "losses"),
        code(A_MODEL, FIT.replace("steps=2", "steps=0"), "losses"),
        code(A_MODEL, FIT.replace("steps=2", "steps=0"), "model.weight"),
        code(A_MODEL, FIT, "all(isinstance(loss, float) for loss in losses)"),
        code(
            A_MODEL,
            "inputs, targets = torch.tensor([[0, 0], [1, 1]]), torch.tensor([[0, 0], [1, 1]])",
            "fit(model, optimizer, F.cross_entropy, inputs, targets, steps=1)",
        ),
        code(
            A_MODEL,
            "inputs, targets = torch.tensor([[0, 1], [1, 1]]).T, torch.tensor([[1, 0], [0, 0]]).T",
            "fit(model, optimizer, F.cross_entropy, inputs, targets, steps=1)",
        ),
        code(
            A_MODEL,
            FIT.replace("F.cross_entropy", "lambda logits, ids: -logits.exp().sum()"),
            "losses",
        ),
        code(A_MODEL, "model.eval()", FIT, "model.training"),
        code(A_MODEL, "model.train()", FIT, "model.training"),
        code(PARTS, "model.train()", "model[1].eval()", FIT, "[model.training, model[1].training]"),
        code(PARTS, "model.eval()", "model[1].train()", FIT, "[model.training, model[1].training]"),
        code(PARTS, "model.eval()", FIT, "losses"),
        code(A_MODEL, FIT, "torch.is_grad_enabled()"),
        code(A_MODEL, FIT, FIT, "losses"),
    ],
    "fit_clearing": [
        code(A_MODEL, FIT, "model.weight"),
        code(A_MODEL, "model.weight.grad = torch.ones(2, 2)", FIT, "model.weight"),
        code(
            A_MODEL,
            "model.weight.grad = torch.ones(2, 2)",
            FIT.replace("steps=2", "steps=1"),
            "model.weight",
        ),
        code(MOMENTUM, FIT, "model.weight"),
    ],
    "adam_step_values": [
        *(
            """
            p = torch.tensor({number}, requires_grad=True)
            m, v = torch.tensor(0.0), torch.tensor(0.0)
            p.grad = torch.tensor({number})
            adam_step(p, m, v, step=1, lr=0.5)
            """
            + last
            for last in ("p", "m", "v", "p.grad", "p.is_leaf", "p.requires_grad")
        ),
        """
        p = torch.tensor({number}, requires_grad=True)
        m, v = torch.tensor(0.0), torch.tensor(0.0)
        p.grad = torch.tensor({number})
        adam_step(p, m, v, step=1, lr=0.5)
        p.grad = torch.tensor({number})
        adam_step(p, m, v, step=2, lr=0.5)
        p
        """,
        """
        p = torch.tensor([{number}, {number}], requires_grad=True)
        m, v = torch.tensor([0.0, 0.0]), torch.tensor([0.0, 0.0])
        p.grad = torch.tensor([0.0, 1e-7])
        adam_step(p, m, v, step=1, lr=0.5)
        p
        """,
        """
        p = torch.tensor(100.0, requires_grad=True)
        m, v = torch.tensor(0.0), torch.tensor(0.0)
        p.grad = torch.tensor(0.0)
        adam_step(p, m, v, step=1, lr=10.0)
        p
        """,
        """
        p = torch.tensor({number}, requires_grad=True)
        m, v = torch.tensor(0.0), torch.tensor(0.0)
        p.grad = torch.tensor({number})
        adam_step(p, m, v, step=1000, lr=0.5)
        p
        """,
        """
        p = torch.tensor({number}, requires_grad=True)
        m, v = torch.tensor(0.0), torch.tensor(0.0)
        p.grad = torch.tensor({number})
        adam_step(p=p, m=m, v=v, step=1, lr=0.5)
        """,
    ],
}
