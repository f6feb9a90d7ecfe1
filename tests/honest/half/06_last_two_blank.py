# assignment: 06-training-loop
# what: leaves evaluate and generate as they came, so the real run at the end fails
# loses: evaluate generate

# %% solution evaluate
def evaluate(model: nn.Module, data: torch.Tensor, seq_len: int) -> float:
    """The mean loss of `model`, (B, T) ids -> (B, T, V) logits, over every token of `data[1:]`, data (N,) int64."""
    # YOUR CODE HERE
    raise NotImplementedError()

# %% solution generate
def generate(
    model: nn.Module, prompt: torch.Tensor, max_new_tokens: int, temperature: float, generator: torch.Generator
) -> torch.Tensor:
    """Continues `prompt`, (T,) int64, by drawing one token at a time.

    Returns: (T + max_new_tokens,) int64, the prompt first.
    """
    # YOUR CODE HERE
    raise NotImplementedError()

# %% solution train
from tqdm.auto import trange

def train(model, data, steps, batch_size, seq_len, lr, generator):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    losses = []
    for _ in trange(steps, leave=False):
        inputs, targets = get_batch(data, batch_size, seq_len, generator)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
