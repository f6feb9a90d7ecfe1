"""Wrong answers to `sample_next_token(logits, temperature, generator)`."""

import torch
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Takes the likeliest token instead of drawing",
    hint="The likeliest token comes each time, as from `argmax`. A token with probability 0.2 should come up one time in five.",
    fails=("sample_next_token_distribution", "sample_next_token_generator"),
)
def likeliest(logits, temperature, generator):
    return (logits[:, -1] / temperature).argmax(-1)


@wrong(
    "Draws every token with the same probability",
    hint="Your draw doesn't look at the logits. The probabilities at the last position say how often each token should come up.",
    fails="sample_next_token_distribution",
)
def uniform(logits, temperature, generator):
    return torch.randint(logits.shape[-1], (logits.shape[0],), generator=generator)


@wrong(
    "Draws alike at every temperature",
    hint="Your draws have the frequencies of temperature 1. Is `temperature` used, and where? `multinomial` rescales its weights, so dividing all probabilities by one number changes nothing; it's the logits that are divided.",
    fails="sample_next_token_distribution",
)
def ignores_temperature(logits, temperature, generator):
    return torch.multinomial(softmax(logits[:, -1], dim=-1), 1, generator=generator).squeeze(-1)


@wrong(
    "Multiplies by the temperature",
    hint="With your version a high temperature gives the likeliest token more often. It should be the other way round.",
    fails="sample_next_token_distribution",
)
def multiplies(logits, temperature, generator):
    return torch.multinomial(softmax(logits[:, -1] * temperature, dim=-1), 1, generator=generator).squeeze(-1)


@wrong(
    "Applies the temperature twice",
    hint="You divide the logits and then call a function that divides them again.",
    fails="sample_next_token_distribution",
)
def temperature_twice(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1] / temperature, temperature)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Divides the caller's logits in place where they are float64",
    hint="`.double()`, for instance, makes a copy only where the logits are not float64 already. Where they are, it gives the same tensor, and `/=` changes what you were given: divide without the `=`.",
    fails="sample_next_token_ids",
)
def divides_in_place_in_float64(logits, temperature, generator):
    last = logits[:, -1].double()
    last /= temperature
    return torch.multinomial(softmax(last, dim=-1), 1, generator=generator).squeeze(-1)


@wrong(
    "Divides the probabilities by the temperature",
    hint="`multinomial` rescales its weights, so dividing all of them by one number changes nothing. Divide the logits, before the softmax.",
    fails="sample_next_token_distribution",
    like="ignores_temperature",
)
def divides_probabilities(logits, temperature, generator):
    probs = softmax(logits[:, -1], dim=-1) / temperature
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Raises low temperatures",
    hint="You protect against small temperatures, but your softmax needs no protection. Near 0 the likeliest token should win every time.",
    fails="sample_next_token_distribution",
    constants=("0.1", "0.5", "0.2", "0.3", "1.0"),
)
def temperature_of_at_least_a_tenth(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], max(temperature, 0.1))
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Takes the exponential of the divided logits without a shift",
    hint="At a low temperature the exponential overflows, and `multinomial` refuses `inf`. Your own functions already take care of that.",
    fails="sample_next_token_distribution",
)
def without_shift(logits, temperature, generator):
    exps = torch.exp(logits[:, -1] / temperature)
    return torch.multinomial(exps / exps.sum(-1, keepdim=True), 1, generator=generator).squeeze(-1)


@wrong(
    "Draws at the first position",
    hint="Position 0 has seen the first token only. Which position has seen the whole text?",
    fails="sample_next_token_distribution",
)
def first_position(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, 0], temperature)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Draws from the mean over all positions",
    hint="Only the last position says what comes after the whole text. The others answer earlier questions.",
    fails="sample_next_token_distribution",
)
def mean_over_positions(logits, temperature, generator):
    probs = softmax_with_temperature(logits, temperature).mean(1)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Draws for every position",
    hint="You give one id per position. Pick the last position first: one id per sequence is asked for.",
    fails="sample_next_token_ids",
)
def every_position(logits, temperature, generator):
    probs = softmax_with_temperature(logits, temperature)
    ids = torch.multinomial(probs.reshape(-1, probs.shape[-1]), 1, generator=generator)
    return ids.reshape(logits.shape[:2])


@wrong(
    "Draws all rows from the first row's distribution",
    hint="Every sequence has its own probabilities. `multinomial` takes a (B, V) tensor and draws for each row.",
    fails="sample_next_token_distribution",
)
def first_row_for_all(logits, temperature, generator):
    probs = softmax_with_temperature(logits[0, -1], temperature)
    return torch.multinomial(probs, logits.shape[0], replacement=True, generator=generator)


@wrong(
    "Draws among the two likeliest tokens only",
    hint="Cutting off unlikely tokens is a known trick (top-k), but it isn't asked for here: every token can come up.",
    fails="sample_next_token_distribution",
)
def two_likeliest(logits, temperature, generator):
    values, ids = (logits[:, -1] / temperature).topk(min(2, logits.shape[-1]), dim=-1)
    choice = torch.multinomial(softmax(values, dim=-1), 1, generator=generator)
    return ids.gather(-1, choice).squeeze(-1)


@wrong(
    "Draws with the logits as weights",
    hint="Logits aren't probabilities: they can be negative, and 2 isn't twice as likely as 1. Softmax comes first.",
    fails="sample_next_token_distribution",
)
def logits_as_weights(logits, temperature, generator):
    weights = (logits[:, -1] / temperature).clamp(min=1e-6)
    return torch.multinomial(weights, 1, generator=generator).squeeze(-1)


@wrong(
    "Adds Gumbel noise, but draws alike at every temperature",
    hint="The Gumbel trick draws from the softmax of the logits that the noise is added to. Dividing the two together doesn't change which sum is largest: the logits alone are divided, before the noise is added.",
    fails="sample_next_token_distribution",
    constants=("generator=generator)", "generator=generator, dtype=torch.float64)"),
)
def gumbel_without_temperature(logits, temperature, generator):
    noise = -torch.log(-torch.log(torch.rand(logits[:, -1].shape, generator=generator)))
    return (logits[:, -1] + noise).argmax(-1)


@wrong(
    "Divides logits and Gumbel noise together by the temperature",
    hint="Dividing everything by one number doesn't change which entry is largest. The logits alone are divided.",
    fails="sample_next_token_distribution",
    like="gumbel_without_temperature",
)
def gumbel_divided_too(logits, temperature, generator):
    noise = -torch.log(-torch.log(torch.rand(logits[:, -1].shape, generator=generator)))
    return ((logits[:, -1] + noise) / temperature).argmax(-1)


@wrong(
    "Adds Gumbel noise to the probabilities",
    hint="The Gumbel trick works on logits, or on the logarithms of probabilities. Probabilities all lie between 0 and 1, so the noise drowns them.",
    fails="sample_next_token_distribution",
)
def gumbel_on_probabilities(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return (probs - torch.log(-torch.log(torch.rand(probs.shape, generator=generator)))).argmax(-1)


@wrong(
    "Adds Gumbel noise with the wrong sign",
    hint="Gumbel noise has two minus signs, one in front of each logarithm. Added with the wrong sign, its long tail points down instead of up, and the largest sum follows another distribution than the softmax.",
    fails="sample_next_token_distribution",
    constants=("generator=generator)", "generator=generator, dtype=torch.float64)"),
)
def gumbel_with_the_wrong_sign(logits, temperature, generator):
    noise = torch.log(-torch.log(torch.rand(logits[:, -1].shape, generator=generator)))
    return (logits[:, -1] / temperature + noise).argmax(-1)


@wrong(
    "Adds uniform noise instead of Gumbel noise",
    hint="The largest of logits plus noise follows the softmax only for one kind of noise, and it isn't the uniform one. `multinomial` needs no such trick.",
    fails="sample_next_token_distribution",
)
def uniform_noise(logits, temperature, generator):
    divided = logits[:, -1] / temperature
    return (divided + torch.rand(divided.shape, generator=generator)).argmax(-1)


@wrong(
    "Compares the cumulative sum the wrong way round",
    hint="Your counting gives an id too high or too low: with probabilities 0.5, 0.5 and a random number 0.3, the id should be 0. Try it by hand.",
    fails="sample_next_token_distribution",
)
def wrong_end_of_the_sum(logits, temperature, generator):
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    u = torch.rand(logits.shape[0], 1, generator=generator)
    return ((cumulative > u).sum(-1) - 1).clamp(min=0)


@wrong(
    "Never draws the last token",
    hint="The ids go from 0 to V - 1, and yours stop one short: what belongs to the last token goes to the one before it. If you put a bound on the ids, look at that.",
    fails=("sample_next_token_ids", "sample_next_token_distribution"),
)
def never_the_last_token(logits, temperature, generator):
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    u = torch.rand(logits.shape[0], 1, generator=generator)
    return (cumulative < u).sum(-1).clamp(max=logits.shape[-1] - 2)


@wrong(
    "Sorts the drawn ids",
    hint="The ids come out in ascending order, so a row gets the token of another one. Which id belongs to which row is told by its place alone: leave them as they were drawn.",
    fails="sample_next_token_distribution",
)
def sorted_ids(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1).sort().values


@wrong(
    "Uses one random number for the whole batch",
    hint="All rows share their luck: equal rows always get the same token. Draw as many random numbers as there are rows.",
    fails="sample_next_token_distribution",
)
def one_number_for_all(logits, temperature, generator):
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    u = torch.rand(1, generator=generator)
    return (cumulative < u).sum(-1).clamp(max=logits.shape[-1] - 1)


@wrong(
    "Adds the same noise to every row",
    hint="Your noise has shape (V,) and is broadcast, so equal rows always get the same token. It needs a row for each sequence.",
    fails="sample_next_token_distribution",
    constants=("generator=generator)", "generator=generator, dtype=torch.float64)"),
)
def same_noise_for_all(logits, temperature, generator):
    noise = -torch.log(-torch.log(torch.rand(logits.shape[-1], generator=generator)))
    return (logits[:, -1] / temperature + noise).argmax(-1)


@wrong(
    "Adds one number of noise to a whole row",
    hint="Your noise has shape (B, 1): all tokens of a row move together, so the likeliest always wins. Each token needs its own.",
    fails="sample_next_token_distribution",
)
def one_noise_a_row(logits, temperature, generator):
    noise = -torch.log(-torch.log(torch.rand(logits.shape[0], 1, generator=generator)))
    return (logits[:, -1] / temperature + noise).argmax(-1)


@wrong(
    "Spreads one random number evenly over the rows",
    hint="Each row has the right frequencies by itself, but its neighbour's draw gives its own away. The rows should be independent: one random number each.",
    fails="sample_next_token_distribution",
)
def evenly_spread(logits, temperature, generator):
    B, _, V = logits.shape
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    u = (torch.rand(1, generator=generator) + torch.arange(B) / B) % 1
    return (cumulative < u[:, None]).sum(-1).clamp(max=V - 1)


@wrong(
    "Uses each random number for two rows",
    hint="You draw numbers for half the batch and use each twice, once as 1 - u. The rows should be independent: one random number each.",
    fails="sample_next_token_distribution",
)
def mirrored_numbers(logits, temperature, generator):
    B, _, V = logits.shape
    half = torch.rand((B + 1) // 2, generator=generator)
    u = torch.cat([half, 1 - half])[:B]
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    return (cumulative < u[:, None]).sum(-1).clamp(max=V - 1)


@wrong(
    "Draws each row with a generator of the same seed",
    hint="Each row starts from the same state, so equal rows always get the same token. Hand `generator` itself to every draw.",
    fails="sample_next_token_distribution",
)
def same_seed_for_each_row(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    seed = int(torch.randint(2**31, (1,), generator=generator))
    ids = [torch.multinomial(row, 1, generator=torch.Generator().manual_seed(seed)) for row in probs]
    return torch.cat(ids)


@wrong(
    "Leaves the generator out",
    hint="Your draws come from PyTorch's global generator, which any other code may have moved: the run can't be repeated. Is `generator` handed on? `torch.multinomial` takes it, `torch.distributions` has no way to.",
    fails="sample_next_token_generator",
)
def without_generator(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1).squeeze(-1)


@wrong(
    "Draws with torch.distributions, which takes no generator",
    hint="`Categorical.sample` draws from PyTorch's global generator and has no way to hand another one over. `torch.multinomial` has.",
    fails="sample_next_token_generator",
    like="without_generator",
)
def categorical(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.distributions.Categorical(probs=probs).sample()


@wrong(
    "Draws with F.gumbel_softmax",
    hint="It calls the built-in softmax inside and takes no generator. Your own function and `torch.multinomial` do the same in two lines.",
    fails="sample_next_token_generator",
)
def gumbel_softmax(logits, temperature, generator):
    return F.gumbel_softmax(logits[:, -1], tau=temperature, hard=True).argmax(-1)


@wrong(
    "Seeds PyTorch's global generator from the given one",
    hint="You change the state of the global generator, on which other code may rely. `multinomial` takes a generator directly.",
    fails="sample_next_token_generator",
)
def seeds_the_global_generator(logits, temperature, generator):
    torch.manual_seed(int(torch.randint(2**31, (1,), generator=generator)))
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1).squeeze(-1)


@wrong(
    "Draws with Python's random module",
    hint="Python's `random` knows nothing of `generator`, so the same seed gives other tokens each time.",
    fails="sample_next_token_generator",
)
def python_random(logits, temperature, generator):
    import random

    probs = softmax_with_temperature(logits[:, -1], temperature)
    ids = [random.choices(range(len(row)), weights=row)[0] for row in probs.tolist()]
    return torch.tensor(ids)


@wrong(
    "Draws from a new generator at each call, made after the given one",
    hint="The seed of `generator` doesn't change from call to call, and its state doesn't either as long as a copy does the drawing. So every call repeats the same draws. The state of `generator` has to move on: use it itself.",
    fails="sample_next_token_generator",
)
def starts_from_its_seed(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    own = torch.Generator().manual_seed(generator.initial_seed())
    return torch.multinomial(probs, 1, generator=own).squeeze(-1)


@wrong(
    "Seeds the generator inside the function",
    hint="Each call sets the generator back to the same state, so each call gives the same draws. Seeding is the caller's business, done once.",
    fails="sample_next_token_generator",
    constants=("manual_seed(0)", "manual_seed(1)", "manual_seed(42)", "manual_seed(1337)"),
)
def seeds_inside(logits, temperature, generator):
    generator.manual_seed(0)
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Keeps a dimension of size 1",
    hint="`multinomial(probs, 1)` gives (B, 1). One id a row is (B,): which dimension has to go?",
    fails="sample_next_token_ids",
)
def keeps_a_dimension(logits, temperature, generator):
    return torch.multinomial(softmax_with_temperature(logits[:, -1], temperature), 1, generator=generator)


@wrong(
    "Squeezes every dimension of size 1",
    hint="With one sequence in the batch `squeeze()` removes the batch too, and a single number is left. Say which dimension should go.",
    fails="sample_next_token_ids",
)
def squeezes_everything(logits, temperature, generator):
    return torch.multinomial(softmax_with_temperature(logits[:, -1], temperature), 1, generator=generator).squeeze()


@wrong(
    "Gives ids as floating-point numbers",
    hint="An id is used as an index, and PyTorch indexes with int64 only. `multinomial` already gives that.",
    fails="sample_next_token_ids",
)
def floating_ids(logits, temperature, generator):
    ids = torch.multinomial(softmax_with_temperature(logits[:, -1], temperature), 1, generator=generator)
    return ids.squeeze(-1).to(logits.dtype)


@wrong(
    "Gives ids as int32",
    hint="Token ids are int64 everywhere in this course, as `multinomial` and `argmax` give them.",
    fails="sample_next_token_ids",
)
def int32_ids(logits, temperature, generator):
    ids = torch.multinomial(softmax_with_temperature(logits[:, -1], temperature), 1, generator=generator)
    return ids.squeeze(-1).int()


@wrong(
    "Gives one-hot rows instead of ids",
    hint="(B, V) rows with a single 1 say the same, but what is asked for is the id of the token: (B,).",
    fails="sample_next_token_ids",
)
def one_hot_rows(logits, temperature, generator):
    ids = torch.multinomial(softmax_with_temperature(logits[:, -1], temperature), 1, generator=generator).squeeze(-1)
    return F.one_hot(ids, logits.shape[-1])


@wrong(
    "Gives the probability of the drawn token instead of its id",
    hint="You look up how likely the drawn token was. The id itself is asked for.",
    fails="sample_next_token_ids",
)
def probability_of_the_draw(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return probs.gather(-1, torch.multinomial(probs, 1, generator=generator)).squeeze(-1)


@wrong(
    "Gives a list of Python numbers",
    hint="The ids are right, but the caller needs a tensor, to append it to the text.",
    fails="sample_next_token_ids",
)
def list_of_ids(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1).tolist()


@wrong(
    "Draws for the first sequence only",
    hint="You return one id, whatever the size of the batch. Each sequence needs its own.",
    fails="sample_next_token_ids",
)
def first_sequence_only(logits, temperature, generator):
    return torch.multinomial(softmax_with_temperature(logits[0, -1], temperature), 1, generator=generator)


@wrong(
    "Divides the caller's logits in place",
    hint="Something changes the tensor that you were given, as `/=` does: a second call would divide again. Make a new tensor.",
    fails="sample_next_token_ids",
)
def in_place(logits, temperature, generator):
    logits /= temperature
    return torch.multinomial(softmax(logits[:, -1], dim=-1), 1, generator=generator).squeeze(-1)


@wrong(
    "Calls torch.softmax",
    hint="Use your own function for a temperature: the built-in is ruled out in this whole notebook.",
    fails=("sample_next_token_ids", "sample_next_token_distribution", "sample_next_token_generator"),
)
def torch_softmax(logits, temperature, generator):
    probs = torch.softmax(logits[:, -1] / temperature, dim=-1)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Seeds PyTorch's global generator with the seed of the given one",
    hint="The seed doesn't change from call to call, so every call repeats the same draws, and you set back the global generator, on which other code may rely. `multinomial` takes a generator directly.",
    fails="sample_next_token_generator",
)
def global_generator_from_its_seed(logits, temperature, generator):
    torch.manual_seed(generator.initial_seed())
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1).squeeze(-1)


@wrong(
    "Draws once and gives every row the same token",
    hint="You draw a single token and repeat it. Every sequence has its own probabilities and its own luck: `multinomial` takes a (B, V) tensor and draws for each row.",
    fails="sample_next_token_distribution",
)
def one_token_for_all(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs[0], 1, generator=generator).repeat(len(probs))


@wrong(
    "Hands the logits to multinomial",
    hint="`multinomial` takes weights, which are never negative, and 2 counts as twice as likely as 1. Logits are neither: softmax comes first.",
    fails=("sample_next_token_ids", "sample_next_token_distribution"),
)
def multinomial_of_logits(logits, temperature, generator):
    return torch.multinomial(logits[:, -1] / temperature, 1, generator=generator).squeeze(-1)


@wrong(
    "Normalises over the batch",
    hint="Once the position is picked, dimension 0 is the batch. Sequences don't compete with one another; the tokens of the vocabulary do.",
    fails="sample_next_token_distribution",
)
def over_the_batch(logits, temperature, generator):
    probs = softmax(logits[:, -1] / temperature, dim=0)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Draws among a few of the likeliest tokens only",
    hint="That's top-k sampling. Here every token can be drawn, as often as its probability says.",
    fails="sample_next_token_distribution",
    constants=("5", "6", "8", "10", "20", "40", "50"),
)
def five_likeliest(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    weights, ids = probs.topk(min(5, probs.shape[-1]), dim=-1)
    return ids.gather(-1, torch.multinomial(weights, 1, generator=generator)).squeeze(-1)


@wrong(
    "Leaves out the unlikeliest tokens",
    hint="That's top-p sampling: the unlikeliest tokens are never drawn. Here every token can be, as often as its probability says.",
    fails="sample_next_token_distribution",
    constants=("0.95", "0.9", "0.98", "0.99"),
)
def top_p(logits, temperature, generator):
    probs, ids = softmax_with_temperature(logits[:, -1], temperature).sort(dim=-1, descending=True)
    probs = probs * (probs.cumsum(-1) - probs < 0.95)
    return ids.gather(-1, torch.multinomial(probs, 1, generator=generator)).squeeze(-1)


@wrong(
    "Leaves out tokens with a small probability",
    hint="Small probabilities are small, not nothing: among many tokens they may all be. Draw from the distribution as it is.",
    fails="sample_next_token_distribution",
)
def above_one_in_a_hundred(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    kept = probs * (probs >= torch.minimum(torch.tensor(0.01), probs.amax(-1, keepdim=True)))
    return torch.multinomial(kept, 1, generator=generator).squeeze(-1)


@wrong(
    "Draws with random numbers of two decimals",
    hint="A random number of two decimals has 100 values, so among many tokens most are never drawn. Leave it as it is.",
    fails="sample_next_token_distribution",
)
def two_decimals(logits, temperature, generator):
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    u = torch.randint(100, (len(logits), 1), generator=generator) / 100
    return (cumulative <= u).sum(-1).clamp(max=logits.shape[-1] - 1)


@wrong(
    "Lowers high temperatures",
    hint="You cut high temperatures off. However high, a temperature flattens a little more.",
    fails="sample_next_token_distribution",
)
def at_most_10(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], min(temperature, 10))
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Cuts the logits off",
    hint="You clamp the logits. Subtracting the maximum keeps `exp` safe at any size, and a clamped logit has lost its place among the others.",
    fails="sample_next_token_distribution",
    constants=("-50, 50", "-80, 80", "-100, 100", "-1000, 1000"),
)
def clamped(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1].clamp(-50, 50), temperature)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Draws a fixed number of random numbers and uses them again for further rows",
    hint="Once your random numbers are used up, the next row gets the luck of the first. Each row needs a random number of its own.",
    fails="sample_next_token_distribution",
    constants=("64", "7", "10", "100", "128", "256"),
)
def numbers_for_64_rows(logits, temperature, generator):
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    u = torch.rand(64, generator=generator)[torch.arange(len(logits)) % 64]
    return (cumulative < u[:, None]).sum(-1).clamp(max=logits.shape[-1] - 1)


@wrong(
    "Uses each random number for the row after next too",
    hint="Rows two apart share their luck. Each row needs a random number of its own.",
    fails="sample_next_token_distribution",
)
def numbers_shared_two_apart(logits, temperature, generator):
    B, _, V = logits.shape
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    u = torch.rand(B, generator=generator)
    rows = torch.arange(B)
    u = u[torch.where(rows % 4 < 2, rows, rows - 2)]
    return (cumulative < u[:, None]).sum(-1).clamp(max=V - 1)


@wrong(
    "Uses each random number for two rows, the second time from the end",
    hint="You draw numbers for half the batch and use each twice, once as 1 - u. The rows should be independent: one random number each.",
    fails="sample_next_token_distribution",
)
def mirrored_in_reverse(logits, temperature, generator):
    B, _, V = logits.shape
    half = torch.rand((B + 1) // 2, generator=generator)
    u = torch.cat([half, 1 - half.flip(0)])[:B]
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    return (cumulative < u[:, None]).sum(-1).clamp(max=V - 1)


@wrong(
    "Spreads rows evenly in random order",
    hint="Every row has the right frequencies by itself, but together they come out too even: what one row draws, another can't. The rows should be independent: one random number each.",
    fails="sample_next_token_distribution",
)
def evenly_spread_and_shuffled(logits, temperature, generator):
    B, _, V = logits.shape
    cumulative = softmax_with_temperature(logits[:, -1], temperature).cumsum(-1)
    u = (torch.randperm(B, generator=generator) + torch.rand(B, generator=generator)) / B
    return (cumulative < u[:, None]).sum(-1).clamp(max=V - 1)


@wrong(
    "Takes the likeliest token where there is one sequence only",
    hint="A batch of one is a batch: draw for it as for any other.",
    fails="sample_next_token_distribution",
)
def greedy_for_one(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    if len(probs) == 1:
        return probs.argmax(-1)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Seeds a generator of its own with one of few numbers",
    hint="Only as many different draws can come out as there are seeds, however often the function is called. Hand `generator` itself to `multinomial`.",
    fails="sample_next_token_generator",
    constants=("100", "10", "1000", "256"),
)
def one_of_100_seeds(logits, temperature, generator):
    own = torch.Generator().manual_seed(int(torch.randint(100, (1,), generator=generator)))
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1, generator=own).squeeze(-1)


@wrong(
    "Keeps a generator of its own for each one that it was given",
    hint="Your own generator starts from the seed and then goes its own way: where the caller sets `generator` back, or draws from it in between, yours doesn't know. Use `generator` itself.",
    fails="sample_next_token_generator",
)
def own_generator_for_each(logits, temperature, generator, own={}):
    if generator not in own:
        own[generator] = torch.Generator().manual_seed(generator.initial_seed())
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1, generator=own[generator]).squeeze(-1)


@wrong(
    "Takes a seed of 0 for no seed",
    hint="0 is a seed like any other, but an `if` takes it for false. Use the generator as it is.",
    fails="sample_next_token_generator",
)
def seed_0_is_none(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    if not generator.initial_seed():
        return torch.multinomial(probs, 1).squeeze(-1)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Remembers the distribution of a tensor that it has seen",
    hint="What you keep goes by the tensor, and not by its numbers, which may have changed since, in place. Compute anew in each call.",
    fails="sample_next_token_distribution",
)
def remembers(logits, temperature, generator, seen={}):
    if (logits, temperature) not in seen:
        seen[logits, temperature] = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(seen[logits, temperature], 1, generator=generator).squeeze(-1)


@wrong(
    "Sets the global seed and leaves the generator out",
    hint="The caller hands a generator over, and can repeat a draw by it. You set PyTorch's global seed instead: each call gives the same ids, and all else that draws is set back, too. Pass `generator=generator`.",
    fails="sample_next_token_generator",
    constants=("manual_seed(0)", "manual_seed(1)", "manual_seed(42)", "manual_seed(1337)"),
)
def seeds_globally(logits, temperature, generator):
    torch.manual_seed(0)
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1).squeeze(-1)


@wrong(
    "Remembers the distribution by the shape of the logits",
    hint="Other logits may have the same shape. You keep the probabilities of the first that had it, and draw from those. Compute them anew in each call.",
    fails="sample_next_token_distribution",
)
def remembers_by_shape(logits, temperature, generator, seen={}):
    key = logits.shape, logits.dtype, temperature
    if key not in seen:
        seen[key] = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(seen[key], 1, generator=generator).squeeze(-1)


@wrong(
    "Sets the generator back to its seed at each call",
    hint="The seed doesn't change from call to call. You set the generator back to it each time, so every call repeats the same draws. Its state has to move on: leave it alone.",
    fails="sample_next_token_generator",
)
def back_to_its_seed(logits, temperature, generator):
    generator.manual_seed(generator.initial_seed())
    probs = softmax_with_temperature(logits[:, -1], temperature)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Draws into one and the same tensor at each call",
    hint="The ids of this call overwrite those of the call before, which the caller still holds. `out=` does that, and so does an assignment into a tensor that you keep: give a new one each time.",
    fails="sample_next_token_generator",
)
def draws_into_a_kept_tensor(logits, temperature, generator, kept={}):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    ids = kept.setdefault(len(probs), torch.empty(len(probs), 1, dtype=torch.int64))
    return torch.multinomial(probs, 1, generator=generator, out=ids).squeeze(-1)


@wrong(
    "Draws for each row with a new generator from the same seed",
    hint="Each row gets the same random numbers, and so does each call. What moves on from draw to draw is the state of `generator`: which generator does each row draw from?",
    fails=("sample_next_token_distribution", "sample_next_token_generator"),
)
def initial_seed_for_each_row(logits, temperature, generator):
    probs, seed = softmax_with_temperature(logits[:, -1], temperature), generator.initial_seed()
    ids = [torch.multinomial(row, 1, generator=torch.Generator().manual_seed(seed)) for row in probs]
    return torch.cat(ids)


@wrong(
    "Draws for a batch of one without the generator",
    hint="For a batch of one the draw comes from PyTorch's global generator. All randomness comes from `generator`: pass it to every call that draws.",
    fails="sample_next_token_generator",
)
def own_luck_for_one(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    if len(probs) == 1:
        return torch.multinomial(probs[0], 1)
    return torch.multinomial(probs, 1, generator=generator).squeeze(1)


@wrong(
    "Takes the softmax twice",
    hint="What you hand to `softmax_with_temperature` are probabilities already. A softmax of these is much too even, as they all lie between 0 and 1. It wants logits.",
    fails="sample_next_token_distribution",
)
def softmax_of_a_softmax(logits, temperature, generator):
    probs = softmax_with_temperature(next_token_probs(logits), temperature)
    return torch.multinomial(probs, 1, generator=generator).squeeze(-1)


@wrong(
    "Draws no token twice for rows that are alike",
    hint="Rows with the same probabilities share one draw of several tokens, all of them different. Each row is a draw of its own: two rows may well get the same token. `multinomial` on the whole matrix does that, with one sample a row.",
    fails="sample_next_token_distribution",
)
def rows_that_are_alike_together(logits, temperature, generator):
    probs = softmax_with_temperature(logits[:, -1], temperature)
    rows, tokens = probs.shape
    if rows > 1 and rows <= tokens and (probs == probs[0]).all():
        return torch.multinomial(probs[0], rows, generator=generator)
    return torch.multinomial(probs, 1, generator=generator).squeeze(1)
