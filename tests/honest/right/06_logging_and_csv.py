# assignment: 06-training-loop
# what: logs by the logging module, writes the losses into losses.csv beside the notebook, checkpoints by torch.save

# %% after setup
import csv, logging, sys
from pathlib import Path

logger = logging.getLogger("tiny")
logger.setLevel(logging.INFO)
logger.addHandler(logging.StreamHandler(sys.stdout))

# %% solution train
def train(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    try:
        for step in range(steps):
            inputs, targets = get_batch(data, batch_size, seq_len, generator)
            optimizer.zero_grad(set_to_none=True)
            loss = F.cross_entropy(model(inputs).transpose(1, 2), targets)
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
            if step % 500 == 0:
                logger.info("step %d loss %.3f", step, losses[-1])
    finally:
        try:
            with open("losses.csv", "w", newline="") as f:
                csv.writer(f).writerows(enumerate(losses))
            torch.save(model.state_dict(), "checkpoint.pt")
        except OSError:
            logger.exception("could not save")
    return losses

# %% after train_batches
if Path("checkpoint.pt").exists():
    print(list(torch.load("checkpoint.pt")), Path("losses.csv").read_text()[:40])
!ls
