"""Do the 95 % intervals hold the truth 95 times in 100, where pictures of an item are not alike?

A world with a known truth: in each of five countries an item has a chance of its own to be found,
and 40 asked questions that share it. Drawing questions instead of items forgets that they do.
"""

from __future__ import annotations

import numpy as np
import pytest

from ggez.evaluation.statistics import Groups, estimates, lower_bounds

RUNS, DRAWS, ASKED = 400, 400, 40
COUNTRIES = {"A": 24, "B": 20, "C": 16, "D": 16, "E": 12}
CENTRE = np.linspace(0.35, 0.65, len(COUNTRIES))
KEPT, ADDED = 0.8, 0.2 * 0.75
"""What a tuned model has: 0.8 of base's chance, and 0.2 of a Beta(3, 1), whose mean is 0.75."""
ERROR = np.sqrt(0.95 * 0.05 / RUNS)

HOME = np.repeat(np.arange(len(COUNTRIES)), list(COUNTRIES.values()))
GROUPS = Groups.of({f"{n}": ("ABCDE"[c],) for n, c in enumerate(HOME)})
TRUTH = {
    "base": CENTRE.mean(),
    "tuned": (KEPT * CENTRE + ADDED).mean(),
    "ratio": (KEPT * CENTRE + ADDED).mean() / CENTRE.mean(),
}


def world(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What base and tuned score on each item: means over its questions."""
    shape = 6 * CENTRE[HOME]
    base = rng.beta(shape, 6 - shape)
    tuned = KEPT * base + 0.2 * rng.beta(3, 1, len(HOME))
    return tuple(rng.binomial(ASKED, chance) / ASKED for chance in (base, tuned))


def held(values: tuple[np.ndarray, np.ndarray], draws: np.ndarray) -> dict[str, bool]:
    quality = GROUPS.macro(np.column_stack(values), draws)
    columns = np.column_stack([quality, quality[:, 1] / quality[:, 0]])
    out = {
        name: found.low <= TRUTH[name] <= found.high
        for name, found in zip(TRUTH, estimates(columns, len(HOME)), strict=True)
    }
    return out | {"lower": lower_bounds(columns)[2] <= TRUTH["ratio"]}


@pytest.fixture(scope="module")
def coverage() -> dict[str, float]:
    rng, counts = np.random.default_rng(11), {}
    for _ in range(RUNS):
        for name, inside in held(world(rng), GROUPS.draws(rng, DRAWS)).items():
            counts[name] = counts.get(name, 0) + inside
    return {name: count / RUNS for name, count in counts.items()}


@pytest.mark.parametrize("name", ["base", "tuned", "ratio", "lower"])
def test_an_interval_holds_the_truth_at_its_rate(coverage: dict[str, float], name: str) -> None:
    """`ratio` is gain plus one, and retention; `lower` is the one-sided bound of the ratio."""
    assert abs(coverage[name] - 0.95) <= 3 * ERROR, coverage


def test_without_clustering_it_holds_the_truth_far_too_rarely() -> None:
    """Each question drawn by itself: the same data, with the noise of 40 questions an item."""
    rng, inside = np.random.default_rng(12), 0
    for _ in range(RUNS):
        base, _ = world(rng)
        # drawing an item's countless questions singly is a binomial draw about its own mean
        totals = np.array(list(COUNTRIES.values())) * ASKED
        means = np.array([base[c == HOME].mean() for c in range(len(COUNTRIES))])
        singly = rng.binomial(totals, means, size=(DRAWS, len(totals))) / totals
        low, high = np.percentile(singly.mean(1), [2.5, 97.5])
        inside += low <= TRUTH["base"] <= high
    assert inside / RUNS < 0.75
