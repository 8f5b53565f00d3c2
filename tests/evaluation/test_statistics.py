"""Macro means, and intervals that cover what they say."""

from __future__ import annotations

import numpy as np
import pytest

from ggez.evaluation.statistics import MIN_ITEMS, Groups, estimate, estimates, lower_bounds


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
    assert (draws[1:, large].sum(1) == MIN_ITEMS - 1).all()
    assert (draws[1:, small].sum(1) == 5 - 1).all()
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
    assert lower_bounds(np.arange(1001.0)[:, None]) == [pytest.approx(50.95, abs=0.2)]
    assert lower_bounds(np.arange(1001.0)[:, None], enough=False) == [None]


def test_a_macro_mean_weighs_countries_and_not_items() -> None:
    groups = Groups.of({f"t{i}": ("TH",) for i in range(9)} | {"l": ("LA",)})
    values = np.array([100.0] * 9 + [0.0])
    assert groups.macro(values, np.ones((1, 10)))[0] == pytest.approx(50)
    assert groups.sizes() == {"LA": 1, "TH": 9}
    assert groups.weights.sum(1).tolist() == [1] * 10


def test_the_first_draw_is_every_item_once_and_one_seed_gives_one_set_of_draws() -> None:
    groups = Groups.of({str(i): ("A", "B")[i % 2 :] for i in range(30)})
    one, same, other = (groups.draws(np.random.default_rng(seed), 50) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert (one[0] == 1).all()
    assert (one[1:].sum(1) == 30 - 2).all(), "one less than it has, of each of two strata"


def test_a_stratum_of_one_item_does_not_pretend_to_have_no_variance() -> None:
    groups = Groups.of({f"i{i}": (f"C{i}",) for i in range(6)})
    values = np.array([0.0, 100.0] * 3)
    found = estimate(groups.macro(values, groups.draws(np.random.default_rng(0))), 6)
    assert found.value == pytest.approx(50)
    assert found.high - found.low > 40


@pytest.mark.parametrize(("undefined", "interval"), [(0, True), (3, True), (30, False)])
def test_a_few_undefined_draws_are_left_out_and_many_leave_no_interval(
    undefined: int, interval: bool
) -> None:
    draws = np.column_stack([np.linspace(0, 1, 1001), np.linspace(2, 3, 1001)])
    draws[1 : 1 + undefined, 0] = np.nan
    found, other = estimates(draws, 9)
    assert (found.low is not None) == interval
    assert other.low == pytest.approx(2.026, abs=0.002)


def test_shares_are_the_macro_mean_of_group_means() -> None:
    rng = np.random.default_rng(2)
    members = {str(i): (f"C{i % 4}", "D")[: 1 + i % 2] for i in range(25)}
    groups, values = Groups.of(members), rng.normal(size=25)
    draws = groups.draws(rng, 300)
    by_group = np.nanmean(groups.means(values, draws), axis=1)
    assert groups.macro(values, draws) == pytest.approx(by_group)
    assert groups.shares(draws).sum(1) == pytest.approx(1)


def test_the_interval_covers_with_small_and_large_countries_together() -> None:
    rng, hits, runs = np.random.default_rng(8), 0, 300
    members = {f"l{i}": ("L",) for i in range(30)} | {f"s{i}": (f"S{i % 6}",) for i in range(24)}
    groups = Groups.of(members)
    for _ in range(runs):
        found = estimate(groups.macro(rng.normal(50, 20, 54), groups.draws(rng, 500)), 54)
        hits += found.low <= 50 <= found.high
    assert 0.90 <= hits / runs <= 0.99


@pytest.mark.parametrize("draws", [np.ones(1), np.ones(50), np.full(500, np.nan)])
def test_no_interval_from_hardly_any_draw(draws: np.ndarray) -> None:
    found = estimate(draws, 2)
    assert (found.low, found.high, found.n) == (None, None, 2)
