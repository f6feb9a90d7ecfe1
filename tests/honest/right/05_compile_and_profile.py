# assignment: 05-gradients
# what: tries torch.compile, the profiler, timeit with globals() and the benchmark Timer on the answers

# %% after train_step_loss
import timeit
from torch.profiler import profile
from torch.utils.benchmark import Timer

net = nn.Sequential(nn.Embedding(5, 8), nn.Linear(8, 5))
opt = torch.optim.SGD(net.parameters(), lr=0.1)
a = torch.randint(5, (2, 3))
try:
    compiled = torch.compile(net, backend="eager")
    print(train_step(compiled, opt, F.cross_entropy, a, a))
except Exception as e:
    print("no compile:", e)
with profile() as prof, record_function("one step"):
    train_step(net, opt, F.cross_entropy, a, a)
print(len(prof.events()))
print(timeit.timeit("train_step(net, opt, F.cross_entropy, a, a)", globals=globals(), number=3))
print(Timer("train_step(net, opt, F.cross_entropy, a, a)", globals=globals()).timeit(3))
%timeit -n 2 -r 1 gradient_of(lambda x: x.sum(), torch.ones(3))

# %% solution train_step
from torch.profiler import record_function

def train_step(model, optimizer, loss_fn, inputs, targets):
    with record_function("clear"):
        optimizer.zero_grad()
    with record_function("forward"):
        logits = model(inputs)
        loss = loss_fn(logits.reshape(targets.numel(), -1), targets.reshape(targets.numel()))
    with record_function("backward"):
        loss.backward()
    optimizer.step()
    return loss.item()
