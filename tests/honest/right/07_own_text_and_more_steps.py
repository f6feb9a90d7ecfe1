# assignment: 07-tiny-llm
# what: a text of one's own, a bigger model trained in scratch cells, and what it writes

# %% after predict_wall
MY_TEXT = "row, row, row your boat, gently down the stream. " * 40
my_vocab = build_vocab(MY_TEXT)
my_data = encode(MY_TEXT, my_vocab)
my_model = TinyTransformer(len(my_vocab), d_model=32, n_heads=2, n_layers=2, max_len=16)
losses = train(my_model, my_data, 20, batch_size=8, seq_len=16, lr=3e-3, generator=torch.Generator().manual_seed(1))
plt.plot(losses)
plt.show()

# %% last
out = generate(my_model, encode("row", my_vocab), 40, 0.8, torch.Generator().manual_seed(0), max_len=16)
print(decode(out, my_vocab))
for temperature in (0.5, 1.0):
    print(repr(decode(generate(my_model, encode("boat", my_vocab), 20, temperature, torch.Generator(), 16), my_vocab)))

# %% last
model = my_model
print(evaluate(model, my_data[:200], 16), conditional_entropy(my_data, len(my_vocab)))
