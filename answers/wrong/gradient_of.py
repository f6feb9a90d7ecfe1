"""Wrong answers to `gradient_of(f, x)`."""

import copy

import torch

from proctor.answers import wrong


@wrong(
    "Returns the tuple that autograd gives",
    hint="`torch.autograd.grad` answers with a tuple, one gradient for each input that you name, even when you name only one. The caller wants the tensor inside.",
    fails="gradient_of_values",
)
def returns_the_tuple(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(y, requires_grad=False)
    return torch.autograd.grad(value, y, materialize_grads=True)


@wrong(
    "Adds the gradient up to one number",
    hint="You return one number for the whole of `x`. A gradient answers a question for each entry: how does the output move when this entry moves? So it has the shape of `x`.",
    fails="gradient_of_values",
)
def summed(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(value, y, materialize_grads=True)[0].sum()


@wrong(
    "Returns the value of the function instead of its gradient",
    hint="What you return is f(x) itself. `backward()` returns nothing and leaves the value as it was: where does it put the gradient?",
    fails="gradient_of_values",
)
def returns_the_value(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if value.requires_grad:
        value.backward()
    return value.detach()


@wrong(
    "Estimates the gradient from small differences",
    hint="You move each entry a little and look at the change. That is an estimate, and in float32 most of its digits are rounding. Autograd gives the exact derivative in one backward pass.",
    fails="gradient_of_values",
)
def by_differences(f, x, eps=1e-3):
    y = x.detach().clone().contiguous()
    gradient = torch.zeros_like(y)
    for i in range(y.numel()):
        step = torch.zeros_like(y)
        step.view(-1)[i] = eps
        gradient.view(-1)[i] = (f(y + step) - f(y - step)).detach() / (2 * eps)
    return gradient


@wrong(
    "Estimates the gradient by `numerical_gradient` in float64",
    hint="In float64 the estimate is close, but it stays one, it calls `f` twice for each entry, and `f` gets another dtype than that of `x`. Autograd gives the exact derivative in one backward pass.",
    fails="gradient_of_values",
)
def by_numerical_gradient(f, x):
    return numerical_gradient(f, x.detach().double()).to(x.dtype)


@wrong(
    "Keeps the graph of the gradient",
    hint="Your result carries a graph, as with `create_graph=True`, which also records how the gradient was computed, for those who want to differentiate it again. Nobody does here, and the graph keeps memory alive: look at `requires_grad` of what you return.",
    fails="gradient_of_values",
)
def create_graph(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(value, y, create_graph=True, materialize_grads=True)[0]


@wrong(
    "Lets the graphs around it into the result",
    hint="`torch.func.grad` makes a function that autograd can see through, and so does `create_graph=True`: where `x`, or a weight inside f, requires a gradient, so does the result. The caller wants plain numbers.",
    fails="gradient_of_values",
)
def func_grad(f, x):
    return torch.func.grad(f)(x)


@wrong(
    "Computes in float32 whatever the dtype of x",
    hint="A float64 input loses half of its digits, and the gradient has another dtype than `x`. Is your copy of `x` float32, as `.float()` makes it? Copy in a way that keeps the dtype.",
    fails="gradient_of_values",
)
def in_float32(f, x):
    y = x.detach().clone().float().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(x)
    gradient = torch.autograd.grad(value, y, allow_unused=True)[0]
    return torch.zeros_like(x) if gradient is None else gradient


@wrong(
    "Returns float32, whatever the dtype of x",
    hint="What you give is float32, whatever `x` is: a copy by `.float()` also loses half of a float64 input's digits, and zeros made without a dtype are float32. Which calls keep the dtype of `x`?",
    fails="gradient_of_values",
)
def all_in_float32(f, x):
    y = x.detach().clone().float().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(y, requires_grad=False)
    return torch.autograd.grad(value, y, materialize_grads=True)[0]


@wrong(
    "Flattens x before calling f",
    hint="f gets a flat vector instead of `x`. A function may care about rows and columns: give it a tensor of the shape of `x`.",
    fails="gradient_of_values",
)
def flattened(f, x):
    y = x.detach().reshape(-1).requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(value, y, materialize_grads=True)[0].reshape(x.shape)


@wrong(
    "Divides the gradient by its length",
    hint="Your result always has length 1: it keeps the direction and loses how steep f is. The gradient is both.",
    fails="gradient_of_values",
)
def normalised(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(x)
    gradient = torch.autograd.grad(value, y, materialize_grads=True)[0]
    return gradient / gradient.norm().clamp_min(1e-12)


@wrong(
    "Leaves x requiring a gradient",
    hint="The caller's `x` requires a gradient after your call, as `x.requires_grad_()` leaves it: from now on everything computed from it records a graph. Work on a tensor of your own.",
    fails="gradient_of_values",
)
def marks_x(f, x):
    x.requires_grad_()
    value = f(x)
    if not value.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(value, x, materialize_grads=True)[0]


@wrong(
    "Runs backward on x itself",
    hint="`backward()` adds to `x.grad`: whatever was there before is in your result too, and your gradient stays behind in the caller's tensor. Work on a tensor of your own.",
    fails="gradient_of_values",
)
def backward_on_x(f, x):
    x.requires_grad_()
    value = f(x)
    if not value.requires_grad:
        return torch.zeros_like(x)
    value.backward()
    return torch.zeros_like(x) if x.grad is None else x.grad


@wrong(
    "Clears the caller's .grad first",
    hint="The numbers are right, but the old `x.grad` was the caller's: a gradient that somebody was still adding up is gone. Work on a tensor of your own.",
    fails="gradient_of_values",
)
def clears_old_grad(f, x):
    was = x.requires_grad
    x.requires_grad_()
    x.grad = None
    value = f(x)
    if value.requires_grad:
        value.backward()
    gradient = torch.zeros_like(x) if x.grad is None else x.grad.clone()
    x.grad = None
    x.requires_grad_(was)
    return gradient


@wrong(
    "Leaves x without requires_grad, also where it had it",
    hint="A tensor that already required a gradient comes back without it, as after `requires_grad_(False)`. Work on a tensor of your own, and there is nothing to put back.",
    fails="gradient_of_values",
)
def switches_off(f, x):
    x.requires_grad_(True)
    value = f(x)
    gradient = torch.zeros_like(x)
    if value.requires_grad:
        gradient = torch.autograd.grad(value, x, materialize_grads=True)[0]
    x.requires_grad_(False)
    return gradient


@wrong(
    "Runs backward into x, where x requires a gradient",
    hint="Your copy still hangs on the graph of `x`, as after `clone()` alone, so where `x` requires a gradient, backward fills `x.grad` too. Which method cuts a tensor from its graph?",
    fails="gradient_of_values",
)
def clone_without_detach(f, x):
    y = x.clone().requires_grad_()
    y.retain_grad()
    value = f(y)
    if value.requires_grad:
        value.backward()
    return torch.zeros_like(x) if y.grad is None else y.grad.detach()


@wrong(
    "Asks a clone for a gradient that is not kept there",
    hint="Where `x` requires a gradient, or was computed, a copy that hangs on its graph, as after `clone()` alone, is no leaf, and its `.grad` stays None. Which method cuts a tensor from its graph?",
    fails="gradient_of_values",
)
def clone_is_no_leaf(f, x):
    y = x.clone().requires_grad_()
    f(y).backward()
    return y.grad


@wrong(
    "Assumes that the output has a graph",
    hint="A function that ignores `x` can return a tensor that no graph leads to, and asking autograd to walk it back is an error. Which attribute of the output tells you beforehand, and what is the gradient then?",
    fails="gradient_of_values",
)
def needs_a_graph(f, x):
    y = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(y), y, materialize_grads=True)[0]


@wrong(
    "Assumes that the graph leads to x",
    hint="An output can have a graph that leads only to other tensors, weights for example. Autograd then has nothing for `x` and raises, unless you allow it. What is the gradient in that case?",
    fails="gradient_of_values",
)
def needs_x_in_the_graph(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(value, y)[0].detach()


@wrong(
    "Raises an error or gives None where f does not depend on x",
    hint="An output without a graph makes autograd raise. One whose graph doesn't lead to `x` gives None, by `.grad` after `backward()` as by `allow_unused=True`. Moving `x` then changes nothing: which tensor says so?",
    fails="gradient_of_values",
)
def plain_backward(f, x):
    y = x.detach().clone().requires_grad_()
    f(y).backward()
    return y.grad


@wrong(
    "Gives None where f does not depend on x",
    hint="None means that autograd found no way from the output to `x`. The caller asked for a gradient: if nothing changes when an entry moves, the slope is a number that you know.",
    fails="gradient_of_values",
)
def none_for_constants(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return None
    return torch.autograd.grad(value, y, allow_unused=True)[0]


@wrong(
    "Gives a single zero where f does not depend on x",
    hint="Zero is right, but the gradient has one entry for each entry of `x`, also when all of them are zero.",
    fails="gradient_of_values",
)
def scalar_zero(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.tensor(0.0)
    gradient = torch.autograd.grad(value, y, allow_unused=True)[0]
    return torch.tensor(0.0) if gradient is None else gradient


@wrong(
    "Makes zeros of PyTorch's default dtype",
    hint="Where f does not depend on `x`, your zeros are float32, whatever `x` is, as `torch.zeros(shape)` makes them. There is a function that makes zeros like a given tensor.",
    fails="gradient_of_values",
)
def default_zeros(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros(x.shape)
    gradient = torch.autograd.grad(value, y, allow_unused=True)[0]
    return torch.zeros(x.shape) if gradient is None else gradient


@wrong(
    "Takes a value of 0 for a function that does not depend on x",
    hint="That f(x) is 0 here says nothing about its slope. Ask whether the result has a graph instead.",
    fails="gradient_of_values",
)
def zero_value_zero_slope(f, x):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if y.item() == 0 or not y.requires_grad:
        return torch.zeros_like(leaf).detach()
    return torch.autograd.grad(y, leaf, materialize_grads=True)[0]


@wrong(
    "Takes a value without a grad_fn for a constant",
    hint="Where `f` gives `x` itself back, as it may for a single number, there is no `grad_fn`, and yet the slope is 1. Ask whether the value requires a gradient.",
    fails="gradient_of_values",
)
def no_grad_fn_no_gradient(f, x):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if y.grad_fn is None:
        return torch.zeros_like(x.detach())
    return torch.autograd.grad(y, leaf, materialize_grads=True)[0]


@wrong(
    "Takes a value that is a leaf for a constant",
    hint="A leaf may be `x` itself, and then the slope is 1. What tells a constant is that it doesn't require a gradient.",
    fails="gradient_of_values",
    like="no_grad_fn_no_gradient",
)
def leaf_is_constant(f, x):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if not y.is_leaf:
        y.backward()
    return torch.zeros_like(x.detach()) if leaf.grad is None else leaf.grad


@wrong(
    "Clips the length of the gradient",
    hint="Some training loops clip, but the gradient itself is what it is, however steep `f`.",
    fails="gradient_of_values",
    constants=("5", "1.0", "10", "100"),
)
def clips_the_length(f, x):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if not y.requires_grad:
        return torch.zeros_like(leaf, requires_grad=False)
    gradient = torch.autograd.grad(y, leaf, materialize_grads=True)[0]
    return gradient * (5 / gradient.norm().clamp(min=1e-30)).clamp(max=1)


@wrong(
    "Clips the entries of the gradient",
    hint="A large slope is no error. Whoever wants to clip can do it afterwards; here the gradient is asked for as it is.",
    fails="gradient_of_values",
    constants=("-100, 100", "-1, 1", "-5, 5", "-10, 10"),
)
def clips_the_entries(f, x):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if not y.requires_grad:
        return torch.zeros_like(leaf, requires_grad=False)
    return torch.autograd.grad(y, leaf, materialize_grads=True)[0].clamp(-100, 100)


@wrong(
    "Gives no gradient where x is zero",
    hint="The slope at 0 is a slope like any other: `f` depends on an entry also where that happens to be 0.",
    fails="gradient_of_values",
)
def nothing_at_zero(f, x):
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if not y.requires_grad:
        return torch.zeros_like(leaf, requires_grad=False)
    gradient = torch.autograd.grad(y, leaf, materialize_grads=True)[0]
    return torch.where(leaf.detach() == 0, 0.0, gradient)


@wrong(
    "Solves for the gradient from a fixed number of directional derivatives",
    hint="So many directions tell as many numbers. A tensor may have more entries than that, and one backward pass gives them all.",
    fails="gradient_of_values",
)
def from_64_directions(f, x):
    leaf = x.detach().clone()
    torch.manual_seed(0)
    directions = torch.randn(64, x.numel(), dtype=torch.float64).to(x.dtype)
    slopes = [torch.autograd.functional.jvp(f, leaf, d.reshape(x.shape))[1] for d in directions]
    return torch.linalg.lstsq(directions.double(), torch.stack(slopes).double()[:, None]).solution.to(x.dtype).reshape(x.shape)


@wrong(
    "Remembers the gradient for a tensor that it has seen",
    hint="The same tensor may hold other numbers the next time, as it does after every training step. Then your old gradient is that of another place.",
    fails="gradient_of_values",
)
def remembers(f, x, seen={}):
    if x not in seen:
        leaf = x.detach().clone().requires_grad_()
        y = f(leaf)
        if not y.requires_grad:
            return torch.zeros_like(leaf, requires_grad=False)
        seen[x] = torch.autograd.grad(y, leaf, materialize_grads=True)[0]
    return seen[x]


@wrong(
    "Lays the result out in memory just as x",
    hint="An expanded tensor repeats one number in memory, so that several entries of your result share a place. `torch.zeros_like` knows that; strides taken over by hand don't.",
    fails="gradient_of_values",
)
def empty_like_x(f, x):
    leaf = x.detach().requires_grad_()
    y = f(leaf)
    gradient = torch.empty_strided(x.shape, x.stride(), dtype=x.dtype)
    if not y.requires_grad:
        return gradient.zero_()
    return gradient.copy_(torch.autograd.grad(y, leaf, materialize_grads=True)[0])


@wrong(
    "Marks x itself, runs backward, and gives x.grad",
    hint="You work on the caller's tensor: it goes on requiring a gradient, what was in `x.grad` before is in your result, and the next call adds to it. Work on a leaf of your own. And where f does not depend on `x`, `backward()` raises: what is the gradient there?",
    fails="gradient_of_values",
)
def gives_x_grad(f, x):
    x.requires_grad_()
    f(x).backward()
    return x.grad


@wrong(
    "Marks x itself, runs backward, and gives a copy of x.grad",
    hint="You work on the caller's tensor: it goes on requiring a gradient, what was in `x.grad` before is in your result, and the next call adds to it. Work on a leaf of your own. And where f does not depend on `x`, `backward()` raises: what is the gradient there?",
    fails="gradient_of_values",
)
def copies_x_grad(f, x):
    x.requires_grad_()
    f(x).backward()
    return x.grad.clone()


@wrong(
    "Marks x itself, clears x.grad, and gives what backward puts there",
    hint="You work on the caller's tensor: it goes on requiring a gradient, and the `.grad` that it had is gone. Work on a leaf of your own. And where f does not depend on `x`, `backward()` raises: what is the gradient there?",
    fails="gradient_of_values",
)
def clears_and_gives_x_grad(f, x):
    x.requires_grad_()
    x.grad = None
    f(x).backward()
    return x.grad


@wrong(
    "Runs backward on x itself, and puts back only whether it requires a gradient",
    hint="Your gradient stays behind in `x.grad`, and what was there before is in your result. Work on a leaf of your own. And where f does not depend on `x`, `backward()` raises: what is the gradient there?",
    fails="gradient_of_values",
)
def leaves_x_grad(f, x):
    was = x.requires_grad
    x.requires_grad_()
    f(x).backward()
    x.requires_grad_(was)
    return x.grad


@wrong(
    "Leaves x requiring a gradient, without a thought for constants",
    hint="The caller's `x` requires a gradient after your call: mark a leaf of your own. And where f does not depend on `x`, autograd finds no way to it and raises: what is the gradient there?",
    fails="gradient_of_values",
)
def asks_at_x(f, x):
    x.requires_grad_()
    return torch.autograd.grad(f(x), x)[0]


@wrong(
    "Asks for the gradient without a thought for constants",
    hint="Where f does not depend on `x`, autograd finds no graph, or one that leads only to other tensors, and raises. Moving `x` then changes nothing: which tensor says so?",
    fails="gradient_of_values",
)
def plain_autograd_grad(f, x):
    leaf = x.detach().clone().requires_grad_()
    return torch.autograd.grad(f(leaf), leaf)[0]


@wrong(
    "Remembers the gradient for numbers that it has seen",
    hint="The same numbers may come with another `f`, and then your old gradient is that of another function.",
    fails="gradient_of_values",
)
def remembers_the_numbers(f, x, seen={}):
    key = tuple(x.flatten().tolist()), x.shape, x.dtype
    if key not in seen:
        leaf = x.detach().clone().requires_grad_()
        y = f(leaf)
        if not y.requires_grad:
            return torch.zeros_like(leaf, requires_grad=False)
        seen[key] = torch.autograd.grad(y, leaf, materialize_grads=True)[0]
    return seen[key]


@wrong(
    "Writes every gradient into the same tensor",
    hint="You keep the tensor for the result from call to call, so the next call overwrites what the last one gave. Make room anew in each call.",
    fails="gradient_of_values",
)
def one_room_for_all_calls(f, x, rooms={}):
    room = rooms.setdefault((x.shape, x.dtype), torch.empty(x.shape, dtype=x.dtype))
    leaf = x.detach().clone().requires_grad_()
    y = f(leaf)
    if not y.requires_grad:
        return room.zero_()
    return room.copy_(torch.autograd.grad(y, leaf, materialize_grads=True)[0])


@wrong(
    "Divides the gradient by the number of entries",
    hint="That is a mean over the entries. Each entry of the gradient is a slope of its own, and is left as it is.",
    fails="gradient_of_values",
)
def averaged(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(value, y, materialize_grads=True)[0] / x.numel()


@wrong(
    "Gives the gradient as one row",
    hint="The result looks like `x`: give the gradient the shape of `x`.",
    fails="gradient_of_values",
)
def one_row(f, x):
    y = x.detach().clone().requires_grad_()
    value = f(y)
    if not value.requires_grad:
        return torch.zeros_like(x).flatten()
    return torch.autograd.grad(value, y, materialize_grads=True)[0].flatten()


@wrong(
    "Gives twice the gradient",
    hint="Your result is twice the gradient. Each `backward()` adds to `.grad`: does yours run twice?",
    fails="gradient_of_values",
)
def backward_twice(f, x):
    y = x.detach().clone().requires_grad_()
    for _ in range(2):
        value = f(y)
        if value.requires_grad:
            value.backward()
    return torch.zeros_like(x) if y.grad is None else y.grad


@wrong(
    "Takes a clone that keeps no gradient for one that f doesn't depend on",
    hint="Where `x` requires a gradient, its clone is no leaf: backward leaves the clone's `.grad` at None and fills that of `x`. None doesn't mean here that `f` ignores its input. Cut the copy off from the graph of `x` first.",
    fails="gradient_of_values",
)
def zeros_for_a_clone(f, x):
    y = x.clone().requires_grad_()
    value = f(y)
    if value.requires_grad:
        value.backward()
    return torch.zeros_like(y) if y.grad is None else y.grad


@wrong(
    "Runs backward on x itself, and leaves it without the .grad that it had",
    hint="The numbers are right, but the `.grad` that `x` had is gone: it was the caller's. Work on a leaf of your own, and there is nothing to tidy up. And where f does not depend on `x`, `backward()` raises: what is the gradient there?",
    fails="gradient_of_values",
)
def clears_before_and_after(f, x):
    was = x.requires_grad
    x.requires_grad_()
    x.grad = None
    f(x).backward()
    gradient = x.grad.clone()
    x.grad = None
    x.requires_grad_(was)
    return gradient


@wrong(
    "Leaves a gradient in a tensor that required one and had none",
    hint="After your call `x.grad` holds a gradient where there was none before. Put back `None` as well, or work on a copy: `x.detach().clone()`.",
    fails="gradient_of_values",
)
def leaves_the_first_grad(f, x):
    required, old = x.requires_grad, x.grad
    x.requires_grad_()
    x.grad = None
    y = f(x)
    if y.requires_grad:
        y.backward()
    gradient = torch.zeros_like(x) if x.grad is None else x.grad.clone()
    if not required:
        x.requires_grad_(False)
        x.grad = None
    elif old is not None:
        x.grad = old
    return gradient.detach()


@wrong(
    "Runs f without recording",
    hint="Under `no_grad` nothing is recorded, so every f looks like a constant, and your gradient is zeros. A graph leaves no trace in `x` as long as it begins at a leaf of your own.",
    fails="gradient_of_values",
)
def runs_f_under_no_grad(f, x):
    leaf = x.detach().clone().requires_grad_()
    with torch.no_grad():
        y = f(leaf)
    if not y.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(y, leaf, materialize_grads=True)[0]


@wrong(
    "Copies x with the .grad that it had",
    hint="`copy.deepcopy` brings the old `.grad` along, and `backward()` adds to it. A leaf of your own begins without: `x.detach().clone()`.",
    fails="gradient_of_values",
)
def deep_copy(f, x):
    leaf = copy.deepcopy(x).requires_grad_()
    y = f(leaf)
    if y.requires_grad:
        y.backward()
    return torch.zeros_like(x) if leaf.grad is None else leaf.grad
