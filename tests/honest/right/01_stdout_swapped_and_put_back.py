# assignment: 01-vectors
# what: catches what cells print with redirect_stdout and by swapping sys.stdout, and puts it back

# %% before embed
import contextlib, io, sys

buffer = io.StringIO()
with contextlib.redirect_stdout(buffer):
    print("shape is", word_table.shape)
    help(torch.gather)
text = buffer.getvalue()
print(len(text), text[:20])

# %% solution embed
def embed(token_ids, table):
    with contextlib.redirect_stdout(io.StringIO()):
        print("nobody sees this", token_ids)
    return table[token_ids]

# %% after embed
old, sys.stdout = sys.stdout, io.StringIO()
try:
    print(embed(torch.tensor([0]), word_table))
    captured = sys.stdout.getvalue()
finally:
    sys.stdout = old
print("captured:", captured)
print("a word to stderr", file=sys.stderr)
