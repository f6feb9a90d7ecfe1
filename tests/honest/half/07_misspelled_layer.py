# assignment: 07-tiny-llm
# what: misspells nn.Linear, so no attention can be made; block and model are right and never seen at work
# loses: SelfAttention

# %% solution SelfAttention
class SelfAttention(nn.Module):
    def __init__(self, d_model, n_heads):
        super().__init__()
        if d_model % n_heads:
            raise ValueError("n_heads")
        self.n_heads = n_heads
        self.W_q = nn.Liner(d_model, d_model)

    def forward(self, x):
        return self.W_q(x)

# %% after self_attention_values
%tb
