"""Right predictions, written otherwise."""

import math

from proctor.answers import right


@right
def a_float():
    return 4.0


@right
def computed():
    return math.exp((math.log(2) + math.log(8)) / 2)
