"""A limit on the memory that judging one submission takes out here, where what comes back from it is compared.

Sizes are limited where a reply is decoded; this is for what a check makes of several that are allowed.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SPARE = 600 * 2**20  # bytes beyond what this process has when a submission comes


@contextmanager
def limited() -> Iterator[None]:
    """For this time, `SPARE` more bytes may be had; who asks for more gets a `MemoryError`, or an error of PyTorch's.

    Does nothing elsewhere than on Linux, or where less is allowed already.
    """
    if sys.platform != "linux":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    facts = Path("/proc/self/status").read_text().partition("VmData:")[2].split()
    most = [int(facts[0]) * 1024 + SPARE if facts else soft, soft, hard]
    lowest = min((limit for limit in most if limit != resource.RLIM_INFINITY), default=soft)
    resource.setrlimit(resource.RLIMIT_DATA, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def ran_out(error: BaseException) -> bool:
    """Whether it says that there is no memory left, in Python's words or in PyTorch's."""
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "allocate memory" in str(error))
