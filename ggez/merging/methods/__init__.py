"""Merge methods, one file each, found by this folder.

A method module has `NAME` and `blend(base, tuned, alpha, out)` on flat tensors, and its
docstring says what its end points are.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from ggez.types import UserError


def methods() -> dict[str, ModuleType]:
    """Every method of this folder by its name."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    )
    return {module.NAME: module for module in modules}


def method(name: str) -> ModuleType:
    """One method, or UserError naming those there are."""
    known = methods()
    if name not in known:
        raise UserError(f"merge method {name!r} is unknown; choose one of {', '.join(known)}")
    return known[name]
