"""GRP and the alphas that follow from it: pure functions of measured points.

Source: arXiv 2604.11490. Names differ: its β is our alpha (the share of the tuned checkpoint),
its α is our global_weight. All q are percentages, 0-100; all weights and alphas are 0-1. Where
a q is an Estimate, its value counts. Every function raises ValueError where a number is not
finite or out of its range: such points are a fault of the measurement, not of the user.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ggez.types import Estimate

RETENTION_FLOOR = 0.98
"""The share of global quality that the paper says its merges keep."""

_EQUAL = 1e-9
"""Scores nearer than this are one score: sums of floats differ by their order."""


class Point(Protocol):
    """What one alpha is worth; `SweepPoint` and `PublishedPoint` are such points."""

    @property
    def alpha(self) -> float:
        """The share of the tuned checkpoint, 0-1."""

    @property
    def regional(self) -> float | Estimate:
        """q_regional, 0-100."""

    @property
    def global_(self) -> float | Estimate:
        """q_global, 0-100."""


@dataclass(frozen=True)
class Choice:
    """A chosen alpha, or None with the reason why there is none."""

    alpha: float | None
    reason: str = ""


def grp(q_global: float, q_regional: float, global_weight: float) -> float:
    """w·q_global + (1 - w)·q_regional, in the unit of the two q."""
    w = _share(global_weight, "global_weight")
    return w * _finite(q_global, "q_global") + (1 - w) * _finite(q_regional, "q_regional")


def gain(q_regional: float, q_regional_base: float) -> float:
    """q_regional(alpha) / q_regional(0) - 1, a ratio: 0.05 is five per cent better than base.

    Raises ValueError where the base scores nothing, for then the ratio means nothing.
    """
    return _ratio(q_regional, q_regional_base, "q_regional") - 1


def retention(q_global: float, q_global_base: float) -> float:
    """q_global(alpha) / q_global(0), a ratio: 0.98 keeps 98 % of the base's global quality.

    Raises ValueError where the base scores nothing, for then the ratio means nothing.
    """
    return _ratio(q_global, q_global_base, "q_global")


def alpha_kof(global_weight: float) -> float:
    """1 - w: the region's share, if one took the KOF weight literally as the way to merge."""
    return 1 - _share(global_weight, "global_weight")


def best_alpha(points: Sequence[Point], global_weight: float) -> float:
    """α*: the measured alpha of the highest GRP, recomputed from each point's q.

    A GRP that a point carries is not read, for published ones do not always follow from their q.
    Of equal scores the smallest alpha wins: it changes the base least. It may be 0.0, which is
    an answer and not the absence of one, so test for None and never for truth.
    """
    return _argmax([(p.alpha, _grp_of(p, global_weight)) for p in _checked(points)])


def alpha_98(
    points: Sequence[Point],
    retention_low: Sequence[float | None],
    floor: float = RETENTION_FLOOR,
) -> Choice:
    """α₉₈: the alpha of most gain among those that surely keep `floor` of global quality.

    `retention_low` gives, in the order of `points`, the lower end of a one-sided 95 % interval
    of retention (a ratio, not a percentage); None means that it is unknown, and such a point is
    never chosen. The points must include alpha 0, the base. Base itself is no choice, since it
    adapts nothing: where every alpha loses too much, or those that do not gain nothing, the
    choice is None with a reason of one line. Of equal gains the smallest alpha wins.
    """
    if len(retention_low) != len(points):
        raise ValueError(f"{len(points)} points but {len(retention_low)} lower bounds of retention")
    bounds = {p.alpha: low for p, low in zip(points, retention_low, strict=True)}
    ordered = _checked(points)
    base = ordered[0]
    if base.alpha != 0:
        raise ValueError("alpha 0 is not among the points; gain and retention are against it")
    known = {a: _finite(low, "retention_low") for a, low in bounds.items() if low is not None and a}
    if not known:
        return Choice(None, "no alpha above 0 has a lower bound of retention; measure more cases")
    safe = [p for p in ordered if known.get(p.alpha, -math.inf) >= floor]
    if not safe:
        nearest = min(known, key=lambda a: (-known[a], a))
        return Choice(
            None,
            f"no alpha above 0 keeps {floor:.0%} of global quality with 95 % confidence; "
            f"the nearest is {nearest:g}, whose lower bound is {_cut(known[nearest])}",
        )
    better = [(p.alpha, _q(p.regional)) for p in safe if _q(p.regional) > _q(base.regional)]
    if not better:
        return Choice(
            None,
            f"the alphas that keep {floor:.0%} of global quality with 95 % confidence "
            f"({', '.join(f'{p.alpha:g}' for p in safe)}) gain nothing in the region",
        )
    return Choice(_argmax(better))


def regret(points: Sequence[Point], alpha: float, global_weight: float) -> float:
    """GRP(α*) - GRP(alpha), in points of GRP: what choosing `alpha` costs; never negative.

    Raises ValueError where `alpha` was not measured, for nothing is interpolated here; see
    `nearest_alpha`.
    """
    scores = {p.alpha: _grp_of(p, global_weight) for p in _checked(points)}
    for measured, score in scores.items():
        if abs(measured - alpha) <= _EQUAL:
            return max(scores.values()) - score
    raise ValueError(f"alpha {alpha:g} was not measured; ask for nearest_alpha first")


def alpha_by_weight(points: Sequence[Point], steps: int = 100) -> list[dict[str, float]]:
    """α* as a function of w: {"w", "alpha", "grp"} for w = 0, 1/steps, ..., 1."""
    ordered = _checked(points)
    out = []
    for step in range(steps + 1):
        w = step / steps
        scored = [(p.alpha, _grp_of(p, w)) for p in ordered]
        alpha = _argmax(scored)
        out.append({"w": w, "alpha": alpha, "grp": dict(scored)[alpha]})
    return out


def country_regrets(
    countries: Mapping[float, Mapping[str, float]],
) -> dict[float, dict[str, float]]:
    """What every α costs every country against that country's own best α, in points.

    `countries` gives each measured alpha's quality by country, 0-100. A country that is not
    there at every alpha is left out, for its best is not known.
    """
    everywhere = [name for name in next(iter(countries.values()), {})
                  if all(name in values for values in countries.values())]  # fmt: skip
    best = {
        name: max(_finite(values[name], f"quality of {name}") for values in countries.values())
        for name in everywhere
    }
    return {
        alpha: {name: best[name] - values[name] for name in everywhere}
        for alpha, values in countries.items()
    }


def alpha_maximin(countries: Mapping[float, Mapping[str, float]]) -> Choice:
    """The alpha whose worst-off country has the least regret; the smallest of equal ones.

    Or None with a reason where no country was measured at every alpha.
    """
    regrets = country_regrets(countries)
    if not any(regrets.values()):
        return Choice(None, "no country was measured at every alpha")
    return Choice(_argmax([(alpha, -max(named.values())) for alpha, named in regrets.items()]))


def nearest_alpha(points: Sequence[Point], alpha: float) -> float:
    """The measured alpha nearest to `alpha`; of two equally near, the smaller."""
    _share(alpha, "alpha")
    near = [(p.alpha, -abs(p.alpha - alpha)) for p in _checked(points)]
    return _argmax(near)


def _argmax(scored: Sequence[tuple[float, float]]) -> float:
    """The smallest alpha among the (alpha, score) of highest score."""
    top = max(score for _, score in scored)
    return min(alpha for alpha, score in scored if score >= top - _EQUAL)


def _checked(points: Sequence[Point]) -> list[Point]:
    """The points by rising alpha, each alpha in range and there once, each q finite."""
    if not points:
        raise ValueError("there are no points; measure at least one alpha")
    out = sorted(points, key=lambda p: _share(p.alpha, "alpha"))
    if len({p.alpha for p in out}) < len(out):
        raise ValueError("an alpha stands twice among the points; keep one")
    for p in out:
        _finite(_q(p.regional), f"q_regional at alpha {p.alpha:g}")
        _finite(_q(p.global_), f"q_global at alpha {p.alpha:g}")
    return out


def _grp_of(point: Point, global_weight: float) -> float:
    return grp(_q(point.global_), _q(point.regional), global_weight)


def _q(quality: float | Estimate) -> float:
    return quality.value if isinstance(quality, Estimate) else quality


def _cut(bound: float) -> str:
    """Three decimals, cut and not rounded: 0.9799 must not read as the floor it misses."""
    return f"{math.floor((bound + _EQUAL) * 1000) / 1000:.3f}"


def _ratio(value: float, base: float, name: str) -> float:
    if _finite(base, f"{name} of the base") <= 0:
        raise ValueError(f"{name} of the base is {base:g}; a ratio to it means nothing")
    return _finite(value, name) / base


def _share(number: float, name: str) -> float:
    if not 0 <= number <= 1:  # a NaN fails this too
        raise ValueError(f"{name} is {number}; it must lie between 0 and 1")
    return number


def _finite(number: float, name: str) -> float:
    if not math.isfinite(number):
        raise ValueError(f"{name} is {number}; it must be a finite number")
    return number
