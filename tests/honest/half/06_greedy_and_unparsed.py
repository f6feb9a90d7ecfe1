# assignment: 06-training-loop
# what: always takes the likeliest token in generate, and evaluate does not parse
# loses: evaluate generate

# %% solution evaluate
def evaluate(model, data, seq_len):
    model.eval()
    with torch.no_grad()
        loss = F.cross_entropy(model(data[None, :-1])[0], data[1:])
    return loss.item(

# %% solution generate
def generate(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            ids = torch.cat([ids, model(ids[None])[0, -1].argmax()[None]])
    return ids

# %% before generate
from torch import nn as neural
!ls
