"""Ranks, macro means, and intervals that cover what they say."""

from __future__ import annotations

import numpy as np
import pytest

from ggez.evaluation.metrics import ranks, recall_at, reciprocal
from ggez.evaluation.statistics import MIN_ITEMS, Groups, estimate, lower_bound


def test_a_tie_goes_to_the_lower_index() -> None:
    scores = np.array([[0.5, 0.5, 0.1], [0.5, 0.5, 0.9]])
    assert ranks(scores, np.array([0, 1])).tolist() == [0, 2]
    assert ranks(scores, np.array([1, 0])).tolist() == [1, 1]


def test_constant_scores_are_at_chance_and_not_perfect() -> None:
    correct = np.arange(50)
    ranking = ranks(np.zeros((50, 50)), correct)
    assert recall_at(ranking, 1).mean() == 1 / 50
    assert reciprocal(np.array([0, 1, 3])).tolist() == [1, 0.5, 0.25]


def test_a_shared_item_counts_in_each_country_with_equal_parts() -> None:
    groups = Groups.of({"a": ("TH",), "b": ("TH", "LA")})
    draws = np.ones((1, 2))
    means = groups.means(np.array([0.0, 90.0]), draws)[0]
    assert dict(zip(groups.names, means, strict=True)) == {"LA": 90.0, "TH": pytest.approx(30.0)}
    assert groups.macro(np.array([0.0, 90.0]), draws)[0] == pytest.approx(60.0)


def test_small_strata_are_pooled_and_large_ones_kept() -> None:
    members = {f"v{i}": ("VN",) for i in range(MIN_ITEMS)} | {f"s{i}": (f"C{i}",) for i in range(5)}
    draws = Groups.of(members).draws(np.random.default_rng(0), 200)
    large = [i for i, name in enumerate(members) if name.startswith("v")]
    small = [i for i in range(len(members)) if i not in large]
    assert (draws[:, large].sum(1) == MIN_ITEMS).all()
    assert (draws[:, small].sum(1) == 5).all()
    assert draws[1:, small].std() > 0
    again = Groups.of(members).draws(np.random.default_rng(0), 200)
    assert np.array_equal(draws, again)


def test_the_interval_covers_the_truth_at_its_rate() -> None:
    rng, hits, runs = np.random.default_rng(5), 0, 300
    groups = Groups.of({str(i): ("X",) for i in range(60)})
    for _ in range(runs):
        values = 100 * rng.beta(4, 2, 60)
        found = estimate(groups.macro(values, groups.draws(rng, 600)), 60)
        hits += found.low <= 100 * 4 / 6 <= found.high
    assert 0.90 <= hits / runs <= 0.98


def test_too_few_to_say() -> None:
    found = estimate(np.arange(500.0), 3, enough=False)
    assert (found.low, found.high) == (None, None)
    assert lower_bound(np.arange(1001.0)) == pytest.approx(50.95, abs=0.2)
