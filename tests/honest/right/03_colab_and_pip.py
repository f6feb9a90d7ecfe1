# assignment: 03-softmax
# what: Colab's check, pip installs, %%bash, %env and %matplotlib at the top

# %% first
%matplotlib inline
%env TOKENIZERS_PARALLELISM=false
!pip install einops transformers -q
IN_COLAB = 'google.colab' in str(get_ipython())
if IN_COLAB:
    from google.colab import files
    files.upload()

# %% after setup
%%bash
echo "hello from bash"
nvidia-smi || true

# %% solution softmax
device = 'cuda' if torch.cuda.is_available() else 'cpu'

def softmax(x, dim):
    maximum = x.amax(dim, keepdim=True).to(x.device)
    z = (x - maximum).exp()
    return z / z.sum(dim, keepdim=True)

# %% after softmax_values
if device == 'cuda':
    print(torch.cuda.get_device_name(0))
torch.get_num_threads(), torch.backends.cudnn.enabled
