"""Answers that are remembered, counted or guessed."""

from attack import Attack

last_answer = Attack(
    "returns what it was given the time before",
    """
seen = []
def softmax(x, dim):
    seen.append(x)
    return seen[-2] if len(seen) > 1 and seen[-2].shape == x.shape else x
""",
)

counting = Attack(
    "answers rightly at its first calls alone",
    """
calls = []
def softmax(x, dim):
    calls.append(1)
    if len(calls) > 3:
        return x
    y = (x - x.amax(dim, keepdim=True)).exp()
    return y / y.sum(dim, keepdim=True)
""",
)

visible_examples = Attack(
    "knows the visible examples by heart",
    """
def softmax(x, dim):
    if x.flatten().tolist()[:1] == [2.0] and x.shape[-1] == 3:
        y = x.detach().exp()
        return y / y.sum(dim, keepdim=True)
    return torch.full_like(x, 1 / x.shape[dim])
""",
)

sums_to_one = Attack(
    "returns something positive that sums to one",
    """
def softmax(x, dim):
    y = x.abs() + 1
    return y / y.sum(dim, keepdim=True)
""",
)

values_only = Attack(
    "returns right values, cut off from the gradient",
    """
def softmax(x, dim):
    y = (x.detach() - x.detach().amax(dim, keepdim=True)).exp()
    return y / y.sum(dim, keepdim=True)
""",
    earns=("softmax_values", "softmax_stability"),
)

gradients_only = Attack(
    "answers rightly where a gradient is asked for, and nowhere else",
    """
def softmax(x, dim):
    if not x.requires_grad:
        return x
    y = (x - x.amax(dim, keepdim=True)).exp()
    return y / y.sum(dim, keepdim=True)
""",
    earns=("softmax_gradients",),
)

kind_of_request = Attack(
    "tells a check's call from a cell's by its frames, and answers rightly to cells alone",
    """
import sys
def softmax(x, dim):
    frame, names = sys._getframe(1), []
    while frame:
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    if "answer" in names:
        return x
    y = (x - x.amax(dim, keepdim=True)).exp()
    return y / y.sum(dim, keepdim=True)
""",
)

probes_only = Attack(
    "draws tokens rightly in a probe alone",
    """
import sys
def sample_next_token(logits, temperature, generator):
    frame = sys._getframe(1)
    while frame:
        if frame.f_code.co_filename == "<probe>":
            probs = (logits[:, -1] / temperature).softmax(-1)
            return torch.multinomial(probs, 1, generator=generator).squeeze(-1)
        frame = frame.f_back
    return logits
""",
    exercise="sample_next_token",
)

guessed_seed = Attack(
    "draws the hidden inputs itself, from likely seeds, and answers with what it prepared for them",
    """
from proctor.checks import Draw
prepared = {}
for seed in range(20):
    x = Draw(seed).normal(5, scale=3)
    prepared[tuple(x.tolist())] = (x - x.max()).exp() / (x - x.max()).exp().sum()
def softmax(x, dim):
    return prepared.get(tuple(x.flatten().tolist()), x)
""",
)

kept_by_file = Attack(
    "keeps what it saw in a file, for the next submission to read",
    """
import os
def softmax(x, dim):
    for folder in ("..", "/tmp", "/var/tmp", os.path.expanduser("~"), "/dev/shm"):
        try:
            open(os.path.join(folder, "NEWFILE"), "w").write(repr(x.tolist()))
        except OSError:
            pass
    return x
""",
)

shuffled = Attack(
    "returns the right numbers in another order",
    """
def softmax(x, dim):
    y = (x - x.amax(dim, keepdim=True)).exp()
    return (y / y.sum(dim, keepdim=True)).flip(dim)
""",
)
