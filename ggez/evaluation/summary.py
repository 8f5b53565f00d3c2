"""From per-item scores to what is shown: means, differences against base, and their intervals.

One set of draws serves every α and every metric, so differences are paired. The draws of the two
qualities are kept: another `global_weight` needs no more than their weighted sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ggez.evaluation.scores import Scores
from ggez.evaluation.statistics import MIN_ITEMS, Groups, estimates, lower_bounds
from ggez.evaluation.text_to_image import MEASURES, METRIC, TextToImage
from ggez.types import Case, Estimate, PairSpec, Sweep, SweepPoint, UserError

SEED = 434
Column = Sequence[Estimate | None]
"""One estimate an α; None where there is none."""


@dataclass(frozen=True)
class Summary:
    """A sweep at its own w, and the draws of q_regional and q_global, each (draws, α)."""

    sweep: Sweep
    regional: np.ndarray
    global_: np.ndarray

    def at(self, global_weight: float) -> Sweep:
        """The sweep at another w: only GRP moves."""
        if global_weight == self.sweep.global_weight:
            return self.sweep
        first = self.sweep.points[0]
        n = first.regional.n + first.global_.n
        enough = min(first.regional.n, first.global_.n) >= MIN_ITEMS
        scored = estimates(_grp(self.regional, self.global_, global_weight), n, enough)
        return replace(
            self.sweep,
            global_weight=global_weight,
            points=tuple(
                replace(point, grp=one)
                for point, one in zip(self.sweep.points, scored, strict=True)
            ),
        )


class _Side:
    """One side's items, their groups, and their scores at every α."""

    def __init__(
        self,
        cases: Sequence[Case],
        groups: Groups,
        scores: Scores,
        rng: np.random.Generator,
    ) -> None:
        self.first = {case.item: case for case in reversed(cases)}
        self.groups = groups
        self.draws = groups.draws(rng)
        self.shares = groups.shares(self.draws)
        self.n = len(groups.items)
        self.enough = self.n >= MIN_ITEMS
        self.items = [[scores.items(a)[i] for i in groups.items] for a in scores.alphas]

    def values(self, key: str) -> np.ndarray:
        """(items, α) in percent."""
        return 100 * np.array([[entry[key] for entry in items] for items in self.items]).T

    def among(self, chosen: np.ndarray, values: np.ndarray) -> list[Estimate]:
        """Plain means over the items that are `chosen` (items,) bool, one an α."""
        n, mask = int(chosen.sum()), chosen.astype(float)
        return estimates(_ratio(self.draws @ (mask[:, None] * values), self.draws @ mask), n,
                         n >= MIN_ITEMS)  # fmt: skip

    def flags(self, told: Iterable[bool]) -> np.ndarray:
        return np.array(list(told), dtype=bool)


def summarise(scores: Scores, task: TextToImage, pair: PairSpec, global_weight: float) -> Sweep:
    """The sweep of measured scores. Raises UserError where α = 0, the base, is not among them."""
    return summary(scores, task, pair, global_weight).sweep


def summary(scores: Scores, task: TextToImage, pair: PairSpec, global_weight: float) -> Summary:
    """The sweep, and what it takes to tell it at another w.

    Every metric is the macro mean that the primary one is: over countries, and over world regions
    outside the region. `zero_shot_per_class` and `held_out` are plain means over items (every item
    is a class of equally many pictures, so the first is acc@1 over pictures as well), as are
    aspects (of the region's items) and languages (over the queries of both sides).
    """
    if not scores.alphas or scores.alphas[0] != 0:
        raise UserError(f"{pair.id}: α = 0, the base, is not measured; gain is told against it")
    rng = np.random.default_rng(SEED)
    here, there = _sides(task, scores, rng)
    r_values, w_values = here.values("r1"), there.values("r1")
    q_r, q_w = here.shares @ r_values, there.shares @ w_values
    every = here.n + there.n
    both = here.enough and there.enough
    columns: dict[str, Column] = {
        "regional": estimates(q_r, here.n, here.enough),
        "global_": estimates(q_w, there.n, there.enough),
        # the paper's global holds the region: here it is one more world region
        "global_all": estimates(_with_region(there, q_r, q_w), every, both),
        "grp": estimates(_grp(q_r, q_w, global_weight), every, both),
        "gain": _against_base(q_r, here, 1.0),
        "retention": _against_base(q_w, there, 0.0),
    }
    named: dict[str, dict[str, Column]] = {
        "countries": _countries(here, r_values),
        "aspects": _aspects(here, r_values),
        "languages": _languages(here, there),
        "metrics": _metrics(here, there, q_r, q_w),
    }

    def point(number: int, alpha: float) -> SweepPoint:
        plain: dict[str, Any] = {field: column[number] for field, column in columns.items()}
        for field, entries in named.items():
            found = {name: column[number] for name, column in entries.items()}
            plain[field] = {name: one for name, one in found.items() if one is not None}
        return SweepPoint(alpha=alpha, **plain)

    sweep = Sweep(
        pair=pair.id,
        family=pair.family,
        region=pair.region,
        method="linear",
        split=task.regional.split,
        global_weight=global_weight,
        metric=METRIC,
        chance=task.chance,
        points=tuple(point(number, alpha) for number, alpha in enumerate(scores.alphas)),
        digests=scores.digests,
    )
    return Summary(sweep, q_r, q_w)


def _sides(task: TextToImage, scores: Scores, rng: np.random.Generator) -> tuple[_Side, _Side]:
    regional = {case.item: case.countries for case in reversed(task.regional.cases)}
    world = {case.item: (case.region,) for case in reversed(task.global_.cases)}
    order = dict.fromkeys(case.item for case in task.regional.cases)
    far = dict.fromkeys(case.item for case in task.global_.cases)
    return (
        _Side(task.regional.cases, Groups.of({i: regional[i] for i in order}), scores, rng),
        _Side(task.global_.cases, Groups.of({i: world[i] for i in far}), scores, rng),
    )


def _grp(regional: np.ndarray, global_: np.ndarray, weight: float) -> np.ndarray:
    return weight * global_ + (1 - weight) * regional


def _with_region(there: _Side, q_r: np.ndarray, q_w: np.ndarray) -> np.ndarray:
    """(draws, α) macro mean over the world regions drawn and the region itself."""
    held = (there.draws @ there.groups.weights > 0).sum(1)[:, None]
    return (held * q_w + q_r) / (held + 1)


def _ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return top / bottom[:, None]


def _against_base(quality: np.ndarray, side: _Side, less: float) -> Column:
    """Ratios to the first α, or None everywhere where the base scores nothing."""
    if not quality[0, 0] > 0:
        return [None] * quality.shape[1]
    return estimates(_ratio(quality, quality[:, 0]) - less, side.n, side.enough)


def _countries(here: _Side, values: np.ndarray) -> dict[str, Column]:
    sizes = here.groups.sizes()
    out: dict[str, Column] = {}
    for column, name in enumerate(here.groups.names):
        weights = here.groups.weights[:, column]
        means = _ratio(here.draws @ (weights[:, None] * values), here.draws @ weights)
        out[name] = estimates(means, sizes[name], sizes[name] >= MIN_ITEMS)
    return out


def _aspects(here: _Side, values: np.ndarray) -> dict[str, Column]:
    """Means over the region's items of each aspect."""
    of = [here.first[item].aspect for item in here.groups.items]
    return {
        name: here.among(here.flags(aspect == name for aspect in of), values)
        for name in sorted(set(of))
    }


def _languages(here: _Side, there: _Side) -> dict[str, Column]:
    """Means over the queries of each language; `n` counts the items that have one."""
    draws = np.hstack([here.draws, there.draws])
    items = [a + b for a, b in zip(here.items, there.items, strict=True)]
    out: dict[str, Column] = {}
    for lang in sorted({lang for entry in items[0] for lang in entry["languages"]}):
        told = np.array([[e["languages"].get(lang, (0.0, 0)) for e in one] for one in items])
        asked = told[0, :, 1]
        n = int((asked > 0).sum())
        means = _ratio(draws @ (100 * told[:, :, 0].T), draws @ asked)
        out[lang] = estimates(means, n, n >= MIN_ITEMS)
    return out


def _metrics(here: _Side, there: _Side, q_r: np.ndarray, q_w: np.ndarray) -> dict[str, Column]:
    out: dict[str, Column] = {}
    if q_w[0, 0] > 0:
        bounds = lower_bounds(_ratio(q_w, q_w[:, 0]), there.enough)
        out["retention_lower_95"] = [None if b is None else Estimate(b) for b in bounds]
    for name, side, quality in (("regional", here, q_r), ("global", there, q_w)):
        out[f"{name}_gained"] = estimates(quality - quality[:, :1], side.n, side.enough)
        for key, shown in MEASURES.items():
            if key != "r1":
                means = side.shares @ side.values(key)
                out[f"{name}_{shown}"] = estimates(means, side.n, side.enough)
        every = np.ones(side.n, dtype=bool)
        out[f"{name}_zero_shot_per_class"] = side.among(every, side.values("zero_shot"))
    held = here.flags(here.first[item].held_out for item in here.groups.items)
    if held.any():
        out["regional_held_out"] = here.among(held, here.values("r1"))
    return out
