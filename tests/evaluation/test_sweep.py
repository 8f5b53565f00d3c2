"""Sweeps: resumed, never stale, and sane under a swap and a shuffle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ggez.evaluation.scores import Scores, load_scores
from ggez.evaluation.summary import summarise
from ggez.evaluation.sweep import run_sweep
from ggez.evaluation.text_to_image import MEASURES, TextToImage
from ggez.types import Case, EvalSet, PairSpec, Side, Text, UserError

ALPHAS = (0.0, 0.5, 1.0)
PAIR = PairSpec("p", "P", "embedding", "sea", Side("b", ""), Side("t", ""), "p.yaml")


def quiet(*_: object) -> None:
    pass


def toy(name: str, region: str, items: int, pictures: int = 4) -> EvalSet:
    cases = [
        Case(
            f"{name}/{i}/{p}", f"{i}-{p}.webp", f"{name}{i}", f"{name}{i}",
            (("TH", "LA") if i == 0 else ("TH",)) if region == "sea" else ("FR",),
            region, "cuisine", (Text("eng", f"{name}{i}"), Text("tha", f"ไทย {name}{i}")),
        )
        for i in range(items)
        for p in range(pictures)
    ]  # fmt: skip
    return EvalSet(name, "test", "", tuple(cases), f"digest-{name}")


TASK = TextToImage(toy("s", "sea", 9), toy("w", "western-europe", 10))


def features(quality: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and texts of a model that knows regional and global items so well."""
    rng = np.random.default_rng(1)
    names = list(TASK.items)
    own = {name: rng.normal(size=32) for name in names}

    def noisy(name: str) -> np.ndarray:
        level = quality[name[0]]
        row = level * own[name] + (1 - level) * rng.normal(size=32) * 3
        return row / np.linalg.norm(row)

    pictures = np.stack([noisy(case.item) for case in TASK.cases])
    return pictures, np.stack([own[item] for item, _ in TASK.queries])


def measure(alpha: float) -> dict:
    return TASK.score(*features({"s": 0.45 + 0.4 * alpha, "w": 0.85 - 0.3 * alpha}))


def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path: Path) -> None:
    asked: list[float] = []

    def fragile(alpha: float) -> dict:
        asked.append(alpha)
        if alpha == 1.0 and len(asked) == 3:
            raise KeyboardInterrupt
        return measure(alpha)

    file = tmp_path / "s.json"
    with pytest.raises(KeyboardInterrupt):
        run_sweep(fragile, ALPHAS, {"w": "1"}, file, quiet)
    scores = run_sweep(fragile, ALPHAS, {"w": "1"}, file, quiet)
    assert asked == [0.0, 0.5, 1.0, 1.0]
    assert scores.alphas == list(ALPHAS)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("spoil", ["stale", "broken", "truncated", "fresh"])
def test_what_does_not_fit_is_measured_again(tmp_path: Path, spoil: str) -> None:
    file, asked = tmp_path / "s.json", []
    run_sweep(measure, ALPHAS, {"w": "1"}, file, quiet)
    if spoil == "broken":
        file.write_text('{"digests": 3, "points": []}')
    if spoil == "truncated":
        file.write_text(file.read_text()[:200])
    digests = {"w": "2" if spoil == "stale" else "1"}
    assert load_scores(file, digests)[1] == {"truncated": "broken", "fresh": "ready"}.get(
        spoil, spoil
    )
    run_sweep(
        lambda a: asked.append(a) or measure(a),
        ALPHAS,
        digests,
        file,
        quiet,
        fresh=spoil == "fresh",
    )
    assert asked == list(ALPHAS)


def test_swapping_base_and_tuned_mirrors_the_curve(tmp_path: Path) -> None:
    one = run_sweep(measure, ALPHAS, {}, tmp_path / "a.json", quiet)
    two = run_sweep(lambda a: measure(1 - a), ALPHAS, {}, tmp_path / "b.json", quiet)
    straight, swapped = (summarise(s, TASK, PAIR, 0.434).points for s in (one, two))
    for left, right in zip(straight, reversed(swapped), strict=True):
        assert left.regional == right.regional
        assert left.global_ == right.global_
        assert left.metrics["regional_mAP"] == right.metrics["regional_mAP"]
    assert straight[0].gain.value == 0
    assert straight[0].retention.value == 1


def test_the_points_say_what_they_mean(tmp_path: Path) -> None:
    scores = run_sweep(measure, ALPHAS, {}, tmp_path / "a.json", quiet)
    sweep = summarise(scores, TASK, PAIR, 0.434)
    for point in sweep.points:
        assert point.grp.value == pytest.approx(
            0.434 * point.global_.value + 0.566 * point.regional.value
        )
        assert point.regional.low <= point.regional.value <= point.regional.high
        assert point.countries["LA"].low is None, "one item: points without an interval"
        assert point.countries["TH"].low is not None
    assert sweep.chance == pytest.approx(100 / 19)
    assert set(sweep.as_json()["points"][0]) >= {"alpha", "regional", "global", "global_all", "grp"}


def test_shuffled_labels_fall_to_chance() -> None:
    pictures, _ = features({"s": 0.9, "w": 0.9})
    rng = np.random.default_rng(2)
    means = []
    for _ in range(30):
        rows = rng.normal(size=(len(TASK.queries), 32))
        scores = TASK.score(pictures, rows)
        means.append(np.mean([entry["r1"] for entry in scores.values()]))
    assert 100 * np.mean(means) == pytest.approx(TASK.chance, abs=2)


def test_an_item_on_both_sides_is_refused() -> None:
    with pytest.raises(UserError, match="outside the region"):
        TextToImage(toy("s", "sea", 2), toy("s", "sea", 2))


def test_constant_features_are_at_chance_and_not_perfect() -> None:
    rows = np.ones((len(TASK.cases), 8)) / np.sqrt(8)
    found = TASK.score(rows, np.ones((len(TASK.queries), 8)) / np.sqrt(8))
    assert 100 * np.mean([entry["r1"] for entry in found.values()]) == pytest.approx(TASK.chance)


def test_an_item_with_more_pictures_weighs_no_more() -> None:
    task = TextToImage(toy("s", "sea", 2, pictures=7), toy("w", "western-europe", 3, pictures=4))
    rows = np.random.default_rng(0).normal(size=(len(task.cases), 8))
    texts = np.random.default_rng(1).normal(size=(len(task.queries), 8))
    found = task.score(rows, texts)
    assert task.galleries == 4
    assert task.chance == pytest.approx(20)
    assert {entry["n"] for entry in found.values()} == {2 * 4}


def test_a_perfect_model_is_at_a_hundred_and_a_liar_at_nothing() -> None:
    names = list(TASK.items)
    pictures = np.eye(len(names))[[names.index(case.item) for case in TASK.cases]]
    texts = np.eye(len(names))[[names.index(item) for item, _ in TASK.queries]]
    for sign, score in ((1, 1.0), (-1, 0.0)):
        found = TASK.score(pictures, sign * texts)
        assert {entry["r1"] for entry in found.values()} == {score}


def test_a_write_that_fails_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "s.json"
    run_sweep(measure, (0.0,), {"w": "1"}, file, quiet)
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="no space"):
        run_sweep(measure, ALPHAS, {"w": "1"}, file, quiet)
    assert file.read_bytes() == before
    assert load_scores(file, {"w": "1"})[1] == "ready"


def test_more_alphas_are_added_to_those_measured_and_progress_is_told(tmp_path: Path) -> None:
    file, told, asked = tmp_path / "s.json", [], []
    run_sweep(measure, ALPHAS, {}, file, quiet)
    scores = run_sweep(
        lambda a: asked.append(a) or measure(a),
        (0.25, *ALPHAS),
        {},
        file,
        lambda done, total, text: told.append((done, total)),
    )
    assert (asked, told) == ([0.25], [(0, 1), (1, 1)])
    assert scores.alphas == [0.0, 0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "null", '{"digests": {}}', '{"digests": {}, "points": {"0.5000": 3}}',
        pytest.param('{"digests": {}, "points": {"x": {"items": {}}}}'),
        pytest.param('{"digests": {}, "points": {"0.5000": {"items": {"a": 3}}}}'),
    ],
)  # fmt: skip
def test_a_file_that_is_no_scores_is_broken_and_never_ready(tmp_path: Path, text: str) -> None:
    file = tmp_path / "s.json"
    file.write_text(text)
    assert load_scores(file, {}) == (None, "broken")


def test_scores_survive_the_file_to_six_digits(tmp_path: Path) -> None:
    entry = dict.fromkeys(MEASURES, 0.5)
    entry |= {"r1": 1 / 3, "r5": 1.0, "n": 4, "languages": {"tha": [0.1, 4]}}
    scores = Scores({"w": "1"}, {"0.5000": {"items": {"a": entry}}})
    scores.save(tmp_path / "new" / "s.json")
    loaded, state = load_scores(tmp_path / "new" / "s.json", None)
    assert state == "ready"
    assert loaded.points["0.5000"]["items"] == {"a": entry | {"r1": 0.333333}}


def test_the_digest_of_a_task_follows_both_sets() -> None:
    other = TextToImage(toy("s", "sea", 9), toy("v", "western-europe", 10))
    assert TASK.digest != other.digest
    assert TASK.digest == TextToImage(TASK.regional, TASK.global_).digest


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float32("nan")])
def test_a_score_that_is_not_finite_is_refused_in_one_line(tmp_path: Path, value: float) -> None:
    file = tmp_path / "s.json"
    entry = dict.fromkeys(MEASURES, 0.5) | {"ap": value, "languages": {}}
    with pytest.raises(UserError, match=r"0.5000, items, a, ap is (nan|inf)") as caught:
        Scores({}, {"0.5000": {"items": {"a": entry}}}).save(file)
    assert "\n" not in str(caught.value)
    assert not file.exists()


def test_scores_of_any_float_are_kept_and_one_line_an_alpha_is_read(tmp_path: Path) -> None:
    file = tmp_path / "s.json"
    entry = dict.fromkeys(MEASURES, np.float32(0.25)) | {"n": np.int64(3), "languages": {}}
    points = {key: {"items": {"a": entry}} for key in ("0.0000", "0.5000")}
    Scores({"w": "1"}, points).save(file)
    loaded, state = load_scores(file, {"w": "1"})
    assert (state, loaded.items(0.5)["a"]["ap"]) == ("ready", 0.25)
    assert sum(line.startswith('  "0.') for line in file.read_text().splitlines()) == 2
    file.write_text(file.read_text().replace("0.25", "NaN"))
    assert load_scores(file, {"w": "1"}) == (None, "broken")
