"""Wrong answers to `softmax_with_temperature(logits, temperature)`."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Multiplies by the temperature",
    hint="With your version a high temperature makes the distribution sharper. It should be the other way round: look at what is done with `temperature`.",
    fails="softmax_with_temperature_values",
)
def multiplies(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits * temperature, dim=-1)


@wrong(
    "Gives the same at every temperature",
    hint="Where does your code use `temperature`? What is subtracted from all logits cancels, and so does what divides all exponentials or probabilities. The temperature divides the logits.",
    fails="softmax_with_temperature_values",
)
def ignores_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits, dim=-1)


@wrong(
    "Divides the probabilities after the softmax",
    hint="Your rows sum to 1 / temperature. Dividing probabilities only rescales them: it is the logits that should be divided, before.",
    fails="softmax_with_temperature_values",
)
def divides_probabilities(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits, dim=-1) / temperature


@wrong(
    "Divides the probabilities and runs a second softmax",
    hint="Softmax of probabilities is nearly flat, since they all lie between 0 and 1. One softmax is enough, on the divided logits.",
    fails="softmax_with_temperature_values",
)
def softmax_twice(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(softmax(logits, dim=-1) / temperature, dim=-1)


@wrong(
    "Divides the exponentials, so that the temperature cancels",
    hint="You divide each exponential and their sum by the same number, so nothing changes. Divide before `exp`.",
    fails="softmax_with_temperature_values",
    like="ignores_temperature",
)
def divides_exponentials(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    exps = torch.exp(logits - logits.amax(-1, keepdim=True)) / temperature
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Raises the probabilities to a power without sharing out again",
    hint="The power has the right ratios, but your rows no longer sum to 1. Dividing the logits before the softmax takes care of both.",
    fails="softmax_with_temperature_values",
)
def power_without_sum(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits, dim=-1) ** (1 / temperature)


@wrong(
    "Raises the probabilities to a power and shares out again",
    hint="On paper this is the same. But where logits lie far apart the softmax has already made 0 of the small ones, and no power brings them back at a high "
    "temperature. Divide first.",
    fails="softmax_with_temperature_values",
)
def power_of_probabilities(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    powers = softmax(logits, dim=-1) ** (1 / temperature)
    return powers / powers.sum(-1, keepdim=True)


@wrong(
    "Subtracts the temperature from the logits",
    hint="A constant that is subtracted from all logits cancels, so this changes nothing. The temperature divides.",
    fails="softmax_with_temperature_values",
    like="ignores_temperature",
)
def subtracts(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits - temperature, dim=-1)


@wrong(
    "Divides by the square root of the temperature",
    hint="The square root belongs to attention, where scores are divided by the root of the width. A temperature divides as it is.",
    fails="softmax_with_temperature_values",
)
def square_root(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / temperature**0.5, dim=-1)


@wrong(
    "Normalises over dimension 0",
    hint="With a batch of logits your columns sum to 1. The tokens that compete lie along the last dimension.",
    fails="softmax_with_temperature_values",
)
def over_dimension_0(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / temperature, dim=0)


@wrong(
    "Normalises over dimension 1, which is the last one of two only",
    hint="Dimension 1 is the last one for (B, V) logits, but not for (V,) or (B, T, V). Which number always means the last dimension?",
    fails="softmax_with_temperature_values",
)
def over_dimension_1(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / temperature, dim=1)


@wrong(
    "Normalises over dimension 1, or over the only one of a vector",
    hint="For (B, T, V) your entries compete along the positions: dimension 1 is the last one of (B, V) only, and a loop over the first dimension meets whole sequences, not rows. Which number always means the last dimension?",
    fails="softmax_with_temperature_values",
)
def over_dimension_1_or_the_only_one(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / temperature, dim=min(1, logits.dim() - 1))


@wrong(
    "Takes the exponential of the divided logits without a shift",
    hint="At a low temperature the divided logits are large and `exp` overflows. Your own softmax already takes care of that.",
    fails="softmax_with_temperature_values",
)
def without_shift(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    exps = torch.exp(logits / temperature)
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Subtracts the maximum of the undivided logits after dividing",
    hint="You subtract the maximum of one tensor from another. Shift first and then divide, or take the maximum of the divided logits.",
    fails="softmax_with_temperature_values",
)
def maximum_of_the_undivided(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    exps = torch.exp(logits / temperature - logits.amax(-1, keepdim=True))
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Raises low temperatures",
    hint="You protect against small temperatures, but your softmax needs no protection: any temperature above 0 is as good as it is.",
    fails="softmax_with_temperature_values",
    constants=("0.1", "0.5", "0.2", "0.3", "1.0"),
)
def temperature_of_at_least_a_tenth(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / max(temperature, 0.1), dim=-1)


@wrong(
    "Adds a small number to the temperature so as not to divide by 0",
    hint="A temperature of 0 is an error that you report, so nothing needs to be added. The addition makes every result a little wrong.",
    fails="softmax_with_temperature_values",
    constants=("1e-6", "1e-5", "1e-4", "1e-3", "1e-7", "1e-8"),
)
def padded_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / (temperature + 1e-6), dim=-1)


@wrong(
    "Rounds the divided logits down to whole numbers",
    hint="To divide and round down, as `//` does, cuts the fraction off: logits of 1.9 and 1.1 both become 1. Which operator only divides?",
    fails="softmax_with_temperature_values",
)
def whole_division(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits // temperature, dim=-1)


@wrong(
    "Returns float32, whatever went in",
    hint="float64 logits should give float64 probabilities. Does your code convert, or make a new tensor of a fixed dtype?",
    fails="softmax_with_temperature_values",
)
def always_float32(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits.float() / temperature, dim=-1)


@wrong(
    "Divides the caller's logits in place",
    hint="Something changes the tensor that you were given, as `/=` and methods with an underscore do: a second call would divide again. Make a new tensor.",
    fails=("softmax_with_temperature_values", "softmax_with_temperature_gradients"),
)
def in_place(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    logits /= temperature
    return softmax(logits, dim=-1)


@wrong(
    "Shifts the caller's logits",
    hint="The shift changes no probability, but it changes the caller's tensor, also under `no_grad`. Make a new one.",
    fails="softmax_with_temperature_values",
)
def shifts_in_place(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    with torch.no_grad():
        logits -= logits.amax(-1, keepdim=True)
    exps = torch.exp(logits / temperature)
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Cuts the result off from the logits",
    hint="The values are right, but nothing can be learned through them: `detach`, `.data`, `no_grad` and numbers from `.item()` or `tolist()` stop the gradient.",
    fails="softmax_with_temperature_gradients",
)
def detached(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits.detach() / temperature, dim=-1)


@wrong(
    "Accepts a temperature of 0",
    hint="Dividing by 0 gives `inf` and `nan`. 0 should be refused like the negative ones: look at the temperature first and raise `ValueError`.",
    fails="softmax_with_temperature_errors",
)
def without_error(logits, temperature):
    return softmax(logits / temperature, dim=-1)


@wrong(
    "Rejects a temperature of 0, but not a negative one",
    hint="A negative temperature makes the smallest logit win. It should be refused like 0.",
    fails="softmax_with_temperature_errors",
)
def rejects_zero_only(logits, temperature):
    if temperature == 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / temperature, dim=-1)


@wrong(
    "Rejects a negative temperature, but not 0",
    hint="Dividing by 0 gives `inf` and `nan`. 0 should be refused like the negative ones.",
    fails="softmax_with_temperature_errors",
    like="without_error",
)
def rejects_negative_only(logits, temperature):
    if temperature < 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / temperature, dim=-1)


@wrong(
    "Uses assert, which raises AssertionError",
    hint="`assert` is for checking your own reasoning, and raises `AssertionError`. For a bad argument, raise `ValueError`.",
    fails="softmax_with_temperature_errors",
)
def asserts(logits, temperature):
    assert temperature > 0, "temperature must be above 0"
    return softmax(logits / temperature, dim=-1)


@wrong(
    "Creates the ValueError without raising it",
    hint="You build a `ValueError` and hand it back as a result. What makes Python stop is the word `raise`.",
    fails="softmax_with_temperature_errors",
)
def returns_the_error(logits, temperature):
    if temperature <= 0:
        return ValueError("temperature must be above 0")
    return softmax(logits / temperature, dim=-1)


@wrong(
    "Gives the hard maximum for a temperature of 0 or below",
    hint="As the temperature falls to 0 the largest logit takes everything, so this makes sense, but here the caller wants to hear about it: raise `ValueError`.",
    fails="softmax_with_temperature_errors",
)
def hard_maximum(logits, temperature):
    if temperature <= 0:
        return F.one_hot(logits.argmax(-1), logits.shape[-1]).to(logits.dtype)
    return softmax(logits / temperature, dim=-1)


@wrong(
    "Calls torch.softmax",
    hint="Use your own `softmax` from above: the built-in is ruled out in this whole notebook.",
    fails=("softmax_with_temperature_values", "softmax_with_temperature_gradients", "softmax_with_temperature_errors"),
)
def torch_softmax(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return torch.softmax(logits / temperature, dim=-1)


@wrong(
    "Refuses low temperatures",
    hint="A temperature between 0 and 1 makes the distribution sharper and is as legal as any other. What does your check look at: does its bound lie above 0, or has `int` or rounding made the temperature 0 before?",
    fails="softmax_with_temperature_values",
)
def refuses_below_1(logits, temperature):
    if temperature < 1:
        raise ValueError("temperature must be at least 1")
    return softmax(logits / temperature, dim=-1)


@wrong(
    "Subtracts one maximum for all rows",
    hint="One `max()` for all rows leaves a row far below the largest logit only zeros to share, at a low temperature. Each row needs its own maximum, and your own `softmax` takes it.",
    fails="softmax_with_temperature_values",
)
def maximum_of_all_rows(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    exps = torch.exp((logits - logits.max()) / temperature)
    return exps / exps.sum(-1, keepdim=True)


@wrong(
    "Shares out among a few of the likeliest only",
    hint="Your other entries get 0. That's top-k sampling, another step; in a softmax every entry gets something, however many there are.",
    fails="softmax_with_temperature_values",
    constants=("5", "10", "8", "20", "50", "100"),
)
def five_likeliest(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    values, ids = (logits / temperature).topk(min(5, logits.shape[-1]), dim=-1)
    return torch.zeros_like(logits).scatter(-1, ids, softmax(values, dim=-1))


@wrong(
    "Raises the lowest temperatures",
    hint="You cut low temperatures off. Every temperature above 0 is allowed, and a lower one sharpens a little more.",
    fails="softmax_with_temperature_values",
)
def at_least_001(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / max(temperature, 0.01), dim=-1)


@wrong(
    "Takes a logit of 0 for padding",
    hint="A logit of 0 is a number like any other, larger than -1 and smaller than 1. Only -inf is out of the race.",
    fails="softmax_with_temperature_values",
)
def zero_is_padding(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    padding = (logits == 0) & logits.any(-1, keepdim=True)
    return softmax((logits / temperature).masked_fill(padding, -math.inf), dim=-1)


@wrong(
    "Spreads evenly where the logits sum to 0",
    hint="A sum of 0 doesn't mean that there is nothing: 3 and -3 cancel, and still the first is much larger.",
    fails="softmax_with_temperature_values",
)
def even_where_the_sum_is_0(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    even = torch.full_like(logits, 1 / logits.shape[-1])
    return torch.where(logits.sum(-1, keepdim=True) == 0, even, softmax(logits / temperature, dim=-1))


@wrong(
    "Remembers the probabilities of a tensor that it has seen",
    hint="What you keep goes by the tensor, and not by its numbers, which may have changed since, in place. Compute anew in each call.",
    fails="softmax_with_temperature_values",
)
def remembers(logits, temperature, seen={}):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    if (logits, temperature) not in seen:
        seen[logits, temperature] = softmax(logits / temperature, dim=-1)
    return seen[logits, temperature]


@wrong(
    "Remembers the probabilities by the place in memory",
    hint="Your cache asks whether the tensor lies in the same place. Its numbers may have changed since. Compute anew in each call.",
    fails="softmax_with_temperature_values",
    like="remembers",
)
def remembers_by_identity(logits, temperature, seen={}):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    key = logits.data_ptr(), temperature
    if key not in seen:
        seen[key] = softmax(logits / temperature, dim=-1), logits
    return seen[key][0]


@wrong(
    "Rounds the temperature",
    hint="Rounding is for printing. 0.05 rounded to one place is another temperature.",
    fails="softmax_with_temperature_values",
    constants=("1", "2"),
)
def rounds_the_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return softmax(logits / (round(temperature, 1) or 0.01), dim=-1)


@wrong(
    "Copies what isn't contiguous, without its history",
    hint="Where the tensor is transposed or sliced you make a fresh copy with no graph, so no gradient gets back. `contiguous()` copies with the history; or compute with the tensor as it is.",
    fails="softmax_with_temperature_gradients",
)
def copies_without_history(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    if not logits.is_contiguous():
        logits = torch.empty(logits.shape, dtype=logits.dtype).copy_(logits.detach())
    return softmax(logits / temperature, dim=-1)


@wrong(
    "Gives the last token what the others leave",
    hint="1 minus the rest is the last probability on paper only. Where it's small, its digits are lost in the 1. Divide its own exponential by the sum.",
    fails="softmax_with_temperature_values",
)
def last_is_what_is_left(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    first = softmax(logits / temperature, dim=-1)[..., :-1]
    return torch.cat([first, 1 - first.sum(-1, keepdim=True)], dim=-1)


@wrong(
    "Gives the logits themselves at a temperature of 1",
    hint="At a temperature of 1 numbers come back that don't sum to 1. There the division changes nothing, and what else still has to be done?",
    fails="softmax_with_temperature_values",
)
def logits_at_one(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be above 0")
    return logits if temperature == 1 else softmax(logits / temperature, dim=-1)
