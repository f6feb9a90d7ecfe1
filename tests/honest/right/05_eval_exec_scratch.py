# assignment: 05-gradients
# what: evaluates formulas typed as strings with eval and exec, compares with sympy's derivative

# %% after gradient_of_values
import sympy as sp
from rich.table import Table
from rich import print as rprint

s = sp.Symbol("x")
table = Table("f", "autograd", "sympy")
for formula in ("x**3 - 2*x", "x**2", "3*x"):
    f = eval("lambda x: " + formula)
    exact = sp.diff(sp.sympify(formula), s).subs(s, 1.5)
    table.add_row(formula, f"{gradient_of(f, torch.tensor(1.5)).item():.4f}", f"{float(exact):.4f}")
rprint(table)
exec("def quartic(x):\n    return (x**4).sum()")
print(gradient_of(quartic, torch.ones(2)))

# %% solution numerical_gradient
def numerical_gradient(f, x, eps=1e-6):
    frozen = x.detach().clone()
    def at(i, h):
        moved = frozen.flatten().clone()
        moved[i] += h
        return f(moved.unflatten(0, x.shape) if x.dim() else moved[0]).item()
    slopes = [(at(i, eps) - at(i, -eps)) / (eps + eps) for i in range(x.numel())]
    return torch.tensor(slopes, dtype=x.dtype).reshape(x.shape)
