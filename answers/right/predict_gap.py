"""Right predictions, written otherwise."""

import math

from proctor.answers import right


@right
def a_float():
    return 3.0


@right
def from_the_ratio():
    return math.log(math.exp(3))
