"""Little to send and much to hold: what takes the memory of the process that judges."""

from attack import IS_ASKED, Attack
from forged import WRITE

expanded = Attack(
    "returns one number as 16 million",
    "def softmax(x, dim): return x.flatten()[:1].expand(16 * 2**20, 1)",
)
expanded_list = Attack(
    "returns a hundred tensors of four million numbers each, all of them one",
    "def softmax(x, dim): return [x.flatten()[:1].expand(4 * 2**20)] * 100",
)
claimed = Attack(
    "returns one number as 2**59",
    "def softmax(x, dim): return x.flatten()[:1].expand(2**59)",
)
large = Attack("returns a tensor of 60 MB", "def softmax(x, dim): return torch.zeros(15_000_000)")
too_large = Attack(
    "returns a tensor of 400 MB", "def softmax(x, dim): return torch.zeros(100_000_000)"
)
fits = Attack(
    "returns 32 MiB at every call, as much as it may",
    "def softmax(x, dim): return torch.zeros(4 * 2**20, dtype=torch.float64)",
)
in_the_gradient = Attack(
    "returns what the gradients are asked of with another size each time",
    "def softmax(x, dim): return (x.sum() + torch.zeros(4 * 2**20))",
)
long_text = Attack(
    "returns a text of 50 MB at every call", "def softmax(x, dim): return 'x' * 50_000_000"
)
wide_text = Attack(
    "returns a text of 20 MB in which one letter is wide",
    "def softmax(x, dim): return '\\U0001f600' + 'x' * 20_000_000",
)
numbers_and_texts = Attack(
    "returns a list of 700,000 numbers and as many texts, in turn",
    "def softmax(x, dim): return [0, 'a'] * 700_000",
    slow=True,
)
many_numbers = Attack(
    "returns a list of a million numbers", "def softmax(x, dim): return [0.5] * 999_000", slow=True
)
too_many_numbers = Attack(
    "returns a list of 20 million numbers",
    "def softmax(x, dim): return [0] * 20_000_000",
    slow=True,
)
big_dict = Attack(
    "returns a dict of 300,000 texts",
    "def softmax(x, dim): return {str(n): 'x' * 60 + str(n) for n in range(300_000)}",
)
many_tensors = Attack(
    "returns 90,000 tensors",
    "def softmax(x, dim): return [torch.zeros(1) for _ in range(90_000)]",
    slow=True,
)
deep_lists = Attack(
    "returns lists in lists, a million of them",
    "value = []\nfor _ in range(6): value = [value] * 10\ndef softmax(x, dim): return value",
    slow=True,
)
outer_product = Attack(
    "returns parameters whose product takes 60 GB",
    """
class TinyLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, d_model)
        self.output = nn.Linear(1, 1)
        self.output.weight = nn.Parameter(torch.zeros(120_000, 1))
        self.more = nn.Parameter(torch.zeros(120_000, 1))
    def forward(self, ids): return self.embedding(ids)[..., :1].expand(*ids.shape, 120_000)
""",
    exercise="TinyLM",
)
kept_outputs = Attack(
    "shows 9 MB of empty things in each of its many cells",
    "for _ in range(20_000): get_ipython().display_pub.publish({'text/plain': 'x' * 400})",
    tamper=lambda notebook: notebook["cells"].extend(
        {
            "cell_type": "code",
            "id": f"show-{n}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        | {"source": "print('x' * 9_000_000)"}
        for n in range(20)
    ),
)
forged_outputs = Attack(
    "says that each cell showed 900,000 empty things",
    WRITE + "message(type='CellDone', outputs=[{}] * 900_000, error_name=None)",
)
forged_wide_output = Attack(
    "says that its cell printed 60 MB with one wide letter",
    WRITE
    + "message(type='CellDone', error_name=None, outputs=[{'output_type': 'stream', 'name': 'stdout', "
    + "'text': '\\U0001f600' + 'x' * 60_000_000}])",
)
forged_error = Attack(
    "says that it raised an error of 60 MB",
    f"{WRITE}{IS_ASKED}def softmax(x, dim):\n    if is_asked():\n"
    "        message(type='Raised', kind='E' * 30_000_000, bases=[], message='x' * 30_000_000, used=[])\n    return x",
)
forged_files = Attack(
    "writes 32 MB of files, and says it was 60",
    "for n in range(3): open(f'file{n}.npy', 'wb').write(bytes(10_000_000))\n"
    + WRITE
    + "import gc, signal\nfrom pathlib import Path\n"
    "message(type='CellDone', outputs=[], error_name=None)\n"
    "message(type='Files', files={f'f{n}.npy': bytes(600_000) for n in range(99)})\n",
)
