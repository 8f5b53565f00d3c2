"""A recommendation: chosen on validation, reported on test, and told in words that hold."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ggez.choosing import alpha_maximin, country_regrets
from ggez.choosing.recommend import CHOICES, recommend, regrets_of, ticks
from ggez.choosing.words import choice_words
from ggez.types import Estimate, Sweep, SweepPoint

Triple = tuple[float, float, float]


def point(
    alpha: float,
    regional: float,
    global_: float,
    gain: Triple | None = (0, 0, 0),
    kept: Triple | None = (1, 1, 1),
    bound: float | None = None,
    countries: tuple[float, ...] = (),
) -> SweepPoint:
    return SweepPoint(
        alpha, Estimate(regional, regional - 5, regional + 5, 80), Estimate(global_),
        Estimate(global_), Estimate((regional + global_) / 2),
        Estimate(*gain) if gain else None, Estimate(*kept) if kept else None,
        countries={name: Estimate(q) for name, q in zip(("VN", "TH"), countries, strict=False)},
        metrics={"retention_lower_95": Estimate(bound)} if bound is not None else {},
    )  # fmt: skip


def sweep(split: str, *points: SweepPoint) -> Sweep:
    return Sweep("p", "embedding", "sea", "linear", split, 0.5, "R@1", 1.0, points, {})


VALIDATION = sweep(
    "validation",
    point(0, 50, 60, bound=1.0, countries=(40, 60)),
    point(0.25, 58, 60, (0.16, 0.1, 0.2), bound=0.99, countries=(52, 64)),
    point(0.5, 66, 58, (0.3, 0.2, 0.4), (0.97, 0.94, 1.0), 0.945, (70, 62)),
    point(1, 60, 40, (0.2, 0.1, 0.3), (0.67, 0.6, 0.7), 0.6, (80, 40)),
)
TEST = sweep(
    "test",
    point(0, 52, 61, bound=1.0, countries=(40, 60)),
    point(0.25, 59, 62, (0.133, 0.083, 0.2), (1.017, 0.998, 1.036), 0.9996, (50, 70)),
    point(0.5, 62, 60, (0.19, 0.1, 0.3), (0.984, 0.95, 1.01), 0.955, (60, 60)),
    point(1, 64, 40, (0.23, 0.1, 0.3), (0.65, 0.6, 0.7), 0.61, (70, 50)),
)


def test_the_sentence_of_a_choice_holds_its_numbers() -> None:
    told = recommend(VALIDATION, TEST)
    assert told["alpha_98"]["alpha"] == 0.25
    assert choice_words(0.25, "chosen on validation", TEST.points[1], "test") == (
        "At α = 0.25, chosen on validation, cultural quality on test is 13.3 % above base "
        "(8.3 to 20.0) and 101.7 % of global quality is kept (99.8 to 103.6)."
    )
    assert told["alpha_98"]["words"].endswith("(at least 99.9 % by a one-sided 95 % bound).")
    assert told["alpha_grp"]["alpha"] == 0.5
    assert (
        "98.4 % of global quality is kept (95.0 to 101.0), not shown to be 98 % or more."
        in (told["alpha_grp"]["words"])
    )


@pytest.mark.parametrize(
    ("gain", "kept", "says"),
    [
        ((0.03, -0.01, 0.07), (1, 1, 1), "not shown to differ from base: +3.0 % (−1.0 to +7.0)"),
        ((0.03, 0.0, 0.07), (1, 1, 1), "not shown to differ from base"),
        ((-0.05, -0.09, -0.01), (1, 1, 1), "is 5.0 % below base (1.0 to 9.0)"),
        ((0.5, None, None), (1, 1, 1), "50.0 % above base (no interval: too few items or hits)"),
        ((0.0, None, None), (1, 1, 1), "is that of base (no interval"),
        ((0.1, 0.05, 0.2), (0.9, 0.8, 0.97), "kept (80.0 to 97.0), less than 98 %."),
        ((0.1, 0.05, 0.2), (0.99, 0.97999, 1.1), "not shown to be 98 % or more"),
        ((0.1, 0.05, 0.2), (0.99, None, None), "99.0 % of global quality is kept (no interval"),
        (None, (1, 1, 1), "base scores nothing in the region, so a gain in per cent means nothing"),
        ((0.1, 0.05, 0.2), None, "there is no global quality to keep"),
    ],
)
def test_a_sentence_claims_no_more_than_its_intervals(
    gain: tuple | None, kept: tuple | None, says: str
) -> None:
    words = choice_words(0.5, "chosen on validation", point(0.5, 60, 60, gain, kept), "test")
    assert says in words
    assert "\n" not in words and words.endswith(".")


def test_base_and_an_alpha_that_test_lacks_are_told_as_such() -> None:
    assert "the merge is base itself" in choice_words(0, "chosen on validation", TEST.points[0], "")
    words = choice_words(0.3, "chosen on validation", TEST.points[1], "test")
    assert words.startswith(
        "At α = 0.3, chosen on validation, by the nearest α that test has, 0.25,"
    )


def test_kof_is_told_with_its_price_on_both_splits() -> None:
    told = recommend(replace(VALIDATION, global_weight=0.8), TEST)["alpha_kof"]
    assert (told["alpha"], told["exact"]) == (0.25, 0.2)
    assert told["regret"] == pytest.approx(0), "on validation it is the best at this weight"
    told = recommend(replace(VALIDATION, global_weight=0.0), TEST)["alpha_kof"]
    assert told["alpha"] == 1
    assert told["regret"] == pytest.approx(66 - 60)
    assert told["regret_test"] == pytest.approx(61 - 52)
    assert "it costs 6.0 points of GRP on validation and 9.0 on test." in told["words"]
    assert "the measured α nearest to 1 − w = 1.000" in told["words"]


def test_alpha_by_weight_is_a_recommendation_at_every_weight() -> None:
    rows = recommend(VALIDATION, TEST)["alpha_by_weight"]
    assert [row["w"] for row in rows] == [i / 100 for i in range(101)]
    for row in rows[::10]:
        at = recommend(replace(VALIDATION, global_weight=row["w"]), TEST)
        assert at["alpha_grp"]["alpha"] == row["alpha"]
    assert rows[0] == {"w": 0, "alpha": 0.5, "grp": 66}
    assert rows[100] == {"w": 1, "alpha": 0, "grp": 60}


def test_maximin_is_the_alpha_of_the_least_worst_regret() -> None:
    told = recommend(VALIDATION, TEST)["alpha_maximin"]
    # VN loses 40, 28, 10, 0 against its best, TH 4, 0, 2, 24
    assert told["alpha"] == 0.5
    assert told["worst"] == {"country": "VN", "regret": 10}
    assert told["regrets"] == {"VN": 10, "TH": 2}
    assert told["country_regret"] == {"VN": 10, "TH": 10}
    assert regrets_of(TEST)[1] == {"VN": 0, "TH": 20}
    assert "no country is further than 10.0 points from its own best" in told["words"]


def test_maximin_without_countries_and_with_one_that_is_not_everywhere() -> None:
    assert alpha_maximin({0: {}, 1: {}}).alpha is None
    assert country_regrets({0: {"VN": 1, "TH": 5}, 1: {"VN": 4}}) == {0: {"VN": 3}, 1: {"VN": 0}}
    assert alpha_maximin({0: {"VN": 3}, 0.5: {"VN": 3}}).alpha == 0
    with pytest.raises(ValueError, match="quality of VN"):
        country_regrets({0: {"VN": float("nan")}})


def test_every_choice_has_words_and_the_whole_is_json() -> None:
    told = recommend(VALIDATION, TEST)
    assert all(told[key]["words"] for key, _ in CHOICES)
    json.dumps(told, allow_nan=False)
    assert [tick["kind"] for tick in ticks(told)] == ["grp", "98", "kof"]


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([point(0, 1, 5), point(1, 1, 5)], "no alpha above 0 has a lower bound"),
        ([point(0, 1, 5, bound=1.0), point(1, 1, 5, bound=1.0)], "gain nothing in the region"),
        ([point(0, 1, 5, bound=1.0), point(1, 2, 4, bound=0.7)], "the nearest is 1"),
        ([point(0, 1, 0, kept=None), point(1, 1, 0, kept=None)], "no global quality to keep"),
    ],
)
def test_no_alpha_98_is_null_with_a_reason(points: list[SweepPoint], reason: str) -> None:
    told = recommend(sweep("validation", *points), sweep("test", *points))
    assert told["alpha_98"]["alpha"] is None
    assert reason in told["alpha_98"]["reason"]
    assert told["alpha_98"]["words"] == f"None: {told['alpha_98']['reason']}."


def test_a_swapped_pair_is_sent_back_to_its_better_side() -> None:
    def swapped(one: Sweep) -> Sweep:
        turned = [replace(p, alpha=1 - p.alpha) for p in reversed(one.points)]
        return replace(one, points=tuple(turned))

    for w in (0.0, 0.3, 0.5):
        straight, turned = (replace(s, global_weight=w) for s in (VALIDATION, swapped(VALIDATION)))
        one, other = recommend(straight, TEST), recommend(turned, swapped(TEST))
        assert one["alpha_grp"]["alpha"] == 1 - other["alpha_grp"]["alpha"]
        assert one["alpha_grp"]["grp"] == other["alpha_grp"]["grp"]
