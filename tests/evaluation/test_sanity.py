"""The checks of a sweep pass where they should, and fail where the sweep is wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
from test_summary import PAIR, rows, scored, task

from ggez.choosing import best_alpha
from ggez.evaluation import sanity
from ggez.evaluation.scores import Scores, alpha_key
from ggez.evaluation.summary import summarise
from ggez.types import GRID

TASK = task()
LEVEL = {0.0: 0.5, 0.25: 1.5, 1.0: 0.9}


@pytest.fixture(scope="module")
def scores() -> Scores:
    points = {alpha_key(a): {"items": TASK.score(*rows(TASK, x))} for a, x in LEVEL.items()}
    return Scores({}, points)


def features(level: Callable[[float], float] = LEVEL.__getitem__) -> dict:
    return {alpha: rows(TASK, level(alpha)) for alpha in LEVEL}


def test_an_exchanged_pair_mirrors_the_curve_bit_for_bit(scores: Scores) -> None:
    found = sanity.check_swapped(scores, TASK, features())
    assert found["mirror"] == {
        "ok": True, "alphas": [0, 0.25, 1], "bit_for_bit": True, "largest_difference": 0,
        "allowed": sanity.ROUNDING,
    }  # fmt: skip


def test_a_curve_that_is_not_mirrored_is_found(scores: Scores) -> None:
    found = sanity.check_swapped(scores, TASK, features(lambda a: LEVEL[a] + 0.2 * (a == 0.25)))
    assert not found["mirror"]["ok"]
    assert found["mirror"]["largest_difference"] > 1


@pytest.mark.parametrize("level", [0.0, 1.0, 9.0])
def test_shuffled_labels_fall_to_chance_whatever_the_model_knows(level: float) -> None:
    found = sanity.shuffle(TASK, *rows(TASK, level))
    assert found["ok"], found
    assert found["regional"]["low"] <= TASK.chance <= found["regional"]["high"] < 20


def test_labels_that_are_not_shuffled_are_not_at_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    class Still:
        def permutation(self, n: int) -> np.ndarray:
            return np.arange(n)

        def __getattr__(self, name: str) -> object:
            return getattr(rng, name)

    rng = np.random.default_rng(0)
    monkeypatch.setattr(sanity.np.random, "default_rng", lambda _: Still())
    assert not sanity.shuffle(TASK, *rows(TASK, 9.0))["ok"]


@pytest.mark.parametrize("w", [0.0, 0.434, 1.0])
def test_the_arg_max_is_recomputed_and_a_wrong_one_is_found(scores: Scores, w: float) -> None:
    chosen = best_alpha(summarise(scores, TASK, PAIR, w).points, w)
    assert sanity.check_arg_max(scores, TASK, w, chosen) == {
        "ok": True, "recomputed": chosen, "chosen": 0.25,
    }  # fmt: skip
    spoilt = copy.deepcopy(scores)
    for entry in spoilt.items(0.25).values():
        entry["r1"] = 0.0
    assert not sanity.check_arg_max(spoilt, TASK, w, chosen)["ok"]


def test_ends_that_are_not_base_and_tuned_are_found() -> None:
    stored = {"base": "1", "tuned": "2", "processor": "3"}
    assert sanity.check_endpoints(stored, {"base": "1", "tuned": "2"})["ok"]
    found = sanity.check_endpoints(stored, {"base": "1", "tuned": "1"})
    assert found == {"ok": False, "base": True, "tuned": False}
    copied = sanity.check_endpoints(stored, {"base": "1", "tuned": "1"}, whole=False)
    assert copied == {"ok": True, "base": True, "tuned": None}
    assert not sanity.check_endpoints(stored, {"base": "2", "tuned": "2"}, whole=False)["ok"]


def test_three_alphas_whose_opposites_are_exact() -> None:
    grid = Scores({}, {alpha_key(alpha): {} for alpha in GRID})
    assert sanity.checked_alphas(grid) == [0, 0.25, 1]
    assert sanity.checked_alphas(Scores({}, {"0.0000": {}})) == [0]


def test_the_lines_for_people_name_what_failed(scores: Scores) -> None:
    report = sanity.check_swapped(scores, TASK, features())
    report |= {"arg_max": {"ok": False}, "endpoints": {"ok": True}}
    lines = sanity.sanity_lines(report)
    assert [line.split()[0] for line in lines] == ["ok", "ok", "FAILED", "ok"]


def test_a_side_of_few_items_is_not_judged() -> None:
    small = task(2, 12)
    found = sanity.shuffle(small, *rows(small, 9.0))
    assert found["regional"]["low"] is None and found["global"]["low"] is not None
    assert scored(small).alphas == [0, 0.5, 1]
