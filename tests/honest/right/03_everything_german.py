# assignment: 03-softmax
# what: German names, umlauts and emoji, a Markdown cell with LaTeX between the exercises

# %% markdown after softmax_gradients
### Was ich gelernt habe 🎉
$$\sigma(x)_i = \frac{e^{x_i - c}}{\sum_j e^{x_j - c}}, \qquad c = \max_j x_j$$
<img src="https://example.com/katze.png" alt="🐈"> Größe ≠ Stärke!

# %% solution softmax
def softmax(x, dim):
    größter = x.amax(dim, keepdim=True)   # das c aus der Formel
    potenzen = torch.exp(x - größter)
    Σ = potenzen.sum(dim, keepdim=True)
    return potenzen / Σ

# %% solution softmax_with_temperature
def softmax_with_temperature(logits, temperature):
    τ = temperature
    if τ <= 0:
        raise ValueError("🥶 zu kalt: die Temperatur muss größer als 0 sein")
    return softmax(logits / τ, dim=-1)

# %% after softmax_with_temperature
übung = {"schön": softmax_with_temperature(torch.zeros(2), 1.0)}
print("🔥" * 3, übung["schön"])
