"""A merge held live in memory: one arena per storage dtype, blended from both endpoints.

Every blend starts from base and tuned, never from the last result, so a thousand slider
moves end in exactly the weights of a fresh merge. Tensors that are the same on both sides
are not blended at all. A component (image tower, text tower) is one contiguous slice, so it
can have its own α and costs one kernel. Not thread-safe: the owner holds a lock over merge
and use.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from ggez.merging.methods import method as find_method
from ggez.merging.plan import Plan
from ggez.types import UserError

Alphas = float | Mapping[str, float]


@dataclass(frozen=True)
class _Slice:
    """A component's part of one arena."""

    component: str
    base: torch.Tensor
    tuned: torch.Tensor
    live: torch.Tensor


def check_alpha(alpha: object) -> float:
    """α as a float in [0, 1], or UserError in one line. 0 is a value, not an absence."""
    try:
        value = float(alpha)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise UserError(f"α must be a number from 0 to 1, not {str(alpha)[:40]!r}") from None
    if not math.isfinite(value) or not 0 <= value <= 1:
        raise UserError(f"α must lie between 0 (base) and 1 (tuned), not {value:g}")
    return value


class LiveMerge:
    """Base, tuned and the merged weights between them.

    `tensors` maps every name to the live tensor in storage dtype: a view into the arena for
    blended ones, base's own tensor for shared and copied ones.
    """

    def __init__(
        self,
        plan: Plan,
        base: Mapping[str, torch.Tensor],
        tuned: Mapping[str, torch.Tensor],
        method: str = "linear",
    ) -> None:
        plan.require_compatible()
        self.plan = plan
        self.method = method
        self._blend = find_method(method).blend
        self.tensors: dict[str, torch.Tensor] = {}
        self.shared: tuple[str, ...] = ()
        self._slices: list[_Slice] = []
        self._names: dict[str, list[str]] = {}
        self._alphas: dict[str, float] = {}
        groups: dict[tuple[torch.dtype, str], list[str]] = {}
        shared = []
        for tensor in plan.tensors:
            name = tensor.name
            if tensor.decision == "copy":
                self.tensors[name] = base[name]
            elif _same_bits(base[name], tuned[name]):
                self.tensors[name] = base[name]
                shared.append(name)
            else:
                groups.setdefault((base[name].dtype, tensor.component), []).append(name)
        self.shared = tuple(shared)
        for (_, component), names in groups.items():
            self._add(component, names, base, tuned)
        self.components = tuple(dict.fromkeys(t.component for t in plan.tensors))

    def _add(
        self,
        component: str,
        names: list[str],
        base: Mapping[str, torch.Tensor],
        tuned: Mapping[str, torch.Tensor],
    ) -> None:
        flat_base = torch.cat([base[name].reshape(-1) for name in names])
        flat_tuned = torch.cat([tuned[name].reshape(-1) for name in names])
        live = torch.empty_like(flat_base)
        start = 0
        for name in names:
            size = base[name].numel()
            self.tensors[name] = live[start : start + size].view(base[name].shape)
            start += size
        self._slices.append(_Slice(component, flat_base, flat_tuned, live))
        self._names.setdefault(component, []).extend(names)

    @property
    def alphas(self) -> dict[str, float]:
        """The α each component has now; empty before the first merge."""
        return dict(self._alphas)

    def merge(self, alphas: Alphas, only: str | None = None) -> list[str]:
        """Blend at one α for all, or one per component; returns the names that changed.

        `only` restricts the work to one component (a text query needs no image tower).
        """
        wanted = self._wanted(alphas)
        if only is not None and only not in self.components:
            raise UserError(
                f"component {only!r} is unknown; this pair has {', '.join(self.components)}"
            )
        changed: list[str] = []
        for component, names in self._names.items():
            alpha = wanted[component]
            if only not in (None, component) or self._alphas.get(component) == alpha:
                continue
            self._alphas.pop(component, None)  # unknown until every blend of it is done
            for part in self._slices:
                if part.component == component:
                    self._blend(part.base, part.tuned, alpha, out=part.live)
            self._alphas[component] = alpha
            changed += names
        return changed

    def _wanted(self, alphas: Alphas) -> dict[str, float]:
        if not isinstance(alphas, Mapping):
            value = check_alpha(alphas)
            return dict.fromkeys(self.components, value)
        if unknown := set(alphas) - set(self.components):
            raise UserError(
                f"component {sorted(unknown)[0]!r} is unknown; this pair has "
                f"{', '.join(self.components)}"
            )
        if missing := set(self._names) - set(alphas):
            raise UserError(f"component {sorted(missing)[0]!r} has no α; give each one a value")
        return {name: check_alpha(value) for name, value in alphas.items()}

    def digest(self) -> str:
        """SHA-256 over names, dtypes, shapes and bytes of the live tensors."""
        return weights_digest(self.tensors)


def _same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Equality of bits: 0.0 and -0.0 differ, NaN equals itself."""
    flat = (tensor.contiguous().reshape(-1).view(torch.uint8) for tensor in (one, other))
    return torch.equal(*flat)


def weights_digest(tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 of a state by name order; equal states have equal digests in any file layout."""
    total = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        total.update(f"{name}|{tensor.dtype}|{tuple(tensor.shape)}|".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()
