# assignment: 07-tiny-llm
# what: the function behind nn.MultiheadAttention, fed with the four layers' weights; outputs of a run kept in prints and plots

# %% solution SelfAttention
class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads must divide d_model")
        self.n_heads = n_heads
        self.W_q = nn.Linear(d_model, d_model)
        self.W_k = nn.Linear(d_model, d_model)
        self.W_v = nn.Linear(d_model, d_model)
        self.W_o = nn.Linear(d_model, d_model)

    def forward(self, x):
        T, D = x.shape[1:]
        bias = torch.cat([self.W_q.bias, self.W_k.bias, self.W_v.bias])
        x = x.transpose(0, 1)  # it wants (T, B, D)
        y, _ = F.multi_head_attention_forward(
            x, x, x, D, self.n_heads, None, bias, None, None, False, 0.0,
            self.W_o.weight, self.W_o.bias, need_weights=False, is_causal=True,
            attn_mask=torch.full((T, T), -torch.inf, dtype=x.dtype).triu(1),
            use_separate_proj_weight=True, q_proj_weight=self.W_q.weight,
            k_proj_weight=self.W_k.weight, v_proj_weight=self.W_v.weight,
        )
        return y.transpose(0, 1)

# %% after self_attention_errors
torch.manual_seed(1)
sa = SelfAttention(16, 4)
print(sa)
plt.imshow(sa(torch.randn(1, 12, 16))[0].detach())
plt.colorbar()
plt.show()

# %% solution Block
class Block(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        self.attention_norm = nn.LayerNorm(d_model)
        self.mlp_norm = nn.LayerNorm(d_model)
        self.attention = SelfAttention(d_model, n_heads)
        self.mlp = nn.Sequential(
            nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model)
        )

    def forward(self, residual):
        for norm, layer in ((self.attention_norm, self.attention), (self.mlp_norm, self.mlp)):
            residual = residual + layer(norm(residual))
        return residual

# %% last
block = Block(8, 2)
with torch.no_grad():
    print((block(torch.zeros(1, 5, 8)) == 0).all(), sum(p.numel() for p in block.parameters()))
