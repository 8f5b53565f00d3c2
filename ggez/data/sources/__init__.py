"""Readers of the field's data sets, one file each, found by this folder.

A reader has `NAME`, `TITLE`, `SOURCE` (the Hub repository), `LICENCE` (a Hub licence id),
`LIMITS` (what its pictures and texts cannot show, for the cards), `COLUMNS` (those it requires)
and `read(folder, split)`, which yields a `Record` a row of a local snapshot.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from ggez.types import UserError


def readers() -> dict[str, ModuleType]:
    """Every reader of this folder by its name."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    )
    return {module.NAME: module for module in modules if hasattr(module, "NAME")}


def reader(name: str) -> ModuleType:
    """One reader, or UserError naming those there are."""
    known = readers()
    if name not in known:
        raise UserError(f"data set {name!r} is unknown; choose one of {', '.join(known)}")
    return known[name]
