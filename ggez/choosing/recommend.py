"""From two sweeps to a recommendation: chosen on validation, reported on test."""

from __future__ import annotations

from typing import Any

from ggez.choosing.grp import (
    RETENTION_FLOOR,
    alpha_98,
    alpha_kof,
    best_alpha,
    nearest_alpha,
    regret,
)
from ggez.types import Sweep

NO_RATINGS = "no ratings yet: α_human needs people"


def recommend(validation: Sweep, test: Sweep) -> dict[str, Any]:
    """The design's JSON of `recommend`: α*, α₉₈, α_KOF, α_human with their price on test."""
    w = validation.global_weight
    star = best_alpha(validation.points, w)
    bounds = [point.metrics["retention_lower_95"].value for point in validation.points]
    safe = alpha_98(validation.points, bounds)
    kof = nearest_alpha(validation.points, alpha_kof(w))
    return {
        "pair": validation.pair,
        "chosen_on": validation.split,
        "reported_on": test.split,
        "global_weight": w,
        "alpha_grp": _reported(test, star),
        "alpha_98": _reported(test, safe.alpha)
        if safe.alpha is not None
        else {"alpha": None, "reason": safe.reason},
        "alpha_kof": _reported(test, kof)
        | {"exact": round(alpha_kof(w), 4), "regret": regret(validation.points, kof, w)},
        "alpha_human": {"alpha": None, "reason": NO_RATINGS},
    }


def ticks(recommendation: dict[str, Any]) -> list[dict[str, Any]]:
    """Marks on the α slider: kind, α, label, title."""
    told = (
        ("grp", "alpha_grp", "α*", "most GRP on validation"),
        ("98", "alpha_98", "α₉₈", f"most gain that keeps {RETENTION_FLOOR:.0%} of global quality"),
        ("kof", "alpha_kof", "α_KOF", "1 − w: the region's share by the KOF index"),
    )
    out = []
    for kind, key, label, title in told:
        alpha = recommendation[key].get("exact", recommendation[key]["alpha"])
        if alpha is not None:
            out.append({"kind": kind, "alpha": round(alpha, 2), "label": label, "title": title})
    return out


def _reported(test: Sweep, alpha: float) -> dict[str, Any]:
    point = next(p for p in test.points if p.alpha == nearest_alpha(test.points, alpha))
    return {
        "alpha": alpha,
        "regional": point.regional.as_json(),
        "global": point.global_.as_json(),
        "gain": point.gain.as_json(),
        "retention": point.retention.as_json(),
        "grp": point.grp.as_json(),
    }
