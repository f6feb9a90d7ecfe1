# assignment: 07-tiny-llm
# what: scratch cells that use q, x, model, ids and T again, and a class under another name first

# %% before SelfAttention
q = k = v = torch.randn(1, 4, 3)
x = causal_mix(q, k, v)
ids = [1, 2, 3]
T = 3

# %% solution SelfAttention
class MultiHeadAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("no")
        self.d_model, self.n_heads, self.head_dim = d_model, n_heads, d_model // n_heads
        self.W_q, self.W_k = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)
        self.W_v, self.W_o = nn.Linear(d_model, d_model), nn.Linear(d_model, d_model)

    def forward(self, hidden_states):
        B, T, _ = hidden_states.shape
        q, k, v = (
            proj(hidden_states).view(B, T, self.n_heads, self.head_dim).transpose(1, 2)
            for proj in (self.W_q, self.W_k, self.W_v)
        )
        future = torch.arange(T)[None, :] > torch.arange(T)[:, None]
        w = torch.where(future, -torch.inf, q @ k.transpose(2, 3) / self.head_dim**0.5).softmax(-1)
        return self.W_o((w @ v).transpose(1, 2).flatten(2))


SelfAttention = MultiHeadAttention

# %% after tiny_transformer_errors
model = Block(8, 2)
x = torch.randn(2, 3, 8)
model(x).mean()
