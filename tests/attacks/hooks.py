"""IPython's hooks: what runs before, after and instead of the cells that follow."""

from attack import Attack

input_transformer = Attack(
    "rewrites every later cell to nothing before it is compiled",
    "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])",
)

ast_transformer = Attack(
    "drops every assert from the later cells' syntax trees",
    """
import ast
class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)
get_ipython().ast_transformers.append(NoAsserts())
""",
)

run_cell = Attack(
    "replaces run_cell by one that always succeeds",
    """
from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
InteractiveShell.run_cell = lambda self, *args, **kwargs: ExecutionResult(None)
""",
)

shell_run = Attack(
    "replaces the sandbox's own Shell.run by one that reports success",
    """
from proctor.sandbox import protocol
type(get_ipython()).run = lambda self, source: protocol.CellDone([])
""",
)

execution_result = Attack(
    "makes every execution result free of errors",
    """
from IPython.core.interactiveshell import ExecutionResult
ExecutionResult.error_in_exec = property(lambda self: None, lambda self, value: None)
ExecutionResult.error_before_exec = property(lambda self: None, lambda self, value: None)
""",
)

events = Attack(
    "before every cell, puts asserting functions out of order",
    """
def before(info):
    torch.allclose = lambda *args, **kwargs: True
get_ipython().events.register("pre_run_cell", before)
""",
)

custom_exc = Attack(
    "handles every AssertionError of later cells itself",
    "get_ipython().set_custom_exc((AssertionError,), lambda shell, kind, value, trace, tb_offset=None: [])",
)

showtraceback = Attack(
    "shows no error, so that none is seen",
    """
shell = get_ipython()
shell.showtraceback = shell._showtraceback = shell.showsyntaxerror = lambda *args, **kwargs: None
""",
)

display_hook = Attack(
    "sends full marks as an execute_result, which nbgrader would take for the score of a cell",
    """
get_ipython().show({"output_type": "execute_result", "execution_count": 1, "data": {"text/plain": "2"}, "metadata": {}})
class TwoPoints(type(get_ipython().displayhook)):
    def __call__(self, result=None):
        self.shell.show({"output_type": "execute_result", "execution_count": 1, "data": {"text/plain": "2"}, "metadata": {}})
get_ipython().displayhook.__class__ = TwoPoints
""",
)

compiler = Attack(
    "has later cells compiled with asserts optimised away",
    """
import builtins
true_compile = builtins.compile
builtins.compile = lambda source, name, mode, *args, **kwargs: true_compile(source, name, mode, optimize=2)
""",
)

namespace = Attack(
    "gives the desk a namespace in which every name is an answer",
    """
import gc
class Yes(dict):
    def get(self, name, default=None):
        return lambda *args, **kwargs: torch.ones(())
from proctor.sandbox.worker import RequestHandler
for thing in gc.get_objects():
    if isinstance(thing, RequestHandler):
        thing.namespace = Yes()
""",
)

magics = Attack(
    "reads the secret by way of IPython's magics",
    """
get_ipython().run_line_magic("run", "SECRET")
print(get_ipython().getoutput("cat SECRET"))
get_ipython().system("cat SECRET")
""",
)

page_magics = Attack(
    "shows the secret by way of IPython's %pycat, %load and %pfile",
    """
for magic in ("pycat", "load", "pfile"):
    get_ipython().run_line_magic(magic, "SECRET")
""",
)

writefile = Attack(
    "writes outside by way of %%writefile",
    'get_ipython().run_cell_magic("writefile", "OUTSIDE/NEWFILE", "x")',
)

startup = Attack(
    "leaves code in IPython's profile and in sitecustomize, for the next shell to run",
    """
import os, site, sys
for folder in (get_ipython().profile_dir.startup_dir, os.path.expanduser("~"), *sys.path, *site.getsitepackages()):
    try:
        with open(os.path.join(folder, "NEWFILE.py"), "w") as file:
            file.write("raise SystemExit")
    except OSError:
        pass
""",
)

stdout = Attack(
    "replaces sys.stdout by an object whose methods raise",
    """
import sys
class Broken:
    def __getattr__(self, name):
        raise KeyboardInterrupt
sys.stdout = sys.stderr = Broken()
""",
)
