"""Too much of something: output, memory, files, depth."""

from attack import Attack

printed = Attack("prints 100 MB", "for _ in range(100): print('x' * 1_000_000)")
printed_in_call = Attack(
    "prints 100 MB at every call",
    "def softmax(x, dim):\n    print('x' * 100_000_000)\n    return x",
)
small_prints = Attack(
    "prints a million lines",
    "import sys\nfor _ in range(1_000_000): sys.stdout.write('x\\n')",
    slow=True,
)
displayed = Attack(
    "displays a hundred thousand things",
    "for i in range(100_000): get_ipython().display_pub.publish({'text/plain': ''})",
    slow=True,
)
pictures = Attack(
    "displays 100 MB of pictures",
    "for _ in range(100): get_ipython().display_pub.publish({'image/png': b'\\x89PNG' + bytes(1_000_000)})",
)
keys = Attack(
    "displays something with a key of 100 MB",
    "get_ipython().display_pub.publish({'x' * 100_000_000: ''})",
)
error_message = Attack(
    "raises an error of 100 MB", "def softmax(x, dim): raise ValueError('x' * 100_000_000)"
)
error_name = Attack(
    "raises an error whose class has a name of 3 MB",
    "def softmax(x, dim): raise type('E' * 3_000_000, (Exception,), {})",
)
error_bases = Attack(
    "raises an error with ten thousand classes above it",
    """
kind = Exception
for i in range(900):
    kind = type("E" * 10_000, (kind,), {"__module__": "builtins"})
def softmax(x, dim): raise kind
""",
)
error_in_cell = Attack("ends its cell with an error of 15 MB", "raise ValueError('x' * 15_000_000)")
error_name_in_cell = Attack(
    "ends its cell with an error whose class has a name of 3 MB",
    "raise type('E' * 3_000_000, (Exception,), {})",
)
long_lists = Attack(
    "returns long lists, which to compare with all known answers would take an hour",
    """
calls = []
def softmax(x, dim):
    calls.append(1)
    return [0.5] * 10_000 if len(calls) < 40 else torch.softmax(x.detach(), dim) * 2
""",
)
long_text = Attack("returns a text of 20 MB", "def softmax(x, dim): return 'x' * 20_000_000")
long_type_name = Attack(
    "returns an object whose class has a name of 10 MB",
    "def softmax(x, dim): return type('E' * 10_000_000, (), {})()",
)
many_names = Attack(
    "returns 65,536 objects with long names, four by four, for a report to describe",
    """
def softmax(x, dim):
    value = type("E" * 200, (), {})()
    for _ in range(8):
        value = [value] * 4
    return value
""",
)
digits = Attack(
    "returns a number of a million digits", "def softmax(x, dim): return 10 ** 1_000_000"
)
memory = Attack(
    "takes 16 GiB",
    "kept = []\nfor _ in range(16):\n    kept.append(bytearray(1 << 30))\nprint('PWNED')",
)
memory_in_call = Attack(
    "takes 64 GiB of tensors when called",
    "def softmax(x, dim):\n    return torch.ones(1 << 34)",
)
recursion = Attack(
    "calls itself without end",
    "def softmax(x, dim): return softmax(x, dim)",
)
deep_recursion = Attack(
    "calls itself without end, with Python's limit lifted",
    """
import sys
def softmax(x, dim):
    sys.setrecursionlimit(2**31 - 1)
    return max([x], key=lambda y: softmax(y, dim))
""",
)
big_file = Attack(
    "writes a file of 1 GB",
    "with open('big', 'wb') as file:\n    for _ in range(1000): file.write(bytes(1_000_000))\nprint('PWNED')",
)
many_big_files = Attack(
    "writes 1 GB in files of 50 MB",
    "for i in range(20):\n    with open(f'big{i}', 'wb') as file: file.write(bytes(50_000_000))\nprint('PWNED')",
)
many_files = Attack(
    "writes 20,000 files",
    "for i in range(20_000): open(f'file{i}', 'w').close()",
    slow=True,
)
open_files = Attack(
    "opens 5,000 files", "kept = [open('/dev/null') for _ in range(5_000)]\nprint('PWNED')"
)
big_cell = Attack("is a cell of 20 MB", "'''" + "x" * 100 + "'''" + " " * 20_000_000)


def much_code(notebook):
    for cell in range(4):
        notebook["cells"].append(
            {
                "cell_type": "code",
                "id": f"much-{cell}",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
            | {"source": "x = a.b.c.d\n" * 8_000}
        )


all_cells = Attack("has cells of code that take seconds to read", tamper=much_code)
zip_bomb_source = Attack(
    "is a constant that unfolds to 10 GB when compiled", "kept = [0] * 10**9 * 10\nprint('PWNED')"
)
nested_source = Attack("is brackets inside brackets", "kept = " + "(" * 5_000 + ")" * 5_000)
long_sum = Attack("is a sum of a hundred thousand terms", "kept = " + "-" * 100_000 + "1")
many_lines = Attack(
    "is a million and a half lines, which the grader parses itself",
    tamper=lambda notebook: [
        cell.update(source="x=1\n" * 1_500_000)
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "softmax"
    ],
    slow=True,
)
minus_signs = Attack("has fifty thousand minus signs in a row", "kept = " + "-" * 50_000 + "1")
chained = Attack("is an expression a hundred thousand terms deep", "kept = x" + ".a" * 100_000)
spaces_in_a_magic = Attack(
    "gives a magic a line that takes a regular expression for ever",
    f"if 0:\n    %config x={' ' * 90_000}!y",
    slow=True,
)
magics = Attack(
    "has so many magics that IPython takes minutes to find them",
    "%zz\n" * 499 + "x = [1, 2, 3]\n" * 6900,
    slow=True,
)
nested_braces = Attack("nests what a magic expands too deeply", f"%zz {'{x:' * 3000}{'}' * 3000}")
meanings = Attack(
    "gives names ever longer meanings",
    "import torch as a\nif 0:\n" + "    a = a.b; b = a.c; a = b.d\n" * 1500,
)
imports = Attack(
    "gives one name a thousand meanings",
    "".join(f"import m{i} as a\n" for i in range(1500)) + "a.b.c\n" * 3000,
)
accents = Attack(
    "gives a thing a name of 98,000 accents, which Python puts in order in half a minute",
    "a" + "\u0316\u0301" * 49_000,
    slow=True,
)
accents_of_katakana = Attack(
    "does so with accents that count as letters, as the answer itself",
    "def softmax(x, dim):\n    return x" + "\uff9e\u0316" * 49_000,
    slow=True,
)
forged_files = Attack(
    "says that it made 3,000 files, each in 29 folders of its own",
    """
import sys
ours = type(sys.meta_path[0]).find_spec.__globals__
ours["plain_files"] = lambda *_, **__: {f"{n}/" + "a/" * 28 + "b.txt": b"" for n in range(3_000)}
""",
)
