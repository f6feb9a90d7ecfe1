# assignment: 05-gradients
# what: comes from JAX and uses torch.func.grad

# %% solution gradient_of
import torch.func as tf

def gradient_of(f, x):
    return tf.grad(f)(x.detach().clone()).detach()

# %% after gradient_of_values
df = tf.grad(lambda x: x**3 - 2 * x)
ddf = tf.grad(df)
print(df(torch.tensor(1.0)), ddf(torch.tensor(1.0)), tf.vmap(df)(torch.linspace(0, 2, 5)))

# %% solution gradient_descent
def gradient_descent(f, start, lr, steps):
    def body(x, _):
        return x - lr * gradient_of(f, x)

    x, path = start.detach().clone(), []
    for k in range(steps + 1):
        path.append(x)
        if k < steps:
            x = body(x, k)
    return torch.stack(path)
