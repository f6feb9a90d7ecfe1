"""Wrong answers to `generate(model, prompt, max_new_tokens, temperature, generator)`."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Feeds the last token only",
    hint="You pass one token to the model. `TinyLM` would not notice, but a model that looks back needs the whole sequence so far.",
    fails="generate_sequence",
)
def last_token_only(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None, -1:])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Writes every token from the prompt alone",
    hint="What you have written never influences what comes next: you pass only the prompt each time, or read the logits at the position where it ends. Feed the grown sequence, and read its last position.",
    fails="generate_sequence",
)
def prompt_only(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(prompt[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Feeds the new tokens only",
    hint="After the first draw you go on without the prompt. The model should see the whole sequence so far.",
    fails="generate_sequence",
)
def new_tokens_only(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            seen = ids[len(prompt) :] if len(ids) > len(prompt) else ids
            logits = model(seen[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Cuts the sequence to a fixed length",
    hint="You keep only the last tokens. Nobody asked for a limit: the model gets the whole sequence so far.",
    fails="generate_sequence",
    constants=("-16:", "-8:", "-10:", "-12:", "-20:", "-24:", "-32:", "-64:", "-100:", "-128:"),
)
def crops_the_context(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None, -16:])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Reads the first position",
    hint="You take the logits of the first position, which predict the second token. The next token is predicted at the last position.",
    fails="generate_sequence",
)
def first_position(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, 0]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Reads the position where the prompt ends",
    hint="You take the logits at the prompt's last position, for every new token. They predict the first new token only. Which position knows all that has been written since?",
    fails="generate_sequence",
    like="prompt_only",
)
def end_of_the_prompt(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, len(prompt) - 1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Returns the new tokens only",
    hint="The prompt is missing from what you return: the result starts with it.",
    fails="generate_sequence",
)
def without_the_prompt(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids[len(prompt) :]


@wrong(
    "Returns a batch of one",
    hint="Your result has a leading dimension of 1. A prompt `(T,)` gives a sequence `(T + max_new_tokens,)`.",
    fails="generate_sequence",
)
def batch_of_one(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids[None]


@wrong(
    "Returns a list",
    hint="Your result is a Python list. The caller expects a tensor of ids.",
    fails="generate_sequence",
)
def a_list(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids.tolist()


@wrong(
    "Returns floats",
    hint="Ids are whole numbers, dtype `int64`. Yours became floating-point numbers on the way.",
    fails="generate_sequence",
)
def floats(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids.float()


@wrong(
    "Feeds a sequence without a batch",
    hint="You pass `(T,)` to the model. It wants batches, `(1, T)`, and a model that looks at the shape of its input fails or misreads yours.",
    fails="generate_sequence",
)
def without_a_batch(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids)[-1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Generates one token too many",
    hint="The loop runs once more than asked. Count: with `max_new_tokens = 0` the prompt comes back as it is.",
    fails="generate_sequence",
)
def one_too_many(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens + 1):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Counts the prompt as new tokens",
    hint="You stop when the whole sequence is `max_new_tokens` long. The prompt does not count.",
    fails="generate_sequence",
)
def counts_the_prompt(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max(0, max_new_tokens - len(prompt))):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Puts new tokens in front",
    hint="You join the new token to the front. The text grows at its end.",
    fails="generate_sequence",
)
def prepends(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([new, ids])
    return ids


@wrong(
    "Writes into the prompt",
    hint="The caller's `prompt` has changed after your call, as where its tokens are moved along to make room. Work on a copy.",
    fails="generate_sequence",
)
def changes_the_prompt(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt.clone()
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    if max_new_tokens:
        prompt.copy_(ids[-len(prompt) :])
    return ids


@wrong(
    "Draws all tokens from one forward pass",
    hint="You call the model once and draw every new token from the same distribution. Each new token changes what comes after it.",
    fails="generate_sequence",
)
def all_from_one_pass(model, prompt, max_new_tokens, temperature, generator):
    with torch.no_grad():
        logits = model(prompt[None])[0, -1]
        probs = F.softmax(logits / temperature, dim=-1)
        new = torch.multinomial(probs, max_new_tokens, replacement=True, generator=generator)
    return torch.cat([prompt, new])


@wrong(
    "Takes the likeliest token",
    hint="You take the maximum, so there is nothing to draw and the temperature does nothing. The next token is drawn from the distribution.",
    fails="generate_sampling",
)
def greedy(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = probs.argmax(-1, keepdim=True)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Draws alike at every temperature",
    hint="Where does the temperature come in? If you divide after the softmax, all probabilities shrink alike and the draw doesn't change: the logits have to be divided.",
    fails="generate_sampling",
)
def no_temperature(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Multiplies by the temperature",
    hint="You multiply where you should divide: a high temperature then makes the distribution sharper.",
    fails="generate_sampling",
)
def multiplies(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits * temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Divides the probabilities",
    hint="You divide after the softmax. All probabilities shrink alike, and the draw does not change: the logits have to be divided.",
    fails="generate_sampling",
    like="no_temperature",
)
def tempers_probabilities(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits, dim=-1) / temperature
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Draws likely tokens too often at a low temperature",
    hint="At a low temperature the likeliest token comes more often still than its tempered probability says, as where the temperature is applied twice, or where you take the likeliest outright. Is every token drawn, at every temperature, from logits divided by it once?",
    fails="generate_sampling",
)
def tempers_twice(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Draws uniformly",
    hint="You draw any token with the same probability and never use the logits' sizes.",
    fails="generate_sampling",
)
def uniform(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial((probs > 0).float(), 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Draws from logits without a softmax",
    hint="You make the logits positive by subtracting their minimum and draw from that. Probabilities come from a softmax.",
    fails="generate_sampling",
)
def from_logits(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = logits / temperature - (logits / temperature).min()
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Keeps only the likeliest few tokens",
    hint="You draw among the best few. Refinements like that come later; here every token has its chance.",
    fails="generate_sampling",
    constants=("topk(2)", "topk(3)", "topk(4)", "topk(5)"),
)
def top_two(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            probs = probs * (probs >= probs.topk(2).values[-1])
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Starts a new generator from the seed of the given one",
    hint="The seed doesn't change from call to call, so every call tells the same story. What moves on is the state of `generator`: draw from it itself.",
    fails="generate_sampling",
)
def starts_from_its_seed(model, prompt, max_new_tokens, temperature, generator):
    own = torch.Generator().manual_seed(generator.initial_seed())
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            probs = F.softmax(model(ids[None])[0, -1] / temperature, dim=-1)
            ids = torch.cat([ids, torch.multinomial(probs, 1, generator=own)])
    return ids


@wrong(
    "Ignores the generator",
    hint="Your draws come from PyTorch's global generator, so the same generator gives another text each time. Is `generator` handed on? `torch.multinomial` takes it, `torch.distributions` has no way to.",
    fails="generate_sampling",
)
def ignores_the_generator(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Seeds the global generator",
    hint="You seed PyTorch's global generator and draw from it. The caller's generator is never used, and everybody else's random numbers are set back.",
    fails="generate_sampling",
)
def global_seed(model, prompt, max_new_tokens, temperature, generator):
    torch.manual_seed(generator.initial_seed())
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Draws with torch.distributions",
    hint="`Categorical.sample` takes no generator: it draws from the global one.",
    fails="generate_sampling",
    like="ignores_the_generator",
)
def categorical(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.distributions.Categorical(probs=probs).sample()[None]
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Seeds the generator for every token",
    hint="You set the generator back inside the loop, so every draw uses the same random number.",
    fails="generate_sampling",
)
def same_seed_each_token(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            generator.manual_seed(0)
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Builds a graph",
    hint="Autograd records every forward pass, and nobody will ever go backward here. `model.eval()` doesn't switch that off, `detach` comes too late, and `no_grad` helps only where the model's call stands inside it.",
    fails="generate_graph",
)
def builds_a_graph(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    for _ in range(max_new_tokens):
        logits = model(ids[None])[0, -1]
        probs = F.softmax(logits / temperature, dim=-1)
        new = torch.multinomial(probs, 1, generator=generator)
        ids = torch.cat([ids, new])
    return ids


@wrong(
    "Detaches afterwards",
    hint="`detach` cuts the graph off after it was recorded. Switch the recording off around the call of the model.",
    fails="generate_graph",
    like="builds_a_graph",
)
def detaches_afterwards(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    for _ in range(max_new_tokens):
        logits = model(ids[None]).detach()[0, -1]
        probs = F.softmax(logits / temperature, dim=-1)
        new = torch.multinomial(probs, 1, generator=generator)
        ids = torch.cat([ids, new])
    return ids


@wrong(
    "Switches gradients off for good",
    hint="After your call PyTorch records no graphs any more, so the next training fails. `with torch.no_grad():` ends by itself.",
    fails="generate_graph",
)
def gradients_off_for_good(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    torch.set_grad_enabled(False)
    for _ in range(max_new_tokens):
        logits = model(ids[None])[0, -1]
        probs = F.softmax(logits / temperature, dim=-1)
        new = torch.multinomial(probs, 1, generator=generator)
        ids = torch.cat([ids, new])
    return ids


@wrong(
    "Calls the model outside no_grad",
    hint="The `no_grad` block holds the draw but not the model's call, and that is where the graph is built.",
    fails="generate_graph",
    like="builds_a_graph",
)
def only_the_draw_without_graph(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    for _ in range(max_new_tokens):
        logits = model(ids[None])[0, -1]
        with torch.no_grad():
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Draws from a generator of its own",
    hint="You make a new generator and leave the one that you were given unused, so every call writes the same text. Hand `generator` on as it is.",
    fails="generate_sampling",
)
def own_seed(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for _ in range(max_new_tokens):
            probs = F.softmax(model(ids[None])[0, -1] / temperature, dim=-1)
            ids = torch.cat([ids, torch.multinomial(probs, 1, generator=generator)])
    return ids


@wrong(
    "Limits the temperature from below",
    hint="A lower temperature makes the likeliest tokens likelier still. It is for the caller to choose.",
    fails="generate_sampling",
    constants=("0.1", "0.5", "0.2", "1.0"),
)
def temperature_at_least(model, prompt, max_new_tokens, temperature, generator):
    ids, temperature = prompt, max(temperature, 0.1)
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, num_samples=1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Limits the temperature from above",
    hint="A high temperature brings the rare tokens up. It is for the caller to choose.",
    fails="generate_sampling",
    constants=("5.0", "1.0", "2.0", "10.0"),
)
def temperature_at_most(model, prompt, max_new_tokens, temperature, generator):
    ids, temperature = prompt, min(temperature, 5.0)
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, num_samples=1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Keeps only the likeliest tokens",
    hint="Top-k is another way to sample. Here every token of the vocabulary can come, by its probability.",
    fails="generate_sampling",
    constants=("50", "40", "20", "10"),
)
def top_fifty(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            logits = logits.masked_fill(logits < logits.topk(min(50, len(logits))).values[-1], -math.inf)
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, num_samples=1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Drops the rarest tokens",
    hint="Sampling from a nucleus is another way to sample. Here every token can come, by its probability, however small.",
    fails="generate_sampling",
    constants=("0.95", "0.9", "0.8"),
)
def nucleus(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            sorted_probs, order = probs.sort(descending=True)
            drop = sorted_probs.cumsum(0) - sorted_probs > 0.95
            probs = probs.index_fill(0, order[drop], 0.0)
            new = torch.multinomial(probs, num_samples=1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Keeps the logits within limits",
    hint="All logits beyond the bound become alike, and the winner among them is lost. Softmax subtracts the largest by itself: nothing overflows.",
    fails="generate_sequence",
    constants=("-50, 50", "-80, 80", "-88, 88", "-100, 100"),
)
def clamps_logits(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax((logits / temperature).clamp(-50, 50), dim=-1)
            new = torch.multinomial(probs, num_samples=1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Keeps the new tokens in one byte",
    hint="A byte holds 0 to 255, so token 256 becomes token 0. Tokens are `int64`: leave them so.",
    fails="generate_sequence",
)
def byte(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, num_samples=1, generator=generator)
            ids = torch.cat([ids, new.to(torch.uint8).long()])
    return ids


@wrong(
    "Never draws token 0",
    hint="Token 0 is a token like any other; nothing here is padding.",
    fails="generate_sequence",
)
def never_zero(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            probs = probs * (torch.arange(len(probs)) > 0)
            new = torch.multinomial(probs, num_samples=1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Never draws the same token twice in a row",
    hint="You take the last token out of the draw. Text is full of doubled letters, and the model knows how likely each one is: leave its probabilities as they are.",
    fails="generate_sequence",
)
def no_repeats(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            if len(probs) > 1:
                probs[ids[-1]] = 0
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Leaves the model in evaluation mode",
    hint="Training goes on after this, and a model in the wrong mode trains otherwise. Leave the modes alone, or note them before and put them back.",
    fails="generate_graph",
)
def leaves_evaluation_mode(model, prompt, max_new_tokens, temperature, generator):
    model.eval()
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Always ends in training mode",
    hint="Training goes on after this, and a model in the wrong mode trains otherwise. Leave the modes alone, or note them before and put them back.",
    fails="generate_graph",
)
def ends_in_training_mode(model, prompt, max_new_tokens, temperature, generator):
    model.eval()
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    model.train()
    return ids


@wrong(
    "Leaves the model in evaluation mode where there is nothing to write",
    hint="With `max_new_tokens=0` the mode isn't put back: does your function return before?",
    fails="generate_sequence",
)
def forgets_the_mode_early(model, prompt, max_new_tokens, temperature, generator):
    training = model.training
    model.eval()
    if max_new_tokens == 0:
        return prompt.clone()
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    model.train(training)
    return ids


@wrong(
    "Freezes the model's parameters",
    hint="After your call the model can't be trained any more. `torch.no_grad()` records nothing and leaves the parameters as they are.",
    fails="generate_graph",
)
def freezes_the_parameters(model, prompt, max_new_tokens, temperature, generator):
    model.requires_grad_(False)
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Clears the model's gradients",
    hint="Somebody may be adding gradients up. Writing needs none, so leave them alone.",
    fails="generate_graph",
)
def clears_the_gradients(model, prompt, max_new_tokens, temperature, generator):
    model.zero_grad()
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Squeezes away a vocabulary of one token",
    hint="`squeeze` takes every dimension of size 1, also where it has a meaning. Take the one batch by `[0]`.",
    fails="generate_sequence",
)
def squeezed_vocabulary(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[:, -1].squeeze()
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Squeezes away a text of one token",
    hint="`squeeze` takes every dimension of size 1, also the one of the text where it has one token. Take the one batch by `[0]`.",
    fails="generate_sequence",
)
def squeezed_text(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids[None].squeeze()


@wrong(
    "Remembers the logits for a text that it has seen",
    hint="The model may have learned since. Ask it anew in each call.",
    fails="generate_sequence",
)
def remembers_the_logits(model, prompt, max_new_tokens, temperature, generator, kept={}):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            logits = kept.setdefault((model, tuple(ids.tolist())), logits)
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Remembers what a prompt held when it was first seen",
    hint="The same tensor may hold other numbers the next time. Begin with what you are given.",
    fails="generate_sequence",
)
def remembers_the_prompt(model, prompt, max_new_tokens, temperature, generator, kept={}):
    ids = kept.setdefault(prompt, prompt.clone())
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Draws from the likeliest tokens only",
    hint="Top-k is another way to sample. Here every token of the vocabulary can come, by its probability: draw from all of them.",
    fails="generate_sampling",
    constants=("min(50", "min(40", "min(20", "min(10", "min(5"),
)
def among_the_top_fifty(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1] / temperature
            best, places = logits.topk(min(50, len(logits)))
            new = places[torch.multinomial(best.softmax(dim=-1), 1, generator=generator)]
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Takes the softmax over the positions instead of the tokens",
    hint="In logits of shape `(T, V)` dimension 0 is the positions: the probabilities of each position have to sum to 1 over the `V` tokens. Take the last position first, or the softmax along the last dimension.",
    fails=("generate_sequence", "generate_sampling"),
)
def softmax_over_the_positions(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            probs = (model(ids[None])[0] / temperature).softmax(dim=0)[-1]
            ids = torch.cat([ids, torch.multinomial(probs, 1, generator=generator)])
    return ids


@wrong(
    "Draws with the generator at temperature 1 only",
    hint="At every other temperature the draw comes from PyTorch's global generator. All randomness comes from `generator`: pass it to every call that draws.",
    fails="generate_sampling",
)
def own_luck_when_tempered(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            if temperature == 1.0:
                new = torch.multinomial(logits.softmax(-1), 1, generator=generator)
            else:
                new = torch.multinomial((logits / temperature).softmax(-1), 1)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Adds normal noise and takes the largest",
    hint="The largest of logits with noise added is drawn as the softmax says only for one kind of noise, and that isn't the normal one. Compute the probabilities and let `torch.multinomial` draw.",
    fails="generate_sampling",
)
def largest_of_noisy_logits(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1] / temperature
            new = (logits + torch.randn(logits.shape, generator=generator)).argmax()
            ids = torch.cat([ids, new[None]])
    return ids


@wrong(
    "Counts the tokens from 1",
    hint="`torch.multinomial` returns an index, and the first token has index 0. What it returns is the id: add nothing.",
    fails=("generate_sequence", "generate_sampling"),
)
def counts_from_one(model, prompt, max_new_tokens, temperature, generator):
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            probs = (model(ids[None])[0, -1] / temperature).softmax(dim=-1)
            ids = torch.cat([ids, torch.multinomial(probs, 1, generator=generator) + 1])
    return ids


@wrong(
    "Refuses to write nothing",
    hint="With `max_new_tokens=0` the text is the prompt alone, and nothing is wrong with that. `for _ in range(max_new_tokens)` does it by itself.",
    fails="generate_sequence",
)
def refuses_to_write_nothing(model, prompt, max_new_tokens, temperature, generator):
    if max_new_tokens < 1:
        raise ValueError("there is nothing to write")
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            probs = F.softmax(model(ids[None])[0, -1] / temperature, dim=-1)
            ids = torch.cat([ids, torch.multinomial(probs, num_samples=1, generator=generator)])
    return ids


@wrong(
    "Returns the new tokens only, and leaves the model in evaluation mode",
    hint="Two things: the result starts with the prompt, which is missing; and the model's modes stay as they were.",
    fails=("generate_sequence", "generate_sampling", "generate_graph"),
)
def without_the_prompt_in_evaluation_mode(model, prompt, max_new_tokens, temperature, generator):
    model.eval()
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None])[0, -1]
            probs = F.softmax(logits / temperature, dim=-1)
            new = torch.multinomial(probs, 1, generator=generator)
            ids = torch.cat([ids, new])
    return ids[len(prompt) :]
