# assignment: 04-cross-entropy
# what: configures logging at the top and logs from inside the answers, errors too

# %% first
import logging, sys

logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(levelname)s %(funcName)s: %(message)s", force=True)
logging.getLogger("matplotlib").setLevel(logging.WARNING)
log = logging.getLogger(__name__)

# %% solution cross_entropy_between
def cross_entropy_between(p, q):
    log.debug("p %s q %s", tuple(p.shape), tuple(q.shape))
    if (q == 0).any():
        log.warning("q calls %d outcomes impossible", int((q == 0).sum()))
    safe = q.masked_fill(p == 0, 1.0)
    return -(p * safe.log()).sum(-1)

# %% solution uniform_loss
def uniform_loss(vocab_size):
    try:
        return math.log(vocab_size)
    except ValueError:
        log.exception("no vocabulary of size %r", vocab_size)
        raise

# %% solution perplexity
def perplexity(logits, targets):
    loss = cross_entropy(logits, targets)
    log.info("loss %.4f", loss.item())
    return loss.exp()
