"""The messages of other packages that are read, each with its reason.

Messages of our own are codes, and never read.

In each case the error's type alone says too little.
"""

import re

# PyTorch raises a RuntimeError for many reasons: these words mean that no memory is left
NO_MEMORY = "allocate memory"

# PyTorch's errors about sizes and places: a check may cause them by computing with a wrong value
ABOUT_SIZES = re.compile(
    r"size of tensor a|cannot be multiplied|out of bounds|out of range|is invalid for input"
)

# PyTorch's words differ from run to run and between two ways to write the same: which of two sizes
# stands first, -1 for a size, an address. Replies that differ only by that are the same
ADDRESS = re.compile(r"0x[0-9a-f]+")
INVALID_SHAPE = re.compile(r"shape '\[[-0-9, ]*\]' is invalid")
TWO_SIZES = re.compile(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)")

# Python names the package that an import lacks; and so is the type called, no message of ours, that
# `proctor.sandbox.shell` gives to a module that isn't there
NO_MODULE = re.compile(r"(?:NoModuleNamed_|^ModuleNotFoundError: No module named ')(\w+(?:\.\w+)*)")

# Python explains a line that it can't read in its own terms; ours are for beginners
NEVER_CLOSED, UNTERMINATED, INDENTATION = "never closed", "unterminated", "indent"

# msgspec raises one error for every kind of broken JSON: this word means that the file ends too
# early
CUT_OFF = "truncated"

# nbgrader logs a traceback and raises an error without the cause: this is a traceback's last line
LAST_LINE = re.compile(r"[\w.]*(Error|InvalidEntry)\b")
# SQLite and the system raise the same few errors for all that can be wrong with a gradebook's file
# and its disk
LOCKED = re.compile("database is locked")
NOT_WRITABLE = re.compile(
    "readonly database|unable to open database file|Read-only file system|Permission denied|Operation not permitted"
)
DAMAGED = re.compile("file is not a database|image is malformed")
OTHER_VERSION = re.compile("no such (column|table)")
DISK_FULL = re.compile("disk is full|No space left|quota exceeded|File too large")
DISK_BROKEN = re.compile("disk I/O error")
