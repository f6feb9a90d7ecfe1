"""Fuzzes `proctor.sandbox.protocol` with libFuzzer, guided by which lines of it are reached.

Not part of `make test`. In an environment that has proctor, its `test` extra and `atheris`:

    python tests/sandbox/fuzz_wire.py corpus -max_len=6000 -timeout=10 -rss_limit_mb=2048 -max_total_time=600

`corpus` is a folder of inputs that are kept; where it is empty or missing, it is filled with replies, honest and
hostile. The first byte of an input tells how the rest is read: as a reply, as a value of one, as a tensor's fields, or
as a patch to the state of a generator. What is found lies in a file `crash-…`, `timeout-…` or `oom-…`; give it as the
only argument to see it again.
"""

import math
import os
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["proctor.sandbox.protocol"]):
    from proctor.sandbox import protocol

import msgspec

sys.path.insert(0, str(Path(__file__).parent))
import test_wire as known

REPLY, VALUE, TENSOR, GENERATOR = range(4)


def tensor(data: bytes) -> bytes:
    """A tensor whose sizes come from `data`; mostly, its bytes have the length that these need."""
    given = atheris.FuzzedDataProvider(data)
    dtype = given.PickValueInList([*protocol.DTYPES, "torch.complex64"])
    most = given.PickValueInList([3, 3, 20, 2**24, 2**40, 2**63 - 1])
    shape = [given.ConsumeIntInRange(0, most) for _ in range(given.ConsumeIntInRange(0, 5))]
    if given.ConsumeIntInRange(0, 9) == 9 and shape:
        shape[0] = given.ConsumeIntInRange(-(2**63), -1)
    length = math.prod(shape) * protocol.DTYPES[dtype].itemsize if dtype in protocol.DTYPES else 8
    length += given.PickValueInList([0, 0, 0, 0, 1, -1])
    rest = given.ConsumeBytes(given.remaining_bytes())
    if not 0 <= length <= 2**16:
        length = len(rest)
    return known.tensor(
        dtype, shape, (rest * (length // max(len(rest), 1) + 1)).ljust(length, b"\0")[:length]
    )


def generator(data: bytes) -> bytes:
    """A generator whose state is an honest one but for some bytes: its head, a few numbers, its tail."""
    given = atheris.FuzzedDataProvider(data)
    state = bytearray(bytes(5056) if given.ConsumeBool() else known.STATE)
    left, seeded = given.ConsumeIntInRange(-1, 626), given.ConsumeIntInRange(-1, 2)
    position = 625 - left if given.ConsumeBool() else given.ConsumeIntInRange(0, 2**64 - 1)
    state[8:24] = known.struct.pack("=iiQ", left, seeded, position % 2**64)
    for _ in range(given.ConsumeIntInRange(0, 20)):
        state[given.ConsumeIntInRange(24, 5055)] = given.ConsumeIntInRange(0, 255)
    state += given.ConsumeBytes(1)
    return known.ext(
        protocol.GENERATOR, bytes(state[: given.PickValueInList([5056, 5056, 5056, 5057, 5048])])
    )


def one_input(data: bytes) -> None:
    """Tries out what `data` stands for; whatever is raised is a finding."""
    kind, data = data[0] % 4 if data else REPLY, data[1:]
    if kind == TENSOR:
        data = tensor(data)
    elif kind == GENERATOR:
        data = generator(data)
    known.try_out(data if kind == REPLY else known.returned(data))


def fill(corpus: Path) -> None:
    """Puts a first corpus into an empty folder."""
    corpus.mkdir(parents=True, exist_ok=True)
    if any(corpus.iterdir()):
        return
    replies = [*known.REPLIES, *known.HOSTILE.values(), *known.HARMLESS.values()]
    values = [
        msgspec.msgpack.encode(protocol.to_msgpack(value, False))
        for value in (None, [1, {"a": 2.5}], known.torch.ones(2, 3).T)
    ]
    inputs = [bytes([REPLY]) + data for data in replies] + [
        bytes([VALUE]) + data for data in values
    ]
    inputs += [bytes([kind]) + os.urandom(60) for kind in (TENSOR, GENERATOR) for _ in range(20)]
    for number, data in enumerate(inputs):
        (corpus / str(number)).write_bytes(data)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        if not argument.startswith("-") and not Path(argument).is_file():
            fill(Path(argument))
    known.torch.set_num_threads(1)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
