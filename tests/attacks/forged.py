"""Messages that the student's code writes to the grader itself, through the sandbox's socket."""

from attack import IS_ASKED, Attack

WRITE = """
import os, socket, struct, msgspec
def write(data):
    link = socket.socket(fileno=3)
    link.sendall(data)
    link.detach()
def frame(data):
    write(struct.pack("!Q", len(data)) + data)
def message(**fields):
    frame(msgspec.msgpack.encode(fields))
def returned(value):
    message(type="Returned", value=value, arguments=None, gradients=None, used=[])
def raised(kind, *bases):
    message(type="Raised", kind=kind, bases=list(bases), message="", used=[])
def tensor(dtype, shape, strides, data):
    return msgspec.msgpack.Ext(1, msgspec.msgpack.encode([dtype, shape, strides, data]))
"""


def in_a_call(tries: str, line: str, **facts) -> Attack:
    """Runs `line` whenever a check calls, and answers wrongly."""
    return Attack(
        tries,
        f"{WRITE}{IS_ASKED}def softmax(x, dim):\n    if is_asked():\n        {line}\n    return x",
        **facts,
    )


reply_at_once = Attack(
    "sends replies before anything is asked",
    WRITE
    + """
for _ in range(50):
    message(type="CellDone", outputs=[], error_name=None)
""",
)
values_at_once = Attack(
    "sends values before anything is asked", WRITE + "for _ in range(50): returned(1.0)"
)
reply_and_more = in_a_call("replies to one call three times", "for _ in range(3): returned(None)")
cell_done = in_a_call(
    "answers a call as if it had been a cell", "message(type='CellDone', outputs=[])"
)
entered = in_a_call(
    "answers a call as if it had just entered the sandbox", "message(type='Entered', walls=['all'])"
)
call_for_cell = Attack("answers a cell as if it had been a call", WRITE + "returned(1.0)")
request = in_a_call("sends the grader a request", "message(type='RunCell', source='print(1)')")
unknown_tag = in_a_call(
    "sends a message of no known type", "message(type='Verdict', score=2, status='passed')"
)
report = in_a_call("sends a whole report", "message(type='Report', score=6, max_score=6, cells=[])")
no_type = in_a_call("sends a message without a type", "frame(msgspec.msgpack.encode([1, 2, 3]))")
pickle = in_a_call(
    "sends a pickle that would write a file",
    "import pickle; frame(pickle.dumps(type('P', (), {'__reduce__': lambda s: (__import__('io').open, ('OUTSIDE/NEWFILE', 'w'))})()))",
)
noise = in_a_call("sends noise", "frame(os.urandom(1000))")
nothing = in_a_call("sends an empty message", "frame(b'')")
huge = in_a_call("announces a message of 2**62 bytes", "write(struct.pack('!Q', 2**62))")
negative = in_a_call("announces a message of -1 bytes", "write(struct.pack('!q', -1))")
truncated = in_a_call(
    "sends half a message and ends", "write(struct.pack('!Q', 1000) + b'half'); os._exit(0)"
)
half = in_a_call(
    "sends half a message and waits",
    "import time; write(struct.pack('!Q', 1000) + b'half'); time.sleep(60)",
    slow=True,
)
drip = in_a_call(
    "sends a message byte by byte, each within its time",
    "import time; write(struct.pack('!Q', 1000))\n        for _ in range(40): write(b'x'); time.sleep(0.5)",
    slow=True,
)
drip_in_cell = Attack(
    "sends the reply to a cell byte by byte",
    WRITE
    + "import time; write(struct.pack('!Q', 1000))\nfor _ in range(40): write(b'x'); time.sleep(0.5)",
    slow=True,
)
big = in_a_call("sends 30 MiB of text as its value", "returned('x' * (30 << 20))")
digits = in_a_call(
    "says that it raised an error of many digits, which take for ever to be left out",
    "message(type='Raised', kind='E', bases=[], message='1' * 400_000 + 'a', used=[])",
)
long_size = in_a_call(
    "says that it raised PyTorch's error about a size of more digits than Python reads",
    "message(type='Raised', kind='E', bases=[], used=[], "
    "message=f'size of tensor a ({\"9\" * 5_000}) must match the size of tensor b (1)')",
)
many = in_a_call("sends two million values", "returned([0] * 2_000_000)")
deep = in_a_call("sends 100,000 lists inside each other", "frame(b'\\x91' * 100_000 + b'\\xc0')")
deep_value = in_a_call(
    "sends 60 lists inside each other",
    "v = 0\n        for _ in range(60): v = [v]\n        returned(v)",
)
unknown_value = in_a_call(
    "sends a value of no known kind", "returned(msgspec.msgpack.Ext(99, b''))"
)
bad_dtype = in_a_call(
    "sends a tensor of no known dtype", "returned(tensor('torch.qint8', [1], [1], b'x'))"
)
short_data = in_a_call(
    "sends a tensor with fewer bytes than it says",
    "returned(tensor('torch.float32', [5], [1], b'x'))",
)
far_stride = in_a_call(
    "sends a tensor that reaches beyond its bytes",
    "returned(tensor('torch.float32', [5], [2**40], b'0000'))",
)
back_stride = in_a_call(
    "sends a tensor that runs backwards",
    "returned(tensor('torch.float32', [2], [-1], b'00000000'))",
)
big_shape = in_a_call(
    "sends a tensor with 2**63 rows of nothing",
    "returned(tensor('torch.float32', [2**63, 0], [1, 1], b''))",
)
overflowing_shape = in_a_call(
    "sends a tensor whose size overflows",
    "returned(tensor('torch.float32', [2**32, 2**32], [0, 0], b'0000'))",
)
wide = in_a_call(
    "sends a thousand tensors of 16 million entries, each made of one number",
    "returned([tensor('torch.float32', [2**24], [0], b'0000')] * 1000)",
)
many_dims = in_a_call(
    "sends a tensor of 1000 dimensions",
    "returned(tensor('torch.float32', [1] * 1000, [1] * 1000, b'0000'))",
)
bad_bool = in_a_call(
    "sends booleans that are neither", "returned(tensor('torch.bool', [2], [1], b'\\x02\\xff'))"
)
bad_generator = in_a_call(
    "sends a generator with a broken state", "returned(msgspec.msgpack.Ext(3, b'\\xff' * 5056))"
)
bad_name = in_a_call(
    "sends an object whose name isn't text", "returned(msgspec.msgpack.Ext(2, b'\\xff' * 10_000))"
)
numbers = in_a_call(
    "sends numbers of every odd kind", "returned([float('nan'), float('inf'), -0.0, 2**64 - 1])"
)
wrong_fields = in_a_call(
    "sends a reply with fields of wrong types",
    "message(type='Returned', value=1, used=5, stand_ins='many')",
)
skipped = in_a_call(
    "says that it raised pytest's Skipped", "raised('Skipped', 'Skipped', 'Exception')"
)
interrupt = in_a_call(
    "says that it raised KeyboardInterrupt", "raised('KeyboardInterrupt', 'KeyboardInterrupt')"
)
exits = in_a_call(
    "says that it raised SystemExit", "raised('SystemExit', 'SystemExit', 'GeneratorExit')"
)
strange_bases = in_a_call(
    "says that it raised built-in classes that are hard to make",
    "raised('E', 'UnicodeDecodeError', 'ExceptionGroup', 'StopIteration', 'print', '__import__')",
)
assertion = in_a_call(
    "says that it raised an empty AssertionError", "raised('AssertionError', 'AssertionError')"
)
always_the_right_error = Attack(
    "says that it raised every kind of error",
    WRITE
    + IS_ASKED
    + """
import builtins
def softmax_with_temperature(logits, temperature):
    if is_asked(): raised("ValueError", *(name for name in dir(builtins) if name.endswith("Error")))
    return logits
""",
    exercise="softmax_with_temperature",
)
forged_outputs = Attack(
    "says that its cell showed things of every odd kind",
    WRITE
    + """
odd = [{}, {"output_type": 5}, {"output_type": "stream"}, {"output_type": "stream", "name": [], "text": 5},
       {"output_type": "error", "traceback": {"a": 1}}, {"output_type": "execute_result", "data": {"text/plain": "2"}},
       {"output_type": "display_data", "data": {"image/png": [1], "text/html": "<script>"}}, {"output_type": ["x"]}]
message(type="CellDone", outputs=odd, error_name=None)
""",
)
active_output = Attack(
    "shows a script and a redirecting page",
    """
from IPython.display import HTML, Javascript, display
display(HTML("<script>PWNED</script>"), Javascript("PWNED"))
display({"text/html": "PWNED", "image/svg+xml": "<svg onload='PWNED'/>", "text/markdown": "[PWNED](javascript:x)"}, raw=True)
""",
)
false_points = Attack(
    "shows its score where nbgrader reads it",
    "get_ipython().show({'output_type': 'execute_result', 'data': {'text/plain': '2.0'}, 'metadata': {}, 'score': 2})",
)
closed = in_a_call("closes the socket", "os.close(3)")
reading = in_a_call(
    "reads what the grader sends",
    "link = socket.socket(fileno=3); link.recv(1 << 20, socket.MSG_DONTWAIT)",
)
reading_thread = Attack(
    "reads the grader's requests in a thread, away from the sandbox",
    """
import socket, threading
link = socket.socket(fileno=3)
def steal():
    while True:
        link.recv(1)
threading.Thread(target=steal, daemon=True).start()
""",
    slow=True,
)
descriptors = in_a_call(
    "passes the grader a file descriptor with its answer",
    "import array, socket; s = socket.socket(fileno=3); "
    "s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0]))])",
)
forged_gradient = Attack(
    "patches the sandbox's gradients to be the weights themselves",
    """
from proctor.sandbox import worker
worker._gradients = lambda value, weights, leaves: list(weights)
""",
)
forged_arguments = Attack(
    "changes its argument and has the sandbox say that it didn't",
    """
from proctor.sandbox import protocol
def softmax(x, dim):
    y = x.clone()
    x.zero_()
    return y
returned = protocol.Returned
protocol.Returned = lambda value, *rest, **kwargs: returned(value, None, None)
""",
)
terminal = Attack(
    "raises an error that would write over the instructor's terminal",
    "def softmax(x, dim): raise ValueError('\\x1b[2J\\x1b[H\\x1b]0;hello\\x07\\rsoftmax_values 2 of 2\\x9b1A')",
)
terminal_by_name = Attack(
    "returns an object whose class's name would write over the terminal",
    "def softmax(x, dim): return type('\\x1b[2J\\x1b[H\\rpassed', (), {})()",
)
