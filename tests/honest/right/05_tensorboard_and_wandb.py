# assignment: 05-gradients
# what: logs to TensorBoard in a try and imports wandb unguarded in a scratch cell and at the top of an answer

# %% after setup
try:
    from torch.utils.tensorboard import SummaryWriter
    writer = SummaryWriter("runs/05")
except Exception as e:
    print("no tensorboard:", e)
    writer = None

# %% before train_step
import wandb
wandb.init(mode="disabled", project="tiny-llm")

# %% solution train_step
import pandas as pd
HISTORY = []

def train_step(model, optimizer, loss_fn, inputs, targets):
    optimizer.zero_grad()
    logits = model(inputs)
    loss = loss_fn(logits.flatten(0, 1), targets.flatten())
    loss.backward()
    optimizer.step()
    HISTORY.append(loss.item())
    if writer is not None:
        writer.add_scalar("loss", HISTORY[-1], len(HISTORY))
    return HISTORY[-1]

# %% last
pd.DataFrame({"loss": HISTORY}).plot()
