"""A limit on the memory that judging one submission takes out here, where what comes back from it is compared.

Sizes are limited where a reply is decoded; this is for what a check makes of several that are allowed.
"""

import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from proctor.sandbox.linux import call, taken

SPARE = 600 * 2**20  # bytes beyond what this process had when its first submission came; half of it every one may have


@contextmanager
def limited() -> Iterator[None]:
    """Limits memory to `SPARE` for this time: a request for more raises `MemoryError`, or an error of PyTorch's.

    Does nothing elsewhere than on Linux, or where less is allowed already.
    """
    if sys.platform != "linux":
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = max(_at_first() + SPARE, taken() + SPARE // 2)
    lowest = min(limit for limit in (most, soft, hard) if limit != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_DATA, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
        # freed memory goes back to the system, so that it doesn't add to the next submission's
        with contextlib.suppress(AttributeError):
            call("malloc_trim", 0)


@cache
def _at_first() -> int:
    return taken()


def ran_out(error: BaseException) -> bool:
    """Whether it says that there is no memory left, in Python's words or in PyTorch's."""
    return isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "allocate memory" in str(error))
