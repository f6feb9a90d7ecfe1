"""The messages between the trusted process and a student's: plain data, never code and never pickle.

A frame is eight bytes of length and a MessagePack message of one of the types below. Inside a message a value is
None, a bool, a number, a string, a list, a dict, a tensor (dtype, shape, strides, bytes) or a generator (its state).
Every other type is sent as an `Opaque`: its type's name only.
"""

import contextlib
import inspect
import math
import re
import socket
import struct
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
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
# elements of all the tensors of a reply together, however few bytes they repeat; 0.9 million is the most in answers/
MAX_NUMEL = 4 * 2**20
MAX_KEPT = 32 * 2**20  # bytes of memory that an exercise's transcript may take; 17 MiB is the most in answers/
MAX_CLAIMED = 2**60  # elements that a tensor may say it has; where they are too many, nothing is done but to say so
MAX_STRIDE = 2**40
ITEM, EXT = 64, 1024  # bytes of memory that a value takes, about, and that a tensor does, besides their own bytes
MAX_INT_KEYS = 4096  # numbers can be chosen to collide, and a dict of them takes time as their square

DTYPES = {str(dtype): dtype for dtype in (
    torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool, torch.uint8,
    torch.int8, torch.int16, torch.int32, torch.int64,
)}  # fmt: skip

TENSOR, OPAQUE, GENERATOR = 1, 2, 3
VALUES = {"value", "args", "kwargs", "arguments", "gradients", "weights"}
ENDED = "the process has ended"


class Opaque(msgspec.Struct, frozen=True):
    """A value that is not plain data; all that is known of it is the name of its type."""

    type_name: str

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


class GeneratorState(msgspec.Struct, frozen=True):
    """A generator as it comes back: its state is compared and never drawn from, since PyTorch doesn't check it."""

    state: bytes


class Setup(msgspec.Struct, tag=True, frozen=True):
    """Write these files, by their path within the sandbox's folder; let these modules, name and source, be imported.

    `stand_ins` are sources by the name that each defines; they take no place until a request gives them.
    `forbidden` are the names that the guard must know: it knows them before this message comes.
    `names`: those of which each cell's reply tells whether the cell bound them.
    `compiled` are the modules' code objects, marshalled: compiling them takes 10 ms a notebook.
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
    """Run a notebook cell; with `snapshot`, keep under this name what the notebook's names mean after it.

    Without `draw`, figures are closed and not made into pictures, which is most of the cost of a light notebook, and of all
    outputs only the value of the last line is kept.
    Without `trace`, an error is told without its traceback, which takes ten milliseconds to format.
    While it runs, the names in `stand_ins` mean stand-ins, and those in `graded` what they meant at the snapshot named there,
    once it has been kept. `number`: the cell's among the notebook's code cells, counted from 1, by which errors name it.
    """

    source: str
    number: int = 0
    snapshot: str = ""
    draw: bool = True
    trace: bool = True
    stand_ins: list[str] = []
    graded: dict[str, str] = {}


class _Question(msgspec.Struct, kw_only=True):
    """The fields that a call and a probe have in common.

    `forbidden`: what raises until the answer is encoded. The notebook's names mean what they meant at `snapshot`.
    `seed` is for the global generators, so that what draws from them can be told again.
    For the time of the answer, the names in `stand_ins` mean stand-ins, and those in `graded` what they meant at the
    snapshot named there.
    """

    forbidden: list[str] = []
    snapshot: str = ""
    seed: int = 0
    stand_ins: list[str] = []
    graded: dict[str, str] = {}


class Call(_Question, tag=True):
    """Call a function that the notebook defines; with `weights`, also differentiate its weighted output.

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
    probe: Callable, args: tuple, kwargs: dict[str, Any] | None = None, forbidden: Sequence[str] = ()
) -> Probe:
    """The request that sends `probe` as source text."""
    return Probe(_source(probe), probe.__name__, list(args), kwargs or {}, forbidden=list(forbidden))


@lru_cache(500)
def _source(probe: Callable) -> str:
    return textwrap.dedent(inspect.getsource(probe))


class Several(msgspec.Struct, tag=True):
    """Answer these encoded questions one after another, up to the first that raises.

    `answers`: for each question, the source of the known answer that it is put to; then those that raise end nothing.
    """

    questions: list[bytes]
    answers: list[str] = []


class Replies(msgspec.Struct, tag=True):
    """The encoded replies to the first of several questions."""

    replies: list[bytes]


class Entered(msgspec.Struct, tag=True):
    """The first message of a sandbox: its walls stand, or what went wrong."""

    error: str = ""


class Files(msgspec.Struct, tag=True):
    """The files in the sandbox's folder, by their path within it; `others`: the paths of those that can't be sent."""

    files: dict[str, bytes]
    others: list[str] = []


class Trip(msgspec.Struct):
    """One use of a forbidden operation: its name, and the line of the student's that led to it, in which code cell."""

    name: str
    cell: int = 0
    line: int = 0
    text: str = ""


Trips = Annotated[list[Trip], msgspec.Meta(max_length=20)]


class Returned(msgspec.Struct, tag=True):
    """A call's value, and, if the call asked for them, its arguments afterwards and the gradients.

    `stand_ins`: those that were called.
    """

    value: Any
    arguments: Any = None
    gradients: Any = None
    used: Trips = []
    stand_ins: list[str] = []


class Raised(msgspec.Struct, tag=True):
    """A call's error: its class, the built-in bases of that, the message, and the line with its code cell."""

    kind: str
    bases: list[str]
    message: str
    used: Trips = []
    stand_ins: list[str] = []
    cell: int = 0
    line: int = 0


Question = Call | Probe  # about an exercise
Answer = Returned | Raised  # to such
Request = Setup | Take | RunCell | Question | Several
Reply = Entered | Files | CellDone | Answer | Replies


class Transcript:
    """Encoded questions, and the answers to them; those that came encoded are decoded when they are read.

    One that takes too much memory is emptied for good: a part of it could be taken for another mistake.
    """

    def __init__(self, entries: Iterable[tuple[bytes, Answer | bytes]] = ()):
        self._entries = list(entries)
        self._size = 0

    def append(self, question: bytes, answer: Answer | bytes, weight: int = 0) -> None:
        """Adds an answer that takes about so many bytes of memory."""
        self._size += len(question) + weight
        self._entries.append((question, answer))
        if self._size > MAX_KEPT:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[tuple[bytes, Answer]]:
        for number, (question, answer) in enumerate(self._entries):
            if isinstance(answer, bytes):
                answer = decode_answer(answer)
                self._entries[number] = question, answer
            yield question, answer


_Size = Annotated[int, msgspec.Meta(ge=0, le=MAX_CLAIMED)]
_Stride = Annotated[int, msgspec.Meta(ge=0, le=MAX_STRIDE)]
_Each = msgspec.Meta(max_length=MAX_DEPTH)


class _TensorHeader(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    dtype: str
    shape: Annotated[list[_Size], _Each]
    strides: Annotated[list[_Stride], _Each]
    data: bytes


_Base: Any = torch._C.TensorBase  # no notebook can replace its methods, as it can torch.Tensor's


def _facts(tensor: torch.Tensor) -> tuple[torch.dtype, torch.Size, tuple[int, ...]]:
    return _Base.dtype.__get__(tensor), _Base.shape.__get__(tensor), _Base.stride(tensor)


def _may_cross(tensor: torch.Tensor) -> bool:
    if _Base.layout.__get__(tensor) != torch.strided or _Base.device.__get__(tensor).type != "cpu":
        return False
    dtype, shape, strides = _facts(tensor)
    strides = () if 0 in shape else strides
    known = str(dtype) in DTYPES and len(shape) <= MAX_DEPTH
    return known and _numel(shape) <= MAX_CLAIMED and max(strides, default=0) <= MAX_STRIDE


def _numel(shape: Iterable[int]) -> int:
    """The elements of a tensor of this shape; where there are none, of what is left when a size of 0 is summed away."""
    return math.prod(size or 1 for size in shape)


def _tensor_to_ext(tensor: torch.Tensor) -> msgspec.msgpack.Ext:
    """A tensor with its entries in order, those that share memory once, and with its strides."""
    tensor = _Base.detach(_Base.resolve_neg(tensor))
    dtype, shape, strides = _facts(tensor)
    if 0 in shape or _numel(shape) > MAX_NUMEL:
        # the other side refuses a tensor that is too large, and names its shape
        strides = [0] * len(shape)
    if 0 in strides:
        tensor = _Base.__getitem__(tensor, tuple(slice(0, 1 if stride == 0 else None) for stride in strides))
    flat = _Base.as_strided(_Base.contiguous(tensor), (_Base.numel(tensor),), (1,))
    data = _Base.numpy(_Base.view(flat, torch.uint8)).tobytes()
    header = _TensorHeader(str(dtype), list(shape), list(strides), data)
    return msgspec.msgpack.Ext(TENSOR, msgspec.msgpack.encode(header))


def _tensor_from_ext(data: memoryview, strided: bool) -> torch.Tensor:
    """The tensor in a message: `strided` as it was sent, or else contiguous but for the entries that share memory."""
    header = msgspec.msgpack.decode(data, type=_TensorHeader)
    dtype = DTYPES.get(header.dtype)
    shape, strides = header.shape, header.strides
    if dtype is None or len(shape) != len(strides):
        raise WireError("a tensor with an unknown dtype or a broken shape")
    if _numel(shape) > MAX_CLAIMED:
        raise WireError(f"a tensor of more than {MAX_CLAIMED} elements")
    sizes = [min(size, 1) if stride == 0 else size for size, stride in zip(shape, strides)]
    if math.prod(sizes) * dtype.itemsize != len(header.data):
        raise WireError("a tensor whose bytes don't fit its shape")
    if dtype is torch.bool and header.data.strip(b"\0\1"):
        raise WireError("a bool tensor with bytes other than 0 and 1")
    if 0 in shape:
        return torch.empty(shape, dtype=dtype)
    values = torch.frombuffer(bytearray(header.data), dtype=dtype).view(sizes)
    if strided and values.stride() != tuple(strides):
        values = torch.empty_strided(sizes, strides, dtype=dtype).copy_(values)
    return values if sizes == shape else values.expand(shape)


def plain(value: Any, depth: int = 0) -> Any:
    """`value` in MessagePack's terms; a named tuple is a tuple, a NumPy float64 is a float, as Python has it."""
    kind = type(value)
    if value is None or kind is bool or kind is float or (kind is str and _is_text(value)):
        return value
    # and not isinstance, which asks the value's own __class__
    if issubclass(kind, float):
        return float.__float__(value)
    if kind is int and -(2**63) <= value < 2**64:
        return value
    is_list = issubclass(kind, list)
    if (is_list or issubclass(kind, tuple)) and depth < MAX_DEPTH:
        items = list.__iter__(value) if is_list else tuple.__iter__(value)
        return [plain(item, depth + 1) for item in items]
    if kind is dict and depth < MAX_DEPTH and _are_keys(value):
        return {key: plain(item, depth + 1) for key, item in value.items()}
    if kind is torch.Tensor or kind is torch.nn.Parameter:
        with contextlib.suppress(RuntimeError):  # a tensor without memory of its own, such as vmap makes
            if _may_cross(value):
                return _tensor_to_ext(value)
    if kind is torch.Generator:
        return msgspec.msgpack.Ext(GENERATOR, value.get_state().numpy().tobytes())
    name = value.type_name if kind is Opaque else _name(kind)
    return msgspec.msgpack.Ext(OPAQUE, name.encode(errors="replace")[:200])


def _name(kind: type) -> str:
    """A type's name as it was given; a module's that is no string is left out, for it would be code."""
    module, name = (type.__dict__[each].__get__(kind) for each in ("__module__", "__qualname__"))
    return name if type(module) is not str or module == "builtins" else f"{module}.{name}"


def _is_text(value: str) -> bool:
    """Whether UTF-8 can tell it; half of a surrogate pair it can't."""
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def _are_keys(keys: dict) -> bool:
    """Whether they are the keys of a plain dict: strings, and numbers where the dict is small."""
    numbers = [key for key in keys if type(key) is int]
    if numbers and (len(keys) > MAX_INT_KEYS or min(numbers) < -(2**63) or max(numbers) >= 2**64):
        return False
    return all(type(key) is int or (type(key) is str and _is_text(key)) for key in keys)


def _from_trusted_ext(code: int, data: memoryview) -> Any:
    if code == TENSOR:
        return _tensor_from_ext(data, strided=True)
    if code == OPAQUE:
        return _from_ext(code, data)
    generator = torch.Generator()
    generator.set_state(torch.frombuffer(bytearray(data), dtype=torch.uint8))
    return generator


class _Decoded(threading.local):
    """The elements of the tensors that this thread has decoded."""

    elements = 0


_decoded = _Decoded()


def _from_ext(code: int, data: memoryview) -> Any:
    if code == TENSOR:
        tensor = _tensor_from_ext(data, strided=False)
        _decoded.elements += _numel(tensor.shape)
        return tensor
    if code == OPAQUE:
        return Opaque(str(data[:200], "utf-8", "replace"))
    if code == GENERATOR:
        return GeneratorState(bytes(data))
    raise WireError(f"an unknown kind of value ({code})")


# of what comes from the trusted side
decode_request: Callable[[bytes], Request] = msgspec.msgpack.Decoder(Request, ext_hook=_from_trusted_ext).decode
decode_question: Callable[[bytes], Question] = msgspec.msgpack.Decoder(Question, ext_hook=_from_trusted_ext).decode
_reply_decoder = msgspec.msgpack.Decoder(Reply, ext_hook=_from_ext)


def encode(message: Request | Reply) -> bytes:
    """`message` as bytes; its values are made plain first."""
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    for name in VALUES & fields.keys():
        fields[name] = plain(fields[name])
    return msgspec.msgpack.encode(type(message)(**fields))


def decode_reply(data: bytes) -> Reply:
    """The reply in `data`, which comes from the student's side. Raises `WireError` where there is none.

    A value that expands to too much becomes an error, which its author reads.
    """
    return received(data).reply


def decode_answer(data: bytes) -> Answer:
    """The answer in `data`, which comes from the student's side. Raises `WireError` where there is none."""
    return received(data).answer


class Received(NamedTuple):
    """A reply, its bytes as they came, and about how much memory it takes."""

    reply: Reply
    data: bytes
    weight: int

    @property
    def answer(self) -> Answer:
        """The reply to a question. Raises `WireError` if it is another one."""
        if not isinstance(self.reply, Answer):
            raise WireError("it answered out of turn")
        return self.reply


def received(data: bytes) -> Received:
    """The reply in `data`; see `decode_reply`."""
    try:
        weight, kinds = weigh(data)
        _decoded.elements = 0
        message = _reply_decoder.decode(data)
    except WireError:
        raise
    except Exception as error:  # hostile bytes can make anything go wrong
        raise WireError(f"not a message: {type(error).__name__}") from None
    if "bytes" in kinds and not isinstance(message, Files | Replies):
        raise WireError("bytes, where none may be")
    if "ext" in kinds and not isinstance(message, Answer):
        raise WireError("a tensor or a name, where none may be")
    if isinstance(message, Returned) and _decoded.elements > MAX_NUMEL:
        message = too_large(message)
    return Received(message, data, weight)


def _heads() -> list[tuple[str, int, int]]:
    """By the first byte of anything in MessagePack: its kind, the bytes that hold its size, else the size itself."""
    few, sizes = range(16), (1, 2, 4)
    heads = [("int", 0, 0)] * 128 + [("dict", 0, n) for n in few] + [("list", 0, n) for n in few]
    heads += [("str", 0, n) for n in range(32)] + [("other", 0, 0)] * 4
    heads += [("bytes", width, 0) for width in sizes] + [("ext", width, 0) for width in sizes]
    heads += [("other", 0, n) for n in (4, 8)] + [("int", 0, n) for n in (1, 2, 4, 8)] * 2
    heads += [("ext", 0, n) for n in (1, 2, 4, 8, 16)] + [("str", width, 0) for width in sizes]
    return heads + [(kind, width, 0) for kind in ("list", "dict") for width in (2, 4)] + [("int", 0, 0)] * 32


_HEADS = _heads()


def weigh(data: bytes) -> tuple[int, set[str]]:
    """About how many bytes of memory the message in `data` takes once it is decoded, and the kinds of its values.

    Raises `WireError` for too many. Walks over the bytes before anything is built of them, which would take that memory, and
    time.
    """
    at = items = exts = wide = 0
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
            left, in_dict = (size, False) if kind == "list" else (2 * size, True)
            items += left
        elif kind == "ext":
            if data[at] not in (TENSOR, OPAQUE, GENERATOR):
                raise WireError(f"an unknown kind of value ({data[at]})")
            at += 1 + size
            exts += 1
        else:
            # one odd letter has Python take four bytes for each
            if kind == "str" and not data[at : at + size].isascii():
                wide += 3 * size
            at += size
        if len(outer) > 2 * MAX_DEPTH:
            raise WireError("values nested too deeply")
        if len(data) + wide + ITEM * items + EXT * exts > MAX_WEIGHT:
            raise WireError(f"values that take more than {MAX_WEIGHT // 2**20} MiB")
    return len(data) + wide + ITEM * items + EXT * exts, kinds


def too_large(reply: Returned) -> Raised:
    """The error that takes the place of a reply too large to be judged."""
    message = f"it gave back {describe(reply.value)}, which is more than can be judged"
    return Raised("TooLarge", [], message, reply.used, reply.stand_ins)


def describe(value: Any, depth: int = 0) -> str:
    """A value in a few words: `float32 (2, 3)`, `3.5`, `a list of 20`."""
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, torch.Generator | GeneratorState):
        return "a generator"
    if isinstance(value, Opaque):
        return f"a {bare(value.type_name).removeprefix('__main__.')}"
    if isinstance(value, list | tuple) and len(value) <= 4 and depth < 2:
        return "[" + ", ".join(describe(item, depth + 1) for item in value) + "]"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, dict):
        return f"a dict of {len(value)}"
    if isinstance(value, str) and len(value) > 60:
        return f"a str of length {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else f"a {type(value).__name__} of length {len(text)}"


def bare(name: str) -> str:
    """A type's name, which a student may have chosen, as no more than a name."""
    return re.sub(r"[^\w.]", "", name[:200])[:60]


def send(sock: socket.socket, data: bytes) -> None:
    """Sends one frame."""
    if len(data) > MAX_FRAME:
        raise WireError(f"a message of {len(data)} bytes; at most {MAX_FRAME} may cross")
    sock.sendall(struct.pack("!Q", len(data)) + data)


def receive(sock: socket.socket, wait: Callable[[], None] | None = None) -> bytes:
    """One frame. Raises `EOFError` where the other side is gone, and what `wait` raises, which is called for each piece."""
    (length,) = struct.unpack("!Q", _exactly(sock, 8, wait))
    if length > MAX_FRAME:
        raise WireError(f"a message of {length} bytes; at most {MAX_FRAME} may cross")
    return _exactly(sock, length, wait)


def _exactly(sock: socket.socket, count: int, wait: Callable[[], None] | None) -> bytes:
    buffer = bytearray()
    while len(buffer) < count:
        if wait is not None:
            wait()
        chunk = sock.recv(min(count - len(buffer), 2**20))
        if not chunk:
            raise EOFError(ENDED)
        if len(chunk) == count:
            return chunk
        buffer += chunk
    return bytes(buffer)
