"""A pair of published points as a sweep: no intervals, GRP recomputed from the two qualities."""

from __future__ import annotations

from typing import Any

from ggez.choosing import alpha_kof, best_alpha, grp
from ggez.types import Estimate, PairSpec, Sweep, SweepPoint


def published_sweep(spec: PairSpec, weight: float) -> Sweep:
    """The points of a pair file at a global weight."""
    base = next((p for p in spec.published if p.alpha == 0), spec.published[0])
    return Sweep(
        pair=spec.id,
        family=spec.family,
        region=spec.region,
        method="linear",
        split="published",
        global_weight=weight,
        metric=spec.metric,
        chance=spec.chance,
        points=tuple(
            SweepPoint(
                alpha=p.alpha,
                regional=Estimate(p.regional),
                global_=Estimate(p.global_),
                global_all=Estimate(p.global_),
                grp=Estimate(grp(p.global_, p.regional, weight)),
                gain=Estimate(p.regional / base.regional - 1) if base.regional > 0 else None,
                retention=Estimate(p.global_ / base.global_) if base.global_ > 0 else None,
            )
            for p in spec.published
        ),
        digests={},
    )


def published_ticks(sweep: Sweep) -> list[dict[str, Any]]:
    """Marks on the α slider. There is no validation split, so α* is that of the points shown."""
    w = sweep.global_weight
    star, title = best_alpha(sweep.points, w), "most GRP among the published points"
    return [
        {"kind": "grp", "alpha": star, "label": "α*", "title": title},
        {"kind": "kof", "alpha": round(alpha_kof(w), 2), "label": "α_KOF", "title": "1 − w"},
    ]
