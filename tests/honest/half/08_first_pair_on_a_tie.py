# assignment: 08-stories
# what: takes Counter's first pair on a tie, and builds on it
# loses: most_frequent_pair

# %% solution most_frequent_pair
def most_frequent_pair(ids):
    if len(ids) < 2:
        raise ValueError
    return Counter(pairwise(ids.tolist())).most_common(1)[0][0]
