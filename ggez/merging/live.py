"""A merge held live in memory: one arena per storage dtype, blended from both endpoints.

Every blend starts from base and tuned, never from the last result, so a thousand slider
moves end in exactly the weights of a fresh merge. The endpoints are used where they lie: mapped
from their files they cost no memory of their own (`benchmarks/merge.py` measures that it costs
no time either). Tensors that are the same on both sides are not blended at all. Not
thread-safe: the owner holds a lock over merge and use.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from ggez.merging.aligned import beside, keep, kept_spans
from ggez.merging.alphas import Alphas, alpha_of_units, check_alpha, summary
from ggez.merging.blocks import Unit, block_of
from ggez.merging.methods import method as find_method
from ggez.merging.placement import CPU, Placement, Stager
from ggez.merging.plan import Plan, TensorPlan
from ggez.types import UserError

__all__ = ["LiveMerge", "Part", "check_alpha", "weights_digest"]

BLENDED = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
Weights = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Part:
    """One blended tensor, flat: its endpoints, its place in the arena, what the method prepared."""

    unit: Unit
    names: tuple[str, ...]
    """More than one where names are tied to one tensor."""
    base: torch.Tensor
    tuned: torch.Tensor
    live: torch.Tensor
    prepared: Any
    kept: tuple[slice, ...] = ()
    """Rows of an aligned embedding that stay base's."""


class _Blended(NamedTuple):
    """A tensor to blend before it has a place, and the names that share it."""

    plan: TensorPlan
    base: torch.Tensor
    tuned: torch.Tensor
    names: list[str]


class LiveMerge:
    """Base, tuned and the merged weights between them.

    `tensors` maps every name to the live tensor in storage dtype: a view into the arena for
    blended ones, base's own tensor for shared and copied ones. Names that are tied on both
    sides stay tied. `parts` are the blended tensors with their endpoints.
    """

    def __init__(
        self,
        plan: Plan,
        base: Weights,
        tuned: Weights,
        method: str = "linear",
        placement: Placement = CPU,
    ) -> None:
        plan.require_compatible()
        self.plan = plan
        self.method = method
        self.placement = placement
        self._method = find_method(method)
        self._stager = Stager(placement.device) if placement.streamed else None
        self.tensors: dict[str, torch.Tensor] = {}
        self._alphas: dict[Unit, float] = {}
        self.components = tuple(dict.fromkeys(t.component for t in plan.tensors))
        self._known = [_unit(tensor) for tensor in plan.tensors]
        self.shared: tuple[str, ...] = ()
        blended: dict[object, _Blended] = {}
        tied = [tensor for tensor in plan.tensors if tensor.decision == "tied"]
        for tensor in plan.tensors:
            if tensor.decision != "tied":
                self._sort(tensor, base, tuned, blended)
        for one in blended.values():
            one.names.extend([t.name for t in tied if t.like in one.names])
        self.parts = self._lay_out(blended.values())
        self._units = tuple(dict.fromkeys(part.unit for part in self.parts))
        self.tensors |= {t.name: self.tensors[str(t.like)] for t in tied}

    def _sort(
        self,
        tensor: TensorPlan,
        base: Weights,
        tuned: Weights,
        blended: dict[object, _Blended],
    ) -> None:
        """Take a tensor as it is, or note it to be blended, once for all names of one storage."""
        name = tensor.name
        if tensor.decision not in ("copy", "shared"):
            _require_blendable(name, base[name], tuned[name])
            own = beside(tensor, base[name], tuned[name])
            if not _same_bits(base[name], own):
                place = _place(base[name], own)
                blended.setdefault(place, _Blended(tensor, base[name], own, [])).names.append(name)
                return
        self.tensors[name] = base[name].to(self.placement.device)
        if tensor.decision != "copy":
            self.shared += (name,)

    def _lay_out(self, blended: Iterable[_Blended]) -> tuple[Part, ...]:
        """Allocate one arena per dtype and give every blended tensor its place in it."""
        by_dtype: dict[torch.dtype, list[_Blended]] = {}
        for one in blended:
            by_dtype.setdefault(one.base.dtype, []).append(one)
        parts = []
        for dtype, group in by_dtype.items():
            total = sum(one.base.numel() for one in group)
            arena = torch.empty(total, dtype=dtype, device=self.placement.device)
            for one, live in zip(
                group, arena.split([one.base.numel() for one in group]), strict=True
            ):
                self.tensors |= dict.fromkeys(one.names, live.view(one.base.shape))
                parts.append(self._part(one, live))
        return tuple(parts)

    def _part(self, blended: _Blended, live: torch.Tensor) -> Part:
        base, tuned = (side.detach().reshape(-1) for side in (blended.base, blended.tuned))
        device = self.placement.device
        # prepared where the export prepares, on the CPU: a GPU sums in another order
        prepared = self._method.prepare(base, tuned)
        if isinstance(prepared, torch.Tensor):
            prepared = prepared.to(device)
        tuned = tuned.pin_memory() if self._stager else tuned.to(device)
        width = math.prod(blended.base.shape[1:])
        kept = tuple(kept_spans(blended.plan, width))
        return Part(
            _unit(blended.plan), tuple(blended.names), base.to(device), tuned, live, prepared, kept
        )

    @property
    def alphas(self) -> dict[str, float]:
        """The α each component has now, or each block where they differ; empty at first.

        Given to `merge` it gives the same weights again.
        """
        return summary(self._alphas, self._units)

    def alpha_of(self, unit: Unit) -> float:
        """The α of a unit's weights as they are now, or UserError if they are not merged."""
        if unit not in self._alphas:
            raise UserError(f"{unit.label} has no merged weights yet; merge at some α first")
        return self._alphas[unit]

    def merge(self, alphas: Alphas, only: str | None = None) -> list[str]:
        """Blend at one α for all, or by component and block; returns the names that changed.

        In a mapping a block ("visual.transformer.resblocks.3"), a range ("….0-5") or all
        layers of a kind ("visual.transformer.resblocks") override their component. `only`
        restricts the work to one component (a text query needs no image tower).
        """
        wanted = alpha_of_units(alphas, self._known, self._units)
        if only is not None and only not in self.components:
            raise UserError(
                f"component {only!r} is unknown; this pair has {', '.join(self.components)}"
            )
        moving = {
            unit
            for unit in self._units
            if only in (None, unit.component) and self._alphas.get(unit) != wanted[unit]
        }
        for unit in moving:
            self._alphas.pop(unit, None)  # unknown until every blend of it is done
        changed: list[str] = []
        for part in self.parts:
            if part.unit in moving:
                self._blend(part, wanted[part.unit])
                changed += part.names
        self._alphas |= {unit: wanted[unit] for unit in moving}
        return changed

    def _blend(self, part: Part, alpha: float) -> None:
        if self._stager is not None:
            self._stager.blend(self._method, part.base, part.tuned, alpha, part.live, part.prepared)
        else:
            self._method.blend(part.base, part.tuned, alpha, out=part.live, prepared=part.prepared)
        keep(part.base, part.live, part.kept)

    def digest(self) -> str:
        """SHA-256 over names, dtypes, shapes and bytes of the live tensors."""
        return weights_digest(self.tensors)


def _unit(tensor: TensorPlan) -> Unit:
    return Unit(tensor.component, block_of(tensor.name))


def _place(*sides: torch.Tensor) -> object:
    """Equal for two names exactly if they are one tensor on every side."""
    if sides[0].numel() == 0:
        return object()
    return tuple((t.data_ptr(), tuple(t.shape), t.stride(), t.dtype) for t in sides)


def _require_blendable(name: str, base: torch.Tensor, tuned: torch.Tensor) -> None:
    sides = f"{name}: base {_kind(base)}, tuned {_kind(tuned)}"
    for tensor in (base, tuned):
        if tensor.device.type == "meta":
            raise UserError(f"{sides}: a weight is offloaded (meta); load it without offloading")
        if tensor.dtype not in BLENDED:
            raise UserError(
                f"{sides}: weights of this dtype cannot be averaged; convert both checkpoints "
                "to bfloat16 or float16 first, and quantise after merging"
            )


def _kind(tensor: torch.Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"


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
