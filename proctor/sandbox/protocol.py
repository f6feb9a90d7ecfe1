"""The messages between the trusted process and a student's: plain data, never code and never
pickle.

A frame is eight bytes of length and a MessagePack message of one of the types below. Inside a
message a value is None, a bool, a number, a string, a list, a dict, a tensor (dtype, shape,
strides, bytes) or a generator (its state). Every other type is sent as an `Opaque`: its type's name
only.
"""

import contextlib
import inspect
import math
import socket
import textwrap
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Annotated, Any, NamedTuple

import msgspec
import torch

from proctor.errors import WireError
from proctor.sandbox.cell import CellDone

MAX_FRAME = 64 * 2**20
MAX_DEPTH = 32
# bytes of memory that a message's values may take, about; 17 MiB is the most in answers/
MAX_WEIGHT = 96 * 2**20
# elements of all the tensors of a reply together; 0.9 million is the most in answers/
MAX_NUMEL = 4 * 2**20
# bytes of memory that a value takes, about, and that a tensor does, besides their own bytes
ITEM, EXT = 64, 1024
# numbers can be chosen to collide, and a dict of them takes time as their square
MAX_INT_KEYS = 4096

DTYPES = {str(dtype): dtype for dtype in (
    torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool, torch.uint8,
    torch.int8, torch.int16, torch.int32, torch.int64,
)}  # fmt: skip

TENSOR, OPAQUE, GENERATOR = 1, 2, 3
VALUES = {"value", "args", "kwargs", "arguments", "gradients", "weights"}


class Opaque(msgspec.Struct, frozen=True):
    """A value that is not plain data; all that is known of it is the name of its type."""

    type_name: str

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


class GeneratorState(msgspec.Struct, frozen=True):
    """A generator as it comes back: its state is compared and never drawn from, since PyTorch
    doesn't check it.
    """

    state: bytes


class SandboxConfig(msgspec.Struct, tag=True, frozen=True):
    """Write these files, by their path within the sandbox's folder; let these modules, name and
    source, be imported.

    `stand_ins` are sources by the name that each defines; they take no place until a request gives
    them. `forbidden` are the names that the guard must know. `names`: each cell's reply says which
    of them the cell bound. `compiled` are the modules' code objects, marshalled: compiling them
    takes 10 ms a notebook.
    """

    files: dict[str, bytes] = {}
    modules: dict[str, str] = {}
    stand_ins: dict[str, str] = {}
    forbidden: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    compiled: dict[str, bytes] = {}


class Take(msgspec.Struct, tag=True):
    """Send the files that are in the sandbox's folder."""


class RunCell(msgspec.Struct, tag=True):
    """Run a notebook cell; with `snapshot`, keep the meanings of the notebook's names after it
    under this name.

    Without `draw`, figures are closed and not made into pictures, which is most of the cost of a
    light notebook, and of all outputs only the value of the last line is kept. While it runs, the
    names in `stand_ins` mean stand-ins, and those in `graded` have their meaning at the snapshot
    named there, once it has been kept. `number`: the cell's among the notebook's code cells,
    counted from 1, by which errors name it.
    """

    source: str
    number: int = 0
    snapshot: str = ""
    draw: bool = True
    stand_ins: list[str] = []
    graded: dict[str, str] = {}


class _Question(msgspec.Struct, kw_only=True):
    """The fields that a call and a probe have in common.

    `forbidden`: the operations that raise until the answer is encoded. The notebook's names have
    their meaning at `snapshot`. `seed` is for the global generators, so that draws from them can be
    repeated. Until the answer is there, the names in `stand_ins` mean stand-ins, and those in
    `graded` have their meaning at the snapshot named there.
    """

    forbidden: list[str] = []
    snapshot: str = ""
    seed: int = 0
    stand_ins: list[str] = []
    graded: dict[str, str] = {}


class Call(_Question, tag=True):
    """Call a function that the notebook defines; with `weights`, also differentiate its weighted
    output.

    `look_back`: send the arguments back, too, as they are afterwards.
    """

    name: str
    args: Any
    kwargs: Any
    weights: Any = None
    look_back: bool = False


class Probe(_Question, tag=True):
    """Run a function, sent as source text, beside the student's code."""

    source: str
    name: str
    args: Any
    kwargs: Any


def probe_request(
    probe: Callable,
    args: tuple,
    kwargs: dict[str, Any] | None = None,
    forbidden: Sequence[str] = (),
) -> Probe:
    """The request that sends `probe` as source text."""
    return Probe(
        _source(probe), probe.__name__, list(args), kwargs or {}, forbidden=list(forbidden)
    )


@lru_cache(500)
def _source(probe: Callable) -> str:
    return textwrap.dedent(inspect.getsource(probe))


class Several(msgspec.Struct, tag=True):
    """Answer these encoded questions one after another, up to the first that raises.

    `answers`: for each question, the source of the known answer that it is put to; then those that
    raise end nothing.
    """

    questions: list[bytes]
    answers: list[str] = []


class Replies(msgspec.Struct, tag=True):
    """The encoded replies to the first of several questions."""

    replies: list[bytes]


class Entered(msgspec.Struct, tag=True):
    """The first message of a sandbox: its walls stand, or `error` says why not."""

    error: str = ""


class Files(msgspec.Struct, tag=True):
    """The files in the sandbox's folder, by their path within it; `others`: the paths of those that
    can't be sent.
    """

    files: dict[str, bytes]
    others: list[str] = []


class Trip(msgspec.Struct):
    """One use of a forbidden operation: its name, and the line of the student's that led to it, in
    which code cell.
    """

    name: str
    cell: int = 0
    line: int = 0
    text: str = ""


Trips = Annotated[list[Trip], msgspec.Meta(max_length=20)]


class Returned(msgspec.Struct, tag=True, eq=False, weakref=True):
    """A call's value, and, if the call requests them, its arguments afterwards and the gradients.

    `stand_ins`: those that were called.
    """

    value: Any
    arguments: Any = None
    gradients: Any = None
    used: Trips = []
    stand_ins: list[str] = []


class Raised(msgspec.Struct, tag=True, eq=False, weakref=True):
    """A call's error: its class, the built-in bases of that, the message, and the line with its
    code cell.
    """

    kind: str
    bases: list[str]
    message: str
    used: Trips = []
    stand_ins: list[str] = []
    cell: int = 0
    line: int = 0


Question = Call | Probe  # about an exercise
Answer = Returned | Raised  # to a question
Request = SandboxConfig | Take | RunCell | Question | Several
Reply = Entered | Files | CellDone | Answer | Replies


class _Tensor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """A tensor: in a reply its entries in order; in a request the memory from its first entry to
    its last, and the strides of its entries in there.
    """

    dtype: str
    shape: Annotated[list[Annotated[int, msgspec.Meta(ge=0)]], msgspec.Meta(max_length=MAX_DEPTH)]
    data: bytes
    strides: list[int] = []


_Base: Any = torch._C.TensorBase  # no notebook can replace its methods, as it can torch.Tensor's


def _numel(shape: Iterable[int]) -> int:
    """The number of elements of a tensor; sizes of 0 don't count, since a sum over them leaves the
    other sizes.
    """
    return math.prod(size or 1 for size in shape)


def _to_ext(tensor: torch.Tensor, strided: bool) -> msgspec.msgpack.Ext | None:
    """A tensor for a message, with its strides or else contiguous; None for one that no message can
    hold.

    Raises `WireError` if it has too many elements.
    """
    dtype = str(_Base.dtype.__get__(tensor))
    shape = list(_Base.shape.__get__(tensor))
    is_dense = _Base.layout.__get__(tensor) == torch.strided
    is_here = _Base.device.__get__(tensor).type == "cpu"
    if not (is_dense and is_here and dtype in DTYPES and len(shape) <= MAX_DEPTH):
        return None
    if _numel(shape) > MAX_NUMEL:
        raise WireError("a tensor with too many elements")
    tensor = _Base.detach(_Base.resolve_neg(tensor))
    if not strided:
        tensor = _Base.contiguous(tensor)
    strides = list(_Base.stride(tensor))
    last = sum((size - 1) * stride for size, stride in zip(shape, strides))
    flat = _Base.as_strided(tensor, (0 if 0 in shape else last + 1,), (1,))
    data = _Base.numpy(_Base.view(flat, torch.uint8)).tobytes()
    header = _Tensor(dtype, shape, data, strides if strided else [])
    return msgspec.msgpack.Ext(TENSOR, msgspec.msgpack.encode(header))


def _from_ext(code: int, data: memoryview) -> Any:
    """A value in a request."""
    if code == TENSOR:
        header = msgspec.msgpack.decode(data, type=_Tensor)
        return _flat(header).as_strided(header.shape, header.strides)
    if code == OPAQUE:
        return Opaque(str(data, "utf-8", "replace"))
    generator = torch.Generator()
    generator.set_state(torch.frombuffer(bytearray(data), dtype=torch.uint8))
    return generator


def _flat(tensor: _Tensor) -> torch.Tensor:
    """The entries that a tensor's bytes hold."""
    dtype = DTYPES[tensor.dtype]
    if not tensor.data:
        return torch.empty(0, dtype=dtype)
    return torch.frombuffer(bytearray(tensor.data), dtype=dtype)


def _checked_tensor(data: memoryview) -> torch.Tensor:
    """The tensor in a reply. Raises `WireError` if there is none."""
    header = msgspec.msgpack.decode(data, type=_Tensor)
    dtype = DTYPES.get(header.dtype)
    if dtype is None or math.prod(header.shape) * dtype.itemsize != len(header.data):
        raise WireError("a tensor with an unknown dtype, or whose bytes don't fit its shape")
    if header.strides or (dtype is torch.bool and header.data.strip(b"\0\1")):
        raise WireError("a tensor with strides, or a bool tensor with bytes other than 0 and 1")
    return _flat(header).view(header.shape)


def to_msgpack(value: Any, strided: bool, depth: int = 0) -> Any:
    """`value` in MessagePack's types; for `strided`, see `_to_ext`.

    A named tuple becomes a list, and a NumPy float64 a float, of which it is a subclass.
    """
    kind = type(value)
    if value is None or kind is bool or kind is float or _is_key(value):
        return value
    # and not isinstance, which reads the value's own __class__
    if issubclass(kind, float):
        return float.__float__(value)
    if depth < MAX_DEPTH:
        for sequence in (list, tuple):
            if issubclass(kind, sequence):
                return [to_msgpack(item, strided, depth + 1) for item in sequence.__iter__(value)]
        if kind is dict and all(map(_is_key, value)) and not _may_collide(value):
            return {key: to_msgpack(item, strided, depth + 1) for key, item in value.items()}
    if kind is torch.Tensor or kind is torch.nn.Parameter:
        # a tensor without memory of its own, as vmap makes them
        with contextlib.suppress(RuntimeError):
            ext = _to_ext(value, strided)
            if ext is not None:
                return ext
    if kind is torch.Generator:
        return msgspec.msgpack.Ext(GENERATOR, value.get_state().numpy().tobytes())
    name = value.type_name if kind is Opaque else _name(kind)
    return msgspec.msgpack.Ext(OPAQUE, name.encode(errors="replace")[:200])


def _name(kind: type) -> str:
    """A type's name as it was given; a module's that is no string is left out, for it would be
    code.
    """
    module, name = (type.__dict__[each].__get__(kind) for each in ("__module__", "__qualname__"))
    return name if type(module) is not str or module == "builtins" else f"{module}.{name}"


def _is_key(value: Any) -> bool:
    """Whether it is a number that a message can hold, or a string: not one with half of a surrogate
    pair, which UTF-8 can't encode.
    """
    if type(value) is int:
        return -(2**63) <= value < 2**64
    try:
        return type(value) is str and (value.isascii() or bool(value.encode()))
    except UnicodeEncodeError:
        return False


def _may_collide(keys: dict) -> bool:
    return len(keys) > MAX_INT_KEYS and any(type(key) is int for key in keys)


# for messages from the trusted side
decode_request: Callable[[bytes], Request] = msgspec.msgpack.Decoder(
    Request, ext_hook=_from_ext
).decode
decode_question: Callable[[bytes], Question] = msgspec.msgpack.Decoder(
    Question, ext_hook=_from_ext
).decode


def encode(message: Request | Reply) -> bytes:
    """`message` as bytes. Raises `WireError` if it is too large."""
    strided = isinstance(message, Question)
    names = VALUES.intersection(message.__struct_fields__)
    values = {name: to_msgpack(getattr(message, name), strided) for name in names}
    data = msgspec.msgpack.encode(msgspec.structs.replace(message, **values))
    if len(data) > MAX_FRAME:
        raise WireError(f"a message of {len(data)} bytes; at most {MAX_FRAME} may cross")
    return data


class Received(NamedTuple):
    """A reply, its bytes as they came, and about how much memory it takes."""

    reply: Any
    data: bytes
    weight: int


def received(data: bytes, kind: Any = Reply) -> Received:
    """The reply in `data`, which comes from the student's side.

    Raises `WireError` if it is not of this kind.
    """
    elements = 0

    def from_ext(code: int, data: memoryview) -> Any:
        nonlocal elements
        if code == OPAQUE:
            return Opaque(str(data[:200], "utf-8", "replace"))
        if code == GENERATOR:
            return GeneratorState(bytes(data))
        tensor = _checked_tensor(data)
        elements += _numel(tensor.shape)
        if elements > MAX_NUMEL:
            raise WireError(f"tensors of more than {MAX_NUMEL} elements")
        return tensor

    try:
        weight, kinds = weigh(data)
        reply = msgspec.msgpack.decode(data, type=kind, ext_hook=from_ext)
    except WireError:
        raise
    except Exception as error:  # hostile bytes can make anything go wrong
        raise WireError(f"not a message of the right kind: {type(error).__name__}") from None
    for found, messages in ("bytes", Files | Replies), ("ext", Answer):
        if found in kinds and not isinstance(reply, messages):
            raise WireError(f"{found} in a message that may hold none")
    return Received(reply, data, weight)


def decode_answer(data: bytes) -> Answer:
    """The answer in `data`; see `received`."""
    return received(data, Answer).reply


# By the first byte of anything in MessagePack: its kind, the bytes that hold its size, else the
# size itself.
_HEADS = [("int", 0, 0)] * 128
_HEADS += [(kind, 0, size) for kind in ("dict", "list") for size in range(16)]
_HEADS += [("str", 0, size) for size in range(32)] + [("other", 0, 0)] * 4
_HEADS += [(kind, width, 0) for kind in ("bytes", "ext") for width in (1, 2, 4)]
_HEADS += [("other", 0, 4), ("other", 0, 8)] + [("int", 0, size) for size in (1, 2, 4, 8)] * 2
_HEADS += [("ext", 0, size) for size in (1, 2, 4, 8, 16)] + [
    ("str", width, 0) for width in (1, 2, 4)
]
_HEADS += [(kind, width, 0) for kind in ("list", "dict") for width in (2, 4)] + [("int", 0, 0)] * 32


def weigh(data: bytes) -> tuple[int, set[str]]:
    """About how many bytes of memory the message in `data` takes once it is decoded, and the kinds
    of its values.

    Raises `WireError` for too many. Walks over the bytes before anything is built of them, which
    would take that memory, and time.
    """
    at = 0
    weight = len(data)
    left, in_dict, outer = 1, False, []
    kinds = set[str]()
    while left or outer:
        if not left:
            left, in_dict = outer.pop()
            continue
        kind, width, size = _HEADS[data[at]]
        left -= 1
        kinds.add(kind)
        at += 1 + width
        if width:
            size = int.from_bytes(data[at - width : at], "big")
        if in_dict and left % 2 and kind != "str" and (kind != "int" or left > 2 * MAX_INT_KEYS):
            raise WireError("a dict with keys that are no strings, or too many numbers")
        if kind in ("list", "dict"):
            outer.append((left, in_dict))
            in_dict = kind == "dict"
            left = 2 * size if in_dict else size
            weight += ITEM * left
        elif kind == "ext":
            # the code of a time, which becomes an object of its own, is another one
            if data[at] not in (TENSOR, OPAQUE, GENERATOR):
                raise WireError(f"an unknown kind of value ({data[at]})")
            at += 1 + size
            weight += EXT
        else:
            # one odd letter has Python take four bytes for each
            if kind == "str" and not data[at : at + size].isascii():
                weight += 3 * size
            at += size
        if len(outer) > 2 * MAX_DEPTH:
            raise WireError("values nested too deeply")
        if weight > MAX_WEIGHT:
            raise WireError(f"values that take more than {MAX_WEIGHT // 2**20} MiB")
    return weight, kinds


def send(sock: socket.socket, data: bytes) -> None:
    """Sends one frame."""
    sock.sendall(len(data).to_bytes(8, "big") + data)


def receive(sock: socket.socket, wait: Callable[[], None] = lambda: None) -> bytes:
    """One frame; `wait` is called before each piece.

    Raises `EOFError` if the other side is gone, and any error of `wait`.
    """
    length = int.from_bytes(_exactly(sock, 8, wait), "big")
    if length > MAX_FRAME:
        raise WireError(f"a message of {length} bytes; at most {MAX_FRAME} may cross")
    return _exactly(sock, length, wait)


def _exactly(sock: socket.socket, count: int, wait: Callable[[], None]) -> bytes:
    buffer = bytearray()
    while len(buffer) < count:
        wait()
        chunk = sock.recv(min(count - len(buffer), 2**20))
        if not chunk:
            raise EOFError("the process has ended")
        buffer += chunk
    return bytes(buffer)
