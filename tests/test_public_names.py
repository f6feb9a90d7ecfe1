"""A package says in its docstring what others use of it, by module."""

import re
from importlib import import_module

import pytest


@pytest.mark.parametrize("package", ["records", "examine", "grading", "sandbox", "session"])
def test_the_names_that_a_package_tells_are_there(package):
    described = import_module(f"proctor.{package}").__doc__ or ""
    told = re.findall(
        r"`(\w+)`: ((?:`\w+`(?:, [^`;\n]*)?(?:, | and |,? ?))+)", described.replace("\n  ", " ")
    )
    found = [(module, name) for module, names in told for name in re.findall(r"`(\w+)`", names)]
    assert len(found) > 4
    for module, name in found:
        assert hasattr(import_module(f"proctor.{package}.{module}"), name), (
            f"{module} has no {name}"
        )
