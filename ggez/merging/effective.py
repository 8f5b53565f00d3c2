"""Effective α: how far the stored weights really moved, which in half precision is not the slider.

Where a change is smaller than the spacing of a dtype's numbers, most weights do not move at all
(the dead zone). The projection of what was applied on what was asked shows it per block.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ggez.merging.aligned import keep
from ggez.merging.blocks import Unit
from ggez.merging.live import LiveMerge, Part
from ggez.merging.methods import method as find_method
from ggez.merging.pieces import WORK, prepared_part, slices

TOLERANCE = 0.10
"""Share of the asked change by which the applied one may differ before advice is given."""


@dataclass(frozen=True)
class EffectiveAlpha:
    """One block's α: set, asked of exact arithmetic, and applied; ratios, no units.

    `asked` is the projection of an unrounded blend, which for linear is `alpha` itself.
    `still` is the share of the weights that differ between the endpoints and stayed at base.
    """

    unit: Unit
    alpha: float
    asked: float
    effective: float
    still: float
    advice: str


def effective_alphas(live: LiveMerge) -> list[EffectiveAlpha]:
    """⟨live − base, tuned − base⟩ / ‖tuned − base‖² for every unit, in float64.

    Reads all weights once; call it on demand, under the lock of the merge. UserError if a unit
    has not been merged.
    """
    sums: dict[Unit, torch.Tensor] = {}
    dtypes: dict[Unit, torch.dtype] = {}
    for part in live.parts:
        found = _sums(live.method, part, live.alpha_of(part.unit))
        sums[part.unit] = sums.get(part.unit, 0) + found
        dtypes.setdefault(part.unit, part.live.dtype)
    return [
        _told(unit, live.alpha_of(unit), dtypes[unit], *total.tolist())
        for unit, total in sums.items()
    ]


def _sums(method: str, part: Part, alpha: float) -> torch.Tensor:
    """Σδ², Σδ·asked, Σδ·applied, how many differ, how many of those stayed at base."""
    blend = find_method(method).blend
    total = torch.zeros(5, dtype=torch.float64)
    for piece in slices(part.base.numel(), WORK):
        base = part.base[piece].double()
        tuned = part.tuned[piece].to(base.device).double()
        live = part.live[piece].double()
        exact = torch.empty_like(base)
        blend(base, tuned, alpha, out=exact, prepared=prepared_part(part.prepared, piece))
        keep(base, exact, part.kept, piece.start)
        delta = tuned - base
        moved = delta != 0
        total += torch.stack(
            [
                delta.dot(delta),
                delta.dot(exact - base),
                delta.dot(live - base),
                moved.sum(),
                (moved & (live == base)).sum(),
            ]
        ).cpu()
    return total


def _told(
    unit: Unit,
    alpha: float,
    dtype: torch.dtype,
    length: float,
    asked: float,
    applied: float,
    differ: float,
    stayed: float,
) -> EffectiveAlpha:
    if length == 0:  # the sides differ in the sign of a zero only
        return EffectiveAlpha(unit, alpha, alpha, alpha, 0.0, "")
    asked, applied, still = asked / length, applied / length, stayed / differ
    advice = ""
    if abs(applied - asked) > TOLERANCE * abs(asked):
        name = str(dtype).removeprefix("torch.")
        wider = "float32" if dtype in (torch.bfloat16, torch.float16) else "float64"
        advice = (
            f"{unit.label}: α {alpha:.2f} acts like {applied:.2f} where {asked:.2f} was asked; "
            f"{100 * still:.0f} % of the weights that differ did not move, the change being finer "
            f"than {name} can hold; convert both checkpoints to {wider} for steps this small"
        )
    return EffectiveAlpha(unit, alpha, asked, applied, still, advice)
