# assignment: 05-gradients
# what: writes every path into a CSV and a JSON settings file beside the notebook, reads settings back in the answer

# %% file settings.json
{"decimals": 3, "log": "path.csv"}

# %% solution gradient_descent
import csv, json
from pathlib import Path

def gradient_descent(f, start, lr, steps):
    try:
        settings = json.loads(Path("settings.json").read_text())
    except OSError:
        settings = {"decimals": 3, "log": None}
    path = [start.detach().clone()]
    for _ in range(steps):
        path.append(path[-1] - lr * gradient_of(f, path[-1]))
    if settings["log"]:
        try:
            with open(settings["log"], "w", newline="") as out:
                csv.writer(out).writerows([round(v, settings["decimals"]) for v in p.flatten().tolist()] for p in path)
        except OSError as error:
            print("could not write:", error)
    return torch.stack(path)

# %% after gradient_descent_path
!head -3 path.csv
print(open("settings.json").read())
