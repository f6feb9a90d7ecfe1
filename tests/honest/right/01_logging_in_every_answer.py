# assignment: 01-vectors
# what: logs at the head of every answer, with the logging module set up in the first cell

# %% first
import logging

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(funcName)s: %(message)s")
log = logging.getLogger("vectors")

# %% solution embed
def embed(token_ids, table):
    log.info("ids %s, table %s", tuple(token_ids.shape), tuple(table.shape))
    return table[token_ids]

# %% solution last_token
def last_token(hidden):
    log.debug("hidden is %r", hidden.shape)
    B, T, D = hidden.shape
    return hidden[:, T - 1, :]

# %% solution most_similar
def most_similar(query, table, k):
    if k < 1 or k > len(table):
        log.warning("k = %d is out of range", k)
        raise ValueError(f"k must be between 1 and {len(table)}")
    sims = cosine_similarity(query, table)
    log.info("best similarity %.3f", sims.max())
    return sims.argsort(descending=True)[:k]
