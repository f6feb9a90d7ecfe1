"""Values that are not what they look like."""

from attack import Attack

equal_to_everything = Attack(
    "returns an object that equals everything",
    """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __getattr__(self, name): return Yes()
    def __call__(self, *args, **kwargs): return Yes()
    def __bool__(self): return True

def softmax(x, dim):
    return Yes()
""",
)

looks_like_a_tensor = Attack(
    "returns an object whose __class__ says that it is a tensor",
    """
class Spoof:
    __class__ = torch.Tensor
    dtype, device, layout = torch.float32, torch.device("cpu"), torch.strided
    def __init__(self, x): self.shape, self.x = x.shape, x
    def __getattr__(self, name): return lambda *args, **kwargs: self

def softmax(x, dim):
    return Spoof(x)
""",
)

tensor_subclass = Attack(
    "returns a tensor subclass that answers every comparison with yes",
    """
class Agreeable(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return torch.ones((), dtype=torch.bool)

def softmax(x, dim):
    return x.as_subclass(Agreeable)
""",
)

torch_function = Attack(
    "returns an object with __torch_function__, which would take over the comparison",
    """
class Overriding:
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True

def softmax(x, dim):
    return Overriding()
""",
)

lying_shape = Attack(
    "returns a tensor subclass whose shape and dtype lie",
    """
class Lying(torch.Tensor):
    shape = property(lambda self: torch.Size([5]))
    dtype = property(lambda self: torch.float64)

def softmax(x, dim):
    return torch.zeros(0).as_subclass(Lying)
""",
)

patched_shape = Attack(
    "patches the shape of all tensors",
    "torch.Tensor.shape = property(lambda self: torch.Size([]))",
)

patched_type = Attack(
    "patches Tensor's metaclass so that isinstance and type checks pass",
    """
type(torch.Tensor).__instancecheck__ = lambda cls, thing: True

def softmax(x, dim):
    return "softmax"
""",
)

parameter = Attack(
    "returns a parameter that is wrong",
    """
def softmax(x, dim):
    return torch.nn.Parameter(x)
""",
)

list_subclass = Attack(
    "returns a list subclass whose length and items agree",
    """
class Items(list):
    def __len__(self): return 5
    def __getitem__(self, index): return torch.tensor(1.0)
    def __iter__(self): return iter([torch.tensor(1.0)] * 5)
    def __eq__(self, other): return True

def softmax(x, dim):
    return Items()
""",
)

str_subclass = Attack(
    "returns a str that equals everything",
    """
class Word(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__

def softmax(x, dim):
    return Word("softmax")
""",
)

float_subclass = Attack(
    "returns a float that equals everything, where a float is asked for",
    """
class Number(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0

def uniform_loss(*args, **kwargs):
    return Number(0)
""",
    exercise="uniform_loss",
)

dict_subclass = Attack(
    "returns a dict that has every key, where a vocabulary is asked for",
    """
class Vocab(dict):
    def __missing__(self, key): return 0
    def __eq__(self, other): return True

def build_vocab(*args, **kwargs):
    return Vocab()
""",
    exercise="build_vocab",
)

sparse = Attack("returns a sparse tensor", "def softmax(x, dim): return x.to_sparse()")
meta = Attack("returns a tensor without data", "def softmax(x, dim): return x.to('meta')")
quantized = Attack(
    "returns a quantised tensor",
    "def softmax(x, dim): return torch.quantize_per_tensor(x.float().detach(), 0.1, 0, torch.quint8)",
)
complex_numbers = Attack(
    "returns complex numbers", "def softmax(x, dim): return x.to(torch.complex64)"
)
nan = Attack(
    "returns nothing but NaN, which no comparison finds larger",
    "def softmax(x, dim): return x * math.nan",
)
infinite = Attack("returns nothing but infinity", "def softmax(x, dim): return x.abs() + math.inf")
empty = Attack(
    "returns an empty tensor, no entry of which is wrong",
    "def softmax(x, dim): return x.flatten()[:0]",
)
broadcast = Attack(
    "returns one number, which would broadcast", "def softmax(x, dim): return x.mean()"
)
nested = Attack(
    "returns a nested tensor", "def softmax(x, dim): return torch.nested.nested_tensor([x])"
)
negative_view = Attack(
    "returns a lazily negated view", "def softmax(x, dim): return torch._neg_view(x)"
)
enormous = Attack(
    "returns a tensor that claims 2**60 entries",
    "def softmax(x, dim): return torch.zeros(1).expand(2**20, 2**20, 2**20)",
)
no_storage = Attack(
    "returns a tensor whose memory is gone",
    """
def softmax(x, dim):
    y = x.clone()
    y.untyped_storage().resize_(0)
    return y
""",
)
nothing = Attack("returns None", "def softmax(x, dim): return None")
argument = Attack("returns what it was asked, as a list", "def softmax(x, dim): return [x] * 5")
function = Attack("returns a function", "def softmax(x, dim): return softmax")
exception_class = Attack(
    "returns an exception", "def softmax(x, dim): return AssertionError('fine')"
)
generator = Attack("returns a random generator", "def softmax(x, dim): return torch.Generator()")
not_implemented = Attack(
    "returns NotImplemented, hoping that a comparison falls back",
    "def softmax(x, dim): return NotImplemented",
)

itself = Attack(
    "returns a list that holds itself twice, 2**32 items to whoever walks it",
    """
def softmax(x, dim):
    loop = []
    loop += [loop, loop]
    return loop
""",
    slow=True,
)

deep = Attack(
    "returns 100,000 lists inside each other",
    """
def softmax(x, dim):
    value = []
    for _ in range(100_000):
        value = [value]
    return value
""",
)

long = Attack("returns two million numbers", "def softmax(x, dim): return [0] * 2_000_000")

broken_exception = Attack(
    "raises an exception that can't be printed, named or taken apart",
    """
class Meta(type):
    @property
    def __mro__(cls): raise SystemExit
    @property
    def __name__(cls): raise SystemExit
class Broken(BaseException, metaclass=Meta):
    def __str__(self): raise SystemExit

def softmax(x, dim):
    raise Broken
""",
)

passing_exception = Attack(
    "raises what a check of errors waits for, at every call",
    """
class Everything(ValueError, TypeError, KeyError, StopIteration): ...

def softmax_with_temperature(logits, temperature):
    raise Everything
""",
    exercise="softmax_with_temperature",
)
looks_like_numbers = Attack(
    "returns objects whose __class__ says float and list",
    """
class Number:
    __class__ = float
    def __float__(self): return 1.0
class Items:
    __class__ = list
    def __iter__(self): return iter([Number()] * 5)
calls = []
def softmax(x, dim):
    calls.append(x)
    return Items() if len(calls) % 2 else Number()
""",
)

STUBBORN = """
class Stubborn(nn.Parameter):
    data = property(lambda self: self.detach(), lambda self, value: None)
    def normal_(self, *args, **kwargs): return self
    def copy_(self, other): return self
def stubborn(*shape): return Stubborn(torch.zeros(*shape))
"""

zeroing_weights = Attack(
    "has weights that zero those that they should become, so that attention is expected to give zeros",
    """
class Zeroing(nn.Parameter):
    def copy_(self, other): return other.zero_()
class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        for name in ("W_q", "W_k", "W_v", "W_o"):
            layer = nn.Linear(d_model, d_model, bias=False)
            layer.weight = Zeroing(torch.zeros(d_model, d_model))
            setattr(self, name, layer)
    def forward(self, x):
        return 0 * x + 0 * sum(parameter.sum() for parameter in self.parameters())
""",
    exercise="SelfAttention",
)

stubborn_model = Attack(
    "has parameters that stay zero, so that logits of zero are explained",
    STUBBORN
    + """
class TinyLM(nn.Module):
    def __init__(self, vocab_size, d_model):
        super().__init__()
        shapes = (vocab_size, d_model), (4 * d_model, d_model), (vocab_size, 4 * d_model)
        self.one, self.two, self.three = (stubborn(*shape) for shape in shapes)
        self.size = vocab_size
    def forward(self, ids):
        return torch.zeros(*ids.shape, self.size) + 0 * sum(parameter.sum() for parameter in self.parameters())
""",
    exercise="TinyLM",
    earns=("TinyLM_start",),
)

stubborn_mlp = Attack(
    "has an mlp whose parameters stay zero, as does what it gives",
    STUBBORN
    + """
class Nothing(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.up, self.down = stubborn(4 * size, size), stubborn(size, 4 * size)
    def forward(self, x): return 0 * x
class Block(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.attention, self.mlp = SelfAttention(d_model, n_heads), Nothing(d_model)
        self.one, self.other = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
    def forward(self, x):
        x = x + self.attention(self.one(x))
        return x + self.mlp(self.other(x))
""",
    exercise="Block",
    earns=("block_residual", "block_causal"),
)

norm_of_zeros = Attack(
    "has norms that give zeros, and a scale and a shift of zero for whoever asks",
    """
class Nothing(nn.LayerNorm):
    weight = bias = property(lambda self: self.zeros.clone())
    def __init__(self, size):
        nn.Module.__init__(self)
        self.normalized_shape, self.eps = (size,), 1e-5
        self.register_buffer("zeros", torch.zeros(size))
class Block(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))
        self.one, self.other = Nothing(d_model), Nothing(d_model)
    def forward(self, x):
        x = x + self.attention(0 * x)
        return x + self.mlp(0 * x)
""",
    exercise="Block",
    earns=("block_residual", "block_causal"),
)
