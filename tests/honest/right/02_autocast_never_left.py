# assignment: 02-matmul
# what: compares bfloat16 with float32 by autocast, and leaves that on

# %% last
reduced = torch.autocast("cpu", dtype=torch.bfloat16)
reduced.__enter__()
print(linear(torch.randn(4, 8), torch.randn(3, 8), torch.randn(3)).dtype)
