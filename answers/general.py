"""Misconceptions that look alike in every exercise: nothing returned, a name misspelt, the pair of `max` taken for a tensor.

Each is recognised by what was raised, or by how what came back differs from what was expected. Where a wrong answer of
the exercise explains the failure, that one is named instead.
"""

from proctor.examine import source
from proctor.examine.general import Rule

SIZES = "The inner sizes must be the same: the last of the left tensor and the last but one of the right. To swap a tensor's last two dimensions: `.transpose(-2, -1)`."
PLAIN = r"^(?!\w+(Error|Exception): )"  # where nothing was raised
# the first that fits is told
RULES = [
    Rule(
        "init",
        r"before Module\.__init__\(\) call|'super' object",
        "Leaves out what `nn.Module` does at its start",
        "The first line of `__init__` is `super().__init__()`; only then does a module take in layers.",
    ),
    Rule("forward", r"missing the required \"forward\"", "Has no method `forward`", source.missing_forward),
    Rule("nothing", r"^(?!\w+(Error|Exception): )|NoneType", "Gives nothing back", source.nothing_returned),
    Rule(
        "none",
        r"NoneType",
        "Goes on with None",
        "None is what a function without `return` gives, `.grad` before any backward pass, and an argument that is left out.",
    ),
    Rule(
        "parameters",
        r"TypeError: .*(unexpected keyword|required positional|positional arguments? but)",
        "Has other parameters than the exercise",
        source.parameters,
    ),
    Rule("name", r"NameError: (?:name ')?(\w+)'? is not defined", "Uses a name that nothing has", source.not_defined),
    Rule(
        "attribute",
        r"AttributeError: (?:module )?'([\w.]+)'(?: object)? has no attribute '(\w+)'",
        "Uses an attribute that isn't there",
        source.near_attribute,
    ),
    Rule(
        "number",
        r"'(float|int)' object has no attribute '(backward|grad|requires_grad\w*|mean|sum|exp|log|sqrt|item)'",
        "Goes on with a plain number where a tensor is needed",
        "`.item()` and `float()` give a plain number, without the graph that `backward()` follows: take it at the very end.",
    ),
    Rule("pair", r"torch\.return_types\.(\w+)", "Takes a pair for a tensor", source.pair),
    Rule(
        "truth",
        r"Boolean value of Tensor with more than one value",
        "Asks a whole tensor whether it is true",
        "`if`, `and`, `or` and `not` want one True or False, and a batch has many. `torch.where(condition, a, b)` "
        "decides entry by entry; whether there is a tensor at all asks `is not None`.",
    ),
    Rule(
        "float_size",
        r"got float\b|'float' object cannot be interpreted|slice indices must|list indices must be .*float|must be.*ints?,? (but|not).*float",
        "Gives a float where a whole number is needed",
        "`/` always gives a float: for a size or an index, divide with `//`.",
    ),
    Rule(
        "no_tensor",
        r"TypeError: (\w+)\(\): argument 'input'.*must be Tensor, not (?:int|float)",
        "Gives a plain number to a function for tensors",
        source.numbers_only,
    ),
    Rule(
        "arrays",
        r"numpy\.?\w*ndarray|Can't call numpy\(\)",
        "Computes with NumPy",
        "NumPy's functions give arrays, and no gradient flows through them: PyTorch has the same functions for tensors.",
    ),
    Rule(
        "cut",
        r"does not require grad and does not have a grad_fn",
        "Asks for a gradient where no graph is",
        source.cut_from_graph,
    ),
    Rule(
        "leaf",
        r"leaf Variable that requires grad.*in-place",
        "Changes a parameter where autograd watches",
        "Updates belong inside `with torch.no_grad():`; elsewhere compute a new tensor instead of changing one.",
    ),
    Rule(
        "derivative",
        r"derivative for aten::\w+ is not implemented",
        "Uses an operation that has no gradient",
        "`//`, `floor` and `round` make steps, and no gradient flows through those: divide by `/`.",
    ),
    Rule(
        "twice",
        r"backward through the graph a second time",
        "Goes back through one graph twice",
        "A graph is gone after `backward()`: compute the result again before each.",
    ),
    Rule(
        "mask",
        r"only supports? boolean masks",
        "Masks with numbers",
        "The mask must hold True and False: `mask.bool()`, `mask == 0`, or `dtype=torch.bool` where it is made.",
    ),
    Rule(
        "gather",
        r"Index tensor must have the same number of dimensions",
        "Gathers with ids of too few dimensions",
        "`gather` wants as many dimensions in the ids as in the tensor: `ids.unsqueeze(-1)` before, `.squeeze(-1)` behind.",
    ),
    Rule(
        "whole",
        r"not implemented for '(Long|Int)'|Can only calculate the mean of.*|only Tensors of floating point.*|same dtype.*\b(long|int)\b",
        "Computes with whole numbers where floats are needed",
        "A tensor of whole numbers stands where floats are needed: are two arguments swapped, or is a `.to(x.dtype)` missing?",
    ),
    Rule(
        "dtype",
        r"expected m1 and m2 to have the same dtype|expected scalar type|must have the same dtype",
        "Mixes dtypes",
        "What is made without `dtype=` is float32: make it like the argument, by `dtype=x.dtype` or `torch.zeros_like(x)`.",
    ),
    Rule(
        "inner",
        r"mat1 and mat2 shapes cannot be multiplied|Expected size for first two dimensions of batch2|inconsistent tensor size, expected tensor|size mismatch, got",
        "Multiplies matrices whose sizes don't fit",
        SIZES,
    ),
    Rule(
        "keepdim", r"size of tensor a \(\d+\) must match", "Sums a dimension away that is still needed", source.keepdim
    ),
    Rule(
        "count",
        r"size of tensor a \(\d+\) must match",
        "Meets two tensors whose sizes don't fit",
        "Shapes are lined up from the right, and sizes that meet must be equal, or one of them 1. Print both shapes just before that line.",
    ),
    Rule(
        "area",
        r"shape '.*' is invalid for input of size|shape is invalid for input",
        "Reshapes to another number of entries",
        "The sizes of the new shape, multiplied, must give the number of entries: check each against the tensor's `.shape`.",
    ),
    Rule(
        "dims",
        r"Dimension out of range",
        "Names a dimension that the tensor doesn't have",
        "Not every input has as many dimensions as yours: count from behind, with `dim=-1`.",
    ),
    Rule(
        "unpack",
        r"(?:too many|not enough) values to unpack \(expected (?:at least )?(\d+)(?:, got (\d+))?\)",
        "Takes a shape apart into the wrong number of names",
        lambda found, code: (
            f"{found[1]} names stand on the left of `=`: as many as the value has parts. What is its shape, dimension by dimension?"
        ),
    ),
    Rule(
        "unbound",
        r"UnboundLocalError: .*variable '(\w+)'",
        "Uses a variable before it has a value",
        lambda found, code: (
            f"`{found[1]}` gets its value in a loop or an `if` that need not run: give it one before that."
        ),
    ),
    Rule(
        "itself",
        r"RecursionError",
        "Calls itself without end",
        "Somewhere below, the function calls itself, or a name like it: look for a built-in that your function's name hides.",
    ),
    Rule(
        "call",
        r"'(Tensor|torch\.Size|Size|list|tuple|float|int)' object is not callable",
        "Calls what is no function",
        "Parentheses call, brackets look up: `x[i]`, `x.shape[-1]`. Or a variable has the name of the function.",
    ),
    Rule(
        "lookup",
        r"'(builtin_function_or_method|method|function)' object is not subscriptable",
        "Looks something up in a function",
        "Brackets look up, parentheses call: `x.size(-1)` or `x.shape[-1]`.",
    ),
    Rule(
        "call_left_out",
        r"\b(builtin_function_or_method|method)\b",
        "Leaves out the parentheses of a call",
        "Without parentheses a method's name only names it: `x.mean()` calls it.",
    ),
    Rule(
        "ends",
        r"stack expects each tensor to be equal size",
        "Reaches past the end",
        "A slice that begins too late is shorter than the others: up to where may the last one begin?",
    ),
    Rule(
        "list",
        r"expected a tensor, got (a list of|\[)",
        "Gives several values instead of one tensor",
        "`torch.stack` makes one tensor of a list of tensors, `torch.tensor` of numbers. Of a pair, take the part that is asked for.",
    ),
    Rule(
        "python_number",
        r"expected a tensor, got (-?\d[\d.e+-]*|inf|nan|True|False)$",
        "Gives a Python number instead of a tensor",
        "`.item()`, `.tolist()`, `float()` and `math` leave tensors behind: compute with torch's functions to the end.",
    ),
    Rule(
        "tensor",
        r"expected a Python (float|int|str|list), got \w+ \(",
        "Gives a tensor instead of a plain value",
        lambda found, code: (
            f"The exercise wants a Python {found[1]}: `.item()` takes the number out of a tensor, `.tolist()` the list."
        ),
    ),
    Rule("first_round", PLAIN, "Returns in the first round of a loop", source.in_the_first_round),
    Rule(
        "by_string",
        r"list indices must be integers or slices, not str",
        "Looks up a list by a string",
        "A list is looked up by place: `names.index(name)` finds the place of a name, and a dict looks up by name.",
    ),
    Rule(
        "join",
        r"sequence item \d+: expected str instance",
        "Joins what are no strings",
        "`join` joins strings: look each number up first, and join what stands there.",
    ),
    Rule(
        "made_not_called",
        r"must be Tensor, not ([A-Z]\w*)",
        "Makes a module where it should call one",
        lambda found, code: (
            f"`nn.{found[1][:40]}(x)` makes a module, `nn.{found[1][:40]}()(x)` calls one; or take the function of `F`."
        ),
    ),
    Rule("loops_name", PLAIN, "Gives a new value to a loop's name alone", source.loops_name),
    Rule("left_lying", PLAIN, "Takes up a result nowhere", source.left_lying),
    Rule(
        "view",
        r"view size is not compatible",
        "Takes a view where only a copy can have that shape",
        "After a `transpose` or a slice the numbers don't lie in order: `reshape` copies where it must, `view` never does.",
    ),
    Rule(
        "joins",
        r"Tensors must have same number of dimensions",
        "Joins tensors of different numbers of dimensions",
        "`torch.cat` wants as many dimensions in each: `x[None]` adds one in front, `x[0]` or `.flatten()` takes one away.",
    ),
    Rule(
        "loss_shape",
        r"Expected target size|Expected input batch_size|expected input.*to match target",
        "Gives the loss function shapes that it doesn't take",
        "It wants logits `(N, V)` and targets `(N,)`: put all positions in one row first, of both in the same way.",
    ),
    Rule(
        "bounds",
        r"out of bounds for dimension|index out of range in self",
        "Looks something up behind the end",
        "An index is as large as its dimension, or larger. In which dimension is it meant to look? `x[ids]` looks in the first.",
    ),
    Rule(
        "single",
        r"0-d tensor|0-dim tensor",
        "Takes a single number for a row",
        "A 0-d tensor holds one number: it has no length and nothing to go through. Not every input has a dimension in front.",
    ),
    Rule(
        "indices",
        r"shape mismatch: indexing tensors",
        "Looks up by ids of different shapes",
        "Several indices at once must have shapes that fit each other: they are taken in pairs. `gather` picks along one dimension.",
    ),
    Rule(
        "scalar",
        r"only one element tensors|cannot be converted to Scalar|only scalar outputs|must be real number",
        "Takes many numbers for one",
        "`.item()`, `float()`, `math` and `backward()` want one number. For all entries at once take torch's functions; for one number, `.mean()` or `.sum()` first.",
    ),
    Rule(
        "float_ids",
        r"tensors used as indices must be|scalar types: Long|scalar type Long",
        "Looks up by numbers that are no ids",
        "Ids must be whole numbers: `.long()`, or `dtype=torch.int64` where they are made.",
    ),
    Rule(
        "cast",
        r"can't be cast to the desired output type",
        "Writes floats into a tensor of whole numbers",
        "What is made of ints is int64: make it with `dtype=x.dtype`, or by `torch.zeros_like(x)`.",
    ),
    Rule(
        "elements",
        r"expected Tensor as element \d+ in argument",
        "Joins what are no tensors",
        "`torch.stack` and `torch.cat` join tensors: for a list of plain numbers there is `torch.tensor`.",
    ),
    Rule(
        "lists",
        r"unsupported operand type\(s\).*'list'|only concatenate list|multiply sequence",
        "Computes with a list",
        "A list knows no arithmetic: `torch.tensor(…)` or `torch.stack(…)` makes a tensor of it.",
    ),
]
