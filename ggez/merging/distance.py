"""How far a method is from linear, so that nobody chases a difference that is not there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch

from ggez.merging.aligned import beside, keep, kept_spans
from ggez.merging.alphas import check_alpha
from ggez.merging.methods import linear
from ggez.merging.methods import method as find_method
from ggez.merging.pieces import WORK, prepared_part, slices
from ggez.merging.plan import Plan, TensorPlan

MOVED = ("merge", "align")


@dataclass(frozen=True)
class Distance:
    """‖θ_method(α) − θ_linear(α)‖ in percent of ‖α·(tuned − base)‖; 0 where nothing moves."""

    percent: float
    components: dict[str, float]


def distance_from_linear(
    plan: Plan,
    base: Mapping[str, torch.Tensor],
    tuned: Mapping[str, torch.Tensor],
    method: str,
    alpha: float,
) -> Distance:
    """The distance at one α > 0, per component and in all, before rounding to storage dtype.

    Streams: one tensor is read at a time and needs no copy. Tied names count once each.
    """
    value = check_alpha(alpha)
    sums: dict[str, list[float]] = {}
    for tensor in plan.tensors:
        own = sums.setdefault(tensor.component, [0.0, 0.0])
        if tensor.decision in MOVED:
            apart, length = _squares(tensor, method, base[tensor.name], tuned[tensor.name], value)
            own[0] += apart
            own[1] += length
    whole = [math.fsum(column) for column in zip(*sums.values(), strict=True)] or [0.0, 0.0]
    return Distance(_percent(*whole), {name: _percent(*own) for name, own in sums.items()})


def _squares(
    plan: TensorPlan, method: str, base: torch.Tensor, tuned: torch.Tensor, alpha: float
) -> tuple[float, float]:
    chosen = find_method(method)
    kept = kept_spans(plan, math.prod(base.shape[1:]))
    flat, beside_it = (t.detach().reshape(-1) for t in (base, beside(plan, base, tuned)))
    prepared = chosen.prepare(flat, beside_it)
    apart = length = 0.0
    for piece in slices(flat.numel(), WORK):
        one, other = flat[piece].double(), beside_it[piece].double()
        theirs, straight = torch.empty_like(one), torch.empty_like(one)
        chosen.blend(one, other, alpha, out=theirs, prepared=prepared_part(prepared, piece))
        keep(one, theirs, kept, piece.start)
        linear.blend(one, other, alpha, out=straight)
        apart += float((theirs - straight).square().sum())
        length += float((alpha * (other - one)).square().sum())
    return apart, length


def _percent(apart: float, length: float) -> float:
    return 100 * math.sqrt(apart / length) if length > 0 else 0.0
