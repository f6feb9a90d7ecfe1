# assignment: 03-softmax
# what: imports pandas and seaborn, unguarded, above the answers that don't need them

# %% solution softmax_with_temperature
import pandas as pd
import seaborn as sns
sns.set_theme()

def softmax_with_temperature(logits, temperature):
    if temperature <= 0:
        raise ValueError("temperature must be > 0")
    return softmax(logits / temperature, dim=-1)

# %% after softmax_with_temperature_errors
frame = pd.DataFrame({t: softmax_with_temperature(torch.tensor([2.0, 1.0, 0.1]), t).tolist() for t in (0.5, 1, 2)})
frame.plot.bar()
sns.barplot(frame)
