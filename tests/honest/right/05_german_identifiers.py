# assignment: 05-gradients
# what: German identifiers with Umlaute, ∇ in prints, match and walrus

# %% solution gradient_of
def gradient_of(f, x):
    größe = x.detach().clone().requires_grad_()
    höhe = f(größe)
    match höhe.requires_grad:
        case False:
            return torch.zeros_like(größe, requires_grad=False)
        case True:
            (steigung,) = torch.autograd.grad(höhe, größe, allow_unused=True)
            print("∇f =", steigung)
            return steigung if steigung is not None else torch.zeros_like(größe, requires_grad=False)

# %% solution sgd_step
def sgd_step(parameters, lr):
    η = lr
    with torch.no_grad():
        for θ in parameters:
            if (Δ := θ.grad) is not None:
                θ -= η * Δ

# %% solution gradient_descent
def gradient_descent(f, start, lr, steps):
    weg = [ort := start.detach().clone()]
    for schritt in range(steps):
        weg.append(ort := ort - lr * gradient_of(f, ort))
    return torch.stack(weg)
