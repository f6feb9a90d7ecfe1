"""Wrong answers to `numerical_gradient(f, x, eps)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Takes forward differences",
    hint="You compare f a little ahead of `x` with f at `x`. The error of that shrinks only as fast as `eps`. Stepping both ways cancels most of it: look at the two slopes in the picture.",
    fails="numerical_gradient_values",
)
def forward_differences(f, x, eps=1e-6):
    gradient = torch.zeros_like(x).contiguous()
    at_x = f(x)
    for i in range(x.numel()):
        ahead = x.flatten().clone()
        ahead[i] += eps
        gradient.view(-1)[i] = (f(ahead.view(x.shape)) - at_x) / eps
    return gradient


@wrong(
    "Takes backward differences",
    hint="You compare f at `x` with f a little behind it: one-sided, with an error as large as a forward difference's. Centred means that `x` is in the middle.",
    fails="numerical_gradient_values",
)
def backward_differences(f, x, eps=1e-6):
    gradient = torch.zeros_like(x).contiguous()
    at_x = f(x)
    for i in range(x.numel()):
        behind = x.flatten().clone()
        behind[i] -= eps
        gradient.view(-1)[i] = (at_x - f(behind.view(x.shape))) / eps
    return gradient


@wrong(
    "Divides by eps instead of 2 * eps",
    hint="Your result is twice too large. How far apart are the two points at which you evaluate f?",
    fails="numerical_gradient_values",
)
def divides_by_eps(f, x, eps=1e-6):
    gradient = torch.zeros_like(x).contiguous()
    for i in range(x.numel()):
        ahead, behind = x.flatten().clone(), x.flatten().clone()
        ahead[i] += eps
        behind[i] -= eps
        gradient.view(-1)[i] = (f(ahead.view(x.shape)) - f(behind.view(x.shape))) / eps
    return gradient


@wrong(
    "Subtracts the wrong way round",
    hint="Your signs are flipped: where f rises you report that it falls. Which of the two values comes first in the difference?",
    fails="numerical_gradient_values",
)
def wrong_way_round(f, x, eps=1e-6):
    gradient = torch.zeros_like(x).contiguous()
    for i in range(x.numel()):
        ahead, behind = x.flatten().clone(), x.flatten().clone()
        ahead[i] += eps
        behind[i] -= eps
        gradient.view(-1)[i] = (f(behind.view(x.shape)) - f(ahead.view(x.shape))) / (2 * eps)
    return gradient


@wrong(
    "Moves all entries at once",
    hint="`x + eps` moves every entry, so the difference mixes the slopes of all of them. Each entry has its own slope: move one and hold the others.",
    fails="numerical_gradient_values",
)
def all_at_once(f, x, eps=1e-6):
    slope = (f(x + eps) - f(x - eps)) / (2 * eps)
    return torch.ones_like(x) * slope


@wrong(
    "Leaves the entries that it has visited displaced",
    hint="You move an entry and never move it back, so later entries are measured at another point than `x`. Start from `x` again for each entry.",
    fails="numerical_gradient_values",
)
def never_moves_back(f, x, eps=1e-6):
    flat = x.flatten().clone()
    gradient = torch.zeros_like(flat)
    for i in range(flat.numel()):
        flat[i] += eps
        ahead = f(flat.view(x.shape))
        flat[i] -= 2 * eps
        behind = f(flat.view(x.shape))
        gradient[i] = (ahead - behind) / (2 * eps)
    return gradient.view(x.shape)


@wrong(
    "Gives two names to one tensor",
    hint="`ahead = point` and `behind = point` are two names for one tensor: what you do to one, you do to the other. They need memory of their own.",
    fails="numerical_gradient_values",
    like="func_grad",
)
def one_tensor_two_names(f, x, eps=1e-6):
    gradient = torch.zeros_like(x).contiguous()
    for i in range(x.numel()):
        point = x.flatten().clone()
        ahead = point
        behind = point
        ahead[i] += eps
        behind[i] -= eps
        gradient.view(-1)[i] = (f(ahead.view(x.shape)) - f(behind.view(x.shape))) / (2 * eps)
    return gradient


@wrong(
    "Loops over the rows only",
    hint="Your loop counts the entries of the first dimension, so a matrix is moved a whole row at a time, and a tensor without dimensions not at all. Every single entry has a slope.",
    fails="numerical_gradient_values",
)
def rows_only(f, x, eps=1e-6):
    gradient = torch.zeros_like(x)
    for i in range(len(x)):
        ahead, behind = x.clone(), x.clone()
        ahead[i] += eps
        behind[i] -= eps
        gradient[i] = (f(ahead) - f(behind)) / (2 * eps)
    return gradient


@wrong(
    "Expects x to have a dimension",
    hint="You go through rows and columns, and a tensor without any dimension has neither: it is a single number, and it has a slope too.",
    fails="numerical_gradient_values",
)
def rows_and_columns(f, x, eps=1e-6):
    table = x.reshape(len(x), -1)
    gradient = torch.zeros(table.shape, dtype=x.dtype)
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            ahead, behind = table.clone(), table.clone()
            ahead[i, j] += eps
            behind[i, j] -= eps
            gradient[i, j] = (f(ahead.reshape(x.shape)) - f(behind.reshape(x.shape))) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "Gives f a flat vector",
    hint="f gets all entries in one row instead of a tensor of the shape of `x`. A function may care about rows and columns: restore the shape before you call it.",
    fails="numerical_gradient_values",
)
def flat_input(f, x, eps=1e-6):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        ahead, behind = x.flatten().clone(), x.flatten().clone()
        ahead[i] += eps
        behind[i] -= eps
        gradient[i] = (f(ahead) - f(behind)) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "Gives f a flat vector, and moves its numbers afterwards",
    hint="f gets all entries in one row instead of a tensor of the shape of `x`: restore the shape before you call it. And turn what f gives into a number at once, as it may share the memory that you change.",
    fails="numerical_gradient_values",
)
def flat_input_moved(f, x, eps=1e-6):
    flat = x.detach().flatten().clone()
    gradient = torch.zeros_like(flat)
    for i in range(flat.numel()):
        old = flat[i].item()
        flat[i] = old + eps
        ahead = f(flat)
        flat[i] = old - eps
        behind = f(flat)
        flat[i] = old
        gradient[i] = (ahead - behind) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "Gives a flat gradient",
    hint="The numbers are right, in one long row. The gradient has the shape of `x`.",
    fails="numerical_gradient_values",
)
def flat_output(f, x, eps=1e-6):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        ahead, behind = x.flatten().clone(), x.flatten().clone()
        ahead[i] += eps
        behind[i] -= eps
        gradient[i] = (f(ahead.view(x.shape)) - f(behind.view(x.shape))) / (2 * eps)
    return gradient


@wrong(
    "Computes in float32",
    hint="float32 has about seven digits, and the difference of two nearly equal values loses most of them. That is why `x` comes as float64: keep it.",
    fails="numerical_gradient_values",
)
def in_float32(f, x, eps=1e-6):
    y = x.float().flatten()
    gradient = torch.zeros(x.numel())
    for i in range(x.numel()):
        step = torch.zeros_like(y)
        step[i] = eps
        gradient[i] = (f((y + step).view(x.shape)) - f((y - step).view(x.shape))) / (2 * eps)
    return gradient.view(x.shape).to(x.dtype)


@wrong(
    "Collects the results in float32",
    hint="Each slope is rounded to float32, as where you store it in `torch.zeros(shape)`, which is float32 whatever `x` is. There is a function that makes zeros like a given tensor.",
    fails="numerical_gradient_values",
)
def float32_result(f, x, eps=1e-6):
    gradient = torch.zeros(x.shape)
    for i in range(x.numel()):
        ahead, behind = x.flatten().clone(), x.flatten().clone()
        ahead[i] += eps
        behind[i] -= eps
        gradient.view(-1)[i] = (f(ahead.view(x.shape)) - f(behind.view(x.shape))) / (2 * eps)
    return gradient


@wrong(
    "Makes the step grow with x",
    hint="You scale `eps` with the size of each entry. Libraries do that, but here the step is `eps` as it is, for large entries too.",
    fails="numerical_gradient_values",
)
def relative_step(f, x, eps=1e-6):
    gradient = torch.zeros_like(x).contiguous()
    for i in range(x.numel()):
        ahead, behind = x.flatten().clone(), x.flatten().clone()
        h = eps * max(1.0, abs(x.flatten()[i].item()))
        ahead[i] += h
        behind[i] -= h
        gradient.view(-1)[i] = (f(ahead.view(x.shape)) - f(behind.view(x.shape))) / (2 * h)
    return gradient


@wrong(
    "Ignores eps",
    hint="Your result is the same for every `eps`. Either you use a step of your own, or more points than the two that the formula has. The caller's step decides, and f is evaluated `eps` ahead and `eps` behind.",
    fails="numerical_gradient_values",
    constants=("1e-5", "1e-6", "1e-4", "1e-3", "1e-2"),
)
def ignores_eps(f, x, eps=1e-6):
    h = 1e-5
    gradient = torch.zeros_like(x).contiguous()
    for i in range(x.numel()):
        ahead, behind = x.flatten().clone(), x.flatten().clone()
        ahead[i] += h
        behind[i] -= h
        gradient.view(-1)[i] = (f(ahead.view(x.shape)) - f(behind.view(x.shape))) / (2 * h)
    return gradient


@wrong(
    "Scales the step with the entry",
    hint="Your step is `eps` times the size of the entry: it differs from entry to entry and vanishes at 0. Here `eps` is the step itself.",
    fails="numerical_gradient_values",
)
def scaled_by_the_entry(f, x, eps=1e-6):
    gradient = torch.zeros_like(x).contiguous()
    for i in range(x.numel()):
        h = eps * x.flatten()[i].abs()
        ahead, behind = x.flatten().clone(), x.flatten().clone()
        ahead[i] += h
        behind[i] -= h
        gradient.view(-1)[i] = (f(ahead.view(x.shape)) - f(behind.view(x.shape))) / (2 * h)
    return gradient


@wrong(
    "Uses autograd",
    hint="The point here is to find the slope without autograd, so that the two can check one another. All you may do with f is to evaluate it.",
    fails="numerical_gradient_values",
)
def autograd(f, x, eps=1e-6):
    y = x.detach().clone().requires_grad_()
    f(y).backward()
    return y.grad


@wrong(
    "Gives a gradient of zeros",
    hint="If your two points are two names for one tensor, what you do to one, you do to the other, and all differences are 0. If you use autograd, `torch.func` included, it can't look into every f. All you may do with f is to evaluate it, a little ahead of `x` and a little behind.",
    fails="numerical_gradient_values",
)
def func_grad(f, x, eps=1e-6):
    return torch.func.grad(f)(x)


@wrong(
    "Multiplies by eps instead of dividing by it",
    hint="Python reads `a / 2 * eps` from the left: a is halved, and the half multiplied by eps. How do you divide by the product of both?",
    fails="numerical_gradient_values",
)
def times_eps(f, x, eps=1e-6):
    gradient = torch.zeros(x.shape, dtype=x.dtype)
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient.view(-1)[i] = (f(x + step) - f(x - step)) / 2 * eps
    return gradient


@wrong(
    "Uses forward-mode autograd",
    hint="`torch.func.jvp` follows derivatives through f: it is autograd too, in the other direction. All you may do with f here is to evaluate it.",
    fails="numerical_gradient_values",
)
def forward_mode(f, x, eps=1e-6):
    slopes = []
    for i in range(x.numel()):
        direction = torch.zeros(x.numel(), dtype=x.dtype)
        direction[i] = 1
        slopes.append(torch.func.jvp(f, (x,), (direction.view(x.shape),))[1])
    return torch.stack(slopes).view(x.shape)


@wrong(
    "Moves the entries of x itself",
    hint="You add to the caller's tensor and leave it displaced. Move a copy.",
    fails="numerical_gradient_values",
)
def moves_x(f, x, eps=1e-6):
    gradient = torch.zeros_like(x)
    for index in torch.ones(x.shape).nonzero():
        index = tuple(index)
        x[index] += eps
        ahead = f(x)
        x[index] -= 2 * eps
        behind = f(x)
        gradient[index] = (ahead - behind) / (2 * eps)
    return gradient


@wrong(
    "Moves the entries of x and back again by arithmetic",
    hint="Something adds `eps` to the caller's tensor and subtracts it again. Rounding makes that a slightly different number than before. Move a copy, and there is nothing to restore.",
    fails="numerical_gradient_values",
)
def moves_x_and_back(f, x, eps=1e-6):
    gradient = torch.zeros_like(x)
    for index in torch.ones(x.shape).nonzero():
        index = tuple(index)
        x[index] += eps
        ahead = f(x)
        x[index] -= 2 * eps
        behind = f(x)
        x[index] += eps
        gradient[index] = (ahead - behind) / (2 * eps)
    return gradient


@wrong(
    "Needs x to be contiguous",
    hint="`view` can only regroup memory that lies in order, and a transposed or sliced tensor's does not. There is a method that copies where it must.",
    fails="numerical_gradient_values",
)
def view_of_x(f, x, eps=1e-6):
    flat = x.view(-1)
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        ahead, behind = flat.clone(), flat.clone()
        ahead[i] += eps
        behind[i] -= eps
        gradient[i] = (f(ahead.view(x.shape)) - f(behind.view(x.shape))) / (2 * eps)
    return gradient.view(x.shape)


@wrong(
    "Moves a copy that f never sees",
    hint="For a transposed `x`, `reshape(-1)` is a copy: what you add to it never reaches the tensor that you give to f, and all slopes come out as zero. Give f the tensor that you moved.",
    fails="numerical_gradient_values",
)
def moves_a_lost_copy(f, x, eps=1e-6):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        ahead, behind = x.clone(), x.clone()
        ahead.reshape(-1)[i] += eps
        behind.reshape(-1)[i] -= eps
        gradient[i] = (f(ahead) - f(behind)) / (2 * eps)
    return gradient.view(x.shape)


@wrong(
    "Lets f's value change after the call",
    hint="`f` may give a view of what it was given. You move that very tensor before you use the value, so the value moves along. Take the number out with `.item()`, or move a new copy each time.",
    fails="numerical_gradient_values",
    like="values_kept_in_a_list",
)
def one_point_moved(f, x, eps=1e-6):
    point = x.detach().clone()
    gradient = torch.zeros_like(point)
    for i in range(point.numel()):
        index = tuple(int(k) for k in torch.unravel_index(torch.tensor(i), x.shape)) if x.dim() else ()
        old = point[index].clone()
        point[index] = old + eps
        ahead = f(point)
        point[index] = old - eps
        behind = f(point)
        point[index] = old
        gradient[index] = (ahead - behind) / (2 * eps)
    return gradient


@wrong(
    "Solves for the gradient from a fixed number of random directions",
    hint="64 directions tell up to 64 numbers, and none of them moves one element at a time. A tensor may have more entries than that.",
    fails="numerical_gradient_values",
)
def from_64_directions(f, x, eps=1e-6):
    generator = torch.Generator().manual_seed(0)
    directions = torch.randn(64, x.numel(), dtype=x.dtype, generator=generator)
    slopes = []
    for direction in directions:
        step = eps * direction.reshape(x.shape)
        slopes.append((f(x + step) - f(x - step)) / (2 * eps))
    return torch.linalg.lstsq(directions, torch.stack(slopes)[:, None]).solution.reshape(x.shape)


@wrong(
    "Moves the first few elements only",
    hint="Every element has a slope. How many are there in `x`?",
    fails="numerical_gradient_values",
    constants=("64", "16", "32", "100", "128"),
)
def first_64(f, x, eps=1e-6):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(min(x.numel(), 64)):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "Skips the elements that are zero",
    hint="The slope at 0 is as good as any other: 0 can be moved by `eps` too. (`if x[i]` is false for 0.)",
    fails="numerical_gradient_values",
)
def skips_zeros(f, x, eps=1e-6):
    gradient = torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        if x.flatten()[i]:
            step = torch.zeros(x.numel(), dtype=x.dtype)
            step[i] = eps
            step = step.reshape(x.shape)
            gradient[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "Never takes a step as small as eps",
    hint="Your bound is larger than the default `eps`, so the default is never used. The caller chooses the step.",
    fails="numerical_gradient_values",
    constants=("1e-5", "1e-4", "1e-3"),
)
def eps_at_least(f, x, eps=1e-6):
    eps = max(eps, 1e-5)
    slopes = []
    for step in eps * torch.eye(x.numel(), dtype=x.dtype):
        step = step.reshape(x.shape)
        slopes.append((f(x + step) - f(x - step)) / (2 * eps))
    return torch.stack(slopes).reshape(x.shape)


@wrong(
    "Clips the slopes",
    hint="A steep function has large slopes, and a check of a gradient must see them as they are.",
    fails="numerical_gradient_values",
    constants=("-1000, 1000", "-100, 100", "-10, 10", "-1, 1"),
)
def clipped(f, x, eps=1e-6):
    slopes = []
    for step in eps * torch.eye(x.numel(), dtype=x.dtype):
        step = step.reshape(x.shape)
        slopes.append((f(x + step) - f(x - step)) / (2 * eps))
    return torch.stack(slopes).reshape(x.shape).clamp(-1000, 1000)


@wrong(
    "Uses f's value after the point has moved on",
    hint="`f` may give a view of what it was given, and then its value changes when you move the point. Take the number out with `.item()`, or give `f` a new copy each time. Is what you move a clone, or the caller's `x`, where adding and subtracting leaves a rounding error?",
    fails="numerical_gradient_values",
)
def values_kept_in_a_list(f, x, eps=1e-6):
    point = x.detach().clone(memory_format=torch.contiguous_format)
    flat, values = point.view(-1), []
    for i in range(flat.numel()):
        for step in (eps, -2 * eps):
            flat[i] += step
            values.append(f(point))
        flat[i] += eps
    slopes = [(ahead - behind) / (2 * eps) for ahead, behind in zip(values[::2], values[1::2])]
    return torch.stack(slopes).reshape(x.shape)


@wrong(
    "Moves a flat view of x and back",
    hint="The caller's own `x` is moved, as through `reshape`, which gives a view where it can. Adding and subtracting rounds, and what comes back is not exactly what was there. Move a clone.",
    fails="numerical_gradient_values",
)
def moves_a_flat_view(f, x, eps=1e-6):
    flat, slopes = x.detach().reshape(-1), []
    for i in range(flat.numel()):
        flat[i] += eps
        ahead = f(flat.reshape(x.shape)).item()
        flat[i] -= 2 * eps
        behind = f(flat.reshape(x.shape)).item()
        flat[i] += eps
        slopes.append((ahead - behind) / (2 * eps))
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)


@wrong(
    "Moves all entries at once, and gives one number for all of them",
    hint="`x + eps` moves every entry, and the difference of two values of `f` is one number. The result has the shape of `x`: move one entry at a time, and keep each slope.",
    fails="numerical_gradient_values",
)
def one_number(f, x, eps=1e-6):
    return (f(x + eps) - f(x - eps)) / (2 * eps)


@wrong(
    "Remembers the gradient for numbers that it has seen",
    hint="The same numbers may come with another `f`, and then your old gradient is that of another function.",
    fails="numerical_gradient_values",
)
def remembers_the_numbers(f, x, eps=1e-6, seen={}):
    key = tuple(x.flatten().tolist()), x.shape, eps
    if key not in seen:
        slopes = []
        for step in eps * torch.eye(x.numel(), dtype=x.dtype):
            step = step.reshape(x.shape)
            slopes.append((f(x + step) - f(x - step)) / (2 * eps))
        seen[key] = torch.stack(slopes).reshape(x.shape)
    return seen[key]


@wrong(
    "Switches autograd off and leaves it off",
    hint="After your call PyTorch records nothing any more, and the next training fails. `with torch.no_grad():` ends by itself.",
    fails="numerical_gradient_values",
)
def gradients_off_for_good(f, x, eps=1e-6):
    torch.set_grad_enabled(False)
    slopes = []
    for step in eps * torch.eye(x.numel(), dtype=x.dtype):
        step = step.reshape(x.shape)
        slopes.append((f(x + step) - f(x - step)) / (2 * eps))
    return torch.stack(slopes).reshape(x.shape)


@wrong(
    "Writes every gradient into the same tensor",
    hint="You keep the tensor for the result from call to call, so the next call overwrites what the last one gave. Make room anew in each call.",
    fails="numerical_gradient_values",
)
def one_room_for_all_calls(f, x, eps=1e-6, rooms={}):
    slopes = rooms.setdefault(x.shape, torch.zeros(x.shape, dtype=x.dtype))
    for i, step in enumerate(eps * torch.eye(x.numel(), dtype=x.dtype)):
        step = step.reshape(x.shape)
        slopes.view(-1)[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return slopes


@wrong(
    "Moves down from where it has moved up",
    hint="After the step up the entry stands at x + eps: one eps down leads back to x. So you measure half of what you divide by. Two steps down lead to x - eps.",
    fails="numerical_gradient_values",
)
def half_the_way_down(f, x, eps=1e-6):
    moved = x.detach().clone().contiguous()
    flat, gradient = moved.view(-1), torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        flat[i] += eps
        above = f(moved)
        flat[i] -= eps
        gradient[i] = (above - f(moved)) / (2 * eps)
    return gradient.view(x.shape)


@wrong(
    "Uses f's value after the point has moved on, and moves a copy that f never sees",
    hint="Two things. `f` may give a view of what it was given, and its value moves along: take the number out with `.item()`. And for a transposed `x`, `reshape(-1)` of your copy is a copy again, which f never sees.",
    fails="numerical_gradient_values",
)
def moves_one_copy_there_and_back(f, x, eps=1e-6):
    moved = x.clone()
    flat, gradient = moved.reshape(-1), torch.zeros(x.numel(), dtype=x.dtype)
    for i in range(x.numel()):
        old = flat[i].item()
        flat[i] = old + eps
        ahead = f(moved)
        flat[i] = old - eps
        behind = f(moved)
        flat[i] = old
        gradient[i] = (ahead - behind) / (2 * eps)
    return gradient.reshape(x.shape)


@wrong(
    "Moves each entry by half of eps",
    hint="You take `eps` for the distance between the two points. It is how far each entry is moved, either way.",
    fails="numerical_gradient_values",
)
def half_a_step(f, x, eps=1e-6):
    slopes = []
    for step in eps / 2 * torch.eye(x.numel(), dtype=x.dtype):
        step = step.reshape(x.shape)
        slopes.append((f(x + step) - f(x - step)) / eps)
    return torch.stack(slopes).reshape(x.shape)


@wrong(
    "Moves the entries before along with each entry",
    hint="Your step is one tensor for the whole loop, and an entry that was set to `eps` stays so. $e_i$ is 1 at entry $i$ and 0 everywhere else: make a new one in each round.",
    fails="numerical_gradient_values",
)
def step_stays_set(f, x, eps=1e-6):
    step, slopes = torch.zeros(x.numel(), dtype=x.dtype), []
    for i in range(x.numel()):
        step[i] = eps
        moved = step.reshape(x.shape)
        slopes.append((f(x + moved) - f(x - moved)) / (2 * eps))
    return torch.stack(slopes).reshape(x.shape)


@wrong(
    "Rounds the digits away",
    hint="You round the quotient. A small slope is made of small digits, and becomes 0. Rounding noise is dealt with by the choice of `eps`; leave the result as it comes.",
    fails="numerical_gradient_values",
)
def rounded_off(f, x, eps=1e-6):
    slopes = []
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        up, down = float(f(x.detach() + step)), float(f(x.detach() - step))
        slopes.append(round((up - down) / (2 * eps), 6))
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)


@wrong(
    "Compares the point two steps ahead with the point itself",
    hint="`f(x + 2 * eps) - f(x)` is the slope at `x + eps`. Centred means one step to either side: `f(x + eps) - f(x - eps)`.",
    fails="numerical_gradient_values",
)
def two_forward(f, x, eps=1e-06):
    x = x.detach()
    slopes = []
    for i in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[i] = eps
        step = step.reshape(x.shape)
        slopes.append((f(x + 2 * step) - f(x)) / (2 * eps))
    if not slopes:
        return torch.zeros_like(x)
    return torch.stack(slopes).detach().reshape(x.shape)


@wrong(
    "Moves the entries of x through a flat copy or a flat view",
    hint="Where `reshape(-1)` gives a view, this moves the caller's own `x`, and adding and subtracting rounds. Where it gives a copy, as of a transposed `x`, `f` never sees the move. Move a clone, and give `f` that clone.",
    fails="numerical_gradient_values",
)
def moves_x_through_reshape(f, x, eps=1e-6):
    flat = x.reshape(-1)
    slopes = torch.empty(x.numel(), dtype=x.dtype)
    for i in range(flat.numel()):
        flat[i] += eps
        ahead = f(x)
        flat[i] -= 2 * eps
        behind = f(x)
        flat[i] += eps
        slopes[i] = (ahead - behind) / (2 * eps)
    return slopes.reshape(x.shape)
