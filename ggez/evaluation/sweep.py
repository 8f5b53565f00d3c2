"""Measure a pair over α, and turn per-item scores into the sweep that is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ggez.evaluation.scores import Scores, alpha_key, load_scores
from ggez.evaluation.statistics import MIN_ITEMS, Groups, estimate, lower_bound
from ggez.evaluation.text_to_image import METRIC, TextToImage
from ggez.types import Estimate, PairSpec, Sweep, SweepPoint

Progress = Callable[[int, int, str], None]
SEED = 434


def run_sweep(
    measure: Callable[[float], dict[str, Any]],
    alphas: Sequence[float],
    digests: dict[str, str],
    file: Path,
    progress: Progress,
    fresh: bool = False,
) -> Scores:
    """Measure what `file` does not hold yet; `measure(α)` returns per-item scores."""
    scores, _ = (None, "") if fresh else load_scores(file, digests)
    scores = scores or Scores(digests)
    todo = [alpha for alpha in alphas if alpha_key(alpha) not in scores.points]
    for number, alpha in enumerate(todo):
        progress(number, len(todo), f"α = {alpha:.2f}")
        scores.points[alpha_key(alpha)] = {"items": measure(alpha)}
        scores.save(file)
    progress(len(todo), len(todo), "done")
    return scores


def summarise(scores: Scores, task: TextToImage, pair: PairSpec, global_weight: float) -> Sweep:
    """Means, differences against base, and intervals from one set of draws for every α."""
    first = {case.item: case for case in reversed(task.cases)}
    here = [case.item for case in task.regional.cases]
    there = [case.item for case in task.global_.cases]
    regional = Groups.of({item: first[item].countries for item in dict.fromkeys(here)})
    world = Groups.of({item: (first[item].region,) for item in dict.fromkeys(there)})
    rng = np.random.default_rng(SEED)
    r_draws, w_draws = regional.draws(rng), world.draws(rng)
    base: tuple[np.ndarray, np.ndarray] | None = None
    points = []
    for alpha in scores.alphas:
        items = scores.points[alpha_key(alpha)]["items"]
        r_values = 100 * np.array([items[item]["r1"] for item in regional.items])
        w_values = 100 * np.array([items[item]["r1"] for item in world.items])
        r_groups = regional.means(r_values, r_draws)
        q_r, q_w = np.nanmean(r_groups, axis=1), world.macro(w_values, w_draws)
        # the paper's global holds the region: here it is one more world region
        groups = world.means(w_values, w_draws)
        q_all = np.nanmean(np.column_stack([groups, q_r]), axis=1)
        base = base or (q_r, q_w)
        with np.errstate(invalid="ignore", divide="ignore"):
            gain, retention = q_r / base[0] - 1, q_w / base[1]
        sizes = regional.sizes()
        points.append(
            SweepPoint(
                alpha=alpha,
                regional=estimate(q_r, len(regional.items)),
                global_=estimate(q_w, len(world.items)),
                global_all=estimate(q_all, len(regional.items) + len(world.items)),
                grp=estimate(global_weight * q_w + (1 - global_weight) * q_r, len(first)),
                gain=estimate(gain, len(regional.items)),
                retention=estimate(retention, len(world.items)),
                countries={
                    name: estimate(r_groups[:, column], sizes[name], sizes[name] >= MIN_ITEMS)
                    for column, name in enumerate(regional.names)
                },
                aspects=_aspects(first, items),
                languages=_languages(items),
                metrics={
                    "retention_lower_95": Estimate(lower_bound(retention)),
                    "regional_gained": estimate(q_r - base[0], len(regional.items)),
                    "global_gained": estimate(q_w - base[1], len(world.items)),
                    "regional_R@5": _mean(items, regional.items, "r5"),
                    "global_R@5": _mean(items, world.items, "r5"),
                    "regional_MRR": _mean(items, regional.items, "mrr"),
                    "global_MRR": _mean(items, world.items, "mrr"),
                },
            )
        )
    return Sweep(
        pair=pair.id,
        family=pair.family,
        region=pair.region,
        method="linear",
        split=task.regional.split,
        global_weight=global_weight,
        metric=METRIC,
        chance=task.chance,
        points=tuple(points),
        digests=scores.digests,
    )


def _mean(items: dict[str, Any], names: Sequence[str], key: str) -> Estimate:
    return Estimate(100 * float(np.mean([items[name][key] for name in names])), n=len(names))


def _aspects(first: dict[str, Any], items: dict[str, Any]) -> dict[str, Estimate]:
    """Plain means over the region's items of each aspect; few items, so no interval."""
    by: dict[str, list[float]] = {}
    for item, case in first.items():
        by.setdefault(case.aspect, []).append(100 * items[item]["r1"])
    return {name: Estimate(float(np.mean(v)), n=len(v)) for name, v in sorted(by.items())}


def _languages(items: dict[str, Any]) -> dict[str, Estimate]:
    """Plain means over the queries of each language."""
    by: dict[str, list[float]] = {}
    for scores in items.values():
        for lang, (hits, n) in scores["languages"].items():
            entry = by.setdefault(lang, [0.0, 0])
            entry[0] += hits
            entry[1] += n
    return {lang: Estimate(100 * h / n, n=int(n)) for lang, (h, n) in sorted(by.items())}
