"""Right predictions, written otherwise."""

import math

from proctor.answers import right


@right
def a_float():
    return 45.0


@right
def computed():
    return math.exp(math.log(45))


@right
def over_a_share():
    return 1 / (1 / 45)
