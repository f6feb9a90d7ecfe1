# assignment: 03-softmax
# what: an nn.Module is the softmax, with buffers and a forward, and train and eval are called on it

# %% solution softmax
class SoftmaxLayer(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, x, dim):
        self.calls += 1
        e = torch.exp(x - x.amax(dim, keepdim=True))
        return e / e.sum(dim, keepdim=True)

softmax = SoftmaxLayer().eval()

# %% after softmax_gradients
print(softmax, softmax.calls.item(), softmax.state_dict())
softmax.train()

# %% solution causal_attention_weights
def causal_attention_weights(scores):
    T = scores.shape[-1]
    tril = torch.tril(torch.ones(T, T, device=scores.device))
    return softmax(scores.masked_fill(tril == 0, float('-inf')), dim=-1)
