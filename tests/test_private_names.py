"""The names of other packages that `proctor/` relies on and that their documentation doesn't promise, each with its reason.

An upgrade that takes one away fails here, with the file to mend, rather than somewhere in a class's grading.
"""

import ast
import inspect
import re
from pkgutil import resolve_name

import pytest

# `module:attribute`, the files of proctor/ that use it, override it or replace it, and the reason
NAMES = [
    # nbgrader: how a converter goes through a class
    (
        "nbgrader.converters.base:BaseConverter.assignments",
        "records/handout.py records/plugins.py",
        "the only list of the submissions that nbgrader found",
    ),
    (
        "nbgrader.converters.base:BaseConverter.convert_notebooks",
        "records/plugins.py",
        "nbgrader calls it once it has found them: our engine runs in its place",
    ),
    (
        "nbgrader.converters.base:BaseConverter.notebooks",
        "records/record.py",
        "an instructor's hook finds the notebook there",
    ),
    (
        "nbgrader.converters.base:BaseConverter.run_post_convert_hook",
        "records/record.py",
        "an instructor's hook is run by nothing else",
    ),
    (
        "nbgrader.converters.base:BaseConverter.run_pre_convert_hook",
        "records/record.py",
        "an instructor's hook is run by nothing else",
    ),
    (
        "nbgrader.converters.base:BaseConverter.set_permissions",
        "records/record.py",
        "the permissions of what is written are nbgrader's",
    ),
    # nbgrader: the gradebook
    (
        "nbgrader.api:Gradebook.db",
        "records/engine.py records/gradebook.py records/record.py",
        "its session: a submission is one transaction",
    ),
    (
        "nbgrader.api:Gradebook.engine",
        "records/gradebook.py",
        "its connection: a transaction must lock before it reads",
    ),
    # nbgrader: the exchange, and archives
    (
        "nbgrader.exchange.default:ExchangeCollect._path_to_record",
        "records/collect.py",
        "it keeps one folder of each student, and one odd folder would end it",
    ),
    (
        "nbgrader.exchange.default:ExchangeCollect.copy_files",
        "records/collect.py",
        "it follows links and removes before it copies",
    ),
    (
        "nbgrader.exchange.default:ExchangeReleaseFeedback.copy_files",
        "records/release.py",
        "it ends at the first folder that it can't copy: each is given to it alone",
    ),
    (
        "nbgrader.exchange.default:ExchangeReleaseFeedback.src_path",
        "records/release.py",
        "says which folder `copy_files` copies",
    ),
    (
        "nbgrader.apps.zipcollectapp:ZipCollectApp._format_collect_path",
        "records/archives.py",
        "the folders of an assignment's archives",
    ),
    # nbconvert
    (
        "nbconvert.exporters:Exporter._preprocessors",
        "records/feedback_page.py",
        "no method takes out a preprocessor that would start a kernel without walls",
    ),
    (
        "nbconvert.filters.markdown_mistune:IPythonRenderer.block_math",
        "records/feedback_page.py",
        "formulas become MathML, so that a page needs no network",
    ),
    (
        "nbconvert.filters.markdown_mistune:IPythonRenderer.inline_math",
        "records/feedback_page.py",
        "likewise",
    ),
    (
        "nbconvert.filters.markdown_mistune:IPythonRenderer.latex_environment",
        "records/feedback_page.py",
        "likewise",
    ),
    # pytest
    # IPython
    (
        "IPython.core.interactiveshell:InteractiveShell._format_exception_for_storage",
        "sandbox/shell.py",
        "it formats every traceback once more, for a history that isn't kept",
    ),
    (
        "IPython.core.interactiveshell:InteractiveShell._showtraceback",
        "sandbox/shell.py",
        "the one place that has the lines of a traceback",
    ),
    (
        "IPython.core.displayhook:DisplayHook.write_format_data",
        "sandbox/shell.py",
        "the one place that has a result in all its formats",
    ),
    (
        "IPython.core.displayhook:DisplayHook.write_output_prompt",
        "sandbox/shell.py",
        "it prints `Out[1]: `, which is in no notebook",
    ),
    # torch
    (
        "torch._decomp:global_decomposition_table",
        "sandbox/guard.py",
        "operations written once more in Python run no kernel",
    ),
    (
        "torch._C._autograd:_top_saved_tensors_default_hooks",
        "sandbox/modes.py",
        "the only way to see hooks that a cell left on",
    ),
    ("torch:_C._dispatch_get_all_op_names", "sandbox/guard.py", "the list of all operations"),
    (
        "torch:_C._dispatch_get_computed_kernel_for_dispatch_key",
        "sandbox/guard.py",
        "the kernel that a guarded one calls",
    ),
    (
        "torch:_C._dispatch_has_kernel_for_dispatch_key",
        "sandbox/guard.py",
        "whether there is one to guard",
    ),
    ("torch:_C._dispatch_key_parse", "sandbox/guard.py", "the key by which that kernel is found"),
    (
        "torch.autograd:Variable._execution_engine",
        "sandbox/guard.py",
        "every backward pass goes through it",
    ),
    (
        "torch.library:Library.m",
        "sandbox/guard.py",
        "the public `impl` refuses to replace a kernel",
    ),
    (
        "torch.overrides:_get_current_function_mode_stack",
        "sandbox/modes.py",
        "the only way to see function modes that a cell left on",
    ),
    (
        "torch.utils._python_dispatch:_get_current_dispatch_mode_stack",
        "sandbox/modes.py",
        "the only way to see dispatch modes that a cell left on",
    ),
]
# Python's own are documented, or as old as Python
PYTHONS = {"_asdict", "_exit", "_getframe", "_fields"}


def is_there(place: str) -> bool:
    """Whether there is something at a place; of a class, also what its own code gives to every instance."""
    try:
        resolve_name(place)
    except ImportError:
        return False
    except AttributeError:
        owner, _, name = place.rpartition(".")
        found = resolve_name(owner)
        return inspect.isclass(found) and f"self.{name}" in inspect.getsource(found)
    return True


@pytest.mark.parametrize("place, files, reason", NAMES, ids=[place for place, _, _ in NAMES])
def test_it_is_there_and_used(course, place, files, reason):
    assert is_there(place), (
        f"{place} is gone in the installed version: mend {files} in proctor/ ({reason})"
    )
    name = place.rpartition(".")[2].rpartition(":")[2]
    for file in files.split():
        text = (course / "proctor" / file).read_text()
        assert re.search(rf"\b{name}\b", text), (
            f"proctor/{file} uses {place} no more: take it out of this list"
        )


def test_there_are_no_more():
    assert len(NAMES) <= 42 and all(reason for _, _, reason in NAMES)


def test_no_private_name_is_missing(course):
    """Every attribute with a leading underscore that nothing in proctor/ defines is in the list."""
    used, own = {}, set(PYTHONS)
    for path in sorted((course / "proctor").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case (
                    ast.FunctionDef(name=name)
                    | ast.ClassDef(name=name)
                    | ast.Name(id=name, ctx=ast.Store())
                ):
                    own.add(name)
                case ast.Attribute(ast.Name("self"), name, ast.Store()):
                    own.add(name)
                case ast.Attribute(_, name) if re.match("_[a-zA-Z]", name):
                    used.setdefault(name, path.relative_to(course))
                case _:
                    pass
    listed = {part for place, _, _ in NAMES for part in re.split("[.:]", place)}
    missing = {name: str(file) for name, file in used.items() if name not in own | listed}
    assert not missing, f"in NAMES, say where these are and who uses them: {missing}"
