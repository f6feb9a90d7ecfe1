"""Wrong answers to `sgd_step(parameters, lr)`."""

import torch
import torch.nn as nn

from proctor.answers import wrong


@wrong(
    "Steps uphill",
    hint="You add the gradient, so the loss grows. The gradient points to where the loss rises.",
    fails="sgd_step_values",
)
def uphill(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p += lr * p.grad


@wrong(
    "Leaves the parameters where they were",
    hint="No parameter changes. `p = p - ...` makes a new tensor and calls it p; what is the in-place form? Or do you pick out what is an `nn.Parameter`? Any tensor with a `.grad` takes a step.",
    fails="sgd_step_values",
)
def rebinds_the_name(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p = p - lr * p.grad


@wrong(
    "Puts the step in the parameter's place",
    hint="What you write into the parameter is the step itself, so the number that it held is lost. A step starts from there: what stands on its left?",
    fails="sgd_step_values",
)
def step_alone(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p.copy_(-lr * p.grad)


@wrong(
    "Changes a parameter while autograd records",
    hint="PyTorch refuses: a leaf that requires a gradient may not be changed in place while autograd records. The update is no part of the function to be differentiated: how do you tell autograd to look away?",
    fails=("sgd_step_values", "sgd_step_in_place"),
)
def without_no_grad(parameters, lr):
    for p in parameters:
        if p.grad is not None:
            p -= lr * p.grad


@wrong(
    "Ignores the learning rate",
    hint="You subtract the whole gradient, whatever `lr` is. The gradient says where to go, the learning rate how far.",
    fails="sgd_step_values",
)
def ignores_lr(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= p.grad


@wrong(
    "Uses only the sign of the gradient",
    hint="Your step is equally long whether the loss is steep or flat. Plain gradient descent multiplies the gradient itself by `lr`.",
    fails="sgd_step_values",
)
def sign_only(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad.sign()


@wrong(
    "Clips the gradient",
    hint="You limit the gradient before you use it. That is a trick for later: this step is `lr` times the gradient, however long it is.",
    fails="sgd_step_values",
)
def clips(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad.clamp(-0.5, 0.5)


@wrong(
    "Divides the gradient by its length",
    hint="You keep the direction only. How steep it is counts too: plain gradient descent multiplies the gradient itself by `lr`.",
    fails="sgd_step_values",
)
def normalised(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad / (p.grad.norm() + 1e-12)


@wrong(
    "Adds weight decay",
    hint="You also pull each parameter towards zero. Other optimizers do that; plain gradient descent follows the gradient alone.",
    fails="sgd_step_values",
    constants=("0.01", "0.1", "1e-3", "1e-4", "1.0"),
)
def weight_decay(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * (p.grad + 0.01 * p)


@wrong(
    "Remembers the steps before",
    hint="Earlier steps push into later ones: that is momentum. This step depends on the present gradient alone, so nothing is kept from call to call. (A default argument that is a dictionary is one that all calls share.)",
    fails="sgd_step_values",
)
def with_momentum(parameters, lr, velocities={}):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                velocity = velocities.get(p, torch.zeros_like(p))
                velocities[p] = 0.9 * velocity + p.grad
                p -= lr * velocities[p]


@wrong(
    "Updates the first parameter only",
    hint="Only the first parameter moves. All of them take a step: does your loop end early, as by a `return` inside it?",
    fails="sgd_step_values",
)
def first_only(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad
            return


@wrong(
    "Stops at the first parameter without a gradient",
    hint="A parameter whose `.grad` is None is skipped, but those after it still take their step. Does your loop end there, or go on?",
    fails="sgd_step_values",
)
def stops_at_none(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is None:
                break
            p -= lr * p.grad


@wrong(
    "Expects every parameter to have a gradient",
    hint="A parameter that took no part in the loss has None for its `.grad`, and None can't be multiplied. Such a parameter is left alone.",
    fails="sgd_step_values",
)
def no_check_for_none(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            p -= lr * p.grad


@wrong(
    "Asks a tensor whether it is true",
    hint="`if p.grad:` asks for the truth of a whole tensor, which PyTorch refuses unless it has one element. What you want to know is whether it is None.",
    fails=("sgd_step_values", "sgd_step_in_place"),
)
def truth_of_a_tensor(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad:
                p -= lr * p.grad


@wrong(
    "Goes through the parameters twice",
    hint="`model.parameters()` is a generator: once you have gone through it, it is empty, and a second loop does nothing. Go through it once.",
    fails="sgd_step_values",
)
def two_loops(parameters, lr):
    count = sum(1 for p in parameters if p.grad is not None)
    with torch.no_grad():
        if count > 0:
            for p in parameters:
                if p.grad is not None:
                    p -= lr * p.grad


@wrong(
    "Needs a list of parameters",
    hint="`model.parameters()` is a generator: it has no length and can't be indexed. A `for` loop over the parameters themselves needs neither.",
    fails="sgd_step_values",
)
def needs_a_list(parameters, lr):
    with torch.no_grad():
        for i in range(len(parameters)):
            if parameters[i].grad is not None:
                parameters[i] -= lr * parameters[i].grad


@wrong(
    "Needs parameters that are contiguous",
    hint="`view(-1)` needs memory in order, which a transposed parameter's is not. Tensors of the same shape can be subtracted as they are.",
    fails="sgd_step_values",
)
def flat_views(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p.view(-1).sub_(lr * p.grad.reshape(-1))


@wrong(
    "Uses PyTorch's optimizer",
    hint="`torch.optim.SGD` does this, and writing it yourself is the exercise: one line for each parameter.",
    fails=("sgd_step_values", "sgd_step_in_place"),
)
def torch_optim(parameters, lr):
    torch.optim.SGD(parameters, lr=lr).step()


@wrong(
    "Leaves the parameters without requires_grad",
    hint="A parameter that required a gradient doesn't any more, so the next backward pass finds nothing to differentiate. `torch.no_grad()` lets you change it, and needs no switching back.",
    fails="sgd_step_in_place",
)
def switches_requires_grad_off(parameters, lr):
    for p in parameters:
        if p.grad is not None:
            p.requires_grad_(False)
            p -= lr * p.grad


@wrong(
    "Leaves autograd switched off",
    hint="Nothing is recorded any more after your call: `torch.set_grad_enabled(False)` holds for the next forward pass, too. As a `with` block it ends by itself.",
    fails="sgd_step_in_place",
)
def autograd_off(parameters, lr):
    torch.set_grad_enabled(False)
    for p in parameters:
        if p.grad is not None:
            p -= lr * p.grad


@wrong(
    "Returns the parameters",
    hint="The parameters change in place, so there is nothing to hand back: the function returns None.",
    fails="sgd_step_in_place",
)
def returns_parameters(parameters, lr):
    updated = []
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad
            updated.append(p)
    return updated


@wrong(
    "Sets the gradients to zero afterwards",
    hint="Clearing is somebody else's job here, and the caller may still want to look at the gradients. Leave `.grad` as it was.",
    fails="sgd_step_in_place",
)
def zeroes_grads(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad
                p.grad.zero_()


@wrong(
    "Removes the gradients afterwards",
    hint="Clearing is somebody else's job here, and the caller may still want to look at the gradients. Leave `.grad` as it was.",
    fails="sgd_step_in_place",
)
def removes_grads(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad
                p.grad = None


@wrong(
    "Scales the gradient in place",
    hint="The gradient itself has changed after your call, as `p.grad *= lr` or `mul_` change it: a second look at it, or a second step, sees a smaller one. Compute the product and leave `.grad` as it was.",
    fails="sgd_step_in_place",
)
def scales_grads(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p.grad *= lr
                p -= p.grad


@wrong(
    "Gives a gradient of zeros to parameters that have none",
    hint="The parameter doesn't move, but its `.grad` is no longer None. An optimizer treats the two differently, and None says that the parameter took no part: leave it.",
    fails="sgd_step_values",
)
def zeros_for_none(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
            p -= lr * p.grad


@wrong(
    "Updates only what is an nn.Parameter",
    hint="You skip every tensor that is not an `nn.Parameter`. Any tensor with a `.grad` takes a step.",
    fails="sgd_step_values",
    like="rebinds_the_name",
)
def parameters_only(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if isinstance(p, nn.Parameter) and p.grad is not None:
                p -= lr * p.grad


@wrong(
    "Takes a gradient that adds up to zero for none",
    hint="1 and -1 add up to 0, and yet both entries must move. Whether there is a gradient, `p.grad is not None` tells.",
    fails="sgd_step_values",
)
def sum_of_zero(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None and p.grad.sum() != 0:
                p -= lr * p.grad


@wrong(
    "Skips a parameter when one entry of its gradient is zero",
    hint="A gradient with a 0 in it is a gradient. (`all()` asks whether every entry is nonzero.) Whether there is one, `p.grad is not None` tells.",
    fails="sgd_step_values",
)
def any_zero(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None and p.grad.all():
                p -= lr * p.grad


@wrong(
    "Skips a parameter whose numbers are all zero",
    hint="Biases often start at 0, and they have to learn too. Look at `.grad`, not at the numbers.",
    fails="sgd_step_values",
)
def zero_parameters_stay(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None and p.any():
                p -= lr * p.grad


@wrong(
    "Clips the gradients' common length",
    hint="The rule is `lr` times the gradient, however long that is. Clipping isn't asked for here.",
    fails="sgd_step_values",
    constants=("5 /", "1.0 /", "10 /", "100 /"),
)
def clips_at_5(parameters, lr):
    parameters = list(parameters)
    grads = [p.grad for p in parameters if p.grad is not None]
    norm = torch.stack([g.norm() for g in grads]).norm() if grads else 1.0
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad * min(1.0, 5 / norm)


@wrong(
    "Clips the entries of the gradients",
    hint="The rule is `lr` times the gradient, however large its entries are.",
    fails="sgd_step_values",
    constants=("-5, 5", "-1, 1", "-10, 10", "-100, 100"),
)
def clips_values(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad.clamp(-5, 5)


@wrong(
    "Limits the learning rate from above",
    hint="Whether a learning rate is too large is for the caller to say.",
    fails="sgd_step_values",
)
def lr_at_most_one(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= min(lr, 1.0) * p.grad


@wrong(
    "Limits the learning rate from below",
    hint="Fine-tuning takes learning rates far below that. The caller chooses it.",
    fails="sgd_step_values",
    constants=("0.001", "0.01", "0.0005"),
)
def lr_at_least(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= max(lr, 0.001) * p.grad


@wrong(
    "Moves the first few parameters only",
    hint="A model may have any number of parameters. Walk through all of them.",
    fails="sgd_step_values",
    constants=("16", "4", "8", "10"),
)
def first_sixteen(parameters, lr):
    with torch.no_grad():
        for p in list(parameters)[:16]:
            if p.grad is not None:
                p -= lr * p.grad


@wrong(
    "Lets every parameter require a gradient afterwards",
    hint="A parameter that was frozen is trainable after your call. `torch.no_grad()` does without switching `requires_grad` at all.",
    fails="sgd_step_in_place",
)
def unfreezes(parameters, lr):
    for p in parameters:
        p.requires_grad_(False)
        if p.grad is not None:
            p -= lr * p.grad
        p.requires_grad_(True)


@wrong(
    "Flattens the gradients with view, which non-contiguous ones refuse",
    hint="A gradient need not lie in memory in order. The subtraction works on any shape: nothing needs flattening.",
    fails="sgd_step_values",
)
def flat_grads(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad.view(-1).view(p.shape)


@wrong(
    "Takes the last gradient of a parameter that has none now",
    hint="You remember gradients from call to call. A parameter whose `.grad` is None is left alone, also where it had one before.",
    fails="sgd_step_values",
)
def remembers_gradients(parameters, lr, seen={}):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                seen[p] = p.grad
            if p in seen:
                p -= lr * seen[p]


@wrong(
    "Divides the step by the number of parameters",
    hint="That is a mean over the parameters. Each takes `lr` times its own gradient, however many others there are.",
    fails="sgd_step_values",
)
def divides_by_their_number(parameters, lr):
    parameters = list(parameters)
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad / len(parameters)


@wrong(
    "Loses the first parameters of a generator",
    hint="`model.parameters()` is a generator: what has been taken from it before your loop, as `any(...)` or `next(...)` takes it, the loop doesn't see any more. Go through it once.",
    fails="sgd_step_values",
)
def looks_first(parameters, lr):
    if not any(p.grad is not None for p in parameters):
        return
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad


@wrong(
    "Clips the length of each gradient",
    hint="A parameter whose gradient is long takes a shorter step than `lr` times that gradient. Clipping isn't asked for here.",
    fails="sgd_step_values",
    constants=("1.0 /", "5 /", "10 /", "100 /"),
)
def clips_each(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p -= lr * p.grad * min(1.0, 1.0 / p.grad.norm())


@wrong(
    "Multiplies `.grad` by `lr`, and divides it again",
    hint="`.grad` is changed in place and then changed back. Times `lr` and divided by `lr` isn't the same number any more, and with `lr` 0 it is nan. Multiply into something new: `lr * p.grad`.",
    fails="sgd_step_in_place",
)
def scaled_and_scaled_back(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None:
                p.grad *= lr
                p -= p.grad
                p.grad /= lr


@wrong(
    "Skips tensors that require no gradient",
    hint="Any tensor with a `.grad` takes a step, whatever it requires: the text says *for every tensor*. Only a `.grad` of `None` keeps one where it is.",
    fails="sgd_step_in_place",
)
def skips_frozen(parameters, lr):
    with torch.no_grad():
        for p in parameters:
            if p.grad is not None and p.requires_grad:
                p -= lr * p.grad
