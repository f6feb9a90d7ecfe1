"""Wrong answers to `train(model, data, steps, batch_size, seq_len, lr, generator)`."""

import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from proctor.answers import wrong


@wrong(
    "Lets the gradients pile up",
    hint="`backward()` adds to what is already in `.grad`, so every step is taken along the sum of all gradients so far. The loss may still fall, which hides it. What has to happen in every step, and not just once before the loop?",
    fails="train_updates",
)
def no_zero_grad(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Clears the gradients between backward and step",
    hint="You compute the gradients and throw them away before the optimizer reads them, so no parameter ever moves. In which order do the three calls belong?",
    fails="train_updates",
    like="never_steps",
)
def clears_too_late(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Steps before it goes backward",
    hint="Your optimizer moves before the gradients of this batch exist: it uses those of the step before, or none.",
    fails="train_updates",
)
def steps_before_backward(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.step()
        optimizer.zero_grad()
        loss.backward()
        losses.append(loss.item())
    return losses


@wrong(
    "Clears the gradients once, before the loop",
    hint="The call that clears the gradients stands before the loop, so from the second step on old gradients are added to the new ones.",
    fails="train_updates",
)
def clears_once(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    optimizer.zero_grad()
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Moves no parameter",
    hint="The model is the same after training as before. Which call computes the gradients, which one uses them, and are they there when it does?",
    fails="train_updates",
)
def never_steps(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        losses.append(loss.item())
    return losses


@wrong(
    "Never goes backward",
    hint="Without `backward()` there are no gradients, and the optimizer passes over parameters that have none.",
    fails="train_updates",
    like="never_steps",
)
def never_backward(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Uses plain SGD",
    hint="Your optimizer is SGD. The task asks for AdamW, which scales each parameter's step by its recent gradients.",
    fails="train_updates",
)
def sgd(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Trains without AdamW's weight decay",
    hint="AdamW also shrinks the weights a little at each step, by default by 0.01 times the learning rate. Adam doesn't, and neither does AdamW with `weight_decay=0`.",
    fails="train_updates",
)
def adam(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Ignores the learning rate",
    hint="You create the optimizer without `lr`, so it takes its default whatever the caller asks for.",
    fails="train_updates",
)
def ignores_lr(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters())
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Sets a weight decay of its own",
    hint="Your weight decay is not AdamW's default. The task leaves everything but the learning rate as PyTorch has it.",
    fails="train_updates",
)
def own_weight_decay(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.1)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Sets betas of its own",
    hint="Your AdamW remembers longer or shorter than PyTorch's: many recipes set `betas=(0.9, 0.95)`. The task leaves everything but the learning rate as PyTorch has it.",
    fails="train_updates",
)
def own_betas(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.95))
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Sets a weight decay and betas of its own",
    hint="Both are what large runs like to set. Here only the learning rate is given: AdamW keeps its own values for all the rest, so leave those two out.",
    fails="train_updates",
    constants=("weight_decay=0.1", "weight_decay=0.0", "weight_decay=0.05"),
)
def own_decay_and_betas(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=0.1, betas=(0.9, 0.95))
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Sets an eps of its own",
    hint="The `eps` under AdamW's fraction is small and still counts: where a gradient is tiny, another one gives another step. The task sets the learning rate alone, so leave `eps` at PyTorch's value.",
    fails="train_updates",
    constants=("1e-6", "1e-5", "1e-4"),
)
def own_eps(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, eps=1e-6)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Uses AMSGrad",
    hint="With `amsgrad=True` the optimizer divides by the largest average of squares so far, and not by the present one. That is a variant of AdamW. The task asks for AdamW as it comes.",
    fails="train_updates",
)
def with_amsgrad(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, amsgrad=True)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Clips the gradients",
    hint="You limit the size of the gradients before each step. Larger runs do, but this loop has no such step.",
    fails="train_updates",
    constants=("1.0)", "0.1)", "0.5)"),
)
def clips_gradients(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Clips large gradients",
    hint="You limit the size of the gradients where they are large. Larger runs do, but this loop has no such step.",
    fails="train_updates",
)
def clips_large_gradients(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Swaps batch size and length",
    hint="You pass `batch_size` and `seq_len` in the wrong order: few long windows become many short ones, or the other way round. Look at the order of the arguments of `get_batch`.",
    fails=("train_updates", "train_batches"),
)
def swaps_the_sizes(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, seq_len, batch_size, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Makes a new optimizer at every step",
    hint="AdamW remembers past gradients, and yours forgets them each time because it is created inside the loop. Create it once.",
    fails="train_updates",
)
def optimizer_in_the_loop(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Warms the learning rate up",
    hint="Your learning rate starts small and grows. Larger runs do that, but here each step uses `lr` as it was given.",
    fails="train_updates",
    constants=("/ 5)", "/ 10)", "/ 20)", "/ 100)"),
)
def with_warmup(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    warmup = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 5))
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        warmup.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Cuts the learning rate by ten every ten steps",
    hint="After a few dozen steps your learning rate is so small that nothing moves any more. Each step uses `lr` as it was given.",
    fails="train_updates",
)
def decays_the_rate(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    decay = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.1)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        decay.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Lets the learning rate fall along a cosine",
    hint="Your learning rate shrinks towards zero over the run. Larger runs do that, but here each step uses `lr` as it was given.",
    fails="train_updates",
)
def along_a_cosine(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        decay.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Lets the learning rate fall in a straight line",
    hint="Your learning rate shrinks towards zero over the run. Larger runs do that, but here each step uses `lr` as it was given.",
    fails="train_updates",
)
def in_a_straight_line(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    decay = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        decay.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Stops learning when the loss rises",
    hint="You stop updating once a batch is worse than the one before. Single batches jitter: take all the steps.",
    fails="train_updates",
)
def stops_early(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for step in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        if step < 10 or losses[-1] >= loss.item():
            loss.backward()
            optimizer.step()
        else:
            lr = 0.0
            optimizer.param_groups[0]["lr"] = lr
        losses.append(loss.item())
    return losses


@wrong(
    "Trains a copy of the model",
    hint="You train a copy and let it go, so the caller's model is as it was. Training changes the model that was passed.",
    fails="train_updates",
)
def trains_a_copy(model, data, steps, batch_size, seq_len, lr, generator):
    import copy

    model = copy.deepcopy(model)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Resets the model first",
    hint="You draw the parameters anew before training. The caller may go on with a model that was already trained; start from what it is.",
    fails="train_updates",
)
def starts_afresh(model, data, steps, batch_size, seq_len, lr, generator):
    for module in model.modules():
        if hasattr(module, "reset_parameters"):
            module.reset_parameters()
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Trains the last layer only",
    hint="Your optimizer gets only some of the parameters, so the others stay random. Hand it `model.parameters()`.",
    fails="train_updates",
)
def last_layer_only(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(list(model.parameters())[-2:], lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Asks the model for its own inputs",
    hint="You compare the logits with the inputs, so the model learns to repeat what it sees.",
    fails=("train_updates", "train_losses"),
)
def inputs_as_targets(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), inputs.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Shifts the targets a second time",
    hint="The targets of `get_batch` are already one step later. You shift once more, so the model predicts the token after next.",
    fails=("train_updates", "train_losses"),
)
def shifts_again(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs)[:, :-1]
        loss = F.cross_entropy(logits.flatten(0, 1), targets[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Reshapes where it should transpose",
    hint="The loss can take `(B, V, T)`, but `view` or `reshape` does not move the vocabulary there: it cuts the same numbers up differently, and logits of different positions get mixed. Flatten instead.",
    fails=("train_updates", "train_losses"),
)
def mixed_up_shapes(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs)
        logits = logits.reshape(logits.shape[0], logits.shape[2], logits.shape[1])
        loss = F.cross_entropy(logits, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Learns from the last position only",
    hint="You take the loss at the last position. Every position of the window has a target and counts.",
    fails=("train_updates", "train_losses"),
)
def last_position_only(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs)[:, -1], targets[:, -1])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Learns from the first row only",
    hint="You use one row of the batch and leave the others aside. The loss is the mean over all tokens of the batch.",
    fails=("train_updates", "train_losses"),
)
def first_row_only(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs)[0], targets[0])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Applies a softmax before the loss",
    hint="The loss takes raw logits and does its own softmax. After yours everything lies between 0 and 1, and the model can hardly learn.",
    fails=("train_updates", "train_losses"),
)
def softmax_first(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        probs = model(inputs).softmax(-1)
        loss = F.cross_entropy(probs.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Adds the losses up",
    hint="You sum over the tokens instead of averaging, so the loss grows with the batch.",
    fails="train_losses",
)
def summed_loss(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten(), reduction="sum")
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Trains with dropout switched off",
    hint="A model that was just evaluated comes in evaluation mode, and yours trains in it. Which call puts the model and all its parts into training mode? Setting `model.training` reaches none of the parts.",
    fails="train_updates",
)
def no_training_mode(model, data, steps, batch_size, seq_len, lr, generator):
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Trains in evaluation mode",
    hint="You switch the model to evaluation mode before the loop. Dropout acts only in training mode, and training is what it is for.",
    fails="train_updates",
    like="no_training_mode",
)
def evaluation_mode(model, data, steps, batch_size, seq_len, lr, generator):
    model.eval()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Sets the mode of the outermost module only",
    hint="Setting `model.training` reaches the model itself but none of its parts. `model.train()` goes through all of them.",
    fails="train_updates",
    like="no_training_mode",
)
def training_mode_of_the_root(model, data, steps, batch_size, seq_len, lr, generator):
    model.training = True
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Leaves training mode after the first step",
    hint="You look at the loss in evaluation mode and never switch back, so all further steps train without dropout.",
    fails="train_updates",
)
def mode_for_one_step(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        model.eval()
    return losses


@wrong(
    "Returns tensors",
    hint="The list should hold Python floats. A tensor holds on to the nodes of its graph, some kilobytes at every step, and a detached one is still a tensor. How do you get the number out of a tensor with one element?",
    fails="train_losses",
)
def tensors(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss)
    return losses


@wrong(
    "Returns tensors without a graph",
    hint="Detached tensors are still tensors. The list should hold Python floats; `item()` gives one.",
    fails="train_losses",
    like="tensors",
)
def detached_tensors(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return losses


@wrong(
    "Returns one tensor of losses",
    hint="All losses are there, but in a tensor. The caller expects a list of Python floats.",
    fails="train_losses",
)
def one_tensor(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return torch.tensor(losses)


@wrong(
    "Returns the last loss only",
    hint="You return a single number. The loss curve needs all of them, one a step.",
    fails="train_losses",
)
def last_loss(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses[-1]


@wrong(
    "Returns nothing",
    hint="The losses are collected and then forgotten: the last line is missing.",
    fails="train_losses",
)
def returns_nothing(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return None


@wrong(
    "Returns the model",
    hint="The model is trained in place, so the caller has it already. What is wanted back is the list of losses.",
    fails="train_losses",
)
def returns_the_model(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model


@wrong(
    "Keeps only every tenth loss",
    hint="You thin the losses out, as one does for printing. The list should have one entry for each step.",
    fails="train_losses",
)
def every_tenth(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        if _ % 10 == 0:
            losses.append(loss.item())
    return losses


@wrong(
    "Measures the loss after the update",
    hint="The losses that you report are those of the parameters after each update. The one before the update is already there, and is what the list should hold.",
    fails="train_losses",
)
def loss_after(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            losses.append(F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item())
    return losses


@wrong(
    "Reports a running mean",
    hint="You report the mean of all losses so far. That is smoother and lags behind; each entry should be its own batch's loss.",
    fails="train_losses",
)
def running_mean(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        total = (losses[-1] * len(losses) if losses else 0.0) + loss.item()
        losses.append(total / (len(losses) + 1))
    return losses


@wrong(
    "Rounds the losses",
    hint="You round before you store. Rounding belongs to printing; a curve needs the numbers as they are.",
    fails="train_losses",
    constants=("item(), 2", "item(), 3", "item(), 4", "item(), 5"),
)
def rounded(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(round(loss.item(), 2))
    return losses


@wrong(
    "Reports the loss in bits",
    hint="You divide by log 2, which gives bits. The course, like PyTorch, measures in natural logarithms.",
    fails="train_losses",
)
def in_bits(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item() / math.log(2))
    return losses


@wrong(
    "Reports perplexities",
    hint="You store the exponential of the loss. The list should hold the losses themselves.",
    fails="train_losses",
)
def perplexities(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(math.exp(loss.item()))
    return losses


@wrong(
    "Draws one batch for all steps",
    hint="The batch is drawn before the loop, so the model sees the same few windows again and again and learns them by heart. Every step needs a fresh one.",
    fails="train_batches",
)
def one_batch(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    inputs, targets = get_batch(data, batch_size, seq_len, generator)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Keeps each batch for ten steps",
    hint="You draw a new batch only at every tenth step. Each step needs a fresh one.",
    fails="train_batches",
)
def batch_for_ten_steps(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        if _ % 10 == 0:
            inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Uses each batch twice",
    hint="Every second step repeats the batch before. Each step needs a fresh one.",
    fails="train_batches",
)
def two_steps_a_batch(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        if _ % 2 == 0:
            inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Seeds the generator at every step",
    hint="You set the generator back inside the loop, so every step draws the same batch. The caller seeds it once.",
    fails="train_batches",
)
def same_seed_each_step(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        generator.manual_seed(0)
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Goes through the text in order",
    hint="Your windows come one after another from the beginning, without any chance. They should be drawn, as `get_batch` does.",
    fails="train_batches",
)
def in_order(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    windows = len(data) - seq_len
    for step in range(steps):
        starts = (step * batch_size + torch.arange(batch_size)) % windows
        places = starts[:, None] + torch.arange(seq_len)
        inputs, targets = data[places], data[places + 1]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Never draws the last window",
    hint="You draw the starts yourself and leave the last one out. How many windows fit into N tokens, targets included?",
    fails="train_batches",
)
def misses_the_last_window(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        starts = torch.randint(0, max(1, len(data) - seq_len - 1), (batch_size, 1), generator=generator)
        places = starts + torch.arange(seq_len)
        inputs, targets = data[places], data[places + 1]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Makes a generator of its own",
    hint="Your generator is seeded by chance, and the caller's is never used: the same `generator` gives other batches in each run. Hand it on as it is.",
    fails="train_batches",
)
def own_generator(model, data, steps, batch_size, seq_len, lr, generator):
    own = torch.Generator()
    own.seed()
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, own)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Draws from the global generator",
    hint="Your starts come from PyTorch's global generator. Pass the caller's `generator` on.",
    fails="train_batches",
)
def global_randomness(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        starts = torch.randint(0, len(data) - seq_len, (batch_size, 1))
        places = starts + torch.arange(seq_len)
        inputs, targets = data[places], data[places + 1]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Sets the global seed",
    hint="You set PyTorch's global seed. The batches come out right, but everything else that draws random numbers is set back too, without being asked.",
    fails="train_batches",
)
def seeds_everything(model, data, steps, batch_size, seq_len, lr, generator):
    torch.manual_seed(0)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Sets the global seed to that of the generator",
    hint="The batches come from `generator` anyway. What you set is PyTorch's global seed, and so everything else that draws random numbers, dropout for one, starts again from there. Leave it alone.",
    fails="train_batches",
)
def seeds_everything_alike(model, data, steps, batch_size, seq_len, lr, generator):
    torch.manual_seed(generator.initial_seed())
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Uses batches of one",
    hint="You draw a single window whatever `batch_size` says.",
    fails=("train_updates", "train_batches"),
)
def ignores_batch_size(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, 1, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Uses windows of a fixed length",
    hint="Your windows have a length of your own. The caller says in `seq_len` how long they should be.",
    fails=("train_updates", "train_batches"),
)
def ignores_seq_len(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, 2, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Takes one step too many",
    hint="Your loop runs one time more than `steps` says.",
    fails=("train_updates", "train_losses"),
)
def one_step_more(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps + 1):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Takes `steps` for passes over the text",
    hint="You go through the whole text `steps` times. One step is one batch.",
    fails=("train_updates", "train_losses"),
)
def passes_over_the_data(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps * (len(data) // (batch_size * seq_len) + 1)):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Draws its batches from a generator of its own",
    hint="You make a new generator and leave the one that you were given unused: whoever calls you with another one gets the same batches. Hand `generator` on as it is.",
    fails="train_batches",
)
def own_seed(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        starts = torch.randint(len(data) - seq_len, (batch_size,), generator=generator)
        windows = starts[:, None] + torch.arange(seq_len)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(data[windows]).flatten(0, 1), data[windows + 1].flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Clears the gradients after each step only",
    hint="The model may come with old gradients, and your first step takes them along. Clear before `backward`, too, or once before the loop.",
    fails="train_updates",
)
def clears_afterwards(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


@wrong(
    "Limits the learning rate from above",
    hint="Whether a learning rate is too large is for the caller to say.",
    fails="train_updates",
    constants=("0.1", "0.01", "0.5", "1.0"),
)
def lr_at_most(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=min(lr, 0.1))
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Limits the learning rate from below",
    hint="A small learning rate may be just what is wanted, to finish for example. It is for the caller to choose.",
    fails="train_updates",
    constants=("1e-3", "1e-4", "3e-4"),
)
def lr_at_least(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=max(lr, 1e-3))
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Keeps the targets in one byte",
    hint="A byte holds 0 to 255, so token 256 becomes token 0. The data are `int64`: leave them so.",
    fails="train_updates",
)
def byte(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten().to(torch.uint8).long())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Learns from the first few positions only",
    hint="`seq_len` says how long the windows are, and every position has a target.",
    fails="train_updates",
    constants=("64", "16", "32"),
)
def block_64(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs[:, :64])
        loss = F.cross_entropy(logits.flatten(0, 1), targets[:, :64].flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Learns from the first few rows only",
    hint="`batch_size` says how many windows a step learns from.",
    fails="train_updates",
    constants=("16", "8"),
)
def rows_16(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs[:16])
        loss = F.cross_entropy(logits.flatten(0, 1), targets[:16].flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Takes at least one step",
    hint="With `steps=0` there is nothing to do, and the list is empty.",
    fails="train_losses",
)
def at_least_one_step(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(max(steps, 1)):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Keeps the optimizer of a model from call to call",
    hint="The second call goes on with the first one's learning rate and with what AdamW remembers. Each call stands alone: make the optimizer inside.",
    fails="train_updates",
)
def keeps_the_optimizer(model, data, steps, batch_size, seq_len, lr, generator, kept={}):
    model.train()
    if model not in kept:
        kept[model] = torch.optim.AdamW(model.parameters(), lr=lr)
    optimizer = kept[model]
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Keeps the optimizer of a model, and sets its learning rate",
    hint="The learning rate is right, but what AdamW remembers of the call before is still there. Each call stands alone: make the optimizer inside.",
    fails="train_updates",
)
def keeps_what_adamw_remembers(model, data, steps, batch_size, seq_len, lr, generator, kept={}):
    model.train()
    if model not in kept:
        kept[model] = torch.optim.AdamW(model.parameters(), lr=lr)
    optimizer = kept[model]
    optimizer.param_groups[0]["lr"] = lr
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Keeps the windows of a tensor that it has seen",
    hint="The same tensor may hold other numbers the next time. Each call cuts its windows from what it is given.",
    fails="train_updates",
)
def keeps_the_windows(model, data, steps, batch_size, seq_len, lr, generator, kept={}):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    windows = kept.setdefault((data, seq_len), data.unfold(0, seq_len + 1, 1).clone())
    losses = []
    for _ in range(steps):
        rows = windows[torch.randint(len(windows), (batch_size,), generator=generator)]
        inputs, targets = rows[:, :-1], rows[:, 1:]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Draws no window twice into a batch",
    hint="In `get_batch` each row is drawn on its own, so that a batch may hold a window twice.",
    fails="train_batches",
)
def draws_without_repetition(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        chances = torch.ones(len(data) - seq_len)
        starts = torch.multinomial(chances, batch_size, replacement=batch_size > len(chances), generator=generator)
        places = starts[:, None] + torch.arange(seq_len)
        inputs, targets = data[places], data[places + 1]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Measures the loss after the update, with a graph",
    hint="You run the model once more after the step and report that loss. The one to report belongs to the weights that produced the gradients, and you have computed it already.",
    fails="train_losses",
    like="loss_after",
)
def loss_after_with_graph(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item())
    return losses


@wrong(
    "Computes the loss in float32, whatever the model's dtype",
    hint="The logits of a float64 model are rounded, as `float()` rounds them. Hand them on as they come.",
    fails="train_losses",
)
def logits_in_float32(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).float().flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Remembers data by its length",
    hint="Two texts may be equally long. You keep the first one of each length, and train on it when another comes: use the `data` of this call.",
    fails="train_updates",
)
def remembers_data_by_length(model, data, steps, batch_size, seq_len, lr, generator, seen={}):
    data = seen.setdefault((model, len(data)), data)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Sets the generator back to its seed at the start",
    hint="The caller may have drawn from `generator` before, and goes on from there. You set it back, so a second call of `train` sees the batches of the first again. Leave its state alone.",
    fails="train_batches",
)
def back_to_its_seed(model, data, steps, batch_size, seq_len, lr, generator):
    generator.manual_seed(generator.initial_seed())
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Seeds the generator at the start",
    hint="You set the caller's generator to a fixed seed, so every call of `train` sees the same batches, whatever it is given. The caller seeds it: leave its state alone.",
    fails="train_batches",
    constants=("manual_seed(0)", "manual_seed(1)", "manual_seed(42)", "manual_seed(1337)"),
)
def seeds_at_the_start(model, data, steps, batch_size, seq_len, lr, generator):
    generator.manual_seed(0)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Stops when the loss is small",
    hint="One batch with a small loss doesn't say that the model is done: the next may hold what it hasn't learned. Take all `steps` steps.",
    fails="train_losses",
    constants=("0.05", "0.1", "0.01", "1e-3"),
)
def stops_when_small(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if losses[-1] < 0.05:
            break
    return losses


@wrong(
    "Switches weight decay off for the biases",
    hint="Two groups of parameters, one of them without weight decay: so it is done for large models. Here AdamW gets all parameters and the learning rate, and nothing else is changed.",
    fails="train_updates",
)
def no_decay_for_biases(model, data, steps, batch_size, seq_len, lr, generator):
    groups = [
        {"params": [p for p in model.parameters() if p.dim() > 1]},
        {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=lr)
    model.train()
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Keeps the last tenth of the data back",
    hint="What is held out was cut off before: all of `data` is there for training.",
    fails="train_batches",
)
def keeps_a_tenth(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for step in range(steps):
        inputs, targets = get_batch(data[:max(seq_len + 1, int(0.9 * len(data)))], batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Smooths the labels",
    hint="`label_smoothing` gives part of the probability to wrong tokens, so that another loss is lowered, and noted. The course's loss is the plain cross-entropy.",
    fails=("train_updates", "train_losses"),
)
def label_smoothing(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for step in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        logits = model(inputs)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@wrong(
    "Gives the losses of other batches than those it trains on",
    hint="Each step draws one batch, and its loss is the one before the step. You draw a second batch after the step and record that one's loss, which also moves the generator on.",
    fails="train_losses",
)
def loss_of_another_batch(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        with torch.no_grad():
            losses.append(F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item())
    return losses


@wrong(
    "Trains with Adam at its own learning rate",
    hint="Two things: `Adam` leaves out the weight decay of `AdamW`, and without `lr=lr` it takes its default, 0.001, whatever the caller asks for.",
    fails="train_updates",
)
def adam_at_its_own_rate(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.Adam(model.parameters())
    losses = []
    for _ in range(steps):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
