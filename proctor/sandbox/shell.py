"""IPython in the sandbox: runs cells and keeps their outputs as notebooks do."""

import inspect
import io
import os
import re
import sys
import traceback
import warnings
from base64 import b64encode
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock, patch

import torch
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.text import SList
from traitlets import Type
from traitlets.config import Config

from proctor.sandbox import guard
from proctor.sandbox.cell import CellDone

MAX_SHOWN = 10 * 2**20  # bytes that one cell may show
OUTPUT = 500  # bytes that an output counts as, besides its text
MAX_MISSING = 10  # packages that one cell imports and that are not there
OTHERS = ("conda", "mamba", "micromamba")  # magics that run another program
MAX_FRAMES = 20  # of a traceback
# magics, shell commands, help and prompts; also a beginning that is indented or empty
OWN_SPELLINGS = re.compile(r"\A\s|^\s*(?:[%!?,;/]|>>>|\.\.\.|In \[)|=\s*[%!]|\?\s*$", re.MULTILINE)


def new_shell() -> "Shell":
    """IPython with PyTorch and matplotlib at hand."""
    torch.set_num_threads(1)  # a parent that ran an op with two threads has children that hang
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    with warnings.catch_warnings(action="ignore"):
        import matplotlib.pyplot  # noqa: F401
        import numpy  # noqa: F401
        import tqdm.auto

    # no thread of tqdm's own, from wherever a notebook imports it
    tqdm.tqdm.monitor_interval = 0
    shell = Shell.instance()
    shell.enable_matplotlib("inline")
    return shell


def warm_shell() -> "Shell":
    """A new shell after a first loss, a first figure and a first traceback, for those that are
    forked from here.
    """
    shell = new_shell()
    import matplotlib.pyplot

    torch.nn.functional.cross_entropy(
        torch.nn.Linear(2, 2)(torch.ones(2, 2)), torch.tensor([0, 0])
    ).backward()
    matplotlib.pyplot.plot([0, 1])  # the first figure reads the fonts
    shell.run("import matplotlib.pyplot; matplotlib.pyplot.show()")
    matplotlib.pyplot.close("all")
    # the first seed looks the files of its callers up
    shell.run("import torch; torch.manual_seed(0)")
    shell.run("1 / 0")  # the first traceback looks every module's file up, which takes seconds
    return shell


def first_step() -> None:
    """Takes the first optimizer step ever, which takes half a second: it imports much."""
    torch.optim.AdamW([torch.zeros(1, requires_grad=True)]).step()


class _KeepResult(DisplayHook):
    shell: "Shell"

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        count = self.prompt_count
        data = _texts(format_dict)
        self.shell.show(
            {
                "output_type": "execute_result",
                "execution_count": count,
                "data": data,
                "metadata": {},
            }
        )


class _KeepDisplay(DisplayPublisher):
    shell: "Shell"

    def publish(self, data: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        self.shell.show({"output_type": "display_data", "data": _texts(data), "metadata": {}})

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear()


class Shell(InteractiveShell):
    """IPython that keeps a cell's outputs as a notebook does, in their order."""

    display_formatter: DisplayFormatter
    displayhook_class = Type(_KeepResult)
    display_pub_class = Type(_KeepDisplay)

    def __init__(self, **kwargs: Any):
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "NoColor"
        super().__init__(config=config, **kwargs)
        # from Python 3.13 on, codeop's say of an unclosed bracket no more than that the input is
        # incomplete
        self.compile.reset_compiler_flags()
        self.outputs: list[dict[str, Any]] = []
        self.size = 0
        self.draw = True
        self.cells: dict[int, int] = {}  # the notebook's numbers of its code cells, by IPython's

    def enable_gui(self, gui: str | None = None) -> None:
        pass

    def init_magics(self) -> None:
        super().init_magics()
        for name in ["script", *self.magics_manager.registry["ScriptMagics"].script_magics]:
            self.magics_manager.register_function(
                lambda line, cell: self.system(cell), "cell", name
            )
        # figures are shown in the notebook, whichever way the cell names
        self.magics_manager.register_function(lambda line: None, "line", "matplotlib")

    def run_line_magic(self, magic_name: str, line: str, _stack_depth: int = 1) -> Any:
        """Runs a magic; one of another program, or of an extension that isn't here, is left out."""
        if magic_name in OTHERS or magic_name not in self.magics_manager.magics["line"]:
            return self.system(f"%{magic_name} {line}")
        return super().run_line_magic(magic_name, line, _stack_depth + 1)

    def system(self, cmd: str) -> None:
        """Says that a shell command is left out, rather than fail a cell that was fine in
        JupyterLab.
        """
        print(f"(not run while graded: {cmd[:200]})")

    def transform_cell(self, raw_cell: str) -> str:
        """The cell as Python.

        One with none of IPython's own spellings is left as it is, rather than split into tokens.
        """
        if "\n" not in raw_cell.strip() or OWN_SPELLINGS.search(raw_cell):
            # IPython leaves out the blank lines at the beginning, by which an error's line would be
            # another
            blank = raw_cell[: len(raw_cell) - len(raw_cell.lstrip())].count("\n")
            return "\n" * blank + super().transform_cell(raw_cell)
        return raw_cell if raw_cell.endswith("\n") else raw_cell + "\n"

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> SList | str:
        self.system(cmd)
        return SList([]) if split else ""

    def showtraceback(self, exc_tuple: tuple | None = None, **options: Any) -> None:
        """Shows the end of a traceback; a thousand frames of a recursion would take a second to
        format.
        """
        info: tuple[Any, Any, Any] = exc_tuple or sys.exc_info()  # pyright: ignore
        kind, error, trace = info
        if not self.draw:
            self._showtraceback(kind, error, [])
            return
        for _ in range(sum(1 for _ in traceback.walk_tb(trace)) - MAX_FRAMES):
            trace, options["tb_offset"] = trace.tb_next, 0
        # else `inspect` looks at each module for every frame: in a fork, to look at a module copies
        # its memory
        with patch.object(inspect, "getmodule", _module_of):
            super().showtraceback((kind, error, trace), **options)

    def _format_exception_for_storage(
        self, exception: BaseException, *args: Any, **options: Any
    ) -> dict[str, Any]:
        # the history isn't kept
        return {"ename": type(exception).__name__, "evalue": "", "traceback": []}

    def _showtraceback(self, etype: Any, evalue: Any, stb: list[str]) -> None:
        error = {
            "output_type": "error",
            "ename": str(getattr(etype, "__name__", etype)),
            "evalue": error_text(evalue),
        }
        self.outputs.append({**error, "traceback": [whole(str(line)) for line in stb]})

    def show(self, output: dict[str, Any]) -> None:
        """Adds an output, as long as the cell has not shown too much."""
        self.size += OUTPUT
        for value in output.get("data", output).values():
            if isinstance(value, str):
                self.size += len(value.encode())
        if self.size < MAX_SHOWN:
            self.outputs.append(output)

    def stream(self, name: str, text: str) -> None:
        """Adds printed text to the outputs, joined with the text printed just before; text beyond
        the limit is dropped.
        """
        if not text:
            return
        self.size += len(text.encode())
        if self.size >= MAX_SHOWN:
            return
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"].append(text)
        else:
            self.size += OUTPUT
            self.outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def cell_of(self, file: str) -> int:
        """The number of a cell, counted from 1, by the file name that IPython gives to its code; 0
        for other files.
        """
        found = re.match(r"<ipython-input-(\d+)-", file)
        return self.cells.get(int(found[1]), 0) if found else 0

    def run(self, source: str, number: int = 0, draw: bool = True) -> CellDone:
        """Runs one cell as Jupyter would, and returns its outputs; without `draw`, only the value
        of its last line.
        """
        if not source.strip():
            return CellDone([])
        # outside the answers to questions, everything is free
        guard.stop()
        self.draw = draw
        types = ["text/plain"]
        if draw:
            types = self.display_formatter.format_types
        self.display_formatter.active_types = types
        for _ in range(MAX_MISSING):
            self.outputs, self.size = [], 0
            self.cells[self.execution_count] = number
            result = self.run_cell(source, store_history=True)
            error = result.error_before_exec or result.error_in_exec
            if not _replace_missing_package(error):
                break
        # text that is printed later, during questions, belongs to no cell
        shown, self.outputs, self.size = self.outputs, [], 0
        if not draw:
            shown = [output for output in shown if output["output_type"] == "execute_result"]
        for output in shown:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        if error is None:
            return CellDone(shown)
        return CellDone(shown, type(error).__name__, error_text(error))


def _replace_missing_package(error: BaseException | None) -> bool:
    """Puts a mock in place of a package that a cell imports, and that only the student's machine
    has.

    A grade must not depend on the packages that are installed here. An import in a `try` still
    fails.
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return False
    # by this name, `explain.lacking_package` recognises a value that comes from it
    kind = type(f"NoModuleNamed_{error.name}", (MagicMock,), {})
    sys.modules[error.name] = kind(name=error.name, __path__=[], __spec__=None)
    return True


def _module_of(frame: Any, _: str | None = None) -> ModuleType | None:
    """The module of a frame that its names say."""
    name = getattr(frame, "f_globals", {}).get("__name__")
    return sys.modules.get(name) if isinstance(name, str) else None


def _texts(data: dict[str, Any]) -> dict[str, str]:
    """A MIME bundle with its bytes in base64, as notebooks keep them."""
    texts = {}
    for mime, value in data.items():
        if isinstance(value, bytes):
            texts[mime] = b64encode(value).decode()
        else:
            texts[mime] = whole(str(value))
    return texts


class Stream(io.TextIOBase):
    """Stands in for `sys.stdout` or `sys.stderr`: printed text goes to the shell's outputs."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, shell: Shell, name: str):
        self._shell, self._name = shell, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._shell.stream(self._name, whole(str(text)))
        return len(text)

    def close(self) -> None:
        """Does nothing, as in a notebook's own kernel."""


def whole(text: str) -> str:
    """`text` with `?` for half a character, which no message can hold."""
    return text.encode(errors="replace").decode()


def error_text(error: BaseException) -> str:
    try:
        # a student's own kind of str may cut nothing
        return whole(str.__getitem__(str(error), slice(2000)))
    except Exception:
        return ""
