from proctor import checks

# The ids of the wrong answers to TARGET that count, by the place of the mistake
EXERCISE_COUNTED = {"values": "as_it_came"}


def EXERCISE_compare(got, want, example):
    checks.close(got, want)


def EXERCISE_exposed(student):
    from proctor.diagnosis.catch import caught

    counted = EXERCISE_COUNTED
    return caught(student, "TARGET", TARGET_stand_in, counted, EXERCISE_compare)


def test_EXERCISE_fair__right_answers_stand(student, draw):
    """No example makes a right answer fail."""
    refused = EXERCISE_exposed(student).refused
    assert not refused, "\n".join(f"example {number} {said}" for number, said in refused.items())


def test_EXERCISE_many__85_percent(student, draw):
    """The examples expose at least 85 % of the wrong answers that count."""
    found = EXERCISE_exposed(student)
    assert found.share >= 0.85, found.words()
