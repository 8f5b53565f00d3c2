"""Merge methods, one file each, found by this folder.

A method is a module of pure functions on flat tensors (see `Method`). The live merge and the
streaming export call the same two functions on the same tensors, one tensor at a time, so they
agree bit for bit. How to add one: `docs/new-method.md`.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Protocol, cast

import torch

from ggez.types import UserError


class Method(Protocol):
    """What a module of this folder provides. Tensors are flat, of one floating dtype."""

    NAME: str
    ENDS: tuple[str, str]
    """What α = 0 and α = 1 give: "base" or "tuned" (then bit for bit), else a phrase."""

    def prepare(self, base: torch.Tensor, tuned: torch.Tensor) -> Any:
        """What of a whole tensor does not depend on α: None, a number, or a tensor like base.

        Deterministic on any number of threads. Computed once, then given to every `blend`.
        """

    def blend(
        self,
        base: torch.Tensor,
        tuned: torch.Tensor,
        alpha: float,
        out: torch.Tensor,
        prepared: Any = None,
    ) -> None:
        """Write the blend into `out`, element by element: a slice is blended as the whole is.

        With `prepared` None it prepares by itself, which needs the whole tensor.
        """


def methods() -> dict[str, Method]:
    """Every method of this folder by its name."""
    modules = (
        cast(Method, importlib.import_module(f"{__name__}.{found.name}"))
        for found in pkgutil.iter_modules(__path__)
    )
    return {module.NAME: module for module in modules}


def method(name: str) -> Method:
    """One method, or UserError naming those there are."""
    known = methods()
    if name not in known:
        raise UserError(f"merge method {name!r} is unknown; choose one of {', '.join(known)}")
    return known[name]
