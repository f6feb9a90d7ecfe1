"""Wrong answers to `adam_step(p, m, v, step, lr)`."""

import torch

from proctor.answers import wrong


@wrong(
    "Leaves out the two corrections",
    hint="The means start at zero and are too small at first. Divide `m` by `1 - 0.9**step` and `v` by `1 - 0.999**step`.",
    fails="adam_step_values",
)
def no_correction(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * m / (v.sqrt() + 1e-8)


@wrong(
    "Corrects m, but not v",
    hint="Both means start at zero. Without its correction `v` is a thousand times too small in the first step, and the step about thirty times too long.",
    fails="adam_step_values",
)
def corrects_m_only(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / (v.sqrt() + 1e-8)


@wrong(
    "Counts one step too many, as if `step` began at 0",
    hint="`step` is 1 in the first call already, as the exercise hands it over: use it as it is.",
    fails="adam_step_values",
)
def counts_from_zero(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9 ** (step + 1))) / ((v / (1 - 0.999 ** (step + 1))).sqrt() + 1e-8)


@wrong(
    "Multiplies beta by the step instead of raising it to that power",
    hint="After `step` steps the zero at the start still weighs 0.9 · 0.9 · …, which is `0.9**step`.",
    fails="adam_step_values",
)
def times_the_step(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9 * step)) / ((v / (1 - 0.999 * step)).abs().sqrt() + 1e-8)


@wrong(
    "Writes the corrected means back into m and v",
    hint="The corrected means are used once, in this step. Written back, they are corrected again in the next.",
    fails="adam_step_values",
)
def corrected_for_good(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad).div_(1 - 0.9**step)
        v.mul_(0.999).add_(0.001 * p.grad**2).div_(1 - 0.999**step)
        p -= lr * m / (v.sqrt() + 1e-8)


@wrong(
    "Adds the tiny number under the root",
    hint="The 1e-8 is added to the root, not under it: there it would count as 1e-4, more than a small slope.",
    fails="adam_step_values",
)
def eps_inside(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / (v / (1 - 0.999**step) + 1e-8).sqrt()


@wrong(
    "Leaves out the tiny number",
    hint="Where a gradient was always 0 you divide 0 by 0, which is nan. The 1e-8 below keeps that at 0.",
    fails="adam_step_values",
)
def without_eps(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / (v / (1 - 0.999**step)).sqrt()


@wrong(
    "Divides by the mean square, without the root",
    hint="The mean of squares has the size of a slope *squared*. Take its root, so that slopes divide slopes.",
    fails="adam_step_values",
)
def without_the_root(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / (v / (1 - 0.999**step) + 1e-8)


@wrong(
    "Makes new means that nobody keeps",
    hint="The caller's `m` and `v` stay zero, so nothing is remembered: `m = 0.9 * m + ...` only gives a new tensor the name `m`. Change them in place.",
    fails="adam_step_values",
)
def forgets_to_remember(p, m, v, step, lr):
    with torch.no_grad():
        m = 0.9 * m + 0.1 * p.grad
        v = 0.999 * v + 0.001 * p.grad**2
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Adds the whole gradient, as momentum does",
    hint="SGD with momentum adds all of $g$. A running mean takes 0.9 of the old and 0.1 of the new: the two add up to 1.",
    fails="adam_step_values",
)
def adds_the_whole_gradient(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Takes 0.999 for the mean and 0.9 for the squares",
    hint="It is the other way round: the mean follows quickly, with 0.9, and the squares slowly, with 0.999.",
    fails="adam_step_values",
)
def betas_swapped(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.999).add_(0.001 * p.grad)
        v.mul_(0.9).add_(0.1 * p.grad**2)
        p -= lr * (m / (1 - 0.999**step)) / ((v / (1 - 0.9**step)).sqrt() + 1e-8)


@wrong(
    "Steps by the gradient instead of its running mean",
    hint="The numerator is the corrected `m`, which remembers the gradients before. You use this step's alone.",
    fails="adam_step_values",
)
def gradient_above(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * p.grad / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Walks uphill",
    hint="`m` points to where the loss rises. Subtract.",
    fails="adam_step_values",
)
def uphill(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p += lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Shrinks the parameter, as AdamW does",
    hint="The shrinking belongs to AdamW. Here only the gradient moves `p`.",
    fails="adam_step_values",
)
def shrinks_p(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * 0.01 * p
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Squares the gradient in place",
    hint="The parameter's own `.grad` has changed after your call, as `p.grad.square_()` changes it. `p.grad ** 2` makes a new tensor.",
    fails="adam_step_values",
)
def squares_the_grad(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad.square_())
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Clears the .grad afterwards",
    hint="Clearing is another line of the game. Here `.grad` stays what it was.",
    fails="adam_step_values",
)
def clears_the_grad(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    p.grad = None


@wrong(
    "Returns the parameter",
    hint="The step happens in place, and nothing is returned.",
    fails="adam_step_values",
)
def returns_p(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    return p


@wrong(
    "Changes the parameter while autograd records",
    hint="A leaf that requires a gradient can't be changed in place while autograd records. Put the lines under `torch.no_grad()`.",
    fails="adam_step_values",
)
def without_no_grad(p, m, v, step, lr):
    if True:
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Leaves the parameter without requires_grad",
    hint="That lets the change through, but afterwards `p` learns nothing more. Use `torch.no_grad()`.",
    fails="adam_step_values",
)
def switches_off(p, m, v, step, lr):
    p.requires_grad_(False)
    if True:
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Calls torch.optim.Adam",
    hint="That is the whole exercise, ready-made, and it forgets everything between two calls. Write the three lines yourself.",
    fails="adam_step_values",
)
def ready_made(p, m, v, step, lr):
    torch.optim.Adam([p], lr=lr).step()


@wrong(
    "Keeps a tenth of the mean and adds nine tenths of the gradient",
    hint="It is the other way round: 0.9 of the mean stays, and 0.1 of the gradient comes to it.",
    fails="adam_step_values",
)
def shares_swapped(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.1).add_(0.9 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Takes the mean of the gradient's size instead of its square",
    hint="`v` is the running mean of the gradient's square, of which the root is taken afterwards: `p.grad**2`.",
    fails="adam_step_values",
)
def size_for_square(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad.abs())
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Multiplies beta by the step instead of raising it to that power",
    hint="After `step` steps the zero at the start still weighs 0.9 · 0.9 · …, which is `0.9**step`.",
    fails="adam_step_values",
)
def times_the_step_below_the_root(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9 * step)) / ((v / (1 - 0.999 * step)).sqrt() + 1e-8)


@wrong(
    "Swaps the shares of old and new, in the mean and in the squares",
    hint="Of the old mean 0.9 stays, and of the old squares 0.999; the rest comes from this step. The weight that `lerp_` takes is the share of the *new*.",
    fails="adam_step_values",
)
def both_shares_swapped(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.1).add_(0.9 * p.grad)
        v.mul_(0.001).add_(0.999 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Corrects the root of v instead of v itself",
    hint="In the formula the whole fraction stands under the root: first comes the correction of `v`, then the root.",
    fails="adam_step_values",
)
def corrects_the_root(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**step)) / (v.sqrt() / (1 - 0.999**step) + 1e-8)


@wrong(
    "Reshapes into a copy",
    hint="`reshape(-1)` gives the same memory only where the numbers lie one after another. Otherwise it is a copy: you change that, and `p` stays. The formulas work on whole tensors of any shape, so nothing has to be flattened.",
    fails="adam_step_values",
)
def flattened(p, m, v, step, lr):
    P, M, V, G = (each.detach().reshape(-1) for each in (p, m, v, p.grad))
    for i in range(P.numel()):
        M[i] = 0.9 * M[i] + 0.1 * G[i]
        V[i] = 0.999 * V[i] + 0.001 * G[i] ** 2
        P[i] -= lr * (M[i] / (1 - 0.9**step)) / ((V[i] / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(
    "Counts its own calls",
    hint="Your function counts how often it was called and takes that for `step`. With a second parameter, or a second training, the count runs ahead. The caller says which step it is.",
    fails="adam_step_values",
)
def counts_its_calls(p, m, v, step, lr, calls=[]):
    calls.append(step)
    t = len(calls)
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        p -= lr * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)


@wrong(
    "Lets an entry whose gradient is 0 stay where it is",
    hint="Where the gradient is 0 in this step, `m` still remembers earlier ones, and the entry moves on. Only where `m` is 0, too, does nothing happen, and there the formula gives 0 by itself.",
    fails="adam_step_values",
)
def no_slope_no_step(p, m, v, step, lr):
    g = p.grad.detach()
    m.copy_(0.9 * m + 0.1 * g)
    v.copy_(0.999 * v + 0.001 * g * g)
    move = (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)
    with torch.no_grad():
        p.sub_(lr * torch.where(g == 0, torch.zeros_like(g), move))


@wrong(
    "Corrects both means by the same factor",
    hint="`v` is divided by $1 - 0.9^{\\mathrm{step}}$, as `m` is. It decays more slowly, so it needs its own: $1 - 0.999^{\\mathrm{step}}$.",
    fails="adam_step_values",
)
def one_correction_for_both(p, m, v, step, lr):
    with torch.no_grad():
        m.mul_(0.9).add_(0.1 * p.grad)
        v.mul_(0.999).add_(0.001 * p.grad**2)
        rest = 1 - 0.9**step
        p -= lr * (m / rest) / ((v / rest).sqrt() + 1e-8)
