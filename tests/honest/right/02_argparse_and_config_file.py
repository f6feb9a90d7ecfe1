# assignment: 02-matmul
# what: argparse with an empty list, a JSON config beside the notebook that an answer reads

# %% file config.json
{"scale_power": -0.5, "note": "attention"}

# %% first
import argparse, json
from pathlib import Path
parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=2)
args, unknown = parser.parse_known_args([])
print(vars(args))

# %% solution attention_scores
CONFIG = json.loads(Path("config.json").read_text())

def attention_scores(q, k):
    return torch.matmul(q, k.transpose(-2, -1)) * q.shape[-1] ** CONFIG["scale_power"]

# %% after attention_scores_gradients
Path("log.txt").write_text("done\n")
with open("log.txt", "a") as f:
    f.write("twice\n")
print(open("log.txt").read())
