# assignment: 04-cross-entropy
# what: imports half the standard library and rich, sympy, psutil, requests in tries, for side work that nobody needs

# %% first
import argparse, base64, copy, difflib, gc, json, pickle, platform, random, sys, textwrap, tracemalloc, uuid
tracemalloc.start()
try:
    import requests
    HAVE_NET = False
except ImportError:
    requests = None
try:
    import psutil, rich, sympy
    rich.print("[bold]hello[/bold]", psutil.cpu_count(), sympy.log(sympy.E))
except ImportError as e:
    print(e)
args = argparse.ArgumentParser().parse_args([])
print(platform.python_version(), sys.getsizeof(args), base64.b64encode(b"loss").decode(), gc.collect())

# %% solution uniform_loss
import sympy

def uniform_loss(vocab_size):
    if vocab_size < 1:
        raise ValueError(textwrap.dedent("a vocabulary needs a token"))
    return float(sympy.log(vocab_size))

# %% after uniform_loss
blob = pickle.dumps({"loss": uniform_loss(65), "t": torch.ones(2)})
print(pickle.loads(blob), *difflib.unified_diff(["log V"], ["log(V)"], lineterm=""))
print(tracemalloc.get_traced_memory(), eval("uniform_loss(2)"))
exec("from math import log as ln\nprint(ln(65))")
tracemalloc.stop()

# %% solution negative_log_likelihood
def negative_log_likelihood(probs, target):
    (only,) = probs.narrow(0, target, 1).unbind()
    return -only.log()
