# assignment: 02-matmul
# what: a factory returns the answer, which checks the sizes in a nested function and multiplies by expanded views

# %% solution matmul
def make_matmul(message="inner sizes differ"):
    def check(a, b):
        if a != b:
            raise ValueError(f"{message}: {a} != {b}")

    def multiply(A, B):
        check(A.shape[1], B.shape[0])
        n, k, m = *A.shape, B.shape[1]
        left = A.reshape(n, k, 1).expand(n, k, m)
        right = B.reshape(1, k, m).expand(n, k, m)
        return torch.addcmul(torch.zeros_like(left), left, right).sum(1)

    return multiply

matmul = make_matmul()

# %% before linear
import copy, itertools, operator
layer_copy = copy.deepcopy(layer)
print(operator.is_(layer, layer_copy), list(itertools.product("ab", [1, 2])))
get_ipython().run_cell("print('a cell in a cell')")
