"""What whoever makes sandboxes is asked for, and what is raised where none can be made."""

from typing import NamedTuple


class Needs(NamedTuple):
    """What a sandbox should be made with: what an optimizer's first step imports, as do derivatives of `torch.func`, and a guard
    that knows these names.
    """

    optimizers: bool = False
    forbidden: tuple[str, ...] = ()

    def are_met_by(self, sandbox: "Needs") -> bool:
        return self.optimizers <= sandbox.optimizers and self.forbidden in ((), sandbox.forbidden)
