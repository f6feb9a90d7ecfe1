"""Wrong answers to `generate_within(model, prompt, max_new_tokens, temperature, generator, max_len)`; the first is handed out."""

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Leaves dropout on, and shows the model the whole text",
    hint="Two things are wrong: `no_grad` records no graph, but it switches no dropout off, and `max_len` is used nowhere. Look at what reaches the model, and in which mode.",
    fails=("generate_within_sequence", "generate_within_mode"),
)
def only_calls_generate(model, prompt, max_new_tokens, temperature, generator, max_len):
    ids = prompt
    with torch.no_grad():  # nothing is trained here, so dropout is off
        for _ in range(max_new_tokens):
            ids = generate(model, ids, 1, temperature, generator)
    return ids


@wrong(
    "Cuts the prompt once, and lets the text grow beyond max_len",
    hint="That mends the long prompt, but not the long text: after a few new tokens the sequence is longer than `max_len` again. Cut what goes into the model, at every step.",
    fails="generate_within_sequence",
)
def cuts_the_prompt_once(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = generate(model, prompt[-max_len:], max_new_tokens, temperature, generator)
    ids = torch.cat([prompt[:-max_len], ids])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Cuts the text itself, and loses its beginning",
    hint="Only what the model sees is cut. What is given back is the whole text, from the first token of the prompt on.",
    fails="generate_within_sequence",
)
def cuts_the_text(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        ids = generate(model, ids[-max_len:], 1, temperature, generator)
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Shows the model the first max_len tokens",
    hint="`ids[:max_len]` are the first ones, and never change again. The model must see the last ones.",
    fails="generate_within_sequence",
)
def the_first_tokens(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[:max_len], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Shows the model one token fewer than it may see",
    hint="Count what `ids[-max_len + 1:]` keeps. With `max_len = 4` the model sees 4 tokens.",
    fails="generate_within_sequence",
)
def one_too_few(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[1 - max_len :] if max_len > 1 else ids[-1:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Shows the model one token more than it may see",
    hint="A model that takes `max_len` tokens takes no more: count what your slice keeps.",
    fails="generate_within_sequence",
)
def one_too_many(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len - 1 :], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Stops writing when the text is as long as the model can see",
    hint="The text may be as long as it likes. Only what the model sees of it is limited.",
    fails="generate_within_sequence",
)
def stops_at_max_len(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(min(max_new_tokens, max(0, max_len - len(prompt)))):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Starts with a new window whenever one is full",
    hint="After each full window your model has forgotten all of it, and begins with one token of memory. It must see the last `max_len` tokens at every step.",
    fails="generate_within_sequence",
)
def windows_side_by_side(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        start = (len(ids) - 1) // max_len * max_len
        new = generate(model, ids[start:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Cuts the text, but runs the model in the mode in which it was found",
    hint="The length is right now. But `no_grad` changes no mode, and a dropout rate of 0 is no mode either: there are other layers with two of them. `model.eval()` switches all of them.",
    fails="generate_within_mode",
)
def no_evaluation_mode(model, prompt, max_new_tokens, temperature, generator, max_len):
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    return ids


@wrong(
    "Leaves the model in evaluation mode",
    hint="Training goes on after this, without dropout, and nobody notices. Note the modes before, and put them back.",
    fails="generate_within_mode",
)
def stays_in_evaluation_mode(model, prompt, max_new_tokens, temperature, generator, max_len):
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    return ids


@wrong(
    "Puts the model into training mode at the end, whatever it was in",
    hint="A model that was found in evaluation mode has to be in evaluation mode afterwards. Note what you find.",
    fails="generate_within_mode",
)
def back_to_training(model, prompt, max_new_tokens, temperature, generator, max_len):
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    model.train()
    return ids


@wrong(
    "Puts all parts back into the mode of the model",
    hint="A part that somebody froze in evaluation mode wakes up: `model.train(mode)` sets every part to one mode. Note the mode of each module in `model.modules()`.",
    fails="generate_within_mode",
)
def restores_the_root(model, prompt, max_new_tokens, temperature, generator, max_len):
    mode = model.training
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    model.train(mode)
    return ids


@wrong(
    "Switches the outermost module only",
    hint="One flag has changed, as by `model.training = False`. The dropout layer inside has its own: `model.eval()` reaches all parts.",
    fails="generate_within_mode",
)
def root_only(model, prompt, max_new_tokens, temperature, generator, max_len):
    mode = model.training
    model.training = False
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    model.training = mode
    return ids


@wrong(
    "Switches the dropout layers only",
    hint="Dropout isn't the only layer with two modes. The whole model runs in evaluation mode: `model.eval()`.",
    fails="generate_within_mode",
)
def dropout_only(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Sets the rate of the dropout layers to 0, and leaves it there",
    hint="Nothing is dropped while you write, and nothing will be when the model goes on learning: its layers have lost their rate. Evaluation mode switches dropout off and keeps the rate; put the modes back afterwards.",
    fails="generate_within_mode",
    like="no_evaluation_mode",
)
def dropout_rate_zero(model, prompt, max_new_tokens, temperature, generator, max_len):
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    return ids


@wrong(
    "Switches only where the outermost module is in training mode",
    hint="The outermost module may be in evaluation mode and its dropout layer not. Call `model.eval()` in any case.",
    fails="generate_within_mode",
)
def only_where_it_trains(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    if model.training:
        model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Puts the modes back after the first token",
    hint="From the second token on dropout is on again. The modes come back when all is written.",
    fails="generate_within_mode",
)
def restores_in_the_loop(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
        for module, training in found:
            module.training = training
    return ids


@wrong(
    "Builds a graph in a loop of its own",
    hint="`model.eval()` switches dropout off, and not the recording: that is for `torch.no_grad()`, around the model's call.",
    fails="generate_within_mode",
)
def builds_a_graph(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        logits = model(ids[None, -max_len:])[0, -1]
        new = torch.multinomial(F.softmax(logits / temperature, dim=-1), 1, generator=generator)
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Switches gradients off for good",
    hint="After your call PyTorch records no graphs any more, and the next training fails. `with torch.no_grad():` ends by itself.",
    fails="generate_within_mode",
)
def gradients_off_for_good(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    torch.set_grad_enabled(False)
    ids = prompt
    for _ in range(max_new_tokens):
        logits = model(ids[None, -max_len:])[0, -1]
        new = torch.multinomial(F.softmax(logits / temperature, dim=-1), 1, generator=generator)
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Takes the likeliest token",
    hint="You take the maximum, so temperature and generator do nothing. Draw, as `generate` does.",
    fails="generate_within_sequence",
)
def greedy(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    with torch.no_grad():
        for _ in range(max_new_tokens):
            logits = model(ids[None, -max_len:])[0, -1]
            new = logits.argmax(-1, keepdim=True)
            ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Forgets the temperature",
    hint="The temperature has to reach the draw: divide the logits by it, or hand it on to `generate`.",
    fails="generate_within_sequence",
)
def no_temperature(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, 1.0, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Draws from a generator of its own",
    hint="`generator` holds the state that goes on from draw to draw. Hand it on as it is.",
    fails="generate_within_sequence",
)
def own_generator(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    generator = torch.Generator().manual_seed(generator.initial_seed())
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Writes into the prompt",
    hint="The caller's `prompt` is changed: make a new tensor for the text.",
    fails="generate_within_sequence",
)
def changes_the_prompt(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    if max_new_tokens:
        prompt.copy_(ids[-len(prompt) :])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Leaves the model in evaluation mode where there is nothing to write",
    hint="With `max_new_tokens=0` the modes aren't put back: does your function return before?",
    fails="generate_within_sequence",
)
def forgets_the_modes_early(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    if max_new_tokens == 0:
        return prompt.clone()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Freezes the model's parameters",
    hint="After your call the model can't be trained any more. `torch.no_grad()` records nothing and leaves the parameters as they are.",
    fails="generate_within_mode",
)
def freezes_the_parameters(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    model.requires_grad_(False)
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Clears the model's gradients",
    hint="Somebody may be adding gradients up. Writing needs none, so leave them alone.",
    fails="generate_within_mode",
)
def clears_the_gradients(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    model.zero_grad()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Squeezes away a text of one token",
    hint="`squeeze` takes every dimension of size 1, also the one of the text where it has one token.",
    fails="generate_within_sequence",
)
def squeezed_text(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids[None].squeeze()


@wrong(
    "Squeezes away a vocabulary of one token",
    hint="`squeeze` takes every dimension of size 1, also where it has a meaning. Take the one batch by `[0]`.",
    fails="generate_within_sequence",
)
def squeezed_vocabulary(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        with torch.no_grad():
            logits = model(ids[None, -max_len:])[:, -1].squeeze()
        new = torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Puts back the modes of the first call",
    hint="The model may be in another mode the next time. Note what you find in each call.",
    fails="generate_within_mode",
)
def remembers_the_modes(model, prompt, max_new_tokens, temperature, generator, max_len, kept={}):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in kept.setdefault(model, found):
        module.training = training
    return ids


@wrong(
    "Remembers the logits for a window that it has seen",
    hint="The model may have learned since. Ask it anew in each call.",
    fails="generate_within_sequence",
)
def remembers_the_logits(model, prompt, max_new_tokens, temperature, generator, max_len, kept={}):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        key = model, tuple(ids[-max_len:].tolist())
        if key not in kept:
            with torch.no_grad():
                kept[key] = model(ids[None, -max_len:])[0, -1]
        new = torch.multinomial((kept[key] / temperature).softmax(-1), 1, generator=generator)
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Shows the model the whole text",
    hint="`max_len` is used nowhere. A model that takes `max_len` tokens takes no more: cut what goes into it.",
    fails="generate_within_sequence",
)
def whole_text(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, ids, 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Always shows the model the prompt",
    hint="The new tokens never reach the model. It must see the last `max_len` tokens of all that is written so far.",
    fails="generate_within_sequence",
)
def always_the_prompt(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    ids = prompt
    for _ in range(max_new_tokens):
        new = generate(model, prompt[-max_len:], 1, temperature, generator)[-1:]
        ids = torch.cat([ids, new])
    for module, training in found:
        module.training = training
    return ids


@wrong(
    "Writes all tokens in one call, on a prompt that is cut once",
    hint="`generate` shows the model all that it has written, so after the first token it sees more than `max_len`. Cut anew before each token. And where there is nothing to write, `[-0:]` is all, and not nothing.",
    fails="generate_within_sequence",
)
def one_call_for_all(model, prompt, max_new_tokens, temperature, generator, max_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    new = generate(model, prompt[-max_len:], max_new_tokens, temperature, generator)[-max_new_tokens:]
    for module, training in found:
        module.training = training
    return torch.cat([prompt, new])


@wrong(
    "Cuts the prompt once, and gives it back cut",
    hint="The text that you give back has lost its beginning, and still grows beyond `max_len` on the way. Keep the whole text, and cut only what the model sees, at each step.",
    fails="generate_within_sequence",
)
def cuts_and_returns_cut(model, prompt, max_new_tokens, temperature, generator, max_len):
    ids = prompt[-max_len:]
    with evaluating(model), torch.no_grad():
        for _ in range(max_new_tokens):
            ids = generate(model, ids, 1, temperature, generator)
    return ids


@wrong(
    "Gives back the new tokens without the prompt",
    hint="What the model sees is cut rightly, and what it writes is right. But the prompt belongs to the text: give it back from its first token on, as `generate` does.",
    fails="generate_within_sequence",
)
def without_the_prompt(model, prompt, max_new_tokens, temperature, generator, max_len):
    ids = prompt
    with evaluating(model):
        for _ in range(max_new_tokens):
            new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
            ids = torch.cat([ids, new])
    return ids[len(prompt) :]


@wrong(
    "Draws with the generator at temperature 1 only",
    hint="At every other temperature the draw comes from PyTorch's global generator. All randomness comes from `generator`: pass it to every call that draws.",
    fails="generate_within_sequence",
)
def own_luck_when_tempered(model, prompt, max_new_tokens, temperature, generator, max_len):
    ids = prompt
    with evaluating(model), torch.no_grad():
        for _ in range(max_new_tokens):
            probs = (model(ids[None, -max_len:])[0, -1] / temperature).softmax(-1)
            new = torch.multinomial(probs, 1, generator=generator if temperature == 1.0 else None)
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Drops half of the window at once",
    hint="When the window is full, you keep half of it and let it fill up again. At each step the model sees exactly the last `max_len` tokens, so only one falls out at a time.",
    fails="generate_within_sequence",
)
def half_at_once(model, prompt, max_new_tokens, temperature, generator, max_len):
    window, parts = prompt[-max_len:], [prompt]
    with evaluating(model):
        for _ in range(max_new_tokens):
            if len(window) > max_len:
                window = window[-max(1, max_len // 2) :]
            window = generate(model, window, 1, temperature, generator)
            parts.append(window[-1:])
    return torch.cat(parts)


@wrong(
    "Writes several tokens in one call, and makes room for them",
    hint="You cut so much that a whole piece still fits. The first token of the piece is then written with less of the text than the model may see. Cut anew before each single token.",
    fails="generate_within_sequence",
)
def in_pieces(model, prompt, max_new_tokens, temperature, generator, max_len):
    ids, goal = prompt, len(prompt) + max_new_tokens
    with evaluating(model):
        while len(ids) < goal:
            size = min(goal - len(ids), max(max_len // 2, 1))
            written = generate(model, ids[-(max_len - size + 1) :], size, temperature, generator)
            ids = torch.cat([ids, written[-size:]])
    return ids


@wrong(
    "Keeps the prompt in the window",
    hint="The prompt stays in front, and the newest tokens fill the rest. The model sees exactly the last `max_len` tokens, and a prompt that lies further back is not seen any more.",
    fails="generate_within_sequence",
)
def prompt_stays(model, prompt, max_new_tokens, temperature, generator, max_len):
    ids = prompt
    with evaluating(model):
        for _ in range(max_new_tokens):
            room = max_len - len(prompt)
            if len(ids) > max_len and room > 0:
                seen = torch.cat([prompt, ids[-room:]])
            else:
                seen = ids[-max_len:]
            ids = torch.cat([ids, generate(model, seen, 1, temperature, generator)[-1:]])
    return ids


@wrong(
    "Begins the window before the text",
    hint="`len(ids) - max_len` is negative while the text is short, and a negative start counts from the end: the model sees too few tokens. `ids[-max_len:]` takes all of them where there are fewer.",
    fails="generate_within_sequence",
)
def a_negative_start(model, prompt, max_new_tokens, temperature, generator, max_len):
    ids = prompt
    with evaluating(model):
        for _ in range(max_new_tokens):
            seen = ids[len(ids) - max_len :]
            ids = torch.cat([ids, generate(model, seen, 1, temperature, generator)[-1:]])
    return ids


@wrong(
    "Refuses to write nothing",
    hint="With `max_new_tokens=0` the text is the prompt alone, and nothing is wrong with that. `for _ in range(max_new_tokens)` does it by itself.",
    fails="generate_within_sequence",
)
def refuses_to_write_nothing(model, prompt, max_new_tokens, temperature, generator, max_len):
    if max_new_tokens < 1:
        raise ValueError("there is nothing to write")
    ids = prompt
    with evaluating(model):
        for _ in range(max_new_tokens):
            new = generate(model, ids[-max_len:], 1, temperature, generator)[-1:]
            ids = torch.cat([ids, new])
    return ids


@wrong(
    "Gives the prompt back without the new tokens",
    hint="Each round draws a token and then forgets it: put it behind the text, for the next round and for the result.",
    fails="generate_within_sequence",
)
def never_appends(model, prompt, max_new_tokens, temperature, generator, max_len):
    ids = prompt
    with evaluating(model):
        for _ in range(max_new_tokens):
            generate(model, ids[-max_len:], 1, temperature, generator)
    return ids
