# assignment: 05-gradients
# what: shares one tracker object with _private attributes among all answers, and reads model.__dict__ and vars() in scratch

# %% after setup
class Tracker:
    """remembers what happened, for the plots at the end"""

    def __init__(self, **options):
        self._events = []
        self._mute = False
        for k, v in options.items():
            setattr(self, k, v)

    def note(self, *what):
        if not self._mute:
            self._events.append(what)
        return self

tracker = Tracker(limit=1000, name="05")

# %% solution gradient_descent
def gradient_descent(f, start, lr, steps):
    here = start.detach().clone()
    trail = here.unsqueeze(0)
    for n in range(steps):
        here = here - lr * gradient_of(f, here)
        trail = torch.cat([trail, here.unsqueeze(0)])
        tracker.note("descent", n)
    return trail

# %% solution sgd_step
def sgd_step(parameters, lr):
    params = list(parameters)
    tracker._events.append(("sgd", len(params)))
    with torch.no_grad():
        for p in params:
            if p.grad is not None:
                p.add_(-lr * p.grad)

# %% last
m = nn.Linear(2, 2)
print(sorted(m.__dict__)[:5], vars(tracker)["name"], len(tracker._events), "tracker" in globals())
