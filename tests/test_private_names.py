"""What `proctor/` relies on of other packages that their documentation doesn't promise: each name, and who relies on it.

An upgrade that takes one away fails here, with the file to mend, rather than somewhere in a class's grading.
"""

import ast
import inspect
import re
from pkgutil import resolve_name

import pytest

# where a name is, as `module:attribute`, and the files of proctor/ that use it, override it or put another in its place
NAMES = [
    # nbgrader: how a converter goes through a class
    ("nbgrader.converters.base:BaseConverter._format_source", "records/plugins.py"),
    ("nbgrader.converters.base:BaseConverter._format_dest", "records/plugins.py"),
    ("nbgrader.converters.base:BaseConverter.assignments", "records/handout.py records/plugins.py"),
    ("nbgrader.converters.base:BaseConverter.convert_notebooks", "classroom/feedback.py records/plugins.py"),
    ("nbgrader.converters.base:BaseConverter.init_assignment", "records/plugins.py"),
    ("nbgrader.converters.base:BaseConverter.init_notebooks", "records/plugins.py"),
    ("nbgrader.converters.base:BaseConverter.notebooks", "records/engine.py"),
    ("nbgrader.converters.base:BaseConverter.run_post_convert_hook", "records/engine.py"),
    ("nbgrader.converters.base:BaseConverter.run_pre_convert_hook", "records/engine.py"),
    ("nbgrader.converters.base:BaseConverter.set_permissions", "records/engine.py"),
    ("nbgrader.converters.autograde:Autograde._init_preprocessors", "records/plugins.py"),
    ("nbgrader.converters.autograde:Autograde._sanitizing", "records/plugins.py"),
    ("nbgrader.converters.autograde:Autograde.autograde_preprocessors", "records/engine.py"),
    ("nbgrader.converters.autograde:Autograde.create_student", "records/engine.py records/plugins.py"),
    ("nbgrader.converters.autograde:Autograde.exclude_overwriting", "records/engine.py"),
    ("nbgrader.converters.autograde:Autograde.sanitize_preprocessors", "records/engine.py"),
    # nbgrader: what its preprocessors and its gradebook do inside
    ("nbgrader.preprocessors:AssignLatePenalties.init_plugin", "records/engine.py"),
    ("nbgrader.preprocessors:AssignLatePenalties.plugin_inst", "records/engine.py"),
    ("nbgrader.api:Gradebook.db", "records/engine.py records/gradebook.py"),
    ("nbgrader.api:Gradebook.engine", "records/gradebook.py"),
    # nbgrader: the exchange, and archives
    ("nbgrader.exchange.default:ExchangeCollect._path_to_record", "records/collect.py"),
    ("nbgrader.exchange.default:ExchangeCollect.copy_files", "records/collect.py"),
    ("nbgrader.exchange.default:ExchangeCollect.do_copy", "records/collect.py"),
    ("nbgrader.exchange.default:ExchangeCollect.src_records", "records/collect.py"),
    ("nbgrader.exchange.default:ExchangeReleaseFeedback.copy_files", "records/release.py"),
    ("nbgrader.exchange.default:ExchangeReleaseFeedback.src_path", "records/release.py"),
    ("nbgrader.apps.zipcollectapp:ZipCollectApp._clear_existing_files", "records/collect.py"),
    ("nbgrader.apps.zipcollectapp:ZipCollectApp._collect_files", "records/collect.py"),
    ("nbgrader.apps.zipcollectapp:ZipCollectApp._format_collect_path", "records/collect.py"),
    ("nbgrader.apps.zipcollectapp:ZipCollectApp._transfer_files", "records/collect.py"),
    # nbconvert
    ("nbconvert.exporters:Exporter._preprocessors", "classroom/feedback.py records/plugins.py serve/page.py"),
    ("nbconvert.filters.markdown_mistune:IPythonRenderer.block_math", "records/feedback_page.py"),
    ("nbconvert.filters.markdown_mistune:IPythonRenderer.inline_math", "records/feedback_page.py"),
    ("nbconvert.filters.markdown_mistune:IPythonRenderer.latex_environment", "records/feedback_page.py"),
    # IPython
    ("IPython.core.interactiveshell:InteractiveShell._format_exception_for_storage", "sandbox/shell.py"),
    ("IPython.core.interactiveshell:InteractiveShell._get_exc_info", "sandbox/shell.py"),
    ("IPython.core.interactiveshell:InteractiveShell._showtraceback", "sandbox/shell.py"),
    ("IPython.core.interactiveshell:InteractiveShell.init_display_pub", "sandbox/shell.py"),
    ("IPython.core.interactiveshell:InteractiveShell.init_displayhook", "sandbox/shell.py"),
    ("IPython.core.interactiveshell:InteractiveShell.init_io", "sandbox/shell.py"),
    ("IPython.core.displayhook:DisplayHook.finish_displayhook", "sandbox/shell.py"),
    ("IPython.core.displayhook:DisplayHook.write_format_data", "sandbox/shell.py"),
    ("IPython.core.displayhook:DisplayHook.write_output_prompt", "sandbox/shell.py"),
    # torch
    ("torch._decomp:global_decomposition_table", "sandbox/guard.py"),
    ("torch._meta_registrations", "sandbox/guard.py"),
    ("torch._prims", "sandbox/guard.py"),
    ("torch._refs", "sandbox/guard.py"),
    ("torch._C._autograd:_top_saved_tensors_default_hooks", "sandbox/modes.py"),
    ("torch:_C._dispatch_get_all_op_names", "sandbox/guard.py"),
    ("torch:_C._dispatch_get_computed_kernel_for_dispatch_key", "sandbox/guard.py"),
    ("torch:_C._dispatch_has_kernel_for_dispatch_key", "sandbox/guard.py"),
    ("torch:_C._dispatch_key_parse", "sandbox/guard.py"),
    ("torch.autograd:Variable._execution_engine", "sandbox/guard.py"),
    ("torch.autograd:forward_ad.make_dual", "sandbox/guard.py"),
    ("torch.library:Library._destroy", "sandbox/guard.py"),
    ("torch.library:Library.m", "sandbox/guard.py"),
    ("torch.overrides:_get_current_function_mode_stack", "sandbox/modes.py"),
    ("torch.utils._python_dispatch:_get_current_dispatch_mode_stack", "sandbox/modes.py"),
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


@pytest.mark.parametrize("place, files", NAMES, ids=[place for place, _ in NAMES])
def test_it_is_there_and_used(course, place, files):
    assert is_there(place), f"{place} is gone in the installed version: mend {files} in proctor/"
    name = place.rpartition(".")[2].rpartition(":")[2]
    for file in files.split():
        text = (course / "proctor" / file).read_text()
        assert re.search(rf"\b{name}\b", text), f"proctor/{file} uses {place} no more: take it out of this list"


def test_no_private_name_is_missing(course):
    """Every attribute with a leading underscore that nothing in proctor/ defines is in the list."""
    used, own = {}, set(PYTHONS)
    for path in sorted((course / "proctor").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                    own.add(name)
                case ast.Attribute(ast.Name("self"), name, ast.Store()):
                    own.add(name)
                case ast.Attribute(_, name) if re.match("_[a-zA-Z]", name):
                    used.setdefault(name, path.relative_to(course))
                case _:
                    pass
    listed = {part for place, _ in NAMES for part in re.split("[.:]", place)}
    missing = {name: str(file) for name, file in used.items() if name not in own | listed}
    assert not missing, f"in NAMES, say where these are and who uses them: {missing}"
