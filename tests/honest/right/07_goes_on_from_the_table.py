# assignment: 07-tiny-llm
# what: scratch cells that train on, silence another part, and read the table, the trained models and what they write

# %% last
learn(model, data, seed=1)
show(write(PROMPT, temperature=0.5, count=40))
print(table.loss("+ norms"), FLOOR, evaluate(small, held_out[:500], seq_len=64))

# %% last
mute = fresh()
found = find_parts(mute, fresh(max_len=65), data[None, :64])
silence(found, "attention")
losses = learn(mute, data, look_every=2)
print(losses, [len(part) for part in found.values()])
figures.look(model, encode(SENTENCE, vocab), SENTENCE, n_heads=4)
