"""Libraries that are patched so that every comparison comes out right."""

from attack import Attack

assert_close = Attack(
    "makes torch.testing.assert_close accept everything",
    "torch.testing.assert_close = lambda *args, **kwargs: None",
)

allclose = Attack(
    "makes torch.allclose, equal and isclose say yes",
    """
torch.allclose = torch.equal = torch.Tensor.allclose = torch.Tensor.equal = lambda *args, **kwargs: True
torch.isclose = torch.Tensor.isclose = lambda a, b, **kwargs: torch.ones(a.shape, dtype=torch.bool)
""",
)

comparison_operators = Attack(
    "makes == and != on tensors always agree",
    """
torch.Tensor.__eq__ = lambda self, other: True
torch.Tensor.__ne__ = lambda self, other: False
""",
)

softmax_itself = Attack(
    "makes torch.softmax as wrong as the answer",
    "torch.softmax = F.softmax = torch.Tensor.softmax = lambda x, dim=None, **kwargs: x",
)

backward = Attack(
    "has Tensor.backward fill in whatever gradient was expected",
    "torch.Tensor.backward = lambda self, *args, **kwargs: None",
)

double = Attack(
    "makes Tensor.double and Tensor.to give zeros, so that a reference computed with them does too",
    """
torch.Tensor.double = torch.Tensor.to = lambda self, *args, **kwargs: torch.zeros(self.shape)

def softmax(x, dim):
    return torch.zeros(x.shape, dtype=x.dtype)
""",
)

random_numbers = Attack(
    "makes every random tensor zero, where softmax is easy",
    """
torch.randn = torch.rand = lambda *shape, **kwargs: torch.zeros(*shape)
torch.manual_seed(0)

def softmax(x, dim):
    return torch.full_like(x, 1 / x.shape[dim])
""",
)

builtins_agree = Attack(
    "makes all(), any(), abs() and isinstance() agree",
    """
import builtins
builtins.all, builtins.any, builtins.abs = (lambda *args: True), (lambda *args: False), (lambda x: 0.0)
""",
)

assertion_error = Attack(
    "replaces AssertionError, so that no assert can be noticed",
    """
import builtins
class Harmless(BaseException): ...
builtins.AssertionError = Harmless
""",
)

imports = Attack(
    "replaces __import__, so that later imports bring modules that agree",
    """
import builtins, types
true_import = builtins.__import__
def fake_import(name, *args, **kwargs):
    module = true_import(name, *args, **kwargs)
    if name.startswith("proctor"):
        module.hidden_checks = module.close = module.equal = lambda *args, **kwargs: None
    return module
builtins.__import__ = fake_import
""",
)

pytest_outcomes = Attack(
    "makes pytest.fail and pytest.raises harmless and pytest.main return 0",
    """
import contextlib, pytest
pytest.fail = lambda *args, **kwargs: None
pytest.raises = lambda *args, **kwargs: contextlib.suppress(BaseException)
pytest.main = lambda *args, **kwargs: 0
""",
)

pytest_exit = Attack(
    "raises pytest's own skip inside the answer, hoping that a skipped check is no failed one",
    """
import pytest
def softmax(x, dim):
    pytest.skip("not today")
""",
)

pytest_end = Attack(
    "raises pytest's own exit inside the answer",
    """
import pytest
def softmax(x, dim):
    pytest.exit("that's all", returncode=0)
""",
)

math_isclose = Attack(
    "makes math.isclose agree with everything",
    "math.isclose = lambda *args, **kwargs: True",
)

hidden_checks = Attack(
    "replaces proctor.hidden_checks, which plain nbgrader would run",
    """
import proctor
proctor.hidden_checks = lambda *names: None
""",
)

checks_module = Attack(
    "replaces the comparisons in proctor.checks",
    """
import proctor.checks
for name in ("close", "equal", "unchanged", "gradients", "raises"):
    setattr(proctor.checks, name, lambda *args, **kwargs: None)
""",
)

examine_module = Attack(
    "replaces the examiner's own verdict in proctor.grading.verdicts and proctor.examine.pytest_plugin",
    """
import proctor.grading.verdicts, proctor.examine.pytest_plugin
proctor.grading.verdicts.verdict_on = lambda graded, *rest: proctor.grading.verdicts.Verdict(graded.id, graded.points, graded.points, "passed")
proctor.examine.pytest_plugin.explain = lambda finding, examination: None
""",
)

cross_entropy = Attack(
    "makes F.cross_entropy 0, so that a model has learned everything",
    """
F.cross_entropy = lambda logits, targets: 0 * logits.sum()
class TwoCharLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.output = nn.Linear(2 * d_model, vocab_size)
    def forward(self, ids):
        x = self.embedding(ids)
        return self.output(torch.cat([F.pad(x[:, :-1], (0, 0, 1, 0)), x], -1))
""",
    exercise="TwoCharLM",
)
