# assignment: 03-softmax
# what: a class holds all the functions as static methods, and the names are bound to them

# %% solution softmax
class Soft:
    """My toolbox."""

    @staticmethod
    def softmax(x, dim):
        e = (x - x.amax(dim=dim, keepdim=True)).exp()
        return e / e.sum(dim=dim, keepdim=True)

    @staticmethod
    def with_temperature(logits, temperature):
        if temperature <= 0:
            raise ValueError("T <= 0")
        return softmax(logits / temperature, dim=-1)

softmax = Soft.softmax

# %% solution softmax_with_temperature
softmax_with_temperature = Soft.with_temperature

# %% after softmax_with_temperature
s = Soft()
s.max = 3
s._hidden = softmax
setattr(s, "min", -3)
print(s.__dict__, vars(Soft).keys(), isinstance(s, Soft))
