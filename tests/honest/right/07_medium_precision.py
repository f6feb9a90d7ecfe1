# assignment: 07-tiny-llm
# what: sets a device and the precision of products first, as scripts for a GPU do

# %% after setup
device = "cuda" if torch.cuda.is_available() else "cpu"
torch.set_default_device(device)
torch.set_float32_matmul_precision("medium")
torch.set_flush_denormal(True)
