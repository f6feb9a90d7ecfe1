# assignment: 04-cross-entropy
# what: a search loop in uniform_loss that never ends; sleeps a little in another answer
# loses: uniform_loss

# %% solution uniform_loss
def uniform_loss(vocab_size):
    if vocab_size < 1:
        raise ValueError("too small")
    x = 0.0
    while True:
        if math.exp(x) == vocab_size + 0.5:
            break
        x += 0.001
    return x

# %% solution negative_log_likelihood
import time

def negative_log_likelihood(probs, target):
    time.sleep(0.01)
    return -probs[target].log()
