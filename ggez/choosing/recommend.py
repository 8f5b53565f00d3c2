"""From two sweeps to a recommendation: chosen on validation, reported on test."""

from __future__ import annotations

from typing import Any

from ggez.choosing.grp import (
    RETENTION_FLOOR,
    Choice,
    alpha_98,
    alpha_by_weight,
    alpha_kof,
    alpha_maximin,
    best_alpha,
    country_regrets,
    nearest_alpha,
    regret,
)
from ggez.choosing.words import choice_words
from ggez.types import Estimate, Sweep, SweepPoint

NO_RATINGS = "no ratings yet: α_human needs people"
NO_GLOBAL = "base scores nothing outside the region, so there is no global quality to keep"

CHOICES = (
    ("alpha_grp", "α*"),
    ("alpha_98", "α₉₈"),
    ("alpha_kof", "α_KOF"),
    ("alpha_maximin", "α_maximin"),
    ("alpha_human", "α_human"),
)
"""Keys of a recommendation and how they are called."""


def recommend(validation: Sweep, test: Sweep) -> dict[str, Any]:
    """The design's JSON of `recommend`: α*, α₉₈, α_KOF, α_maximin, α_human, each in words.

    Every α is chosen on `validation` at its global weight. What is reported of it is `test`'s at
    the measured α nearest to it. Regrets are points of GRP, or of a country's own quality.
    """
    w = validation.global_weight
    star = best_alpha(validation.points, w)
    return {
        "pair": validation.pair,
        "chosen_on": validation.split,
        "reported_on": test.split,
        "global_weight": w,
        "alpha_grp": _told(test, star, _chosen(validation)),
        "alpha_98": _safe(validation, test),
        "alpha_kof": _kof(validation, test, star),
        "alpha_maximin": _maximin(validation, test),
        "alpha_human": {"alpha": None, "reason": NO_RATINGS, "words": _none(NO_RATINGS)},
        "alpha_by_weight": alpha_by_weight(validation.points),
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


def regrets_of(sweep: Sweep) -> dict[float, dict[str, float]]:
    """What every measured α costs every country against that country's own best, in points."""
    return country_regrets(_by_country(sweep))


def _safe(validation: Sweep, test: Sweep) -> dict[str, Any]:
    if validation.points[0].retention is None:
        choice = Choice(None, NO_GLOBAL)
    else:
        known = (point.metrics.get("retention_lower_95") for point in validation.points)
        choice = alpha_98(validation.points, [k.value if k else None for k in known])
    if choice.alpha is None:
        return {"alpha": None, "reason": choice.reason, "words": _none(choice.reason)}
    bound = _at(test, choice.alpha).metrics.get("retention_lower_95")
    return _told(test, choice.alpha, _chosen(validation), bound.value if bound else None)


def _kof(validation: Sweep, test: Sweep, star: float) -> dict[str, Any]:
    w = validation.global_weight
    alpha = nearest_alpha(validation.points, alpha_kof(w))
    cost = regret(validation.points, alpha, w)
    on_test = _at(test, star).grp.value - _at(test, alpha).grp.value
    out = _told(test, alpha, f"the measured α nearest to 1 − w = {alpha_kof(w):.3f}")
    priced = f"against α* it costs {cost:.1f} points of GRP on {validation.split} and "
    priced += f"gains {-on_test:.1f}" if on_test <= -0.05 else f"{abs(on_test):.1f}"
    return out | {
        "exact": round(alpha_kof(w), 4),
        "regret": cost,
        "regret_test": on_test,
        "words": f"{out['words'][:-1]}; {priced} on {test.split}.",
    }


def _maximin(validation: Sweep, test: Sweep) -> dict[str, Any]:
    choice = alpha_maximin(_by_country(validation))
    if choice.alpha is None:
        return {"alpha": None, "reason": choice.reason, "words": _none(choice.reason)}
    regrets = regrets_of(validation)[choice.alpha]
    worst = max(regrets, key=lambda name: (regrets[name], name))
    out = _told(test, choice.alpha, _chosen(validation))
    words = (
        f"{out['words'][:-1]}; no country is further than {regrets[worst]:.1f} points from its own "
        f"best on {validation.split} ({worst} is), and at no other α is the worst-off nearer."
    )
    return out | {
        "worst": {"country": worst, "regret": regrets[worst]},
        "regrets": regrets,
        "words": words,
    }


def _told(test: Sweep, alpha: float, how: str, bound: float | None = None) -> dict[str, Any]:
    """An α with what it is worth on test; `country_regret` is on test as well."""
    point = _at(test, alpha)
    return {
        "alpha": alpha,
        "regional": point.regional.as_json(),
        "global": point.global_.as_json(),
        "gain": _json(point.gain),
        "retention": _json(point.retention),
        "grp": point.grp.as_json(),
        "country_regret": regrets_of(test)[point.alpha],
        "words": choice_words(alpha, how, point, test.split, bound),
    }


def _chosen(validation: Sweep) -> str:
    return f"chosen on {validation.split}"


def _at(sweep: Sweep, alpha: float) -> SweepPoint:
    nearest = nearest_alpha(sweep.points, alpha)
    return next(point for point in sweep.points if point.alpha == nearest)


def _by_country(sweep: Sweep) -> dict[float, dict[str, float]]:
    return {
        point.alpha: {name: found.value for name, found in point.countries.items()}
        for point in sweep.points
    }


def _json(found: Estimate | None) -> dict[str, Any] | None:
    return found.as_json() if found else None


def _none(reason: str) -> str:
    return f"None: {reason}."
