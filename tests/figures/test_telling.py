"""Notebook 08 around its exercises: the run, what names cost, the head that looks back, writing, the page."""

import importlib
import math
import re
import resource
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import torch
import torch.nn as nn
from nbformat.v4 import new_code_cell

from proctor.answers import solved
from proctor.course import assignments

COURSE = Path(__file__).resolve().parents[2]
FOLDER = COURSE / "source" / "08-stories"
MODULES = (
    "figures",
    "names",
    "page",
    "play",
    "expect",
    "stories",
    "tokens",
    "train",
    "transformer",
)


@pytest.fixture
def beside(monkeypatch):
    """Imports what lies beside the notebook."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The names of the solved notebook after all of its cells, where nobody looks on."""
    names: dict = {}
    notebook = solved(assignments(COURSE)["08-stories"])
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        folder = tmp_path_factory.mktemp("told")
        patch.chdir(folder)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                exec(cell.source.split("### BEGIN HIDDEN TESTS")[0], names)
    torch.set_num_threads(threads)
    assert list(folder.iterdir()) == []
    return SimpleNamespace(**names)


def small(beside):
    torch.manual_seed(0)
    return beside("transformer").TinyTransformer(7, 16, 2, 1, 8)


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(
    beside, tmp_path, monkeypatch, capsys
):
    train = beside("train")
    monkeypatch.setattr(train, "LOOK", 5)
    data = torch.randint(7, (400,), generator=torch.Generator().manual_seed(1))
    settings = {"steps": 20, "batch_size": 4, "seq_len": 8, "lr": 1e-2}
    whole = small(beside)
    curve = train.train(whole, data[:300], data[300:], **settings)
    assert len(curve["losses"]) == 20 and [step for step, _ in curve["held_out"]] == [5, 10, 15, 20]
    stopped, calls = small(beside), []
    draw = train.get_batch

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 13:
            raise KeyboardInterrupt
        return draw(*args)

    monkeypatch.setattr(train, "get_batch", interrupted)
    part = train.train(stopped, data[:300], data[300:], **settings, file=tmp_path / "run.pt")
    assert (
        part["losses"] == curve["losses"][:12]
        and "Stopped after step 12" in capsys.readouterr().out
    )
    again = small(beside)
    assert train.train(again, data[:300], data[300:], **settings, file=tmp_path / "run.pt") == curve
    assert "Goes on after step 10" in capsys.readouterr().out
    for one, other in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
    # with other settings the file is of another run
    other = train.train(
        small(beside), data[:300], data[300:], **settings | {"lr": 1e-3}, file=tmp_path / "run.pt"
    )
    assert (
        "begins anew" in capsys.readouterr().out and len(other["losses"]) == 20 and other != curve
    )


def test_the_best_held_out_weights_are_kept(beside, monkeypatch):
    train = beside("train")
    monkeypatch.setattr(train, "LOOK", 5)
    monkeypatch.setattr(train, "WARM_UP", 5)
    data = torch.randint(7, (60,), generator=torch.Generator().manual_seed(1))
    model = small(beside)
    curve = train.train(model, data[:30], data[30:], steps=120, batch_size=8, seq_len=8, lr=3e-2)
    unseen = [loss for _, loss in curve["held_out"]]
    # random tokens can only be learned by heart
    assert min(unseen) < unseen[-1] - 0.5
    assert train.evaluate(model, data[30:], 8) == pytest.approx(min(unseen), abs=1e-5)


def test_a_loss_is_the_mean_over_each_token_but_the_first(beside):
    train, model = beside("train"), small(beside)
    data = torch.randint(7, (29,), generator=torch.Generator().manual_seed(2))
    losses = []
    for start in range(0, 28, 8):
        targets = data[start + 1 : start + 9]
        logits = model(data[start : start + len(targets)][None])[0]
        losses += nn.functional.cross_entropy(logits, targets, reduction="none").tolist()
    assert len(losses) == 28 and train.evaluate(model, data, 8) == pytest.approx(
        sum(losses) / 28, abs=1e-5
    )


def test_where_names_stand(beside):
    names = beside("names")
    pieces = ["Ned ", "sat", ". ", "Pip", "\n", " and ", "Ned", "x"]
    text = [2, 0, 1, 2, 3, 5, 6, 2, 4, 6, 2, 3, 2, 2, 3]
    windows = names.windows_of(torch.tensor(text), pieces, ("Ned", "Pip"), seq_len=5)
    found = [
        [(each.name, each.first, each.kind, each.earlier) for each in inside]
        for _, inside in windows
    ]
    # Ned was told before the second window, and there a new story begins
    first = [("Ned", 1, "new", []), ("Pip", 4, "new", [])]
    assert found == [first, [("Ned", 1, "gone", []), ("Ned", 4, "new", [])]]
    (long,) = names.windows_of(torch.tensor(text[1:]), pieces, ("Ned", "Pip"), seq_len=13)
    found = [(each.name, each.first, each.kind, each.earlier) for each in long[1]]
    assert found == [
        ("Pip", 3, "new", []),
        ("Ned", 5, "told", [0]),
        ("Ned", 8, "new", []),
        ("Pip", 10, "new", []),
    ]


def test_what_a_name_costs(beside):
    names, model = beside("names"), small(beside)
    pieces = ["a", "b", "c", "Ned", " ", "\n", "."]
    ids = torch.tensor([4, 3, 4, 3, 6, 5, 3, 6, 0, 0])
    windows = names.windows_of(ids, pieces, ("Ned",), seq_len=8)
    costs = names.name_costs(model, windows)
    losses = nn.functional.cross_entropy(
        model(ids[None, :8])[0, :-1], ids[1:8], reduction="none"
    ).tolist()
    assert {kind: number for kind, (_, number) in costs.items()} == {"new": 2, "told": 1}
    assert costs["new"][0] == pytest.approx((losses[0] + losses[5]) / 2, abs=1e-5)
    assert costs["told"][0] == pytest.approx(losses[2], abs=1e-5)


def test_the_shares_are_those_of_the_attention(beside):
    names = beside("names")
    torch.manual_seed(0)
    model = beside("transformer").TinyTransformer(7, 16, 2, 2, 12)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.5)
    ids = torch.randint(7, (12,))
    weights = names.shares(model, ids, 2)
    assert weights.shape == (2, 2, 12, 12) and not weights.triu(1).any()
    x = model.tokens(ids) + model.positions.weight[:12]
    for block, share in zip(model.blocks, weights, strict=True):
        normed = block.norm1(x)
        mixed = share @ block.attention.W_v(normed).reshape(12, 2, 8).transpose(0, 1)
        own = block.attention.W_o(mixed.transpose(0, 1).reshape(12, 16))
        torch.testing.assert_close(own, block.attention(normed[None])[0], rtol=1e-4, atol=1e-4)
        x = block(x[None])[0]
    place = names.Name("Ned", 6, 6, "told", [2, 3])
    found = names.look_back(model, [(ids, [place])], 2)
    torch.testing.assert_close(found, weights[:, :, 5, [2, 3]].sum(-1))
    with pytest.raises(LookupError, match="W_q"):
        names.shares(nn.Linear(2, 2), ids, 2)


@pytest.mark.parametrize("wrong", ["blank", "raises", "loses", "stopped"])
def test_where_merges_fail_the_run_goes_on_with_characters(beside, capsys, wrong):
    tokens = beside("tokens")
    names: dict = {}
    solutions = assignments(COURSE)["08-stories"].solutions
    exec("import torch\nfrom itertools import pairwise", names)
    for name in ("most_frequent_pair", "merge_pair", "learn_merges", "apply_merges", "undo_merges"):
        exec(solutions[name], names)
    functions = [names[name] for name in ("learn_merges", "apply_merges", "undo_merges")]
    text = "the hen then met the other hen\n" * 3
    vocab = tokens.build_vocab(text)
    merges, pieces = tokens.try_merges(text, vocab, 12, *functions)
    assert (
        len(merges) == 12
        and len(pieces) == len(vocab) + 12
        and "the" in " ".join(pieces[len(vocab) :])
    )
    assert capsys.readouterr().out == ""

    def fails(*_):
        raise {
            "blank": NotImplementedError,
            "raises": IndexError("too far"),
            "stopped": KeyboardInterrupt,
        }[wrong]

    functions[0 if wrong == "stopped" else 1] = (
        (lambda ids, *_: ids[1:]) if wrong == "loses" else fails
    )
    assert tokens.try_merges(text, vocab, 12, *functions) == ([], vocab)
    assert "goes on with characters" in capsys.readouterr().out


def test_a_long_text_is_encoded_once(beside, tmp_path, monkeypatch, capsys):
    tokens = beside("tokens")
    text = "".join(f"story {number}.\n" for number in range(50))
    vocab = tokens.build_vocab(text)
    calls = []

    def tokenize(part):
        calls.append(part)
        if calls.count(part) > 1 and part != calls[0]:
            raise KeyboardInterrupt
        return tokens.encode(part, vocab)

    ids = tokens.encode_stories(text, tokenize, tmp_path / "tokens.pt")
    assert tokens.decode(ids, vocab) == text and len(calls) == 3
    assert (
        torch.equal(tokens.encode_stories(text, tokenize, tmp_path / "tokens.pt"), ids)
        and len(calls) == 4
    )
    # stopped in the second part: the first one is what there is
    part = tokens.encode_stories(text, tokenize)
    assert tokens.decode(part, vocab) == calls[0] and "1 of 3 parts" in capsys.readouterr().out


BEGINNINGS = [
    *(
        "",
        " ",
        "  ",
        "a",
        "O",
        "Once",
        "Once upon",
        "Once upon a time there was a",
        "Once upon a time there was a ",
    ),
    *(
        "Once upon a time there was a br",
        "The",
        "The ",
        "Then",
        "Then one ",
        "Ned",
        "Ned ",
        "Ned the",
        "But",
        '"',
        '"Oh',
    ),
    *(
        '"Oh dear," said',
        "Hush, hush",
        "Hush, hush, said the sea.",
        "\n",
        "a\n",
        "the whale",
        "The whale ",
        "gave a",
    ),
    *(
        "said the sea. ",
        ". ",
        ", ",
        "x",
        "zzz",
        "q",
        "Wind from the w",
        "Where the river ends lived",
        "t",
        "th",
        "the",
        "the ",
    ),
    *(
        "Bess gave Pip a",
        "Bess gave Pip a ",
        "It",
        "It likes",
        "o" * 300,
        "Once upon a time " * 30,
        "é",
        "1, 2, 3",
        "Ned & Pip",
    ),
    *("Привет", "tab\there"),
]


def test_writing_from_any_beginning(told):
    assert len(BEGINNINGS) >= 50
    for beginning in BEGINNINGS:
        generator = torch.Generator().manual_seed(0)
        text = told.write(beginning, temperature=0.5, p=0.9, characters=40, generator=generator)
        if set(beginning) - set(told.vocab):
            assert (
                text.startswith("No story has the character")
                and text.endswith(".")
                and "\n" not in text
            )
        else:
            assert text.startswith(beginning) and len(text) == max(40, len(beginning))


def test_a_beginning_that_cuts_a_token_in_two(told, monkeypatch):
    """A model that has learned one text by heart goes on as that text does, wherever it is cut."""
    pieces = [*"abcd \n", "ab ", "ab cd"]
    monkeypatch.setitem(told.write.__globals__, "pieces", pieces)
    monkeypatch.setitem(told.write.__globals__, "data", torch.tensor([5]))
    monkeypatch.setitem(
        told.write.__globals__,
        "tokenize",
        lambda text: torch.tensor(["abcd \n".index(c) for c in text]),
    )

    class ByHeart(nn.Module):
        def forward(self, ids):
            logits = torch.full((*ids.shape, 8), -9.0)
            logits[..., 3] = 0.0  # after anything a "d" follows
            logits[ids == 5, 7] = 9.0  # but after the end of a story "ab cd"
            return logits

    monkeypatch.setitem(told.write.__globals__, "model", ByHeart())
    for beginning in ("a", "ab", "ab ", "ab c"):
        assert told.write(beginning, characters=6) == "ab cdd"


def test_what_the_notebook_leaves_and_its_page(told):
    nats = told.held_out(told.stories.stories(2_000, 5)[0])
    nats_of_a_story, characters_of_a_story = told.stories.entropy()
    assert math.isclose(told.FLOOR, nats_of_a_story / characters_of_a_story)
    assert told.FLOOR < nats < math.log(told.V)
    assert told.merges and all(type(pair) is tuple for pair in told.merges)
    assert isinstance(told.model, nn.Module) and "".join(told.vocab) == "".join(
        sorted(set(told.TEXT))
    )
    page = told.page
    assert page.count("<blockquote>") == 4 and page.count('src="data:image/png;base64,') == 2
    # nothing is loaded from elsewhere
    assert not re.search(r"(?:src|href)=\"(?!data:)|https?://|@import|url\(", page)
    assert f"{told.count(told.model):,} numbers" in page and "<script" not in page


def cpu_of_a_check(path: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(Path(sys.executable).with_name("proctor")), "check", str(path)]
    done = subprocess.run(command, cwd=COURSE, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "16 of 16 points" in done.stdout, done.stdout + done.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.full
def test_a_cell_that_reads_the_model_costs_at_most_two_seconds_more(tmp_path):
    paths = {}
    for name in ("plain", "reads"):
        notebook = solved(assignments(COURSE)["08-stories"])
        if name == "reads":
            notebook.cells.append(
                new_code_cell(
                    "print(model, merges[:3], data[:9], held_out(unseen[:999]), page[:9])"
                )
            )
        paths[name] = tmp_path / name / "stories.ipynb"
        paths[name].parent.mkdir()
        nbformat.write(notebook, paths[name])
    took = {name: min(cpu_of_a_check(path) for _ in range(2)) for name, path in paths.items()}
    assert took["reads"] - took["plain"] < 2, took


def test_the_box_writes_what_the_sliders_say(beside, monkeypatch):
    figures = beside("figures")
    shown = []
    monkeypatch.setattr(figures, "display", shown.append)
    monkeypatch.setattr(figures, "is_live", lambda: True)

    def write(beginning, temperature, p):
        if beginning == "fail":
            raise RuntimeError("no model")
        return f"{beginning} & so on, {temperature}, {p}"

    figures.box(write, "Once")
    field, controls, page = shown[0].children
    temperature, nucleus, button = controls.children
    temperature.value, nucleus.value = 0.5, 0.9
    button.click()
    assert "<b>Once</b> &amp; so on, 0.5, 0.9" in page.value and not button.disabled
    field.value = "fail"
    button.click()
    assert "RuntimeError: no model" in page.value.replace("<b>", "").replace("</b>", "")


def test_the_curve_and_the_map_in_words(beside):
    figures = beside("figures")
    curve = {"losses": [3.0] * 30 + [0.6] * 10, "held_out": [[20, 2.0], [40, 0.5]]}
    _, words = figures.draw_curve(curve, 40, tokens_per_character=0.4, floor=0.15)
    assert (
        words
        == "Step 40 of 40. Held out: 0.200 nats per character, 0.050 above the floor of 0.150."
    )
    pieces = ["A ", "hen", ". ", "Ned", "\n", "The ", "hen", "."]
    _, words = figures.draw_look_back(
        pieces, [0.1, 0.05, 0.0, 0.7, 0.0, 0.0, 0.15, 0.0], 6, "layer 1, head 2"
    )
    assert words.startswith(
        "layer 1, head 2. The token 'hen', marked in red, looks most at: 'Ned' 0.70, 'hen' 0.15, 'A' 0.10"
    )
