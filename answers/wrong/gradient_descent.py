"""Wrong answers to `gradient_descent(f, start, lr, steps)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Walks uphill",
    hint="The gradient points to where f rises fastest, and you add it. To get down, which way do you step?",
    fails="gradient_descent_path",
)
def uphill(f, start, lr, steps):
    x = start.detach().clone()
    path = [x]
    for _ in range(steps):
        y = x.detach().requires_grad_()
        x = x + lr * torch.autograd.grad(f(y), y)[0]
        path.append(x)
    return torch.stack(path)


@wrong(
    "Returns only the last point",
    hint="You walk the whole way and return where you ended. The caller wants every point on the way, the start included.",
    fails="gradient_descent_path",
)
def last_point_only(f, start, lr, steps):
    x = start.detach().clone()
    for _ in range(steps):
        y = x.detach().requires_grad_()
        x = x - lr * torch.autograd.grad(f(y), y)[0]
    return x


@wrong(
    "Leaves the start out of the path",
    hint="Your path begins after the first step. With `steps` steps there are `steps + 1` points, and the first of them is `start`.",
    fails="gradient_descent_path",
)
def without_start(f, start, lr, steps):
    x = start.detach().clone()
    path = []
    for _ in range(steps):
        y = x.detach().requires_grad_()
        x = x - lr * torch.autograd.grad(f(y), y)[0]
        path.append(x)
    return torch.stack(path)


@wrong(
    "Takes one step too few",
    hint="You counted the start as a step: the path has `steps` points. Between `n` points there are only `n - 1` steps.",
    fails="gradient_descent_path",
)
def one_step_too_few(f, start, lr, steps):
    x = start.detach().clone()
    path = [x]
    for _ in range(steps - 1):
        y = x.detach().requires_grad_()
        x = x - lr * torch.autograd.grad(f(y), y)[0]
        path.append(x)
    return torch.stack(path)


@wrong(
    "Puts the same tensor into the path again and again",
    hint="Every row of your path shows where it ended: they share one tensor, and that is changed in place. Each point needs memory of its own.",
    fails="gradient_descent_path",
)
def same_tensor(f, start, lr, steps):
    x = start.detach().clone().requires_grad_()
    path = [x.detach()]
    for _ in range(steps):
        gradient = torch.autograd.grad(f(x), x)[0]
        with torch.no_grad():
            x -= lr * gradient
        path.append(x.detach())
    return torch.stack(path)


@wrong(
    "Uses the gradient at the start for every step",
    hint="You compute the gradient once and walk straight on. The slope is different at each new point: ask again after each step.",
    fails="gradient_descent_path",
)
def gradient_once(f, start, lr, steps):
    x = start.detach().clone().requires_grad_()
    gradient = torch.autograd.grad(f(x), x)[0]
    path = [x.detach()]
    for _ in range(steps):
        path.append(path[-1] - lr * gradient)
    return torch.stack(path)


@wrong(
    "Lets the gradients of earlier steps pile up",
    hint="`backward()` adds to `.grad`. Nothing clears it here, so each step follows the sum of all gradients so far.",
    fails="gradient_descent_path",
)
def gradients_pile_up(f, start, lr, steps):
    x = start.detach().clone().requires_grad_()
    path = [x.detach().clone()]
    for _ in range(steps):
        f(x).backward()
        with torch.no_grad():
            x -= lr * x.grad
        path.append(x.detach().clone())
    return torch.stack(path)


@wrong(
    "Steps by the direction of the gradient only",
    hint="You divide by the gradient's length, so that every step is equally long. Plain gradient descent takes long steps where it is steep and short ones where it is flat.",
    fails="gradient_descent_path",
)
def normalised(f, start, lr, steps):
    x = start.detach().clone()
    path = [x]
    for _ in range(steps):
        y = x.detach().requires_grad_()
        gradient = torch.autograd.grad(f(y), y)[0]
        x = x - lr * gradient / gradient.norm().clamp_min(1e-12)
        path.append(x)
    return torch.stack(path)


@wrong(
    "Lowers the learning rate on the way",
    hint="Your steps shrink over time. Schedules come later in the course: here `lr` is the same at every step.",
    fails="gradient_descent_path",
)
def shrinking_lr(f, start, lr, steps):
    x = start.detach().clone()
    path = [x]
    for step in range(steps):
        y = x.detach().requires_grad_()
        x = x - lr / (step + 1) * torch.autograd.grad(f(y), y)[0]
        path.append(x)
    return torch.stack(path)


@wrong(
    "Returns the values of f along the way",
    hint="You collect how low you are instead of where you are. The path is made of points, each with the shape of `start`.",
    fails="gradient_descent_path",
)
def path_of_values(f, start, lr, steps):
    x = start.detach().clone()
    path = [f(x).detach()]
    for _ in range(steps):
        y = x.detach().requires_grad_()
        x = x - lr * torch.autograd.grad(f(y), y)[0]
        path.append(f(x).detach())
    return torch.stack(path)


@wrong(
    "Returns a list of points",
    hint="You return a Python list. The caller wants one tensor, with the steps along a new first dimension.",
    fails="gradient_descent_path",
)
def list_of_points(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        y = path[-1].detach().requires_grad_()
        path.append(path[-1] - lr * torch.autograd.grad(f(y), y)[0])
    return path


@wrong(
    "Glues the points together along their first dimension",
    hint="`torch.cat` continues a dimension that is there already, so that the points run into one another. You need a new dimension, one entry for each step.",
    fails="gradient_descent_path",
)
def cat_instead_of_stack(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        y = path[-1].detach().requires_grad_()
        path.append(path[-1] - lr * torch.autograd.grad(f(y), y)[0])
    return torch.cat(path)


@wrong(
    "Stores the path in float32",
    hint="Each point is rounded to float32, as where you store it in `torch.zeros(...)`, which is float32 whatever `start` is. Say which dtype you want.",
    fails="gradient_descent_path",
)
def float32_path(f, start, lr, steps):
    path = torch.zeros(steps + 1, *start.shape)
    x = start.detach().clone()
    path[0] = x
    for step in range(steps):
        y = x.detach().requires_grad_()
        x = x - lr * torch.autograd.grad(f(y), y)[0]
        path[step + 1] = x
    return path


@wrong(
    "Expects start to be a vector",
    hint="That works for vectors only: a matrix has more than `len(start)` numbers, and a single number has no length at all. Each point has the shape of `start`.",
    fails="gradient_descent_path",
)
def vectors_only(f, start, lr, steps):
    path = torch.zeros(steps + 1, len(start), dtype=start.dtype)
    path[0] = start.detach()
    for step in range(steps):
        y = path[step].clone().requires_grad_()
        path[step + 1] = path[step] - lr * torch.autograd.grad(f(y), y)[0]
    return path


@wrong(
    "Takes a step even when none is asked for",
    hint="With `steps=0` the path is the start alone. Does your loop test only at its end, or ask for one step at least?",
    fails="gradient_descent_path",
)
def at_least_one_step(f, start, lr, steps):
    path = [start.detach().clone()]
    while True:
        y = path[-1].clone().requires_grad_()
        path.append(path[-1] - lr * torch.autograd.grad(f(y), y)[0])
        if len(path) > steps:
            break
    return torch.stack(path)


@wrong(
    "Gives the start itself where no step is asked for",
    hint="A path of one point is still a path: its first dimension counts the points, and is 1. Leave out what treats `steps == 0` apart.",
    fails="gradient_descent_path",
)
def start_itself_for_no_steps(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        path.append(path[-1] - lr * gradient_of(f, path[-1]))
    return torch.stack(path) if steps else path[0]


@wrong(
    "Stops when the gradient is small",
    hint="You stop early once it is flat. The caller asked for `steps` steps, and counts on a path of that length.",
    fails="gradient_descent_path",
)
def stops_when_flat(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        y = path[-1].clone().requires_grad_()
        gradient = torch.autograd.grad(f(y), y)[0]
        if gradient.abs().max() < 1e-6:
            break
        path.append(path[-1] - lr * gradient)
    return torch.stack(path)


@wrong(
    "Refuses steps that lead uphill",
    hint="You keep a point only when f got smaller. Sensible, but it hides what too large a learning rate does: report the path as it is, even when it runs away.",
    fails="gradient_descent_path",
)
def refuses_uphill(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        y = path[-1].clone().requires_grad_()
        new = path[-1] - lr * torch.autograd.grad(f(y), y)[0]
        path.append(new if f(new) <= f(path[-1]) else path[-1])
    return torch.stack(path)


@wrong(
    "Moves start itself",
    hint="The caller's `start` moves along: an in-place step changes it, and also what shares its memory, as `detach()` does. Take a copy first.",
    fails="gradient_descent_no_traces",
)
def moves_start(f, start, lr, steps):
    x = start.detach()
    path = [x.clone()]
    for _ in range(steps):
        y = x.clone().requires_grad_()
        x -= lr * torch.autograd.grad(f(y), y)[0]
        path.append(x.clone())
    return torch.stack(path)


@wrong(
    "Leaves start requiring a gradient",
    hint="The caller's `start` requires a gradient after your call, as `start.requires_grad_()` leaves it. Mark a tensor of your own instead.",
    fails="gradient_descent_no_traces",
)
def marks_start(f, start, lr, steps):
    x = start.requires_grad_()
    path = [x.detach().clone()]
    for _ in range(steps):
        gradient = torch.autograd.grad(f(x), x)[0]
        x = (x.detach() - lr * gradient).requires_grad_()
        path.append(x.detach())
    return torch.stack(path)


@wrong(
    "Leaves the path on the graph of start",
    hint="Where `start` requires a gradient, so does your path: a copy by `clone()` alone stays on the graph, and so do all points computed from it. Which method cuts a tensor from its graph?",
    fails="gradient_descent_no_traces",
)
def clone_without_detach(f, start, lr, steps):
    x = start.clone()
    path = [x]
    for _ in range(steps):
        y = x.detach().requires_grad_()
        x = x - lr * torch.autograd.grad(f(y), y)[0]
        path.append(x)
    return torch.stack(path)


@wrong(
    "Runs backward into start",
    hint="Your first point still hangs on the graph of `start`, so `backward()` leaves a gradient in the caller's tensor. Cut the copy from its graph first.",
    fails="gradient_descent_no_traces",
)
def backward_into_start(f, start, lr, steps):
    x = start.clone()
    path = [x.detach()]
    for _ in range(steps):
        if not x.requires_grad:
            x.requires_grad_()
        x.retain_grad()
        f(x).backward()
        x = x.detach() - lr * x.grad
        path.append(x)
    return torch.stack(path)


@wrong(
    "Walks on one long graph",
    hint="Each point is computed from the one before it without a cut, so the path is one long graph back to the start, and it grows with every step. The caller wants plain numbers.",
    fails="gradient_descent_no_traces",
)
def one_long_graph(f, start, lr, steps):
    path = [start]
    x = start if start.requires_grad else start.clone().requires_grad_()
    for _ in range(steps):
        x = x - lr * torch.autograd.grad(f(x), x, create_graph=True)[0]
        path.append(x)
    return torch.stack(path)


@wrong(
    "Moves one entry at a time, from a point that is already half moved",
    hint="The slope of one entry depends on where the others are. All entries step from the same point: one gradient a step.",
    fails="gradient_descent_path",
)
def one_coordinate_at_a_time(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        point = path[-1].clone()
        for i in range(point.numel()):
            leaf = point.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(f(leaf), leaf)
            flat = point.flatten()
            flat[i] -= lr * gradient.flatten()[i]
            point = flat.reshape(point.shape)
        path.append(point)
    return torch.stack(path)


@wrong(
    "Moves one row at a time, from a point that is already half moved",
    hint="The second row sees the first one already moved. Compute the gradient once a step, and move everything by it.",
    fails="gradient_descent_path",
)
def one_row_at_a_time(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        point = path[-1].clone()
        for i in range(len(point) if point.dim() else 1):
            leaf = point.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(f(leaf), leaf)
            if point.dim():
                point[i] -= lr * gradient[i]
            else:
                point -= lr * gradient
        path.append(point)
    return torch.stack(path)


@wrong(
    "Clips the length of the gradient",
    hint="Where the slope is steep, the step is long: the rule is `lr` times the gradient. Clipping is a safeguard that nobody asked for here.",
    fails="gradient_descent_path",
    constants=("100", "1.0", "5", "10", "50"),
)
def clips(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        path.append(path[-1] - lr * gradient * (100 / gradient.norm().clamp(min=1e-30)).clamp(max=1))
    return torch.stack(path)


@wrong(
    "Limits the learning rate from above",
    hint="A learning rate is too large or not depending on `f`. The caller chooses it.",
    fails="gradient_descent_path",
    constants=("2.0", "1.0", "0.5"),
)
def lr_at_most_two(f, start, lr, steps):
    lr = min(lr, 2.0)
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        path.append(path[-1] - lr * gradient)
    return torch.stack(path)


@wrong(
    "Limits the learning rate from below",
    hint="On a steep slope your least rate may be far too much. The caller chooses the learning rate.",
    fails="gradient_descent_path",
    constants=("0.01", "0.001", "1e-3"),
)
def lr_at_least(f, start, lr, steps):
    lr = max(lr, 0.01)
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        path.append(path[-1] - lr * gradient)
    return torch.stack(path)


@wrong(
    "Stays where the slope is gentle",
    hint="A gentle slope is still a slope. The path has the steps that it was asked for, short ones too.",
    fails="gradient_descent_path",
    constants=("1e-3", "1e-4", "1e-5", "1e-6"),
)
def stays_where_flat(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        path.append(path[-1] - lr * gradient if gradient.norm() > 1e-3 else path[-1])
    return torch.stack(path)


@wrong(
    "Takes no more than a fixed number of steps",
    hint="`steps` says how many, whatever it is. Where does yours end, and why there?",
    fails="gradient_descent_path",
    constants=("100", "10", "16", "50", "64"),
)
def hundred_steps(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(min(steps, 100)):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        path.append(path[-1] - lr * gradient)
    return torch.stack(path)


@wrong(
    "Never moves an entry that is zero",
    hint="An entry that happens to be 0 has a slope like any other. Does a factor like `x != 0`, or an `if`, freeze it?",
    fails="gradient_descent_path",
)
def zeros_stay(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        path.append(path[-1] - lr * gradient * (path[-1] != 0))
    return torch.stack(path)


@wrong(
    "Stays where f is zero",
    hint="`f` may go below 0: a value of 0 says nothing about the slope.",
    fails="gradient_descent_path",
)
def value_zero_is_the_bottom(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        y = f(leaf)
        (gradient,) = torch.autograd.grad(y, leaf)
        path.append(path[-1] - lr * gradient if y else path[-1])
    return torch.stack(path)


@wrong(
    "Moves a point that is laid out in memory just as start",
    hint="An expanded `start` repeats one number in memory, so its entries can't move apart. `clone` gives each a place of its own.",
    fails="gradient_descent_path",
)
def strided_room(f, start, lr, steps):
    path = torch.empty(steps + 1, *start.shape, dtype=start.dtype)
    point = torch.empty_strided(start.shape, start.stride(), dtype=start.dtype).copy_(start.detach())
    for k in range(steps + 1):
        path[k] = point
        leaf = point.detach().clone().requires_grad_()
        point -= lr * torch.autograd.grad(f(leaf), leaf)[0]
    return path


@wrong(
    "Walks in start itself and clears its .grad",
    hint="You put the numbers back, but an old `.grad` of `start` is gone, and an expanded `start` can't be walked in at all. Walk in a copy.",
    fails="gradient_descent_no_traces",
)
def clears_start(f, start, lr, steps):
    was = start.requires_grad
    before = start.detach().clone()
    start.requires_grad_()
    path = [before]
    for _ in range(steps):
        start.grad = None
        f(start).backward()
        with torch.no_grad():
            start -= lr * start.grad
        path.append(start.detach().clone())
    start.grad = None
    with torch.no_grad():
        start.copy_(before)
    start.requires_grad_(was)
    return torch.stack(path)


@wrong(
    "Leaves the path where it runs away to infinity",
    hint="A path that runs away is worth seeing: that is how too large a learning rate looks. It has `steps + 1` points all the same, `inf` and `nan` among them.",
    fails="gradient_descent_path",
)
def stops_at_infinity(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        new = path[-1] - lr * gradient
        if not new.isfinite().all():
            break
        path.append(new)
    return torch.stack(path)


@wrong(
    "Stops where the numbers get large",
    hint="A path that runs away is worth seeing: that is how too large a learning rate looks. It has `steps + 1` points all the same, however far out they are.",
    fails="gradient_descent_path",
)
def stops_at_a_limit(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        new = path[-1] - lr * gradient
        if new.abs().max() > 1e6:
            break
        path.append(new)
    return torch.stack(path)


@wrong(
    "Stays at the last finite point",
    hint="You keep a point only where it is finite. Report the path as it is: `inf` and `nan` tell the caller that it has run away.",
    fails="gradient_descent_path",
)
def stays_finite(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        new = path[-1] - lr * gradient
        path.append(new if new.isfinite().all() else path[-1])
    return torch.stack(path)


@wrong(
    "Keeps the points within limits",
    hint="A point that is cut back is no point of the path. Where the path runs away, its numbers grow without limit, and that is what the caller should see.",
    fails="gradient_descent_path",
)
def keeps_within_limits(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        path.append((path[-1] - lr * gradient).clamp(-1e6, 1e6))
    return torch.stack(path)


@wrong(
    "Replaces `nan` and `inf` by numbers",
    hint="Where the path runs away, `inf` and `nan` are what the caller should see. With `nan_to_num`, a path that has lost its way looks like one that is at rest.",
    fails="gradient_descent_path",
)
def replaces_nan(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        path.append(torch.nan_to_num(path[-1] - lr * gradient_of(f, path[-1])))
    return torch.stack(path)


@wrong(
    "Raises an error where the path runs away",
    hint="Nothing is wrong with the call: with this learning rate the path does run away. Report it, `inf` and `nan` and all.",
    fails="gradient_descent_path",
)
def raises_at_infinity(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        path.append(path[-1] - lr * gradient)
        if not path[-1].isfinite().all():
            raise OverflowError("the path runs away")
    return torch.stack(path)


@wrong(
    "Remembers the path from a tensor that it has seen",
    hint="The same tensor may hold other numbers the next time, and `f` may be another. Each call walks its own way.",
    fails="gradient_descent_path",
)
def remembers_the_path(f, start, lr, steps, seen={}):
    if (start, lr, steps) not in seen:
        path = [start.detach().clone()]
        for _ in range(steps):
            leaf = path[-1].clone().requires_grad_()
            (gradient,) = torch.autograd.grad(f(leaf), leaf)
            path.append(path[-1] - lr * gradient)
        seen[start, lr, steps] = torch.stack(path)
    return seen[start, lr, steps]


@wrong(
    "Writes every path into the same tensor",
    hint="You keep the tensor for the path from call to call, so the next call overwrites what the last one gave. Make room anew in each call.",
    fails="gradient_descent_path",
)
def one_room_for_all_calls(f, start, lr, steps, rooms={}):
    kind = start.shape, start.dtype, steps
    path = rooms.setdefault(kind, torch.empty(steps + 1, *start.shape, dtype=start.dtype))
    path[0] = start.detach()
    for k in range(steps):
        leaf = path[k].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        path[k + 1] = path[k] - lr * gradient
    return path


@wrong(
    "Switches gradients off and leaves them off",
    hint="After your call PyTorch records nothing any more, and the next training fails. `with torch.no_grad():` ends by itself.",
    fails="gradient_descent_no_traces",
)
def gradients_off_for_good(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        torch.set_grad_enabled(True)
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        torch.set_grad_enabled(False)
        path.append(path[-1] - lr * gradient)
    return torch.stack(path)


@wrong(
    "Takes every step from the start",
    hint="You look at the gradient where the path has come to, and then take the step from the start. Each step goes on from the point before it: give that point its name anew.",
    fails="gradient_descent_path",
)
def steps_from_the_start(f, start, lr, steps):
    x = start.detach().clone()
    path = [x]
    for _ in range(steps):
        path.append(x - lr * gradient_of(f, path[-1]))
    return torch.stack(path)


@wrong(
    "Takes one step too many, and begins the path after the first",
    hint="There are `steps + 1` points, but only `steps` steps between them: the first point is `start` itself, before any step.",
    fails="gradient_descent_path",
)
def begins_after_a_step(f, start, lr, steps):
    x = start.detach().clone()
    path = []
    for _ in range(steps + 1):
        y = x.detach().requires_grad_()
        x = x - lr * torch.autograd.grad(f(y), y)[0]
        path.append(x)
    return torch.stack(path)


@wrong(
    "Walks in start itself, and lets the gradients pile up in its .grad",
    hint="Two things. The caller's `start` has to stay as it was: walk in a copy, `start.detach().clone()`. And `backward()` adds to `.grad`, so each step needs it cleared first.",
    fails=("gradient_descent_path", "gradient_descent_no_traces"),
)
def piles_up_in_start(f, start, lr, steps):
    start.requires_grad_()
    path = [start.detach().clone()]
    for _ in range(steps):
        f(start).backward()
        with torch.no_grad():
            start -= lr * start.grad
        path.append(start.detach().clone())
    return torch.stack(path)


@wrong(
    "Shortens the step until f falls",
    hint="Where a step leads uphill you halve `lr` and try again. Sensible, but it hides what too large a learning rate does: report every step as it is, also where it runs away.",
    fails="gradient_descent_path",
)
def halves_lr(f, start, lr, steps):
    path = [start.detach().clone()]
    for _ in range(steps):
        leaf = path[-1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
        while f(path[-1] - lr * gradient) > f(path[-1]):
            lr = lr / 2
        path.append(path[-1] - lr * gradient)
    return torch.stack(path)


@wrong(
    "Adds momentum",
    hint="Your step follows a running sum of the gradients. Plain descent looks at the present gradient alone.",
    fails=("gradient_descent_path", "gradient_descent_no_traces"),
)
def momentum(f, start, lr, steps):
    x = start.detach().clone()
    path = [x]
    m = torch.zeros_like(x)
    for _ in range(steps):
        m = 0.9 * m + gradient_of(f, x)
        x = x - lr * m
        path.append(x)
    return torch.stack(path)
