"""Wrong predictions of how many ids `a a a a a` has after one merge of (a, a)."""

from proctor.answers import wrong


@wrong(
    "Merges once",
    hint="One merge replaces the pair wherever it stands, not only at the first place.",
    fails="predict_merged_length_value",
)
def one_place():
    return 4


@wrong(
    "Merges at every place where the pair stands",
    hint="The pair stands at four places, and these overlap. What has been merged is taken: its second `a` can't begin the next pair.",
    fails="predict_merged_length_value",
)
def all_four_places():
    return 1


@wrong(
    "Forgets the odd one",
    hint="Two pairs of the five are merged. What becomes of the fifth `a`?",
    fails="predict_merged_length_value",
)
def two_pairs():
    return 2


@wrong(
    "Expects nothing to change",
    hint="Two neighbours that are the pair become one id. How many times does that go into five?",
    fails="predict_merged_length_value",
)
def nothing():
    return 5
