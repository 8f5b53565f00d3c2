"""Checks that a sweep's numbers must pass whatever the models are: run after every sweep.

- *mirror*: with base and tuned exchanged, the curve at 1 - α is the curve at α. On one machine it
  is so bit for bit where 1 - α is exact; scores that another machine stored may differ by
  `ROUNDING` points of quality.
- *shuffled*: with every gallery's labels permuted, R@1 falls to chance: the 99.9 % interval of the
  macro mean holds it (at 95 % a right sweep would fail one check in twenty). A side of fewer than
  `MIN_ITEMS` items has no interval and is not judged.
- *arg_max*: the α of most GRP, recomputed from the stored per-item scores by plain sums, is the one
  that was chosen.
- *endpoints*: the weights at α = 0 and 1 have the digests of base and tuned; tuned is not judged
  where the merge copies tensors from base or converts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np

from ggez.evaluation.metrics import recall_at
from ggez.evaluation.scores import Scores
from ggez.evaluation.statistics import MIN_ITEMS, Groups
from ggez.evaluation.text_to_image import TextToImage
from ggez.types import Case

ROUNDING = 0.1
"""Points of quality by which two machines' scores of one model may differ."""
SEED = 17
SHUFFLES = 5
_EQUAL = 1e-6
"""Stored scores have six digits."""

Features = tuple[np.ndarray, np.ndarray]
Check = dict[str, Any]


def checked_alphas(scores: Scores) -> list[float]:
    """Three of the measured α: the ends, and the one nearest to 1/4."""
    known = scores.alphas
    return sorted({known[0], min(known, key=lambda a: abs(a - 0.25)), known[-1]})


def opposite(alpha: float) -> float:
    """The α of the exchanged pair at which it is the pair at `alpha`."""
    return round(1 - alpha, 4)


def check_swapped(
    scores: Scores, task: TextToImage, features: dict[float, Features]
) -> dict[str, Check]:
    """*mirror* and *shuffled*, from one encoding at each of a few α.

    Args: features, by α of the sweep: (P, D) pictures and (Q, D) queries as the pair with its
    sides exchanged encodes them at the opposite α.
    """
    apart, shuffled, exact = 0.0, [], True
    for alpha, (pictures, texts) in features.items():
        mirrored = task.score(pictures, texts)
        straight = scores.items(alpha)
        exact &= all(
            abs(mirrored[item][key] - entry[key]) <= _EQUAL
            for item, entry in straight.items()
            for key in ("r1", "r5", "mrr", "ap", "i2t_ap", "zero_shot")
        )
        for one, other in zip(_qualities(task, mirrored), _qualities(task, straight), strict=True):
            apart = max(apart, abs(one - other))
        shuffled.append(shuffle(task, pictures, texts) | {"alpha": alpha})
    return {
        "mirror": {
            "ok": apart <= ROUNDING,
            "alphas": list(features),
            "bit_for_bit": exact,
            "largest_difference": round(apart, 6),
            "allowed": ROUNDING,
        },
        "shuffled": {
            "ok": all(entry["ok"] for entry in shuffled),
            "chance": task.chance,
            "at": shuffled,
        },
    }


def shuffle(task: TextToImage, pictures: np.ndarray, texts: np.ndarray) -> Check:
    """R@1 in percent with each gallery's labels permuted, macro as the primary metric is."""
    rng = np.random.default_rng(SEED)
    names = list(task.items)
    column = {item: number for number, item in enumerate(names)}
    correct = np.array([column[item] for item, _ in task.queries])
    hits = np.zeros(len(correct))
    for _ in range(SHUFFLES):
        moved = np.stack([rng.permutation(len(names))[correct] for _ in range(task.galleries)])
        hits += recall_at(task.rankings(pictures, texts, moved), 1).mean(0)
    per_item = 100 * np.bincount(correct, hits) / np.bincount(correct) / SHUFFLES
    out: Check = {}
    for side, cases in (("regional", task.regional.cases), ("global", task.global_.cases)):
        members = _members(cases, side)
        groups = Groups.of(members)
        values = per_item[[column[item] for item in groups.items]]
        draws = groups.macro(values, groups.draws(rng))
        low, high = np.percentile(draws[1:], [0.05, 99.95])
        out[side] = {"value": float(draws[0]), "low": None, "high": None}
        if len(members) >= MIN_ITEMS:
            out[side] |= {"low": float(low), "high": float(high)}
    judged = [entry for entry in out.values() if entry["low"] is not None]
    return {"ok": all(e["low"] <= task.chance <= e["high"] for e in judged), **out}


def check_arg_max(scores: Scores, task: TextToImage, weight: float, chosen: float) -> Check:
    """*arg_max*: from the stored scores, without the draws that the sweep is made of."""
    grp = {}
    for alpha in scores.alphas:
        regional, global_ = _qualities(task, scores.items(alpha))
        grp[alpha] = weight * global_ + (1 - weight) * regional
    top = max(grp.values())
    found = min(alpha for alpha, value in grp.items() if value >= top - 1e-9)
    return {"ok": found == chosen, "recomputed": found, "chosen": chosen}


def check_endpoints(stored: dict[str, str], live: dict[str, str], whole: bool = True) -> Check:
    """*endpoints*: digests "base" and "tuned" of the checkpoints and of the live weights.

    Where the merge does not take tuned as a `whole` (tensors are copied from base or converted),
    α = 1 is not the tuned file, and that side is None: not to be judged.
    """
    tuned = live["tuned"] == stored["tuned"] if whole else None
    base = live["base"] == stored["base"]
    return {"ok": base and tuned is not False, "base": base, "tuned": tuned}


def sanity_lines(report: dict[str, Any]) -> list[str]:
    """One line a check, for people."""
    names = {
        "mirror": "base and tuned exchanged mirror the curve",
        "shuffled": "shuffled labels fall to chance",
        "arg_max": "the arg max is recomputed from the scores",
        "endpoints": "α = 0 and 1 are base and tuned",
    }
    if report["endpoints"].get("tuned", True) is None:
        names["endpoints"] = "α = 0 is base (tuned is not taken whole, so α = 1 is not judged)"
    return [f"{'ok' if report[key]['ok'] else 'FAILED':<6} {said}" for key, said in names.items()]


def _qualities(task: TextToImage, items: dict[str, Any]) -> tuple[float, float]:
    """q_regional and q_global by plain sums."""
    out = []
    for side, cases in (("regional", task.regional.cases), ("global", task.global_.cases)):
        totals: dict[str, list[float]] = {}
        for item, groups in _members(cases, side).items():
            for group in groups:
                entry = totals.setdefault(group, [0.0, 0.0])
                entry[0] += 100 * items[item]["r1"] / len(groups)
                entry[1] += 1 / len(groups)
        out.append(fmean(value / weight for value, weight in totals.values()))
    return out[0], out[1]


def _members(cases: Sequence[Case], side: str) -> dict[str, Sequence[str]]:
    return {
        case.item: case.countries if side == "regional" else (case.region,)
        for case in reversed(cases)
    }
