# assignment: 08-stories
# what: gives names of the notebook to things of their own, and works with characters to the end

# %% after apply_merges_values
tokens = encode("a hen", build_vocab("a hen"))
names = ["Ned", "Pip"]
figures = 3
text = "the hen then"

# %% before most_frequent_pair
V = 5
merges = "later"

# %% last
TOKENS = V
print(try_merges(training[:500], vocab, 0, learn_merges, apply_merges, undo_merges)[1] == vocab)
