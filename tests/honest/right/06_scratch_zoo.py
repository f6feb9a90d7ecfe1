# assignment: 06-training-loop
# what: many scratch cells: scheduler, compile, profiler, await, threads, wandb, pandas, broken cells, hooks, set_detect_anomaly

# %% first
import wandb
import pandas as pd
import warnings; warnings.filterwarnings("ignore", category=UserWarning)

# %% after TinyLM_gradients
probe = TinyLM(7, 8)
opt = torch.optim.AdamW(probe.parameters(), lr=1.0)
sched = torch.optim.lr_scheduler.StepLR(opt, 2, 0.5)
for _ in range(4):
    opt.step(); sched.step()
print(sched.get_last_lr(), [n for n, p in probe.named_parameters()])
try:
    print(torch.compile(probe, backend="eager")(torch.tensor([[1]])).shape)
except Exception as e:
    print(e)

# %% after train_batches
import asyncio
from concurrent.futures import ThreadPoolExecutor
from torch.profiler import profile
await asyncio.sleep(0)
with torch.autograd.set_detect_anomaly(True), profile() as prof:
    train(TinyLM(6, 8), torch.arange(6), 2, 2, 3, 0.1, torch.Generator())
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(len, ["ab", "c"])), len(prof.events()))

# %% after evaluate_mean
print(evalute(model, tokens, 4))

# %% after evaluate_graph
for seq_len in (1, 2, 3)
    print(evaluate(model, tokens, seq_len))

# %% solution TinyLM
class TinyLM(nn.Module):
    def __init__(self, vocab_size: int, d_model: int) -> None:
        super(TinyLM, self).__init__()
        self.vocab_size, self.d_model = vocab_size, d_model
        self.net = nn.Sequential()
        self.net.add_module("emb", nn.Embedding(vocab_size, d_model))
        self.net.add_module("fc1", nn.Linear(d_model, d_model))
        self.net.add_module("act", nn.GELU())
        self.net.add_module("fc2", nn.Linear(d_model, vocab_size, bias=False))

    def extra_repr(self):
        return f"V={self.vocab_size}, D={self.d_model}"

    def forward(self, ids):
        assert ids.dtype == torch.int64
        return self.net(ids)

# %% last
%timeit -n 1 -r 1 evaluate(model, data, 64)
pd.Series(losses).rolling(50).mean().plot()
wandb.finish()
