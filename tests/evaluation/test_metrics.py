"""Ranks: ties and constants are no success."""

from __future__ import annotations

import numpy as np
import pytest

from ggez.evaluation.metrics import ranks, recall_at, reciprocal


@pytest.mark.parametrize(
    ("scores", "correct", "rank"),
    [
        ([0.9, 0.1, 0.5], 0, 0),
        ([0.9, 0.1, 0.5], 1, 2),
        ([0.5, 0.5, 0.1], 0, 0),
        ([0.5, 0.5, 0.1], 1, 1),
        ([0.5, 0.5, 0.9], 1, 2),
        ([0.5], 0, 0),
        ([-np.inf, 0.0, -np.inf], 2, 2),
        ([0.0, -0.0], 1, 1),
    ],
)
def test_a_rank_counts_the_better_and_the_equal_before_it(
    scores: list[float], correct: int, rank: int
) -> None:
    assert ranks(np.array([scores]), np.array([correct])).tolist() == [rank]


def test_distinct_scores_rank_as_a_sort_does() -> None:
    rng = np.random.default_rng(0)
    scores, correct = rng.normal(size=(200, 17)), rng.integers(17, size=200)
    order = (-scores).argsort(1)
    assert np.array_equal(ranks(scores, correct), (order == correct[:, None]).argmax(1))


@pytest.mark.parametrize("value", [0.0, 1.0, -3.5, np.inf])
@pytest.mark.parametrize("size", [2, 9])
def test_constant_scores_are_at_chance_and_not_perfect(value: float, size: int) -> None:
    ranking = ranks(np.full((size, size), value), np.arange(size))
    assert sorted(ranking) == list(range(size))
    assert recall_at(ranking, 1).mean() == pytest.approx(1 / size)


def test_a_model_that_answers_nan_is_not_perfect() -> None:
    ranking = ranks(np.full((4, 4), np.nan), np.arange(4))
    assert recall_at(ranking, 1).mean() <= 1 / 4


def test_recall_and_reciprocal_are_read_off_the_ranks() -> None:
    ranking = np.array([0, 1, 4, 5])
    assert recall_at(ranking, 1).tolist() == [1, 0, 0, 0]
    assert recall_at(ranking, 5).tolist() == [1, 1, 1, 0]
    assert reciprocal(ranking).tolist() == pytest.approx([1, 1 / 2, 1 / 5, 1 / 6])
