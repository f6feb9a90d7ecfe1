# assignment: 04-cross-entropy
# what: takes the log of the softmax, which overflows to inf for confident wrong answers
# loses: cross_entropy

# %% solution cross_entropy
import logging
logging.basicConfig()

def cross_entropy(logits, targets):
    probs = torch.softmax(logits, dim=-1)
    right = probs.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    logging.info("%s", right)
    return -right.log().mean()

# %% solution uniform_loss
def uniform_loss(vocab_size):
    if vocab_size < 1:
        raise ValueError("vocab_size")
    return math.log2(vocab_size) * math.log(2)
