# assignment: 07-tiny-llm
# what: predictions computed by the notebook's own code, in other spellings

# %% solution predict_attention_size
predict_attention_size = sum(p.numel() for p in nn.MultiheadAttention(64, 4).parameters())
print(predict_attention_size)
predict_attention_size = torch.tensor(predict_attention_size)

# %% solution predict_order
predict_order = " c "

# %% solution predict_wall
# TinyLM sees one character: H bounds it. Attention sees more.
predict_wall = 'c'
