"""Silences parts of a model from outside: its code stays as it is."""

import torch
import torch.nn as nn


def find_parts(model: nn.Module, longer: nn.Module, ids: torch.Tensor) -> dict[str, list]:
    """The parts of `model` that can be silenced, by their names; a part that isn't found has an empty list.

    A module counts if the model calls it for `ids`: as its attribute `attention` or `mlp`, or because
    it is an nn.LayerNorm. `longer` is a model of the same kind with more positions: the parameters
    that are larger there are the table of positions.
    """
    called: set[nn.Module] = set()
    hooks = [
        part.register_forward_hook(lambda part, *_: called.add(part)) for part in model.modules()
    ]
    with torch.no_grad():
        model(ids)
    for hook in hooks:
        hook.remove()
    parts: dict[str, list] = {"attention": [], "positions": [], "mlp": [], "norms": []}
    for path, module in model.named_modules():
        name = path.rpartition(".")[2]
        if module in called and name in ("attention", "mlp"):
            parts[name].append(module)
        if module in called and isinstance(module, nn.LayerNorm):
            parts["norms"].append(module)
    shapes = {name: parameter.shape for name, parameter in longer.named_parameters()}
    for name, parameter in model.named_parameters():
        if parameter.shape != shapes[name]:
            parts["positions"].append(parameter)
    return parts


def silence(parts: dict[str, list], *names: str) -> None:
    """Silences the parts of these names, until their model is thrown away.

    Attention and mlp give zeros, a norm gives its input, and a table of positions is zero and stays so.
    """
    for name in names:
        for part in parts[name]:
            if name == "positions":
                part.data.zero_()
                part.requires_grad_(False)
            elif name == "norms":
                part.register_forward_hook(_its_input, with_kwargs=True)
            else:
                part.register_forward_hook(_zeros)


def _its_input(module: nn.Module, args: tuple, kwargs: dict, result: torch.Tensor) -> torch.Tensor:
    return [*args, *kwargs.values()][0]


def _zeros(module: nn.Module, args: tuple, result: torch.Tensor) -> torch.Tensor:
    return torch.zeros_like(result)
