# assignment: 05-gradients
# what: draws contour plots and an animation of every walk, with ipywidgets, between and inside the answers

# %% solution gradient_descent
DRAW = True

def gradient_descent(f, start, lr, steps):
    x = start.clone().detach()
    path = [x]
    for _ in range(steps):
        x = torch.sub(x, gradient_of(f, x), alpha=lr)
        path.append(x)
    path = torch.stack(path)
    if DRAW and start.shape == (2,):
        fig, ax = plt.subplots(figsize=(3, 3))
        ax.plot(*path.T.tolist(), "o-", markersize=3)
        ax.set_title(f"lr = {lr}")
        plt.close(fig)
    return path

# %% after gradient_descent_no_traces
from IPython.display import display, clear_output
from ipywidgets import FloatSlider, interact
from matplotlib.animation import FuncAnimation

X, Y = torch.meshgrid(torch.linspace(-4, 4, 40), torch.linspace(-2, 2, 40), indexing="ij")
plt.contour(X, Y, (X**2 + 8 * Y**2) / 2)
interact(lambda lr: print(gradient_descent(lambda v: (v**2).sum(), torch.tensor([2.0, 1.0]), lr, 5)[-1]), lr=FloatSlider(0.1, max=1))
plt.show()
