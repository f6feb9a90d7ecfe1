"""Examples that catch too few wrong answers, or aren't fair."""

import torch

from proctor.answers import wrong


@wrong(
    "Has nothing but zeros",
    hint="A mistake in an entry of 0 may not show. Which other numbers may stand there?",
    fails="EXERCISE_many",
)
def zeros():
    return [{"x": torch.zeros(2)}]
