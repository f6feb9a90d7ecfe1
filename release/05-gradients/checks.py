"""The longer visible checks of this notebook. Each is called in the cell below its exercise, with your answer.

What is checked stands in the texts of `that` and in the numbers that `expect` compares with. No exercise is solved here.
"""

import math
from collections.abc import Callable

import torch
import torch.nn as nn
import torch.nn.functional as F
from expect import expect, that


def gradients_of_functions(gradient_of: Callable) -> None:
    """Asks for gradients of functions that give their argument back, or use a tensor which requires a gradient itself."""
    __tracebackhide__ = True

    def itself(x):
        return x

    weight = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)
    x = torch.tensor([[1.0, -2.0, 0.5], [3.0, 0.0, -1.0]])
    expect(gradient_of, itself, torch.tensor(2.0)).gives(torch.tensor(1.0))
    gradient = gradient_of(lambda x: (weight * x).sum(), x[:1].expand(2, 3))
    that(
        torch.equal(gradient, weight),
        "the gradient of (weight * x).sum() is the weight",
        gradient,
        gradient_of,
    )
    curved = gradient_of(lambda x: (weight * x**2).sum(), x)
    that(
        not curved.requires_grad,
        "the gradient carries no graph, whatever f uses",
        curved,
        gradient_of,
    )


def x_left_alone(gradient_of: Callable) -> None:
    """Looks at x after the call: its mark and its .grad, plain or marked, with an old .grad or without one."""
    __tracebackhide__ = True

    def cubes(x):
        return ((x + 1) ** 3).sum()

    plain = torch.tensor([1.0, 2.0])
    gradient_of(cubes, plain)
    claim = "a plain x requires no gradient afterwards"
    that(not plain.requires_grad, claim, plain.requires_grad, gradient_of)
    that(plain.grad is None, "nor has it a .grad", plain.grad, gradient_of)
    marked = torch.tensor([1.0, 2.0], requires_grad=True)
    old = torch.tensor([5.0, 5.0])
    marked.grad = old.clone()
    slopes = gradient_of(cubes, marked)
    that(
        slopes.tolist() == [12, 27], "an old .grad isn't added to the gradient", slopes, gradient_of
    )
    that(marked.requires_grad, "an x that required a gradient still does", marked, gradient_of)
    kept = marked.grad is not None and torch.equal(marked.grad, old)
    that(kept, "an old .grad of x is what it was, [5, 5]", marked.grad, gradient_of)
    fresh = torch.tensor([1.0, 2.0], requires_grad=True)
    gradient_of(cubes, fresh)
    claim = "an x that required a gradient and had none has none"
    that(fresh.grad is None, claim, fresh.grad, gradient_of)


def constants(gradient_of: Callable) -> None:
    """Asks for gradients of functions that don't depend on x, with a graph and without one."""
    __tracebackhide__ = True
    weight = torch.ones(2, 3, requires_grad=True)
    double = torch.ones(2, dtype=torch.float64)

    def number(x):
        return torch.tensor(5.0)

    def another(x):
        return (weight**2).sum()

    expect(gradient_of, number, torch.ones(2, 3)).gives(torch.zeros(2, 3))
    expect(gradient_of, another, torch.ones(2, 3)).gives(torch.zeros(2, 3))
    expect(gradient_of, another, double).gives_shape(2, dtype=torch.float64)
    expect(gradient_of, number, double).gives_shape(2, dtype=torch.float64)


def measured(numerical_gradient: Callable) -> None:
    """Measures slopes that autograd can't find, that need a small step, and at a single number."""
    __tracebackhide__ = True

    def cut_off(x):
        return ((x.detach() + 1) ** 3).sum()

    def wave(x):
        return (1000 * x).sin().sum()

    def itself(x):
        return x

    x = torch.tensor([[1.0, -2.0, 0.0], [0.5, 30.0, -1.0]], dtype=torch.float64)
    one = torch.tensor(1.0, dtype=torch.float64)
    expect(numerical_gradient, cut_off, x, eps=0.5).gives(3 * (x + 1) ** 2 + 0.25, within=1e-9)
    expect(numerical_gradient, wave, x / 30).gives(1000 * (x / 0.03).cos(), within=2e-6)
    expect(numerical_gradient, itself, one).gives(one)


def input_left_alone(numerical_gradient: Callable) -> None:
    """Looks at x after the call, and hands in a transposed one."""
    __tracebackhide__ = True

    def cubes(x):
        return ((x + 1) ** 3).sum()

    x = torch.tensor([[1.0, -2.0, 0.0], [0.5, 30.0, -1.0]], dtype=torch.float64)
    before = x.clone()
    numerical_gradient(cubes, x, eps=1e-3)
    that(torch.equal(x, before), "x is exactly what it was", x, numerical_gradient)
    result = numerical_gradient(cubes, x.T, 0.5)
    close = torch.allclose(result, 3 * (before.T + 1) ** 2 + 0.25)
    that(close, "x may be transposed", result, numerical_gradient)
    that(torch.equal(x, before), "and is what it was", x, numerical_gradient)


def slopes_of_logits(logits_gradient: Callable) -> None:
    """Compares with autograd: two rows with one target, targets without the last ids, one token, one logit."""
    __tracebackhide__ = True
    torch.manual_seed(0)
    many = torch.randint(3, (7,))
    for logits, targets in (
        (torch.randn(7, 5), many),
        (torch.randn(7, 5, dtype=torch.float64), many),
        (torch.randn(1, 6), torch.tensor([5])),
        (torch.randn(3, 1), torch.tensor([0, 0, 0])),
    ):
        leaf = logits.clone().requires_grad_()
        F.cross_entropy(leaf, targets).backward()
        expect(logits_gradient, logits, targets).gives(leaf.grad)


def descent(gradient_descent: Callable) -> None:
    """Walks down a parabola, far and near, up to infinity, and from a start that is expanded."""
    __tracebackhide__ = True

    def valley(x):
        return (x**2).sum() / 2 - 0.5

    one, far, near = torch.tensor(1.0), torch.tensor(1000.0), torch.tensor(2e-4)
    expect(gradient_descent, valley, one, lr=3.0, steps=3).gives([1.0, -2.0, 4.0, -8.0])
    expect(gradient_descent, valley, far, lr=0.001, steps=1).gives([1000.0, 999.0], within=1e-6)
    expect(gradient_descent, valley, torch.tensor(0.0), lr=0.5, steps=2).gives([0.0, 0.0, 0.0])
    expect(gradient_descent, valley, near, lr=0.5, steps=2).gives([2e-4, 1e-4, 5e-5], relative=True)
    expect(gradient_descent, valley, one, lr=0.01, steps=150).gives(0.99 ** torch.arange(151.0))
    away = gradient_descent(valley, torch.tensor(1.0, dtype=torch.float64), lr=1e200, steps=4)
    whole = len(away) == 5 and not away[-1].isfinite()
    that(whole, "a path that runs away to infinity has all its 5 points", away, gradient_descent)
    spread = gradient_descent(valley, torch.tensor([[1.0]]).expand(1, 2), 0.5, 1)
    that(
        spread.tolist() == [[[1.0, 1.0]], [[0.5, 0.5]]],
        "start may be expanded",
        spread,
        gradient_descent,
    )


def many_steps(sgd_step: Callable) -> None:
    """Moves twenty tensors that are not contiguous, at three learning rates."""
    __tracebackhide__ = True
    many = [torch.zeros(3, 2).T.requires_grad_() for _ in range(20)]
    for p in many:
        p.grad = torch.tensor([[-300.0, 200.0], [0.0, 0.0], [100.0, 0.0]]).T
    for lr in (1e-4, 2.0, 2.0):
        sgd_step(parameters=many, lr=lr)
    close = all(torch.allclose(p, -4.0001 * many[0].grad, rtol=1e-5) for p in many)
    claim = "lr 0.0001, 2 and 2 take 20 tensors from 0 to -4.0001 times their .grad"
    that(close, claim, many[-1], sgd_step)


def toy(vocab: int = 5) -> nn.Sequential:
    """A small model, the same in every call."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Embedding(vocab, 8), nn.Linear(8, vocab))


def step_loss(train_step: Callable) -> None:
    """Looks at what `train_step` hands to its loss function, and at the loss that it returns."""
    __tracebackhide__ = True

    def watched(logits, targets):
        shapes = tuple(logits.shape), tuple(targets.shape)
        flat = shapes == ((1400, 300), (1400,))
        that(
            flat,
            "loss_fn gets (B*T, V) and (B*T,), here (1400, 300) and (1400,)",
            shapes,
            train_step,
        )
        return F.cross_entropy(logits, targets, reduction="sum")

    model, inputs, targets = (
        toy(300),
        torch.randint(300, (70, 20)).T,
        torch.randint(300, (70, 20)).T,
    )
    want = F.cross_entropy(model(inputs).transpose(1, 2), targets, reduction="sum").item()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    loss = train_step(model, optimizer, watched, inputs, targets)
    that(type(loss) is float, "the loss is a Python float", loss, train_step)
    close = math.isclose(loss, want, rel_tol=1e-6)
    that(close, f"it is what loss_fn gives before the update, {want:.2f}", loss, train_step)
    loss = train_step(
        model, optimizer, lambda logits, targets: 1e-6 * logits.mean() ** 0, inputs, targets
    )
    that(
        math.isclose(loss, 1e-6, rel_tol=1e-4), "a loss of 0.000001 isn't rounded", loss, train_step
    )
    modes_left_alone(
        lambda model, optimizer: train_step(model, optimizer, F.cross_entropy, INPUTS, TARGETS),
        train_step,
    )


def modes_left_alone(run: Callable, function: Callable) -> None:
    """Lets `run(model, optimizer)` call your function, with each part of the model in either mode."""
    __tracebackhide__ = True
    for modes in ((True, True), (False, False), (True, False), (False, True)):
        model, seen = toy(), []
        for part, training in zip((model, model[1]), modes):
            part.train(training)
        model[1].register_forward_hook(
            lambda part, taken, made, model=model, seen=seen: seen.append(
                (model.training, part.training)
            )
        )
        run(model, torch.optim.SGD(model.parameters(), lr=0.01))
        claim = f"the model's mode is left alone: it runs with training={modes[0]}, its last layer with {modes[1]}"
        that(all(each == modes for each in seen), claim, seen, function)
        after = model.training, model[1].training
        that(after == modes, "and both are as they were afterwards", after, function)


def step_update(train_step: Callable) -> None:
    """Looks at where two steps take a bias whose gradient is 600, and one step of SGD takes it in an ordinary model."""
    __tracebackhide__ = True

    def zero(logits, targets):  # and yet its slope is 100 for each logit
        return 100 * (logits - logits.detach()).sum()

    def below_zero(logits, targets):
        return zero(logits, targets) - 1

    model = toy()
    inputs, targets = torch.randint(5, (3, 2)).T, torch.randint(5, (3, 2)).T
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    want = model[1].bias.detach() - 600 * 0.01 * (1 + 1.5)
    for loss_fn in (zero, below_zero):
        train_step(
            model=model, optimizer=optimizer, loss_fn=loss_fn, inputs=inputs, targets=targets
        )
    moved = model[1].bias - want - 15
    close = torch.allclose(model[1].bias, want)
    that(close, "two steps with momentum move a bias by -6 and by -9", moved, train_step)
    model = toy()
    loss = F.cross_entropy(model(inputs).transpose(1, 2), targets)
    want = model[1].bias.detach() - 0.5 * torch.autograd.grad(loss, model[1].bias)[0]
    train_step(
        model, torch.optim.SGD(model.parameters(), lr=0.5), nn.CrossEntropyLoss(), inputs, targets
    )
    close = torch.allclose(model[1].bias, want, atol=1e-6)
    that(close, "a step of SGD takes the bias where its gradient says", model[1].bias, train_step)


INPUTS, TARGETS = torch.tensor([[0, 1], [2, 3], [4, 0]]).T, torch.tensor([[1, 2], [3, 4], [0, 1]]).T


def total(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """A loss in which each entry of the last bias has slope B * T = 6, wherever it is."""
    shapes = logits.shape == (6, 5) and targets.shape == (6,)
    assert shapes, f"loss_fn got {logits.shape} and {targets.shape}"
    return logits.sum()


def only_a_bias() -> tuple[nn.Sequential, torch.optim.Optimizer]:
    """A model and its optimizer, which has momentum, and moves nothing but the last bias."""
    model = nn.Sequential(nn.Embedding(5, 8), nn.Linear(8, 5))
    still = {"params": [model[0].weight, model[1].weight], "lr": 0.0}
    return model, torch.optim.SGD([{"params": [model[1].bias]}, still], lr=0.01, momentum=0.5)


def fit_losses(fit: Callable) -> None:
    """Looks at the list that `fit` returns, and at the modes of the model."""
    __tracebackhide__ = True
    model, optimizer = only_a_bias()
    first = model(INPUTS).sum().item()
    losses = fit(model, optimizer, total, INPUTS, TARGETS, steps=3)
    three = isinstance(losses, list) and len(losses) == 3
    that(three, "three steps give a list of three losses", losses, fit)
    that(all(type(loss) is float for loss in losses), "each is a Python float", losses[0], fit)
    # 5 entries fall by 0.06 and by 0.09, at 6 tokens
    want = [first, first - 1.8, first - 4.5]
    close = all(math.isclose(a, b, abs_tol=1e-3) for a, b in zip(losses, want))
    that(
        close,
        f"each is the loss before its update: {[round(loss, 2) for loss in want]}",
        losses,
        fit,
    )
    losses = fit(
        model, optimizer, lambda logits, targets: 0 * logits.sum(), INPUTS, TARGETS, steps=4
    )
    that(losses == [0.0] * 4, "a loss that stays 0 is told four times in four steps", losses, fit)
    nothing = fit(model, optimizer, total, INPUTS, TARGETS, steps=0)
    that(nothing == [], "no steps, no losses", function=fit)
    want = F.cross_entropy(model(INPUTS).transpose(1, 2), TARGETS).item()
    (loss,) = fit(model, optimizer, F.cross_entropy, INPUTS, TARGETS, steps=1)
    same = math.isclose(loss, want, rel_tol=1e-5)
    that(same, "logits and targets are flattened in the same order", loss, fit)
    modes_left_alone(
        lambda model, optimizer: fit(model, optimizer, F.cross_entropy, INPUTS, TARGETS, 2), fit
    )


def fit_clearing(fit: Callable) -> None:
    """Looks at where three steps take a bias, with a gradient of 100 left over from before."""
    __tracebackhide__ = True
    model, optimizer = only_a_bias()
    want = model[1].bias.detach() - 0.06 * (1 + 1.5 + 1.75)
    model[1].bias.grad = torch.full_like(want, 100.0)
    fit(model, optimizer, total, INPUTS, TARGETS, steps=3)
    moved = model[1].bias - want - 0.255
    close = torch.allclose(model[1].bias, want)
    that(close, "three steps move each bias by -0.255, whatever .grad was", moved, fit)
