"""Wires in PyTorch's dispatcher, which tell when a kernel runs that an exercise forbids, whatever has called it.

A mode sees what is called where it is on. A wire lies where every call comes by: a callback's, a finaliser's, one in
inference mode or in another thread. Without wires (before PyTorch 2.9, or in a living kernel) the watch uses a mode.
"""

import warnings
from collections.abc import Callable, Iterable

import torch

LISTENERS: list[Callable[[str], None]] = []  # told the name of each kernel that runs
laid: set[str] = set()  # the names that have wires in this process
_libraries: list[torch.library.Library] = []
_kernel_at = getattr(torch._C, "_dispatch_get_computed_kernel_for_dispatch_key", None)
# a key that kernels are registered at, and one at which such a kernel is what runs
PLACES = {key: key for key in "CPU QuantizedCPU SparseCPU SparseCsrCPU NestedTensorCPU".split()}
PLACES |= dict.fromkeys(["CompositeExplicitAutograd", "CompositeExplicitAutogradNonFunctional"], "CPU")
PLACES |= {"CompositeImplicitAutograd": "AutogradCPU", "CompositeImplicitAutogradNestedTensor": "NestedTensorCPU"}


def lay(names: Iterable[str]) -> None:
    """Has wires at the kernels of these names in `aten` (`_softmax`, `mm`), and at no others. It takes half a millisecond each."""
    if _kernel_at is None or laid == set(names):
        return
    while _libraries:
        _libraries.pop()._destroy()
    laid.clear()
    laid.update(names)
    library = torch.library.Library("aten", "IMPL")
    _libraries.append(library)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's, that a kernel is replaced
        for operator in torch._C._dispatch_get_all_op_names():
            name = operator.removeprefix("aten::").split(".")[0].rstrip("_")
            if name in laid and operator.startswith("aten::"):
                for place, where in PLACES.items():
                    if torch._C._dispatch_has_kernel_for_dispatch_key(operator, place):
                        kernel = _kernel_at(operator, torch._C.DispatchKey.__members__[where])
                        library.m.impl(operator, place, _wired(name, kernel), True)


def _wired(name: str, kernel) -> Callable:
    def trip(keys, *args, **kwargs):
        for tell in LISTENERS:
            tell(name)
        return kernel.call_boxed(keys, *args, **kwargs)

    return trip
