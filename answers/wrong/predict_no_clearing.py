"""Wrong predictions of where three steps without clearing lead, from 2.0 with slope 3 and learning rate 0.1."""

from proctor.answers import wrong


@wrong(
    "Steps as if the gradients had been cleared",
    hint="That is where three clean steps of 0.3 lead. `backward()` adds to `.grad`, so without clearing it holds 3, then 6, then 9.",
    fails="predict_no_clearing_value",
)
def as_if_cleared():
    return 1.1


@wrong(
    "Takes one step only",
    hint="That is where the first step leads. Two more follow, and each finds a larger `.grad`.",
    fails="predict_no_clearing_value",
)
def one_step():
    return 1.7


@wrong(
    "Takes three steps with the gradients of all three passes",
    hint="`.grad` is 9 only in the last step: in the first it is 3, in the second 6. Each step uses what is there by then.",
    fails="predict_no_clearing_value",
)
def three_times_the_sum():
    return -0.7


@wrong(
    "Walks uphill",
    hint="A step *subtracts* the learning rate times `.grad`. The slope is positive, so `w` goes down.",
    fails="predict_no_clearing_value",
)
def uphill():
    return 3.8


@wrong(
    "Doubles the gradient each time instead of adding 3",
    hint="That is 3, 6, 12. Each backward pass adds the same slope again: 3, 6, 9.",
    fails="predict_no_clearing_value",
)
def doubles():
    return -0.1


@wrong(
    "Leaves out the learning rate",
    hint="The gradients add up to 3 + 6 + 9 = 18, right. Each step takes a tenth of its own.",
    fails="predict_no_clearing_value",
)
def without_the_rate():
    return -16
