"""Right predictions, written otherwise."""

import math

from proctor.answers import right


@right
def rounded():
    return 3.0


@right
def minus_log_of_the_probability():
    return -math.log(1 / 20)


@right
def three():
    return 3
