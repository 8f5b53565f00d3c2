import itertools
import math
import random
import subprocess
import sys

import pytest

from ggez.choosing import (
    alpha_98,
    alpha_kof,
    best_alpha,
    gain,
    grp,
    nearest_alpha,
    regret,
    retention,
)
from ggez.types import GRID, Estimate, PublishedPoint, SweepPoint

W = 0.43


def curve(*rows: tuple[float, float, float]) -> list[PublishedPoint]:
    """Points of (alpha, regional, global)."""
    return [PublishedPoint(*row) for row in rows]


@pytest.mark.parametrize(("w", "score"), [(0, 60.0), (1, 40.0), (0.5, 50.0), (W, 51.4)])
def test_grp_weights_global(w: float, score: float) -> None:
    assert grp(q_global=40, q_regional=60, global_weight=w) == pytest.approx(score)


def test_ratios() -> None:
    assert gain(63, 60) == pytest.approx(0.05)
    assert gain(60, 60) == 0
    assert retention(49, 50) == pytest.approx(0.98)
    assert gain(0, 60) == -1 and retention(0, 50) == 0


@pytest.mark.parametrize("base", [0, -3, math.nan, math.inf])
def test_a_ratio_to_nothing_is_refused(base: float) -> None:
    for ratio in (gain, retention):
        with pytest.raises(ValueError, match="of the base"):
            ratio(1, base)


@pytest.mark.parametrize("w", [-0.1, 1.1, 43, math.nan])
def test_a_weight_out_of_range_is_refused(w: float) -> None:
    with pytest.raises(ValueError, match="global_weight"):
        grp(1, 1, w)
    with pytest.raises(ValueError, match="global_weight"):
        alpha_kof(w)


def test_alpha_kof() -> None:
    assert alpha_kof(0.434) == pytest.approx(0.566)
    assert (alpha_kof(0), alpha_kof(1)) == (1, 0)


@pytest.mark.parametrize("seed", range(20))
def test_best_alpha_is_the_argmax_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    points = curve(*((a, rng.uniform(0, 100), rng.uniform(0, 100)) for a in GRID))
    w = rng.random()
    best = max(points, key=lambda p: grp(p.global_, p.regional, w))
    rng.shuffle(points)
    assert best_alpha(points, w) == best.alpha
    assert regret(points, best.alpha, w) == 0
    assert all(regret(points, p.alpha, w) >= 0 for p in points)


def test_alpha_0_is_an_answer() -> None:
    points = curve((0, 60, 60), (0.5, 50, 50), (1, 40, 40))
    assert best_alpha(points, W) == 0 and best_alpha(points, W) is not None
    assert regret(points, 0, W) == 0
    assert regret(points, 1, W) == pytest.approx(20)
    assert nearest_alpha(points, 0) == 0


def test_ties_go_to_the_smallest_alpha() -> None:
    rows = [(0.0, 10.0, 10.0), (0.3, 50.1, 50.1), (0.6, 50.1, 50.1), (1.0, 20.0, 20.0)]
    for order in itertools.permutations(rows):
        assert best_alpha(curve(*order), W) == 0.3
    # one score by two sums: 0.1·3 + 0.9·3 is not 3 to the last bit for every weight
    assert all(best_alpha(curve((0.2, 3, 3), (0.1, 3, 3)), w / 97) == 0.1 for w in range(98))


def test_a_published_grp_is_not_read() -> None:
    points = [PublishedPoint(0, 50, 50, grp=99), PublishedPoint(1, 60, 60, grp=0)]
    assert best_alpha(points, W) == 1


def test_sweep_points_are_points() -> None:
    unread = Estimate(0)
    points = [
        SweepPoint(a, Estimate(q), Estimate(50), unread, unread, unread, unread)
        for a, q in ((0, 40), (0.5, 60))
    ]
    assert best_alpha(points, W) == 0.5
    assert regret(points, 0, W) == pytest.approx(0.57 * 20)
    assert alpha_98(points, [1, 0.99]).alpha == 0.5


def test_regret_interpolates_nothing() -> None:
    points = curve((0, 50, 50), (0.55, 60, 50), (0.6, 58, 50), (1, 40, 40))
    with pytest.raises(ValueError, match=r"0.57 was not measured"):
        regret(points, alpha_kof(W), W)
    assert nearest_alpha(points, alpha_kof(W)) == 0.55
    assert regret(points, nearest_alpha(points, alpha_kof(W)), W) == 0
    assert nearest_alpha(curve((0, 1, 1), (0.5, 1, 1)), 0.25) == 0


def test_alpha_98_takes_the_most_gain_that_is_safe() -> None:
    points = curve((0, 50, 50), (0.1, 55, 50), (0.2, 58, 50), (0.3, 65, 49))
    assert alpha_98(points, [1, 0.99, 0.98, 0.979]).alpha == 0.2
    assert alpha_98(points[::-1], [0.979, 0.98, 0.99, 1]).alpha == 0.2
    assert alpha_98(points, [1, 0.99, None, None]).alpha == 0.1
    tied = curve((0, 50, 50), (0.1, 58, 50), (0.2, 58, 50))
    assert alpha_98(tied, [1, 0.99, 0.99]).alpha == 0.1


@pytest.mark.parametrize(
    ("bounds", "regional", "says"),
    [
        ([1, 0.9799, 0.9], (50, 60, 70), "the nearest is 0.5, whose lower bound is 0.979"),
        ([1, 0.99, 0.99], (50, 50, 40), "(0.5, 1) gain nothing"),
        ([1, 0.99, 0.5], (50, 40, 90), "(0.5) gain nothing"),
        ([1, None, None], (50, 60, 70), "no alpha above 0 has a lower bound"),
    ],
)
def test_alpha_98_may_not_exist_and_says_why(
    bounds: list[float | None], regional: tuple[float, float, float], says: str
) -> None:
    points = curve(*((a, q, 50.0) for a, q in zip((0, 0.5, 1), regional, strict=True)))
    choice = alpha_98(points, bounds)
    assert choice.alpha is None
    assert says in choice.reason and "\n" not in choice.reason


def test_alpha_98_of_a_base_that_scores_nothing() -> None:
    points = curve((0, 0, 50), (0.5, 10, 50))
    assert alpha_98(points, [1, 0.99]).alpha == 0.5, "the order of gains needs no ratio"


def test_alpha_98_needs_base_and_a_bound_a_point() -> None:
    with pytest.raises(ValueError, match="alpha 0 is not among"):
        alpha_98(curve((0.1, 1, 1)), [1])
    with pytest.raises(ValueError, match="1 points but 2 lower bounds"):
        alpha_98(curve((0, 1, 1)), [1, 1])


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "no points"),
        ([(0, 1, 1), (0, 2, 2)], "stands twice"),
        ([(1.5, 1, 1)], "alpha is 1.5"),
        ([(math.nan, 1, 1)], "alpha is nan"),
        ([(0, 1, 1), (0.5, math.nan, 1)], "q_regional at alpha 0.5"),
        ([(0, 1, math.inf)], "q_global at alpha 0"),
    ],
)
def test_broken_points_are_refused(rows: list[tuple[float, float, float]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        best_alpha(curve(*rows), W)


def test_neither_room_imports_torch() -> None:
    code = "import sys, ggez.choosing, ggez.regions; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
