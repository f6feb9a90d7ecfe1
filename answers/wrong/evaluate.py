"""Wrong answers to `evaluate(model, data, seq_len)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Averages the windows' means",
    hint="You average over windows. The last one is shorter, so each of its tokens weighs more than the others. How many tokens stands each mean for?",
    fails="evaluate_mean",
)
def mean_of_means(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    losses = []
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            losses.append(F.cross_entropy(model(inputs[None])[0], targets).item())
    for module, training in found:
        module.training = training
    return sum(losses) / len(losses)


@wrong(
    "Drops the short window at the end",
    hint="You use full windows only, so the last tokens are never predicted. A window may be shorter than seq_len.",
    fails="evaluate_mean",
)
def drops_the_last_window(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(data) - seq_len, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
            count += len(targets)
    for module, training in found:
        module.training = training
    return total / max(count, 1)


@wrong(
    "Divides by the number of tokens",
    hint="You divide by `len(data)`. The first token has no prediction, so there is one target less.",
    fails="evaluate_mean",
)
def divides_by_all_tokens(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / len(data)


@wrong(
    "Divides as if every window were full",
    hint="You divide by windows times seq_len, but the last window may hold fewer tokens.",
    fails="evaluate_mean",
)
def divides_by_full_windows(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    windows = math.ceil((len(data) - 1) / seq_len)
    return total / (windows * seq_len)


@wrong(
    "Returns the sum",
    hint="You add the losses up and stop there. The mean is asked for: divide by the number of targets.",
    fails="evaluate_mean",
)
def returns_the_sum(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total


@wrong(
    "Loses a token between windows",
    hint="You cut the data into blocks and split each into inputs and targets. The first token of each block but the first is then nobody's target. The next window starts where the last one ended.",
    fails="evaluate_mean",
)
def loses_the_seams(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            block = data[start : start + seq_len]
            if len(block) < 2:
                continue
            inputs, targets = block[:-1], block[1:]
            count += len(targets)
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / max(count, 1)


@wrong(
    "Leaves out the first token of each later piece",
    hint="You cut the data into pieces of seq_len + 1 and shift inside each, so nothing predicts the first token of the next piece. Neighbouring windows share a token: the last target of one is the first input of the next.",
    fails="evaluate_mean",
)
def pieces_without_a_shared_token(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for piece in data.split(seq_len + 1):
            if len(piece) > 1:
                total += F.cross_entropy(model(piece[None, :-1])[0], piece[1:], reduction="sum").item()
                count += len(piece) - 1
    for module, training in found:
        module.training = training
    return total / count


@wrong(
    "Moves the last window back until it is full",
    hint="The tokens at the seam are then counted twice. Each token counts once: let the last window be shorter.",
    fails="evaluate_mean",
)
def moves_the_last_window_back(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    size = min(seq_len, len(data) - 1)
    starts = [min(start, len(data) - 1 - size) for start in range(0, len(data) - 1, size)]
    places = torch.tensor(starts)[:, None] + torch.arange(size)
    with torch.no_grad():
        loss = F.cross_entropy(model(data[places]).flatten(0, 1), data[places + 1].flatten()).item()
    for module, training in found:
        module.training = training
    return loss


@wrong(
    "Ignores seq_len",
    hint="You feed the whole text at once. A model has a longest sequence that it takes; what it sees must start anew every seq_len tokens.",
    fails="evaluate_mean",
)
def one_window_over_all(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in [0]:
            targets = data[1:]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Looks at the first window only",
    hint="Only the first window counts in yours: does a `return` or `break` end the loop? The rest of the text counts as well.",
    fails="evaluate_mean",
)
def first_window_only(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
            return total / len(targets)
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Moves on by one token at a time",
    hint="Your windows overlap, so most tokens are counted many times. The next window starts where the last one ended.",
    fails="evaluate_mean",
)
def sliding_windows(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    losses = []
    with torch.no_grad():
        for start in range(0, max(1, len(data) - seq_len)):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            losses.append(F.cross_entropy(model(inputs[None])[0], targets).item())
    for module, training in found:
        module.training = training
    return sum(losses) / len(losses)


@wrong(
    "Lets windows overlap by one",
    hint="Each of your windows starts one token before the end of the last one, so one target in each is counted twice.",
    fails="evaluate_mean",
)
def windows_overlap_by_one(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(data) - 1, max(1, seq_len - 1)):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
            count += len(targets)
    for module, training in found:
        module.training = training
    return total / count


@wrong(
    "Counts one token a window",
    hint="You look at the last position of each window. All positions have a target, and each counts once.",
    fails="evaluate_mean",
)
def last_token_of_each_window(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0, -1], targets[-1]).item()
    for module, training in found:
        module.training = training
    return total / math.ceil((len(data) - 1) / seq_len)


@wrong(
    "Predicts every token with the most context",
    hint="You move the window for each token so that it sees as much as it can. That is another measure: here the windows are consecutive, and each starts with nothing behind it.",
    fails="evaluate_mean",
)
def full_context_each(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for end in range(1, len(data)):
            inputs, targets = data[max(0, end - seq_len) : end], data[end : end + 1]
            total += F.cross_entropy(model(inputs[None])[0, -1:], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Feeds one token at a time",
    hint="Your model sees a single token and nothing of what came before it. It takes a whole window at once, `(1, T)`, and answers at every position from all that it has seen up to there.",
    fails="evaluate_mean",
)
def a_token_at_a_time(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for i in range(len(data) - 1):
            total += F.cross_entropy(model(data[None, i : i + 1])[0], data[i + 1 : i + 2]).item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Puts the short window first",
    hint="Your full windows are counted from the end, so the first one is short. The first window starts at 0 and the last one is short; a model that looks back sees other things in the two.",
    fails="evaluate_mean",
)
def shifted_grid(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        stops = range(len(data) - 1, 0, -seq_len)
        for stop in stops:
            start = max(0, stop - seq_len)
            inputs, targets = data[start:stop], data[start + 1 : stop + 1]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Estimates from random windows",
    hint="You average over windows that are drawn at random: an estimate, and another one each time. Every token should count exactly once.",
    fails="evaluate_mean",
)
def random_batches(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    losses = []
    with torch.no_grad():
        for _ in range(20):
            start = torch.randint(0, max(1, len(data) - seq_len), (1,)).item()
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            losses.append(F.cross_entropy(model(inputs[None])[0], targets).item())
    for module, training in found:
        module.training = training
    return sum(losses) / len(losses)


@wrong(
    "Compares with the inputs",
    hint="Your targets are the inputs: you measure how well the model repeats. The target of a token is the one after it.",
    fails="evaluate_mean",
)
def inputs_as_targets(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], inputs, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Returns the perplexity",
    hint="You return the exponential of the mean loss. That is the perplexity; the loss itself is asked for.",
    fails="evaluate_mean",
)
def perplexity_instead(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return math.exp(total / (len(data) - 1))


@wrong(
    "Returns bits",
    hint="You divide by log 2. The course, like PyTorch, measures in natural logarithms.",
    fails="evaluate_mean",
)
def bits_instead(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1) / math.log(2)


@wrong(
    "Rounds the loss",
    hint="You cut the mean down to a few decimals. Two models may differ by less than that. Rounding is for printing: hand back the number as it is.",
    fails="evaluate_mean",
    constants=(", 3)", ", 2)", ", 4)"),
)
def rounds(model, data, seq_len):
    total = 0.0
    with evaluating(model), torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            logits = model(data[start : start + len(targets)][None])[0]
            total += F.cross_entropy(logits, targets, reduction="sum").item()
    return round(total / (len(data) - 1), 3)


@wrong(
    "Applies a softmax before the loss",
    hint="The loss takes raw logits and does its own softmax; yours comes on top.",
    fails="evaluate_mean",
)
def probabilities_as_logits(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0].softmax(-1), targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Returns a tensor",
    hint="The value is right but it is still a tensor. `item()` gives the Python float.",
    fails="evaluate_mean",
)
def a_tensor(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum")
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Counts padding",
    hint="You fill the last window up with zeros and count them as targets. They are no part of the text.",
    fails="evaluate_mean",
)
def pads_with_zeros(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            window = data[start : start + seq_len + 1]
            window = F.pad(window, (0, seq_len + 1 - len(window)))
            inputs, targets = window[:-1], window[1:]
            count += len(targets)
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / count


@wrong(
    "Counts padding, and divides by the text's own tokens",
    hint="You divide by the right number, but the zeros that fill up the last window are predicted and scored, too. Only the losses of the text's own tokens belong into the sum.",
    fails="evaluate_mean",
)
def pads_and_divides_by_the_text(model, data, seq_len):
    padding = -(len(data) - 1) % seq_len
    inputs = F.pad(data[:-1], (0, padding)).view(-1, seq_len)
    targets = F.pad(data[1:], (0, padding)).view(-1, seq_len)
    with evaluating(model), torch.no_grad():
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), reduction="sum")
    return loss.item() / (len(data) - 1)


@wrong(
    "Measures in training mode",
    hint="The model is called in the mode that you found it in, so dropout spoils the measurement: the same model gives another number each time. Where do you switch the mode, and is it still switched when the model is called?",
    fails="evaluate_mode",
)
def stays_in_training_mode(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Sets the mode of the outermost module only",
    hint="Setting `model.training` reaches the model itself but none of its parts, and the dropout is one of those. `model.eval()` goes through all of them.",
    fails="evaluate_mode",
)
def evaluation_mode_of_the_root(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.training = False
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Leaves the model in evaluation mode",
    hint="After your call the model is in evaluation mode, and whoever goes on training trains without dropout.",
    fails="evaluate_mode",
)
def leaves_evaluation_mode(model, data, seq_len):
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    return total / (len(data) - 1)


@wrong(
    "Always ends in training mode",
    hint="A model that was in evaluation mode before is now in training mode, as `model.train()` leaves it. Put back what you found.",
    fails="evaluate_mode",
)
def always_training_after(model, data, seq_len):
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    model.train()
    return total / (len(data) - 1)


@wrong(
    "Doesn't give every part its own mode back",
    hint="A part that was frozen in evaluation mode comes back in training mode. Each module has a `.training` flag of its own: do you remember it for the parts of parts too? And `train(...)` overwrites the flags of all the parts below.",
    fails="evaluate_mode",
)
def restores_the_root_only(model, data, seq_len):
    found = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    model.train(found)
    return total / (len(data) - 1)


@wrong(
    "Puts back the modes of the direct parts only",
    hint="You remember the modes of the model's direct parts. Parts have parts of their own: `modules()` goes all the way down.",
    fails="evaluate_mode",
    like="restores_the_root_only",
)
def restores_the_children(model, data, seq_len):
    mode = model.training
    found = [(child, child.training) for child in model.children()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    model.training = mode
    for child, training in found:
        child.train(training)
    return total / (len(data) - 1)


@wrong(
    "Puts the modes back with train()",
    hint="You write the modes back with `train(...)`, which goes through all the parts below. A frozen outer part and a training inner one overwrite each other. The `.training` flag concerns one module alone.",
    fails="evaluate_mode",
    like="restores_the_root_only",
)
def restores_inside_out(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in reversed(found):
        module.train(training)
    return total / (len(data) - 1)


@wrong(
    "Puts the mode back too early",
    hint="You switch back before the model is called, so the measurement runs in the mode that you found.",
    fails="evaluate_mode",
    like="stays_in_training_mode",
)
def restores_before_measuring(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    for module, training in found:
        module.training = training
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    return total / (len(data) - 1)


@wrong(
    "Builds a graph",
    hint="Nothing will be differentiated, yet autograd records every window. `model.eval()` doesn't switch that off, `detach` comes too late, and `no_grad` helps only where the model's call stands inside it.",
    fails="evaluate_graph",
)
def builds_a_graph(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    for start in range(0, len(data) - 1, seq_len):
        targets = data[start + 1 : start + 1 + seq_len]
        inputs = data[start : start + len(targets)]
        total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Detaches the logits afterwards",
    hint="`detach` cuts the graph off after it was recorded. Switch the recording off around the call of the model.",
    fails="evaluate_graph",
    like="builds_a_graph",
)
def detaches_afterwards(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    for start in range(0, len(data) - 1, seq_len):
        targets = data[start + 1 : start + 1 + seq_len]
        inputs = data[start : start + len(targets)]
        total += F.cross_entropy(model(inputs[None]).detach()[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Switches gradients off for good",
    hint="After your call PyTorch records no graphs any more, so the next training fails. `with torch.no_grad():` ends by itself.",
    fails="evaluate_graph",
)
def gradients_off_for_good(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    torch.set_grad_enabled(False)
    for start in range(0, len(data) - 1, seq_len):
        targets = data[start + 1 : start + 1 + seq_len]
        inputs = data[start : start + len(targets)]
        total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Freezes the model's parameters",
    hint="After your call no parameter requires a gradient, so the model can't be trained any further. `torch.no_grad()` needs no flags.",
    fails="evaluate_graph",
)
def freezes_the_parameters(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    model.requires_grad_(False)
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Thaws what was frozen",
    hint="A parameter that was frozen before is trained after your call: `requires_grad` is on for all of them. `torch.no_grad()` needs no flags.",
    fails="evaluate_graph",
)
def thaws_everything(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    model.requires_grad_(False)
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    model.requires_grad_(True)
    return total / (len(data) - 1)


@wrong(
    "Calls the model outside no_grad",
    hint="The `no_grad` block holds the loss but not the model's call, and that is where the graph is built.",
    fails="evaluate_graph",
    like="builds_a_graph",
)
def only_the_loss_without_graph(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    for start in range(0, len(data) - 1, seq_len):
        targets = data[start + 1 : start + 1 + seq_len]
        inputs = data[start : start + len(targets)]
        logits = model(inputs[None])[0]
        with torch.no_grad():
            total += F.cross_entropy(logits, targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Trains on what it measures",
    hint="You go backward and take a step for each window. Measuring must leave the parameters alone, or the number is not that of any one model.",
    fails="evaluate_graph",
)
def trains_on_the_way(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    total = 0.0
    for start in range(0, len(data) - 1, seq_len):
        targets = data[start + 1 : start + 1 + seq_len]
        inputs = data[start : start + len(targets)]
        loss = F.cross_entropy(model(inputs[None])[0], targets, reduction="sum")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Neither changes modes nor stops the graph",
    hint="You measure as if you were training. Evaluation mode, no graph, and everything put back afterwards: all three are missing.",
    fails=("evaluate_mode", "evaluate_graph"),
)
def no_restoring_at_all(model, data, seq_len):
    total = 0.0
    for start in range(0, len(data) - 1, seq_len):
        targets = data[start + 1 : start + 1 + seq_len]
        logits = model(data[None, start : start + len(targets)])
        total += F.cross_entropy(logits[0], targets, reduction="sum").item()
    return total / (len(data) - 1)


@wrong(
    "Puts only the dropout layers into evaluation mode",
    hint="You switch the `nn.Dropout` modules alone. Other layers look at the mode too, batch normalisation for one: switch the whole model.",
    fails="evaluate_mode",
)
def dropout_only(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Remembers the loss of a model that it has measured",
    hint="The model may have been trained since. Then the number is that of an earlier model: measure again.",
    fails="evaluate_mean",
)
def remembers_the_model(model, data, seq_len, seen={}):
    key = model, len(data), seq_len
    if key not in seen:
        found = [(module, module.training) for module in model.modules()]
        model.eval()
        total = 0.0
        with torch.no_grad():
            for start in range(0, len(data) - 1, seq_len):
                targets = data[start + 1 : start + 1 + seq_len]
                total += F.cross_entropy(model(data[None, start : start + len(targets)])[0], targets, reduction="sum").item()
        for module, training in found:
            module.training = training
        seen[key] = total / (len(data) - 1)
    return seen[key]


@wrong(
    "Measures the first few windows only",
    hint="An estimate is not the mean over every token. Walk to the end of the data.",
    fails="evaluate_mean",
    constants=("10", "5", "50", "64"),
)
def first_ten_windows(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, min(len(data) - 1, 10 * seq_len), seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / min(len(data) - 1, 10 * seq_len)


@wrong(
    "Cuts long windows",
    hint="`seq_len` says how long a window is at most. With shorter windows the model sees less, and its loss is another one.",
    fails="evaluate_mean",
    constants=("64", "16", "32"),
)
def windows_of_64(model, data, seq_len):
    seq_len = min(seq_len, 64)
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Counts the first few tokens of each window only",
    hint="Every token of `data[1:]` counts once, however long the windows are.",
    fails="evaluate_mean",
    constants=("16", "8", "32", "64"),
)
def batch_of_16(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0][:16], targets[:16], reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Keeps the targets in one byte",
    hint="A byte holds 0 to 255, so token 256 becomes token 0. The data are `int64`: leave them so.",
    fails="evaluate_mean",
)
def targets_in_a_byte(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets.to(torch.uint8).long(), reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Adds a small number to the probabilities",
    hint="Then no loss exceeds minus the logarithm of that number, 20.7 for 1e-9, however confident and wrong the model is. `F.cross_entropy` works from the logits and needs no such guard.",
    fails="evaluate_mean",
    constants=("1e-9", "1e-8", "1e-10", "1e-12", "1e-7", "1e-6"),
)
def adds_epsilon(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            probs = model(inputs[None])[0].softmax(-1).gather(-1, targets[:, None])
            total -= (probs + 1e-9).log().sum().item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Takes the log of the softmax, which is infinite for a confident wrong answer",
    hint="Softmax rounds the probability of a token that trails far behind to 0. `F.cross_entropy` takes the log before anything is rounded.",
    fails="evaluate_mean",
)
def log_of_softmax(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            probs = model(inputs[None])[0].softmax(-1).gather(-1, targets[:, None])
            total -= probs.log().sum().item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Keeps the logits within limits",
    hint="Beyond the bound all logits look the same, and a model that is confidently wrong comes out better than it is.",
    fails="evaluate_mean",
    constants=("-50, 50", "-100, 100", "-20, 20", "-30, 30"),
)
def clamps_logits(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0].clamp(-50, 50), targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Caps each token's loss",
    hint="A confident wrong answer costs what it costs. With a cap the mean is that of another loss.",
    fails="evaluate_mean",
    constants=("20", "10", "50", "100"),
)
def caps_losses(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="none").clamp(max=20).sum().item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Averages over the tokens with a loss above zero",
    hint="A loss of exactly 0 is a loss: the model was certain and right. Divide by the number of tokens.",
    fails="evaluate_mean",
)
def skips_zero_losses(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            losses = F.cross_entropy(model(inputs[None])[0], targets, reduction="none")
            total += losses.sum().item()
            count += int((losses > 0).sum())
    for module, training in found:
        module.training = training
    return total / max(count, 1)


@wrong(
    "Clears the model's gradients",
    hint="Whoever measures in the middle of training may still need them. Without a graph no gradient arises: there is nothing to clear.",
    fails="evaluate_graph",
)
def clears_grads(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    model.zero_grad()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Changes to evaluation mode only where the whole model is in training mode",
    hint="The outermost module may be in evaluation mode while a dropout layer inside isn't. `eval()` reaches all of them, so call it in any case.",
    fails="evaluate_mode",
)
def only_if_training(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    if model.training:
        model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Remembers what a tensor of data held when it was first seen",
    hint="The same tensor may hold other numbers the next time. Each call measures what it is given.",
    fails="evaluate_mean",
)
def remembers_the_data(model, data, seq_len, kept={}):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    data = kept.setdefault(data, data.clone())
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Remembers the loss of a model on data that it has measured",
    hint="The model may have learned since. Measure anew in each call.",
    fails="evaluate_mean",
)
def remembers_model_and_data(model, data, seq_len, kept={}):
    key = model, tuple(data.tolist()), seq_len
    if key in kept:
        return kept[key]
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    kept[key] = total / (len(data) - 1)
    return kept[key]


@wrong(
    "Puts back the modes of the first call",
    hint="The model may be in another mode the next time. Note what you find in each call.",
    fails="evaluate_mode",
)
def remembers_the_modes(model, data, seq_len, kept={}):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in kept.setdefault(model, found):
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Returns a tensor",
    hint="The caller wants a Python float, to print it and to draw it. How do you get the number out of a tensor with one element?",
    fails="evaluate_mean",
)
def tensor_of_float32(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return torch.tensor(total / (len(data) - 1))


@wrong(
    "Adds up in a tensor and returns it",
    hint="The caller wants a Python float, to print it and to draw it. How do you get the number out of a tensor with one element?",
    fails="evaluate_mean",
)
def tensor_that_adds_up(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = torch.zeros(1)
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum")
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Divides with //",
    hint="`//` rounds down to a whole number. The mean is `total / count`.",
    fails="evaluate_mean",
)
def whole_numbers(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total // (len(data) - 1)


@wrong(
    "Computes the loss in float32, whatever the model's dtype",
    hint="The logits of a float64 model are rounded, as `float()` rounds them. Hand them on as they come.",
    fails="evaluate_mean",
)
def logits_in_float32(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0].float(), targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Squeezes away a vocabulary or a window of one",
    hint="`squeeze` takes every dimension of size 1, also where it has a meaning. Take the one batch by `[0]`.",
    fails="evaluate_mean",
)
def squeezed(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None]).squeeze(), targets, reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Compares each token with itself",
    hint="The targets are the inputs, one step later: `data[start + 1 : start + 1 + seq_len]`. The last token of all has none, and is no input.",
    fails="evaluate_mean",
)
def each_token_with_itself(model, data, seq_len):
    total = 0.0
    with evaluating(model), torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            inputs = data[start : start + seq_len]
            total += F.cross_entropy(model(inputs[None])[0], inputs, reduction="sum").item()
    return total / (len(data) - 1)


@wrong(
    "Drops the short window at the end",
    hint="You use full windows only, so the last tokens are never predicted. A window may be shorter than seq_len.",
    fails="evaluate_mean",
)
def full_windows_in_one_batch(model, data, seq_len):
    windows = (len(data) - 1) // seq_len
    inputs = data[: windows * seq_len].view(windows, seq_len)
    targets = data[1 : windows * seq_len + 1].view(windows, seq_len)
    with evaluating(model), torch.no_grad():
        return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()


@wrong(
    "Moves the start of the last window back until it is full",
    hint="The tokens at the seam are then counted twice. Each token counts once: let the last window be shorter.",
    fails="evaluate_mean",
)
def moves_the_last_start_back(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            start = max(0, min(start, len(data) - 1 - seq_len))
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
            count += len(targets)
    for module, training in found:
        module.training = training
    return total / count


@wrong(
    "Gives each window one input too few",
    hint="Your windows of `seq_len` tokens hold inputs and targets together, so the model sees `seq_len - 1` tokens at most. A window has up to `seq_len` inputs, and as many targets one place further on.",
    fails="evaluate_mean",
)
def inputs_one_short(model, data, seq_len):
    found = [(module, module.training) for module in model.modules()]
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data) - 1, seq_len - 1):
            window = data[start : start + seq_len]
            total += F.cross_entropy(model(window[None, :-1])[0], window[1:], reduction="sum").item()
    for module, training in found:
        module.training = training
    return total / (len(data) - 1)


@wrong(
    "Cuts the text into windows of nearly equal length",
    hint="`tensor_split` and `array_split` make all the parts about equally long, so several may be shorter than `seq_len`, and the model sees less of what came before. The windows are `seq_len` long; only the last one is what is left.",
    fails=("evaluate_mean", "evaluate_graph"),
)
@torch.no_grad()
def windows_of_nearly_equal_length(model, data, seq_len):
    total, windows = 0.0, math.ceil((len(data) - 1) / seq_len)
    with evaluating(model):
        for inputs, targets in zip(data[:-1].tensor_split(windows), data[1:].tensor_split(windows)):
            total += F.cross_entropy(model(inputs[None])[0], targets, reduction="sum").item()
    return total / (len(data) - 1)


@wrong(
    "Counts the last window as if it were full",
    hint="The mean of each window is multiplied by `seq_len`. The last one may be shorter: multiply by how many tokens it has, or add up the losses themselves, with `reduction=\"sum\"`.",
    fails="evaluate_mean",
)
def the_last_window_as_full(model, data, seq_len):
    total = 0.0
    with evaluating(model), torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            logits = model(data[start : start + len(targets)][None])[0]
            total += F.cross_entropy(logits, targets).item() * seq_len
    return total / (len(data) - 1)


@wrong(
    "Moves the last window back until it is full",
    hint="The tokens before the last window are counted twice then. The last window is shorter: leave it so, and divide by the number of targets.",
    fails="evaluate_mean",
)
def last_window_full(model, data, seq_len):
    total = 0.0
    with evaluating(model), torch.no_grad():
        for i in range(0, len(data) - 1, seq_len):
            i = max(0, min(i, len(data) - 1 - seq_len))
            x = data[i:i + seq_len + 1]
            logits = model(x[None, :-1])[0]
            total += F.cross_entropy(logits, x[1:], reduction='sum').item()
    return total / (len(data) - 1)


@wrong(
    "Also takes a last window with nothing to predict",
    hint="A window that begins at the last id has no next id: its loss is a mean over nothing, which is nan. The windows begin at 0, `seq_len`, `2 * seq_len` and so on, as long as an id is left to predict: `range(0, len(data) - 1, seq_len)`.",
    fails=("evaluate_mean", "evaluate_mode"),
)
def a_window_of_nothing(model, data, seq_len):
    was_training = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data), seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            inputs = data[start : start + len(targets)]
            total += F.cross_entropy(model(inputs[None])[0], targets).item() * len(targets)
    model.train(was_training)
    return total / (len(data) - 1)


@wrong(
    "Seeds PyTorch's random numbers",
    hint="Nothing is drawn here, so no seed is needed. It takes everybody else's random numbers back to the same place at each measurement: that is a trace.",
    fails="evaluate_graph",
)
def seeds_first(model, data, seq_len):
    torch.manual_seed(0)
    total = 0.0
    with evaluating(model), torch.no_grad():
        for start in range(0, len(data) - 1, seq_len):
            targets = data[start + 1 : start + 1 + seq_len]
            logits = model(data[None, start : start + len(targets)])
            total += F.cross_entropy(logits[0], targets, reduction="sum").item()
    return total / (len(data) - 1)


@wrong(
    "Measures the first windows only",
    hint="After so many windows you stop. The mean is over every token of `data[1:]`, however long it is.",
    fails="evaluate_mean",
    constants=("200", "100", "150", "250"),
)
def at_most_two_hundred_windows(model, data, seq_len):
    losses = []
    with evaluating(model), torch.no_grad():
        for start in list(range(0, len(data) - 1, seq_len))[:200]:
            targets = data[start + 1 : start + 1 + seq_len]
            logits = model(data[None, start : start + len(targets)])
            losses.append(F.cross_entropy(logits[0], targets, reduction="none"))
    return torch.cat(losses).mean().item()


@wrong(
    "Leaves out the first token of each later piece, and divides by the length of the text",
    hint="You cut the data into pieces and shift inside each, so nothing predicts the first token of the next piece: neighbouring windows share a token. And the first token of the text has no prediction either: the mean is over one fewer.",
    fails="evaluate_mean",
)
def pieces_over_the_length(model, data, seq_len):
    total = 0.0
    with evaluating(model), torch.no_grad():
        for piece in data.split(seq_len):
            if len(piece) > 1:
                total += F.cross_entropy(model(piece[None, :-1])[0], piece[1:], reduction="sum").item()
    return total / len(data)
