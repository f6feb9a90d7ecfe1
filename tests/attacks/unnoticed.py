"""The guard put out while a built-in runs, and back in place, in words that no reader of the source finds."""

from attack import Attack

SOFTMAX = """
def softmax(x, dim):
    guard = names()["guard"]
    kept, guard._forbidden = guard._forbidden, frozenset()
    try:
        return BUILTIN
    finally:
        guard._forbidden = kept
"""


def puts_out(
    tries: str,
    names: str,
    builtin: str = "torch.softmax(x, dim)",
    called: str = "softmax(x, dim)",
) -> Attack:
    """`names` defines a function that returns the names beside the sandbox's own code, the guard among them."""
    answer = SOFTMAX.replace("softmax(x, dim)", called).replace("BUILTIN", builtin)
    return Attack(
        f"puts the guard out, {tries}", names + answer, noted="the same bits", exercise=called.partition("(")[0]
    )


split = puts_out(
    "by a name that is put together",
    "def names(): return getattr(get_ipython().run.__func__, '__' + 'slabolg'[::-1] + '__')",
)
getter = puts_out(
    "by operator.attrgetter",
    "from operator import attrgetter\nnames = lambda: attrgetter('.'.join(['run', '__func__', '__glob%s__' % 'als']))(get_ipython())",
    "nn.Softmax(dim)(x)",
)
wide = puts_out("in full-width letters", "def names(): return get_ipython().run.__ｇｌｏｂａｌｓ__")
wide_and_quiet = puts_out(
    "in full-width letters, and calls log_softmax", wide.cell.partition("\ndef softmax")[0], "x.log_softmax(dim).exp()"
)
annotated = puts_out(
    "by an annotation that inspect evaluates",
    """
import inspect
def about(part: "get_ipython().run.__glo" + "bals__"): pass
def names(): return inspect.get_annotations(about, eval_str=True)["part"]
""",
    "F.softmax(x.double(), dim).to(x.dtype)",
)
hinted = puts_out(
    "by an annotation that typing evaluates",
    """
import typing
class About: pass
About.__annotations__ = {"part": "type('N', (dict,), {'__call__': None})(get_ipython().run.__" + "globals__)"}
def names(): return typing.get_type_hints(About, globals())["part"]
""",
    "torch.special.softmax(x.movedim(dim, -1), -1).movedim(-1, dim)",
)
matched = puts_out(
    "by a pattern that reads attributes",
    """
class Any(type):
    def __instancecheck__(cls, thing): return True
Function = Any("Function", (), {"__match_args__": ("__%s__" % "globals",)})
def names():
    match get_ipython().run.__func__:
        case Function(found): return found
""",
)
formatted = puts_out(
    "by a field of a format",
    """
import string
def names(): return string.Formatter().get_field("0.run.__func__.__glo" + "bals__", (get_ipython(),), {})[0]
""",
    "F.cross_entropy(logits.flatten(0, -2), targets.flatten())",
    called="cross_entropy(logits, targets)",
)
reduced = puts_out(
    "by getattr, folded over names that are read from a file",
    """
from functools import reduce
open("names.txt", "w").write("run __func__ __%s__" % "globals")
def names(): return reduce(getattr, open("names.txt").read().split(), get_ipython())
""",
    "F.scaled_dot_product_attention(q, k, v)",
    called="attend(q, k, v)",
)
pickled = puts_out(
    "by a pickle that looks an attribute up",
    """
import pickle
def names():
    look = pickle.loads(b"cbuiltins\\ngetattr\\n.")
    return look(look(get_ipython().run, "__func__"), bytes(x + 1 for x in b"^^fkna`kr^^").decode())
""",
    "torch.softmax(logits / temperature, -1)",
    called="softmax_with_temperature(logits, temperature)",
)
