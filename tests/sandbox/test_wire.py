"""Whatever bytes a sandbox sends are a proper reply or a `WireError`, and cost the trusted side little."""

import collections
import math
import socket
import struct
import threading
import time
import tracemalloc

import msgspec
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proctor.sandbox import protocol
from proctor.sandbox.wording import describe
from proctor.sandbox.worker import RequestHandler

often = settings(
    max_examples=600,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
Pair = collections.namedtuple("Pair", "left right")
STATE = bytes(torch.Generator().manual_seed(1).get_state().numpy())
FLOAT = "torch.float32"
JSON = {type(None), bool, int, float, str, list, dict}


def decode_reply(data: bytes) -> protocol.Reply:
    return protocol.received(data).reply


def returned(data: bytes) -> bytes:
    """A reply with this MessagePack as its value."""
    return b"\x82\xa4type\xa8Returned\xa5value" + data


def ext(code: int, data: bytes) -> bytes:
    return msgspec.msgpack.encode(msgspec.msgpack.Ext(code, data))


def tensor(*fields) -> bytes:
    """A tensor as it is sent: dtype, shape, bytes."""
    return ext(protocol.TENSOR, msgspec.msgpack.encode(fields))


def generator(left=1, position=0, numbers=(1,) * 624, flag=0) -> bytes:
    """A generator as it is sent, with a state of one's own making."""
    state = (
        struct.pack("=QiiQ624Q", 0, left, 1, position, *numbers)
        + bytes(36)
        + bytes([flag, 0, 0, 0])
    )
    return ext(protocol.GENERATOR, state)


def array(count: int, items: bytes) -> bytes:
    return b"\xdd" + struct.pack("!I", count) + items


def mapping(count: int, items: bytes) -> bytes:
    return b"\xdf" + struct.pack("!I", count) + items


def numbered(count: int) -> bytes:
    """A dict with `count` numbers as its keys."""
    return mapping(
        count, b"".join(b"\xce" + struct.pack("!I", key) + b"\xc0" for key in range(count))
    )


def try_out(data: bytes) -> protocol.Reply | None:
    """The reply in `data`, after doing with it what a check may do; None where it is refused."""
    try:
        reply = decode_reply(data)
    except protocol.WireError as error:
        assert len(str(error)) < 300
        return None
    assert isinstance(reply, protocol.Reply)
    again = decode_reply(data)
    for name in protocol.VALUES & set(reply.__struct_fields__):
        use(getattr(reply, name), getattr(again, name))
    decode_reply(protocol.encode(reply))
    return reply


def use(value, again) -> None:
    """Uses a decoded value. `again` is the same, decoded a second time: what stems from other memory would differ."""
    kind = type(value)
    assert kind in JSON | {torch.Tensor, protocol.GeneratorState, protocol.Opaque}
    if kind is list:
        for pair in zip(value, again, strict=True):
            use(*pair)
    elif kind is dict:
        assert all(type(key) in (str, int) for key in value)
        for key, item in value.items():
            use(item, again[key])
    elif kind is torch.Tensor:
        assert value.storage_offset() == 0 and value.numel() <= protocol.MAX_NUMEL
        if value.numel():
            last = sum(
                (size - 1) * stride
                for size, stride in zip(value.shape, value.stride(), strict=True)
            )
            assert (last + 1) * value.itemsize == value.untyped_storage().nbytes()
        copy = value.clone()
        assert bits(copy) == bits(again) and (value == copy).shape == value.shape
        value.sum(), value.float().numpy().tobytes()
        if value.dim():
            value.sum(0), value.flatten()
        if value.dim() == 2 and max(value.shape) < 100:
            value.float() @ value.float().T
    else:
        repr(value)


def bits(value: torch.Tensor) -> bytes:
    copy = torch.empty(value.shape, dtype=value.dtype).copy_(value)
    return copy.flatten().view(torch.uint8).numpy().tobytes()


def same(got, sent) -> bool:
    """Whether a value arrived as it was sent: to the bit, a named tuple as a list, what is no plain data as `Opaque`."""
    if isinstance(sent, torch.Tensor):
        return (got.dtype, got.shape, bits(got)) == (sent.dtype, sent.shape, bits(sent))
    if isinstance(sent, torch.Generator):
        return got.state == bytes(sent.get_state().numpy())
    if isinstance(sent, list | tuple):
        return type(got) is list and len(got) == len(sent) and all(map(same, got, sent))
    if type(sent) is dict:
        return list(got) == list(sent) and all(same(got[key], sent[key]) for key in sent)
    if isinstance(sent, float):
        return type(got) is float and (
            struct.pack("d", got) == struct.pack("d", sent) or math.isnan(got + sent)
        )
    if sent is None or type(sent) in (bool, int, str):
        return type(got) is type(sent) and got == sent
    return type(got) is protocol.Opaque


def sent(value):
    return decode_reply(protocol.encode(protocol.Returned(value))).value


# What an honest sandbox sends


@st.composite
def tensors(draw):
    dtype = draw(st.sampled_from(list(protocol.DTYPES.values())))
    shape = draw(st.lists(st.integers(0, 4), max_size=4))
    size = math.prod(shape) * dtype.itemsize
    data = draw(st.binary(min_size=size, max_size=size))
    if dtype is torch.bool:
        data = bytes(byte % 2 for byte in data)
    made = (
        torch.frombuffer(bytearray(data), dtype=dtype).reshape(shape)
        if size
        else torch.empty(shape, dtype=dtype)
    )
    if shape:
        made = made.permute(draw(st.permutations(range(len(shape)))))
        start, step = draw(st.integers(0, 2)), draw(st.integers(1, 3))
        made = draw(
            st.sampled_from(
                [made, made[start::step], made.unsqueeze(1).expand(-1, 3, *made.shape[1:])]
            )
        )
    return made


@st.composite
def generators(draw):
    made = torch.Generator().manual_seed(draw(st.integers(0, 2**64 - 1)))
    torch.rand(draw(st.integers(0, 1300)), generator=made)
    torch.randn(draw(st.integers(0, 1)), generator=made)
    return made


texts = st.text(max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | texts
no_plain_data = st.sampled_from([b"bytes", {1}, 1j, object(), int, len])
plain_leaves = scalars | tensors() | generators() | no_plain_data
values = st.recursive(
    plain_leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.builds(Pair, inner, inner)
        | st.dictionaries(texts | st.integers(-(2**63), 2**64 - 1), inner, max_size=4)
    ),
    max_leaves=8,
)


@often
@given(values)
def test_a_value_arrives_as_it_was_sent(value):
    assert same(sent(value), value)
    assert try_out(protocol.encode(protocol.Returned(value))) is not None


@pytest.mark.parametrize("dtype", protocol.DTYPES.values(), ids=str)
def test_a_tensor_of_every_dtype_arrives(dtype):
    for made in (
        torch.ones((), dtype=dtype),
        torch.zeros(0, 3, dtype=dtype),
        torch.ones(2, 3, dtype=dtype).T,
        torch.ones(1, dtype=dtype).expand(4, 5),
        torch.ones(3, 4, dtype=dtype)[:, 1],
        torch.ones(9, dtype=dtype).as_strided((3, 3), (2, 1)),
    ):
        assert same(sent(made), made)
        (asked,) = protocol.decode_question(protocol.encode(protocol.Call("f", [made], {}))).args
        assert same(asked, made) and (asked.stride() == made.stride() or not made.numel())


@pytest.mark.parametrize(
    "value", [2**64 - 1, -(2**63), 2**63, -1, math.nan, math.inf, -math.inf, -0.0, 5e-324, "", "\0"]
)
def test_a_number_at_the_edge_arrives(value):
    assert same(sent(value), value)


class Fraction(float):
    pass


def leaked() -> torch.Tensor:
    """A tensor that has escaped from `vmap`; reading it is an error."""
    kept = []
    torch.func.vmap(lambda row: kept.append(row) or row)(torch.ones(2, 3))
    return kept[0]


@pytest.mark.parametrize(
    "value, name",
    [
        (2**64, "int"),
        (-(2**63) - 1, "int"),
        ({(1,): 2}, "dict"),
        ("\ud800", "str"),
        ({"\ud800": 1}, "dict"),
        ({2**64: 1}, "dict"),
        ({True: 1}, "dict"),
        (dict.fromkeys(range(protocol.MAX_INT_KEYS + 1)), "dict"),
        (type("\u20ac" * 100, (), {}), "type"),
        (type("Odd", (), {"__module__": "\ud800"})(), "?.Odd"),
        (torch.ones(2, dtype=torch.complex64), "torch.Tensor"),
        (torch.ones(2).to_sparse(), "torch.Tensor"),
        (torch.empty(2, device="meta"), "torch.Tensor"),
        (torch.ones([1] * 33), "torch.Tensor"),
        (leaked(), "torch.Tensor"),
        (protocol.Opaque("again"), "again"),
    ],
)
def test_what_is_no_plain_data_arrives_as_its_types_name(value, name):
    assert sent([value, 1]) == [protocol.Opaque(name), 1]


def test_odd_kinds_of_plain_data_arrive():
    assert same(sent([Pair(1, 2), Fraction(2)]), [[1, 2], 2.0])
    assert sent(torch.nn.Parameter(torch.ones(2))).tolist() == [1, 1]
    negated = torch.tensor([1 + 2j]).conj().imag
    assert negated.is_neg() and sent(negated).item() == -2
    assert len(sent(dict.fromkeys(range(protocol.MAX_INT_KEYS)))) == protocol.MAX_INT_KEYS
    deep = []
    for _ in range(100):
        deep = [deep]
    assert "list" in repr(sent(deep))


# What a hostile sandbox may send

REPLIES = [
    protocol.encode(reply)
    for reply in (
        protocol.Entered("error"),
        protocol.CellDone(
            [{"output_type": "stream", "name": "stdout", "text": "one\n"}], "Error", "message"
        ),
        protocol.Files({"data.txt": b"bytes"}),
        protocol.Replies([b"bytes"]),
        protocol.Raised("Odd", ["ValueError"], "message", ["aten.sum"]),
        protocol.Returned(
            None,
            [[1, -1, 2.5, True, "text"], {"key": None}],
            [torch.ones(2, 3).T, None],
            ["sum"],
            3,
        ),
        protocol.Returned(
            [torch.ones(1).expand(2, 2), torch.tensor(True), torch.empty(0, 2)], {1: len}
        ),
        protocol.Returned(torch.Generator().manual_seed(1)),
    )
]

HOSTILE = {
    "nothing": b"",
    "no message": b"\xc0",
    "the byte that MessagePack never uses": returned(b"\xc1"),
    "bytes after the message": returned(b"\xc0\xc0"),
    "a class that is none": msgspec.msgpack.encode({"type": "A" * 10_000}),
    "a class that is no string": msgspec.msgpack.encode({"type": 1}),
    "a request": protocol.encode(protocol.RunCell("")),
    "a field of the wrong type": msgspec.msgpack.encode(
        {"type": "Returned", "value": 1, "stand_ins": "1"}
    ),
    "replies that are numbers": msgspec.msgpack.encode({"type": "Replies", "replies": [1]}),
    "replies that are messages": msgspec.msgpack.encode(
        {"type": "Replies", "replies": [{"type": "Returned"}]}
    ),
    "text that is no UTF-8": returned(b"\xa1\xff"),
    "half of a surrogate pair": returned(b"\xa3\xed\xa0\x80"),
    "text past the end": returned(b"\xdb\xff\xff\xff\xff"),
    "an array that claims much": returned(array(2**32 - 1, b"")),
    "a map that claims much": returned(mapping(2**32 - 1, b"")),
    "lists nested deeply": returned(b"\x91" * 100_000 + b"\xc0"),
    "maps nested deeply": returned(b"\x81\xa0" * 100_000 + b"\xc0"),
    "lists nested deeply in a field that is skipped": b"\x83"
    + returned(b"\xc0")[1:]
    + b"\xa1z"
    + b"\x91" * 10**6,
    "lists nested deeply in a tensor": returned(
        ext(1, b"\x94\xadtorch.float32\x90\xc4\0" + b"\x91" * 10**5)
    ),
    "bytes": returned(b"\xc4\x01a"),
    "bytes in an output": msgspec.msgpack.encode(
        {"type": "CellDone", "outputs": [{"traceback": b"a"}]}
    ),
    "a tensor in an output": b"\x82\xa4type\xa8CellDone\xa7outputs\x91\x81\xa9traceback"
    + tensor(FLOAT, [2], bytes(8)),
    "a time": returned(b"\xd6\xff\0\0\0\1"),
    "a time that is none": returned(b"\xc7\x0c\xff" + b"\xff" * 12),
    "an unknown kind of value": returned(ext(9, b"")),
    "an unknown kind below zero": returned(ext(-5, b"")),
    "a key that is bytes": returned(b"\x81\xc4\1a\1"),
    "a key that is None": returned(b"\x81\xc0\1"),
    "a key that is True": returned(b"\x81\xc3\1"),
    "a key that is nan": returned(b"\x81\xcb\x7f\xf8\0\0\0\0\0\1\1"),
    "a key that is a list": returned(b"\x81\x91\1\1"),
    "a key that is a dict": returned(b"\x81\x80\1"),
    "a key that is a tensor": returned(b"\x81" + tensor(FLOAT, [], bytes(4)) + b"\1"),
    "a key that is opaque": returned(b"\x81" + ext(protocol.OPAQUE, b"a") + b"\1"),
    "more keys that may collide": returned(numbered(protocol.MAX_INT_KEYS + 1)),
    "a tensor of nothing": returned(ext(protocol.TENSOR, b"")),
    "a tensor with a field too many": returned(tensor(FLOAT, [], bytes(4), [1])),
    "a tensor with a field too few": returned(tensor(FLOAT, [])),
    "a tensor of an unknown dtype": returned(tensor("torch.complex64", [], bytes(8))),
    "a tensor of a dtype that is no string": returned(tensor(1, [], bytes(4))),
    "a tensor of a shape that is a number": returned(tensor(FLOAT, 1, bytes(4))),
    "a tensor of a shape of bools": returned(tensor(FLOAT, [True], bytes(4))),
    "a tensor of a shape of floats": returned(tensor(FLOAT, [1.5], bytes(4))),
    "a tensor of bytes that are text": returned(tensor(FLOAT, [], "aaaa")),
    "a tensor of negative size": returned(tensor(FLOAT, [-1], b"")),
    "a tensor of two negative sizes": returned(tensor(FLOAT, [-2, -2], bytes(16))),
    "more dimensions than there may be": returned(tensor(FLOAT, [1] * 33, bytes(4))),
    "a shape that fills a frame": returned(tensor(FLOAT, [1] * 10**6, bytes(4))),
    "a byte too few": returned(tensor(FLOAT, [2], bytes(7))),
    "a byte too many": returned(tensor(FLOAT, [2], bytes(9))),
    "one number said to be 10^20": returned(tensor(FLOAT, [10**10, 10**10], bytes(4))),
    "a size past 64 bits": returned(tensor(FLOAT, [0, 2**64 - 1], b"")),
    "sizes that wrap around": returned(tensor(FLOAT, [2**32, 2**32, 4], b"")),
    "more numbers than there may be": returned(
        b"\x92" + tensor("torch.bool", [2**21 + 1], bytes(2**21 + 1)) * 2
    ),
    "no numbers, but 10^12 sums of them": returned(tensor(FLOAT, [0, 10**12], b"")),
    "no numbers, but many sums of them": returned(tensor(FLOAT, [0, 5000, 5000], b"")),
    "no numbers, but many sums of them together": returned(
        b"\x92" + tensor(FLOAT, [0, 2**21 + 1], b"") * 2
    ),
    "no numbers, but bytes": returned(tensor(FLOAT, [0], bytes(4))),
    **{
        f"a bool that is {byte}": returned(tensor("torch.bool", [3], bytes([0, byte, 1])))
        for byte in (2, 128, 255)
    },
}

HARMLESS = {
    "duplicate keys": returned(b"\x82\xa1a\1\xa1a\2"),
    "a duplicate field": b"\x83" + returned(b"\1")[1:] + b"\xa5value\2",
    "a field that is not known": b"\x83" + returned(b"\1")[1:] + b"\xa1z\2",
    "numbers as keys": returned(numbered(protocol.MAX_INT_KEYS)),
    "a nan with a payload": returned(tensor(FLOAT, [1], b"\1\0\x80\x7f")),
    "a generator of nothing": returned(ext(protocol.GENERATOR, b"")),
    "a generator with a state cut short": returned(ext(protocol.GENERATOR, STATE[:-1])),
    "a generator that reads far away": returned(generator(left=1, position=2**63)),
    "a generator of zeros, for which poisson never ends": returned(generator(numbers=(0,) * 624)),
    "a generator near its end": returned(generator(left=1, position=624)),
    "a generator with few bits": returned(generator(numbers=(0,) * 623 + (1,))),
    "a generator with hostile normal numbers": returned(
        ext(protocol.GENERATOR, STATE[:5016] + b"\xff" * 36 + b"\1\xff\xff\xff")
    ),
    "a name that is no UTF-8": returned(ext(protocol.OPAQUE, b"\xff" * 1000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_reply_is_refused(name):
    assert try_out(HOSTILE[name]) is None


LARGE = [
    torch.ones(1).expand(2**25),
    torch.ones(2**25),
    torch.empty(0, 2**40),
    [torch.zeros(2**21 + 1, dtype=torch.bool)] * 2,
    ["a" * 2**24] * 5,
    [[[]] * 2**20, [[]] * 2**20],
]


@pytest.mark.full
@pytest.mark.parametrize("made", LARGE, ids=range(len(LARGE)))
def test_an_answer_too_large_to_be_judged_is_an_error_that_describes_it(made):
    namespace = {"f": lambda: made}
    data = RequestHandler(namespace).answer(protocol.Call("f", [], {}))
    reply = decode_reply(data)
    assert len(data) < 300 and reply.kind == "TooLarge" and describe(made) in reply.message


@pytest.mark.parametrize("name", HARMLESS)
def test_an_odd_reply_is_harmless(name):
    assert try_out(HARMLESS[name]) is not None


BOMBS = {
    "empty dicts": lambda: array(2**22, b"\x80" * 2**22),
    "empty lists": lambda: array(2**22, b"\x90" * 2**22),
    "empty lists in lists": lambda: b"\x9f" * 5 + array(2**21, b"\x90" * 2**21),
    "values without data": lambda: array(10**6, b"\xc7\0\2" * 10**6),
    "tensors": lambda: array(10**5 + 1, tensor("torch.bool", [], b"\0") * (10**5 + 1)),
    "a long shape": lambda: tensor(FLOAT, [2**40] * 10**6, bytes(4)),
    "colliding keys": lambda: numbered(10**6),
    "a long class": lambda: b"\xa4type\xdb" + struct.pack("!I", 2**22) + b"A" * 2**22,
    "a long name": lambda: ext(protocol.OPAQUE, b"\xff" * 2**22),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_fizzles(name):
    data = returned(BOMBS[name]())
    tracemalloc.start()
    start = time.process_time()
    try_out(data)
    seconds, (_, peak) = time.process_time() - start, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20 and seconds < 5


@pytest.mark.parametrize(
    "data",
    [
        array(1_400_000, b"\x80" * 1_400_000),
        array(80_000, tensor("torch.bool", [1] * 32, b"\0") * 80_000),
    ],
    ids=["values", "tensors"],
)
def test_the_most_that_is_allowed_takes_seconds(data):
    start = time.process_time()
    assert decode_reply(returned(data)).value
    assert time.process_time() - start < 10


@often
@given(st.binary(max_size=200))
def test_any_bytes(data):
    try_out(data)
    try_out(returned(data))


@st.composite
def mutated(draw):
    data = bytearray(draw(st.sampled_from(REPLIES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, min(len(data), 400)))
        how = draw(st.sampled_from(["flip", "insert", "delete", "truncate", "repeat"]))
        if how == "flip" and at < len(data):
            data[at] = draw(st.integers(0, 255))
        elif how == "insert":
            data[at:at] = draw(st.binary(min_size=1, max_size=4))
        elif how == "delete":
            del data[at : at + draw(st.integers(1, 4))]
        elif how == "truncate":
            del data[at:]
        elif how == "repeat":
            data[at:at] = data[at : at + draw(st.integers(1, 30))]
    return bytes(data)


@often
@given(mutated())
def test_mutated_replies(data):
    try_out(data)


sizes = (
    st.integers(0, 4)
    | st.integers(-(2**63), 2**64 - 1)
    | st.sampled_from([2**24, 2**31, 2**32, 2**40, 2**62])
)
anything = (
    st.none()
    | st.booleans()
    | st.floats()
    | st.binary(max_size=9)
    | texts
    | st.lists(sizes, max_size=3)
)


@st.composite
def hostile_tensors(draw):
    dtype = draw(st.sampled_from([*protocol.DTYPES, "torch.complex64", "float", ""]))
    shape = draw(st.lists(sizes, max_size=4))
    itemsize = protocol.DTYPES[dtype].itemsize if dtype in protocol.DTYPES else 8
    size = (math.prod(shape) * itemsize + draw(st.sampled_from([0, 0, 0, -1, 1]))) % 2**10
    fields = [dtype, shape, draw(st.binary(min_size=size, max_size=size))]
    if draw(st.integers(0, 3)) == 0:
        fields[draw(st.integers(0, 2))] = draw(anything)
    return tensor(
        *fields[: draw(st.sampled_from([3, 3, 3, 2]))], *draw(st.sampled_from([[], [], [], [1]]))
    )


@st.composite
def hostile_generators(draw):
    state = bytearray(STATE)
    left = draw(st.integers(0, 625) | st.integers(-(2**31), 2**31 - 1))
    state[8:12] = struct.pack("=i", left)
    state[12:16] = struct.pack("=i", draw(st.sampled_from([1, 1, 1, 0, 2, -1])))
    state[16:24] = struct.pack(
        "=Q", (625 - left) % 2**64 if draw(st.booleans()) else draw(st.integers(0, 2**64 - 1))
    )
    state[5016:5056] = draw(st.binary(min_size=40, max_size=40))
    if draw(st.booleans()):
        state[-4] %= 2
    return ext(
        protocol.GENERATOR,
        bytes(state[: draw(st.sampled_from([5056, 5056, 5056, 5055, 5048, 24]))]),
    )


hostile_leaves = (
    scalars.map(msgspec.msgpack.encode)
    | hostile_tensors()
    | hostile_generators()
    | st.builds(ext, st.integers(-128, 127), st.binary(max_size=20))
    | st.binary(min_size=1, max_size=3)
)
counts = st.sampled_from([0, 0, 0, 0, 0, 1, -1, 2**31])
hostile = st.recursive(
    hostile_leaves,
    lambda inner: (
        st.builds(
            lambda items, off: array(max(len(items) + off, 0), b"".join(items)),
            st.lists(inner),
            counts,
        )
        | st.builds(
            lambda items, off: mapping(
                max(len(items) + off, 0), b"".join(key + item for key, item in items)
            ),
            st.lists(st.tuples(texts.map(msgspec.msgpack.encode) | inner, inner), max_size=4),
            counts,
        )
    ),
    max_leaves=6,
)


@often
@given(hostile)
def test_hostile_values(data):
    try_out(returned(data))


@often
@given(hostile_tensors() | hostile_generators())
def test_hostile_tensors_and_generators(data):
    try_out(returned(data))


# Frames


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    with ours, theirs:
        yield ours, theirs


@settings(often, max_examples=50)
@given(st.binary(max_size=300), st.integers(1, 40))
def test_a_frame_arrives_in_pieces(data, size):
    ours, theirs = socket.socketpair()
    frame = struct.pack("!Q", len(data)) + data

    def drip():
        for at in range(0, len(frame), size):
            theirs.sendall(frame[at : at + size])

    with ours, theirs:
        thread = threading.Thread(target=drip)
        thread.start()
        assert protocol.receive(ours) == data
        thread.join()


def test_a_long_frame_arrives(ends):
    ours, theirs = ends
    data = bytes(range(256)) * 2**14
    thread = threading.Thread(target=protocol.send, args=(theirs, data))
    thread.start()
    assert protocol.receive(ours) == data
    thread.join()


@pytest.mark.parametrize(
    "data", [b"", b"\0\0\0", struct.pack("!Q", 5), struct.pack("!Q", 5) + b"four"]
)
def test_a_frame_that_breaks_off(ends, data):
    ours, theirs = ends
    theirs.sendall(data)
    theirs.close()
    with pytest.raises(EOFError):
        protocol.receive(ours)


@pytest.mark.parametrize("length", [protocol.MAX_FRAME + 1, 2**63, 2**64 - 1])
def test_a_frame_that_claims_too_much(ends, length):
    ours, theirs = ends
    theirs.sendall(struct.pack("!Q", length))
    with pytest.raises(protocol.WireError):
        protocol.receive(ours)


def test_a_frame_that_never_comes(ends):
    ours, theirs = ends
    ours.settimeout(0.05)
    theirs.sendall(struct.pack("!Q", 5) + b"four")
    with pytest.raises(TimeoutError):
        protocol.receive(ours)


def test_too_much_is_not_sent():
    with pytest.raises(protocol.WireError):
        protocol.encode(protocol.Files({"a.txt": bytes(protocol.MAX_FRAME + 1)}))
