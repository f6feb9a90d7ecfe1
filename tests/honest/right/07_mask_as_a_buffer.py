# assignment: 07-tiny-llm
# what: a mask of 512 positions as a buffer, cut to the length; hides with -1e9

# %% solution SelfAttention
class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("heads")
        self.n_heads, self.d = n_heads, d_model // n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)
        self.register_buffer("mask", torch.tril(torch.ones(512, 512)).view(1, 1, 512, 512))

    def forward(self, x):
        B, T, C = x.shape
        k = self.W_k(x).view(B, T, self.n_heads, self.d).transpose(1, 2)
        q = self.W_q(x).view(B, T, self.n_heads, self.d).transpose(1, 2)
        v = self.W_v(x).view(B, T, self.n_heads, self.d).transpose(1, 2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.mask[:, :, :T, :T] == 0, -1e9)
        att = F.softmax(att, dim=-1)
        y = att @ v
        return self.W_o(y.transpose(1, 2).contiguous().view(B, T, C))

# %% after self_attention_values
attention = SelfAttention(64, 4)
print(sum(p.numel() for p in attention.parameters()))
attention(torch.randn(1, 3, 64)).shape
