"""What an answer does has one name, however it is written."""

from runpy import run_path
from types import SimpleNamespace

import pytest
import torch

from proctor.course.report import same_behaviour
from proctor.grading.replies import LOOSE, RTOL, behaviour, same
from proctor.sandbox.protocol import Call, Raised, Returned, encode


def name(*replies, failed=("softmax_values",), given=()):
    request = encode(Call("softmax", [torch.ones(3)], {}, stand_ins=list(given)))
    return behaviour([(request, reply) for reply in replies], list(failed))


def test_the_last_digits_and_stand_ins_make_no_difference():
    x = torch.linspace(-3, 3, 24).reshape(2, 3, 4)
    shares, other = Returned(x.softmax(-1)), Returned((x - x.logsumexp(-1, keepdim=True)).exp())
    assert not torch.equal(shares.value, other.value)
    assert same_behaviour(name(shares), name(other, given=["matmul"]))
    assert same_behaviour(
        name(Returned(torch.zeros(3))), name(Returned(torch.tensor([1e-9, 0, -1e-9])))
    )
    assert name(Returned({"parameters": {"a": x}})) == name(Returned({"parameters": {"b": x}}))
    words = [
        f"The size of tensor a ({m}) must match the size of tensor b ({n})"
        for m, n in ((2, 10), (10, 2))
    ]
    assert len({name(Raised("RuntimeError", [], each)) for each in words}) == 1


def test_what_is_another_reply_is_another_behaviour():
    x = torch.linspace(-3, 3, 9).reshape(3, 3)
    replies = [
        x,
        x.T,
        x.double(),
        x * 1.1,
        x.log(),
        x.clamp(min=0) / 0,
        x.long(),
        x.tolist(),
        None,
        1.0,
        1,
        True,
        "1",
    ]
    names = [name(Returned(each)) for each in replies] + [
        name(Returned(x, gradients=[x])),
        name(Returned(x), Returned(x)),
    ]
    names += [name(Raised(kind, [], "")) for kind in ("ValueError", "TypeError")] + [
        name(Returned(x), failed=["other"])
    ]
    for number, one in enumerate(names):
        assert not any(same_behaviour(one, other) for other in names[:number]), number
    assert name() is None


def test_visible_and_hidden_checks_have_the_same_tolerances(course):
    """`expect.py` travels with a release, where there is no proctor."""
    expect = run_path(str(course / "helpers" / "expect.py"))
    assert expect["TOLERANCE"] == RTOL


def test_values_of_other_kinds_or_lengths_are_never_the_same():
    values = [
        torch.zeros(2),
        [0.0, 0.0],
        [0.0],
        [[0.0], 0.0],
        [torch.zeros(()), 0.0],
        0.0,
        0,
        True,
        None,
        {"a": 0.0},
    ]
    replies = [Returned(each) for each in values]
    assert all(same(each, each, LOOSE) for each in replies) and same(
        Returned((0.0, 0.0)), replies[1], LOOSE
    )
    assert not any(
        same(one, other, LOOSE) for one in replies for other in replies if one is not other
    )


def test_a_visible_check_tells_numbers_apart_and_where_pytorch_stops(course):
    expect = SimpleNamespace(**run_path(str(course / "helpers" / "expect.py")))

    def in_place(x):
        shares = x.exp()
        shares /= shares.sum()
        return shares

    with pytest.raises(expect.Unmet, match=r"4\.1744 is not 4\.17439"):
        expect.expect(round, 4.17438727, 4).gives(4.17438727, within=1e-9)
    given = torch.tensor([1.0, 2.0])
    with pytest.raises(
        expect.Unmet, match=r"none: PyTorch raised RuntimeError: .*modified by an inplace"
    ):
        expect.expect(in_place, given).gradient([0.1, 0.1], at=0)
    with pytest.raises(
        expect.Unmet, match="gradients must flow through in_place, but PyTorch raised RuntimeError"
    ):
        expect.contract(in_place, x=given)
