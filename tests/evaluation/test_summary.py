"""What is shown of a sweep: edge cases that are right or refused, other weights, and speed."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from ggez.evaluation.scores import Scores, alpha_key
from ggez.evaluation.summary import summarise, summary
from ggez.evaluation.text_to_image import MEASURES, TextToImage
from ggez.types import GRID, Case, EvalSet, PairSpec, Side, Text, UserError

PAIR = PairSpec("p", "P", "embedding", "sea", Side("b", ""), Side("t", ""), "p.yaml")


def cases(name: str, region: str, items: int, countries: tuple[str, ...], pictures: int = 2):
    return tuple(
        Case(
            f"{name}/{i}/{p}", f"{i}-{p}.webp", f"{name}{i}", f"{name}{i}",
            (countries[i % len(countries)],), region, ("cuisine", "landmark")[i % 2],
            (Text("eng", f"{name}{i}"), Text("tha", f"ไทย {name}{i}")), held_out=i % 4 == 0,
        )
        for i in range(items)
        for p in range(pictures)
    )  # fmt: skip


def task(here: int = 24, there: int = 24, countries: tuple[str, ...] = ("VN", "TH")) -> TextToImage:
    return TextToImage(
        EvalSet("s", "test", "", cases("s", "sea", here, countries), "1"),
        EvalSet("w", "test", "", cases("w", "far", there, ("FR",)), "2"),
    )


def rows(made: TextToImage, level: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit features of a model that is the better the higher its level."""
    rng = np.random.default_rng(seed)
    own = {item: rng.normal(size=16) for item in made.items}
    pictures = np.stack([level * own[c.item] + rng.normal(size=16) for c in made.cases])
    texts = np.stack([level * own[item] + rng.normal(size=16) for item, _ in made.queries])
    return tuple(x / np.linalg.norm(x, axis=1, keepdims=True) for x in (pictures, texts))


def scored(made: TextToImage, levels: tuple[float, ...] = (0.5, 0.9, 1.5)) -> Scores:
    alphas = np.linspace(0, 1, len(levels))
    points = {
        alpha_key(alpha): {"items": made.score(*rows(made, level))}
        for alpha, level in zip(alphas, levels, strict=True)
    }
    return Scores({}, points)


def test_every_metric_of_the_contract_has_an_interval() -> None:
    made = task()
    points = summarise(scored(made), made, PAIR, 0.4).points
    shown = [name for key, name in MEASURES.items() if key != "r1"] + ["zero_shot_per_class"]
    wanted = {f"{side}_{name}" for side in ("regional", "global") for name in shown}
    wanted |= {"regional_gained", "global_gained", "regional_held_out"}
    for point in points:
        assert set(point.metrics) == wanted | {"retention_lower_95"}
        for name in wanted:
            found = point.metrics[name]
            if name == "regional_held_out":
                assert (found.n, found.low) == (6, None)
            else:
                assert found.low <= found.value <= found.high, name
        kept = point.metrics["retention_lower_95"].value
        assert point.retention.low <= kept <= point.retention.value or point.alpha == 0
    json.dumps(points[0].as_json(), allow_nan=False)


def test_metrics_are_macro_means_like_the_primary_one() -> None:
    made = task(countries=("VN", "VN", "TH"))
    scores = scored(made)
    point, items = summarise(scores, made, PAIR, 0.4).points[1], scores.items(0.5)
    by: dict[str, list[float]] = {}
    for i in range(24):
        by.setdefault(("VN", "VN", "TH")[i % 3], []).append(items[f"s{i}"]["ap"])
    assert point.metrics["regional_mAP"].value == pytest.approx(
        100 * np.mean([np.mean(v) for v in by.values()])
    )
    per_class = 100 * np.mean([items[f"s{i}"]["zero_shot"] for i in range(24)])
    assert point.metrics["regional_zero_shot_per_class"].value == pytest.approx(per_class)
    assert point.aspects["cuisine"].value == pytest.approx(
        100 * np.mean([items[f"s{i}"]["r1"] for i in range(0, 24, 2)])
    ), "aspects are of the region's items"
    assert point.aspects["cuisine"].low < point.aspects["cuisine"].high
    assert (point.languages["tha"].n, point.countries["VN"].n) == (48, 16)


def test_another_weight_moves_grp_alone() -> None:
    made = task()
    told = summary(scored(made), made, PAIR, 0.4)
    again = summarise(scored(made), made, PAIR, 0.9)
    assert told.at(0.9) == again
    assert told.at(0.4) is told.sweep
    for w, side in ((0.0, "regional"), (1.0, "global_")):
        for point in told.at(w).points:
            assert point.grp == replace(getattr(point, side), n=48)


def test_a_base_of_no_quality_has_no_gain_and_keeps_nothing() -> None:
    made = task()
    scores = scored(made)
    for entry in scores.items(0).values():
        entry["r1"] = 0.0
    points = summarise(scores, made, PAIR, 0.4).points
    assert all(point.gain is None and point.retention is None for point in points)
    assert "retention_lower_95" not in points[2].metrics
    assert points[2].metrics["regional_gained"].low > 0
    json.dumps([point.as_json() for point in points], allow_nan=False)


def test_a_base_that_scores_nothing_in_some_draws_has_a_gain_without_an_interval() -> None:
    made = task()
    scores = scored(made)
    for item, entry in scores.items(0).items():
        entry["r1"] = float(item == "s1")
    point = summarise(scores, made, PAIR, 0.4).points[2]
    assert point.gain.value > 0 and point.gain.low is None


def test_a_split_with_one_item_a_side_has_points_and_no_interval() -> None:
    made = task(1, 1, ("VN",))
    assert made.chance == 50
    point = summarise(scored(made, (2.0, 2.0)), made, PAIR, 0.4).points[1]
    assert (point.regional.low, point.grp.low, point.countries["VN"].low) == (None, None, None)
    assert "retention_lower_95" not in point.metrics
    assert (point.regional.n, point.grp.n) == (1, 2)


@pytest.mark.parametrize("countries", [(), ("",), ("VN", "")])
def test_an_empty_country_is_refused_in_one_line(countries: tuple[str, ...]) -> None:
    case = replace(cases("s", "sea", 1, ("VN",))[0], countries=countries)
    with pytest.raises(UserError, match="'s0' has an empty country") as caught:
        TextToImage(EvalSet("s", "test", "", (case,), "1"), task().global_)
    assert "\n" not in str(caught.value)


def test_constant_scores_are_at_chance_and_gain_nothing() -> None:
    made = task()
    same = np.full((len(made.cases), 4), 0.5), np.full((len(made.queries), 4), 0.5)
    found = made.score(*same)
    for key in ("r1", "zero_shot"):
        assert 100 * np.mean([e[key] for e in found.values()]) == pytest.approx(made.chance)
    scores = Scores({}, {alpha_key(a): {"items": found} for a in (0, 0.5, 1)})
    points = summarise(scores, made, PAIR, 0.4).points
    assert {p.gain.value for p in points} == {0}
    assert {
        (p.metrics["regional_gained"].low, p.metrics["global_gained"].high) for p in points
    } == {(0, 0)}


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("kind", ["pictures", "texts"])
def test_a_model_that_is_not_finite_is_refused_in_one_line(value: float, kind: str) -> None:
    made = task()
    pictures, texts = rows(made, 1.0)
    (pictures if kind == "pictures" else texts)[3, 0] = value
    with pytest.raises(
        UserError, match=rf"for 1 of 96 {kind}, first for '(s/1/1|ไทย s1)'"
    ) as caught:
        made.score(pictures, texts)
    assert "\n" not in str(caught.value)


def test_a_sweep_without_its_base_is_refused() -> None:
    made = task()
    scores = Scores({}, {"0.5000": {"items": made.score(*rows(made, 1.0))}})
    with pytest.raises(UserError, match="the base, is not measured"):
        summarise(scores, made, PAIR, 0.4)


def test_the_grid_of_a_whole_world_is_summarised_in_a_second() -> None:
    made = task(84, 89, tuple(f"C{i}" for i in range(11)))
    one = made.score(*rows(made, 1.0))
    scores = Scores({}, {alpha_key(alpha): {"items": one} for alpha in GRID})
    started = time.process_time()
    summary(scores, made, PAIR, 0.4)
    assert time.process_time() - started < 1
