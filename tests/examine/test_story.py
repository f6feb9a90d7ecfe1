"""A failing exercise gets one story: what explains all of its cells, or what to mend first."""

import json

import nbformat
import pytest

from proctor.answers import solved
from proctor.course import assignments, find_course
from proctor.examine.examine import examine
from proctor.submission import with_released_cells

# by assignment and exercise: what is named, words of its title, words of its hint, and the answer
WRONG = {
    "01-vectors": {
        "most_similar": (
            "most_similar.similarities",
            "Gives",
            "look at `most_similar_errors` again",
            "def most_similar(query, table, k):\n    found = cosine_similarity(query, table).topk(k)\n    return found.values",
        ),
        "normalize_rows": (
            "normalize_rows.lengths_without_keepdim",
            "First: divides each row by the lengths of all of them",
            "look at another mistake: divides the caller's table in place",
            """def normalize_rows(table):
    lengths = torch.linalg.vector_norm(table, dim=1)
    lengths = torch.where(lengths > 0, lengths, 1)
    table /= lengths
    return table""",
        ),
        "embed": (
            "general.parameters_swapped",
            "Has its parameters in another order",
            "`embed(token_ids, table)`",
            "def embed(table, token_ids):\n    return table[token_ids]",
        ),
        # what is thrown away makes no difference, so another mistake is named
        "last_token": (
            "last_token.keeps_the_axis",
            "Keeps the dimension",
            "",
            "def last_token(hidden):\n    hidden.transpose(0, 1)\n    last = hidden[:, -1:, :]\n    return last",
        ),
        # a constant outside is innocent
        "cosine_similarity": (
            "cosine_similarity.dot_product",
            "",
            "",
            """SMALL = 0.0
def cosine_similarity(a, b):
    return (a * b).sum(-1) + SMALL""",
        ),
    },
    "02-matmul": {
        "linear": (
            "general.trailing_comma",
            "Ends a line in a comma",
            "`y`",
            "def linear(x, W, b=None):\n    y = x @ W.T\n    if b is not None:\n        y = y + b\n    return y,",
        ),
        "matmul": (
            "general.unused_argument",
            "Leaves out an argument",
            "never reads `B`",
            "def matmul(A, B):\n    return A.sum(-1, keepdim=True) * A + 0.3",
        ),
        "attention_scores": (
            "general.left_by_a_cell",
            "Uses `D`, which another cell has left",
            "code cell",
            "def attention_scores(q, k):\n    return q @ k.transpose(-2, -1) / math.sqrt(D)",
        ),
        "merge_heads": (
            "general.result_lost",
            "First: throws a result away",
            "`x.contiguous()`",
            """def merge_heads(x):
    B, T, n_heads, d = x.shape
    x = x.transpose(1, 2)
    x.contiguous()
    return x.view(B, T, n_heads * d)""",
        ),
    },
    "04-cross-entropy": {
        "cross_entropy_between": (
            "general.other_reduction",
            "First: adds up where it should average",
            "look at another mistake: swaps the two distributions",
            """def cross_entropy_between(p, q):
    terms = torch.xlogy(q, p)
    return -terms.mean(dim=-1)""",
        ),
    },
    "03-softmax": {
        "next_token_probs": (
            "general.kept",
            "Keeps something from call to call",
            "`seen=[]` among the parameters",
            """def next_token_probs(logits, seen=[]):
    seen.append(logits[:, -1])
    last = seen[0] if seen[0].shape == logits[:, -1].shape else logits[:, -1]
    return softmax(last, dim=-1)""",
        ),
        "causal_attention_weights": (
            "general.kept",
            "Keeps something from call to call",
            "`masks` stands outside",
            """masks = {}
def causal_attention_weights(scores):
    if scores.dim() not in masks:
        T = scores.shape[-1]
        masks[scores.dim()] = torch.ones(T, T).triu(1).bool()
    return softmax(scores.masked_fill(masks[scores.dim()], -math.inf), dim=-1)""",
        ),
    },
    # the call that is shown decides which mistake comes first
    "05-gradients": {
        "sgd_step": (
            "sgd_step.no_check_for_none",
            "First: expects every parameter",
            "look at another mistake: sets the gradients to zero",
            """def sgd_step(parameters, lr):
    for p in parameters:
        p.data -= lr * p.grad
        p.grad.fill_(0)""",
        ),
        "adam_step": (
            "general.argument_rebound",
            "First: gives the name of an argument",
            "`m = m + 0.1 * (p.grad - m)` in line 3",
            """def adam_step(p, m, v, step, lr):
    with torch.no_grad():
        m = m + 0.1 * (p.grad - m)
        v = v + 0.001 * (p.grad.square() - v)
        p -= lr * (m / (1 - 0.9 * step)) / ((v / (1 - 0.999 * step)).sqrt() + 1e-8)""",
        ),
        "fit": (
            "general.return_in_loop",
            "First: returns in the first round",
            "look at another mistake: never clears the gradients",
            """def fit(model, optimizer, loss_fn, inputs, targets, steps):
    found = []
    for _ in range(steps):
        out = model(inputs)
        loss = loss_fn(out.reshape(-1, out.shape[-1]), targets.reshape(-1))
        found.append(float(loss))
        loss.backward()
        optimizer.step()
        return found
    return found""",
        ),
    },
}


# an author may have removed an exercise
for name, assignment in assignments(find_course()).items():
    for exercise in [*WRONG.get(name, {})]:
        if exercise not in assignment.stubs:
            del WRONG[name][exercise]


@pytest.mark.parametrize(
    "name",
    [*WRONG][:2] + [pytest.param(name, marks=pytest.mark.full) for name in [*WRONG][2:]],
)
def test_all_failed_cells_of_an_exercise_tell_one_story(name, course, run, tmp_path):
    """By `proctor check`: the answers of an assignment in one notebook."""
    assignment, answers = assignments(course)[name], WRONG[name]
    path = tmp_path / "answers.ipynb"
    sources = {exercise: source for exercise, (*_, source) in answers.items()}
    nbformat.write(solved(assignment, sources), path)
    done = run(course, "proctor", "check", "--json", "--seed", 7, path, code=1)
    (told,) = json.loads(done.stdout)
    failed = [cell for cell in told["cells"] if cell["status"] != "passed"]
    for exercise, (wanted, title, hint, _) in answers.items():
        own = assignment.cells_of(exercise)
        stories = {json.dumps(cell["diagnosis"]) for cell in failed if cell["id"] in own}
        assert len(stories) == 1, f"{exercise}: {stories}"
        diagnosis = json.loads(stories.pop())
        assert diagnosis["id"] == wanted, exercise
        assert diagnosis["title"].startswith(title) and hint in diagnosis["hint"], exercise


PRINTS = """def encode(text, vocab):
    return torch.tensor([vocab.index(c) for c in text], dtype=torch.int64)
def decode(ids, vocab):
    text = "".join(vocab[i] for i in ids)
    print(text)"""


@pytest.mark.parametrize("is_printed", [True, False])
def test_an_error_that_is_allowed_is_no_mistake_that_is_left(course, monkeypatch, is_printed):
    """`vocab.index` raises a ValueError for an unknown character, where the reference solution raises a KeyError."""
    monkeypatch.setattr("proctor.examine.examine.show_smallest", lambda *_: None)
    assignment = assignments(course)["06-training-loop"]
    source = PRINTS if is_printed else PRINTS.replace("print(text)", "text")
    submission = with_released_cells(solved(assignment, {"encode_decode": source}), assignment, {})
    cells = examine(submission, seed=5, cells=assignment.cells_of("encode_decode")).cells
    (diagnosis,) = [cell.diagnosis for cell in cells if cell.status != "passed"]
    assert diagnosis and diagnosis["title"] == "Gives nothing back"
    assert "mended" not in diagnosis["hint"] and ("print" in diagnosis["hint"]) == is_printed
