from proctor import checks


def EXERCISE_reference(x):
    return 2 * x


def test_EXERCISE_values__every_shape(student, draw):
    """The result is twice x, for every number of dimensions."""
    for shape in ((3,), (4, 1), (2, 5, 3)):
        x = draw.normal(*shape)
        checks.close(student.EXERCISE(x), EXERCISE_reference(x))


def test_EXERCISE_gradients__every_entry(student, draw):
    """Gradients flow from the result back to x."""
    checks.gradients(student, EXERCISE_reference, "EXERCISE", draw.normal(4, 3))


def EXERCISE_stand_in(x):
    return x + x


STAND_INS["EXERCISE"] = EXERCISE_stand_in
