"""What crosses between the trusted process and a student's: plain data, never code and never pickle.

A frame is eight bytes of length and a MessagePack message of one of the types below. Inside a message a value is
None, a bool, a number, a string, a list, a dict, a tensor (dtype, shape, strides, bytes) or a generator (its state).
What is none of these crosses as an `Opaque`, which only knows its type's name.
"""

import math
import socket
import struct
from typing import Any

import msgspec
import torch

MAX_FRAME = 64 * 2**20
MAX_DEPTH = 32
MAX_ITEMS = 1_000_000
MAX_NUMEL = 16 * 2**20

DTYPES = {str(dtype): dtype for dtype in (
    torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.bool, torch.uint8,
    torch.int8, torch.int16, torch.int32, torch.int64,
)}  # fmt: skip

TENSOR, OPAQUE, GENERATOR = 1, 2, 3
VALUES = {"value", "args", "kwargs", "arguments", "gradients", "weights"}


class WireError(Exception):
    """The other side sent something that is no message."""


class Opaque(msgspec.Struct, frozen=True):
    """A value that is not plain data; all that is known of it is the name of its type."""

    type_name: str

    def __repr__(self):
        return f"<{self.type_name}>"


class RunCell(msgspec.Struct, tag=True):
    """Run a notebook cell."""

    source: str


class Call(msgspec.Struct, tag=True):
    """Call a function that the notebook defines; with `weights`, also differentiate its weighted output."""

    name: str
    args: Any
    kwargs: Any
    forbidden: list[str] = []
    weights: Any = None


class Probe(msgspec.Struct, tag=True):
    """Run a function, sent as source text, beside the student's code."""

    source: str
    name: str
    args: Any
    kwargs: Any
    forbidden: list[str] = []


class Entered(msgspec.Struct, tag=True):
    """The first message of a room: which walls stand around it, or what went wrong."""

    walls: list[str]
    error: str = ""


class CellDone(msgspec.Struct, tag=True):
    """What a cell showed, as notebook outputs, and the error that ended it."""

    outputs: list[dict[str, Any]]
    error_name: str | None = None
    error_message: str = ""


class Returned(msgspec.Struct, tag=True):
    """What a call returned, its arguments afterwards, and the gradients that were asked for."""

    value: Any
    arguments: Any = None
    gradients: Any = None
    used: list[str] = []
    operations: int = 0


class Raised(msgspec.Struct, tag=True):
    """What a call raised: the class, its built-in bases, and the message."""

    kind: str
    bases: list[str]
    message: str
    used: list[str] = []


Request = RunCell | Call | Probe
Reply = Entered | CellDone | Returned | Raised


class _TensorHeader(msgspec.Struct, array_like=True):
    dtype: str
    shape: list[int]
    strides: list[int]
    data: bytes


def _may_cross(tensor: torch.Tensor) -> bool:
    plain = tensor.layout == torch.strided and tensor.device.type == "cpu" and str(tensor.dtype) in DTYPES
    return plain and tensor.numel() <= MAX_NUMEL


def _tensor_to_ext(tensor: torch.Tensor) -> msgspec.msgpack.Ext:
    tensor = tensor.detach()
    if tensor.numel() == 0:
        flat, strides = tensor.new_empty(0), [0] * tensor.dim()
    else:
        strides = list(tensor.stride())
        flat = tensor.as_strided((_extent(tensor.shape, strides),), (1,))
    data = flat.contiguous().view(torch.uint8).numpy().tobytes()
    header = _TensorHeader(str(tensor.dtype), list(tensor.shape), strides, data)
    return msgspec.msgpack.Ext(TENSOR, msgspec.msgpack.encode(header))


def _extent(shape, strides) -> int:
    return 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))


def _tensor_from_ext(data: memoryview) -> torch.Tensor:
    header = msgspec.msgpack.decode(data, type=_TensorHeader)
    dtype = DTYPES.get(header.dtype)
    shape, strides = header.shape, header.strides
    if dtype is None or len(shape) != len(strides) or len(shape) > MAX_DEPTH:
        raise WireError("a tensor with an unknown dtype or a broken shape")
    if any(size < 0 for size in shape) or any(stride < 0 for stride in strides):
        raise WireError("a tensor with a negative size")
    if math.prod(shape) > MAX_NUMEL:
        raise WireError(f"a tensor of more than {MAX_NUMEL} elements")
    if 0 in shape:
        return torch.empty(shape, dtype=dtype)
    if _extent(shape, strides) * dtype.itemsize != len(header.data):
        raise WireError("a tensor whose bytes don't fit its shape")
    if dtype is torch.bool and header.data.strip(b"\0\1"):
        raise WireError("a bool tensor with bytes other than 0 and 1")
    return torch.frombuffer(bytearray(header.data), dtype=dtype).as_strided(shape, strides)


def plain(value: Any, depth: int = 0) -> Any:
    """`value` in MessagePack's terms; a named tuple is a tuple, a NumPy float64 is a float, as Python has it."""
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return value
    if isinstance(value, float):
        return float.__float__(value)
    if kind is int and -(2**63) <= value < 2**64:
        return value
    if isinstance(value, list | tuple) and depth < MAX_DEPTH:
        items = list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value)
        return [plain(item, depth + 1) for item in items]
    if kind is dict and depth < MAX_DEPTH and all(type(key) in (str, int) for key in value):
        return {key: plain(item, depth + 1) for key, item in value.items()}
    if kind in (torch.Tensor, torch.nn.Parameter) and _may_cross(value):
        return _tensor_to_ext(value)
    if kind is torch.Generator:
        return msgspec.msgpack.Ext(GENERATOR, value.get_state().numpy().tobytes())
    name = value.type_name if kind is Opaque else f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    return msgspec.msgpack.Ext(OPAQUE, name.encode()[:200])


def _from_ext(code: int, data: memoryview) -> Any:
    if code == TENSOR:
        return _tensor_from_ext(data)
    if code == OPAQUE:
        return Opaque(str(data, "utf-8", "replace")[:200])
    if code == GENERATOR:
        generator = torch.Generator()
        generator.set_state(torch.frombuffer(bytearray(data), dtype=torch.uint8))
        return generator
    raise WireError(f"an unknown kind of value ({code})")


_request_decoder = msgspec.msgpack.Decoder(Request, ext_hook=_from_ext)
_reply_decoder = msgspec.msgpack.Decoder(Reply, ext_hook=_from_ext)


def encode(message: Request | Reply) -> bytes:
    """`message` as bytes; its values are made plain first."""
    fields = {name: getattr(message, name) for name in message.__struct_fields__}
    for name in VALUES & fields.keys():
        fields[name] = plain(fields[name])
    return msgspec.msgpack.encode(type(message)(**fields))


def decode_request(data: bytes) -> Request:
    """The request in `data`. Raises `WireError` where there is none."""
    return _decode(_request_decoder, data)


def decode_reply(data: bytes) -> Reply:
    """The reply in `data`, which nobody vouches for. Raises `WireError` where there is none."""
    return _decode(_reply_decoder, data)


def _decode(decoder: msgspec.msgpack.Decoder, data: bytes):
    try:
        message = decoder.decode(data)
        _refuse_too_much(message)
        return message
    except WireError:
        raise
    except (ValueError, TypeError, RuntimeError, RecursionError, MemoryError, OverflowError, msgspec.MsgspecError) as e:
        raise WireError(f"not a message: {e}") from None


def _refuse_too_much(message) -> None:
    left = MAX_ITEMS
    todo = [(getattr(message, name), 0) for name in message.__struct_fields__]
    while todo:
        value, depth = todo.pop()
        left -= 1
        if left < 0 or depth > 2 * MAX_DEPTH:
            raise WireError("too many values, or nested too deeply")
        if type(value) is list:
            todo += [(item, depth + 1) for item in value]
        elif type(value) is dict:
            todo += [(item, depth + 1) for item in value.values()]


def send(sock: socket.socket, data: bytes) -> None:
    """Sends one frame."""
    if len(data) > MAX_FRAME:
        raise WireError(f"a message of {len(data)} bytes; at most {MAX_FRAME} may cross")
    sock.sendall(struct.pack("!Q", len(data)) + data)


def receive(sock: socket.socket) -> bytes:
    """One frame. Raises `EOFError` where the other side is gone, `TimeoutError` after the socket's timeout."""
    (length,) = struct.unpack("!Q", _exactly(sock, 8))
    if length > MAX_FRAME:
        raise WireError(f"a message of {length} bytes; at most {MAX_FRAME} may cross")
    return _exactly(sock, length)


def _exactly(sock: socket.socket, count: int) -> bytes:
    buffer = bytearray()
    while len(buffer) < count:
        chunk = sock.recv(min(count - len(buffer), 2**20))
        if not chunk:
            raise EOFError("the other side is gone")
        buffer += chunk
    return bytes(buffer)
