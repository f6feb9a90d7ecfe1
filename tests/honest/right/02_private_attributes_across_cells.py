# assignment: 02-matmul
# what: a recorder object with private attributes, used by answers and scratch cells

# %% after setup
class Recorder:
    def __init__(self):
        self._shapes = []
        self.__secret = 0
    def _note(self, *tensors):
        self._shapes.append([tuple(t.shape) for t in tensors])
        self.__secret += 1

recorder = Recorder()

# %% solution matmul
def matmul(A, B):
    recorder._note(A, B)
    if A.shape[1] != B.shape[0]:
        raise ValueError(recorder._shapes[-1])
    return torch.stack([torch.sum(a[:, None] * B, dim=0) for a in A], dim=0)

# %% after matmul_gradients
print(recorder._shapes[-3:], recorder._Recorder__secret)
recorder._shapes.clear()
recorder._extra = {"matmul": matmul}
setattr(recorder, "dim", 3)
print(recorder.__dict__.keys(), recorder.__class__.__name__)
