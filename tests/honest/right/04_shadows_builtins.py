# assignment: 04-cross-entropy
# what: names variables list, type, input, mock, discover, id and max without a care

# %% before cross_entropy_between
list = [0.6, 0.3, 0.1]
type = "distribution"
input = torch.tensor(list)
mock = torch.full((3,), 1 / 3)
id = 2
print(type, input, mock, id)

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    type, input = p > 0, q
    mock = torch.ones_like(input)
    list = torch.where(type, input, mock).log()
    return -(p * list).sum(-1)

# %% solution cross_entropy
def discover(input, index):
    return input.gather(-1, index.unsqueeze(-1)).squeeze(-1)


def cross_entropy(logits, targets):
    max = logits.max(dim=-1, keepdim=True)[0]
    input = logits - max
    sum = input.exp().sum(dim=-1)
    return (sum.log() - discover(input, targets)).mean()
