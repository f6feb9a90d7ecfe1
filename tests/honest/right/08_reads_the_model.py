# assignment: 08-stories
# what: looks at the model, the merges and what it writes in scratch cells, and keeps a text file

# %% after predict_copy_value
print(model, len(merges), held_out(unseen[:500]))
weights = [p.abs().mean().item() for p in model.parameters()]

# %% last
for beginning in ("", "Ned", "Ünder"):
    print(write(beginning, characters=30))
open("story.txt", "w").write(write("The sea", 0.7, 0.9, 60))

# %% last
sum(p.numel() for p in model.parameters()), page[:20], open("story.txt").read()
