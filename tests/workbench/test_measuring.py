"""Measuring behind the page: started, cancelled, resumed, and begun again when files change."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from tiny_pair import build, save_side, write_set

from ggez.evaluation.scores import load_scores
from ggez.models.embedding import read_weights
from ggez.types import GRID, UserError
from ggez.workbench import Workbench
from ggez.workbench.jobs import BACKGROUND, EXACT
from ggez.workbench.workbench import check_weight

ALL = 2 * len(GRID)


def until(found: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.01)


def at_rest(bench: Workbench) -> dict:
    until(lambda: bench.status("tiny")["state"] != "running")
    return bench.status("tiny")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pair whose two sweeps are measured."""
    root = build(tmp_path_factory.mktemp("tiny"))
    made = Workbench(root / "pairs", root / "eval_sets", root / "cache")
    made.opened("tiny")
    assert at_rest(made)["state"] == "ready"
    made.close()
    return root


@pytest.fixture
def root(measured: Path, tmp_path: Path) -> Path:
    """A copy of it, free to spoil."""
    made = build(tmp_path / "copy")
    for file in sorted((measured / "cache" / "sweeps" / "tiny").iterdir()):
        to = made / "cache" / "sweeps" / "tiny" / file.name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(file.read_bytes())
    return made


@pytest.fixture
def bench(root: Path) -> Iterator[Workbench]:
    made = Workbench(root / "pairs", root / "eval_sets", root / "cache")
    yield made
    made.close()


def scores_of(root: Path, name: str = "test") -> Path:
    return root / "cache" / "sweeps" / "tiny" / f"{name}.json"


def held(bench: Workbench, after: int = 0) -> threading.Event:
    """Let the pair measure so many α, then hold the worker at the next until the event is set."""
    opened, gate = bench.opened("tiny"), threading.Event()
    straight, seen = opened.measure, []

    def measure(alpha: float, split: str) -> dict:
        seen.append(alpha)
        if len(seen) > after:
            gate.wait(60)
        return straight(alpha, split)

    opened.measure = measure  # type: ignore[method-assign]
    return gate


def test_a_stored_sweep_that_fits_is_used(bench: Workbench, root: Path) -> None:
    before = scores_of(root).read_bytes()
    bench.opened("tiny")
    assert at_rest(bench) == {"state": "ready", "done": 0, "total": 0, "message": ""}
    assert all(bench.known_sweeps("tiny").values())
    assert scores_of(root).read_bytes() == before


def test_measuring_again_measures_all_and_takes_the_old_ones_place(
    bench: Workbench, root: Path
) -> None:
    bench.opened("tiny")
    at_rest(bench)
    file = scores_of(root)
    body = json.loads(file.read_text())
    for entry in body["points"]["0.5000"]["items"].values():
        entry["r1"] = 0.123456
    file.write_text(json.dumps(body))
    bench.measure("tiny")
    told = bench.status("tiny")
    assert (told["state"], told["message"]) == ("running", "Measuring again")
    assert at_rest(bench)["state"] == "ready"
    assert "0.123456" not in file.read_text()
    assert sorted(path.name for path in file.parent.iterdir()) == ["test.json", "validation.json"]


def test_cancel_keeps_what_is_measured_and_measuring_goes_on_from_there(
    bench: Workbench, root: Path
) -> None:
    scores_of(root).unlink()
    scores_of(root, "validation").unlink()
    gate = held(bench, after=3)
    until(lambda: bench.status("tiny")["done"] == 3)
    assert bench.status("tiny")["total"] == ALL
    bench.cancel("tiny")
    told = bench.status("tiny")
    assert (told["state"], told["done"], told["total"]) == ("cancelled", 3, ALL)
    assert told["message"] == f"Cancelled at 3 of {ALL} α; what is measured is kept"
    gate.set()
    bench.jobs.submit(BACKGROUND, lambda: None).result(60)
    assert bench.status("tiny")["state"] == "cancelled", "the α in hand does not revive it"
    kept, _ = load_scores(scores_of(root), bench.opened("tiny").sweep_digests("test"))
    assert kept.alphas == list(GRID[:4]), "and is kept"
    bench.cancel("tiny")
    assert bench.status("tiny")["state"] == "cancelled"

    asked, straight = [], bench.opened("tiny").measure
    bench.opened("tiny").measure = lambda a, s: asked.append((s, a)) or straight(a, s)  # type: ignore[method-assign]
    bench.measure("tiny")
    assert at_rest(bench)["state"] == "ready"
    assert asked == [("test", a) for a in GRID[4:]] + [("validation", a) for a in GRID]


def test_cancelling_while_the_pair_opens_measures_nothing(bench: Workbench, root: Path) -> None:
    scores_of(root).unlink()
    gate = threading.Event()
    bench.jobs.submit(EXACT, lambda: gate.wait(60))
    opening = bench.prepare("tiny")
    bench.cancel("tiny")
    assert bench.status("tiny")["message"] == "Cancelled before anything was measured"
    gate.set()
    opening.result(60)
    bench.jobs.submit(BACKGROUND, lambda: None).result(60)
    assert bench.status("tiny")["state"] == "cancelled" and not scores_of(root).exists()
    known = bench.known_sweeps("tiny")
    assert known["test"] is None and known["validation"], "what fits is still used"
    bench.measure("tiny")
    assert at_rest(bench)["state"] == "ready" and scores_of(root).exists()


def test_cancelling_a_new_measuring_leaves_the_old_sweeps(bench: Workbench, root: Path) -> None:
    before = scores_of(root).read_bytes()
    gate = held(bench, after=2)
    at_rest(bench)
    bench.measure("tiny")
    until(lambda: bench.status("tiny")["done"] == 2)
    bench.cancel("tiny")
    gate.set()
    bench.jobs.submit(BACKGROUND, lambda: None).result(60)
    assert all(bench.known_sweeps("tiny").values())
    assert scores_of(root).read_bytes() == before
    assert len(json.loads(scores_of(root, "test.again").read_text())["points"]) == 3


@pytest.mark.parametrize("change", ["weights", "eval set"])
def test_a_change_on_disk_begins_a_new_measuring_by_itself(
    bench: Workbench, root: Path, change: str
) -> None:
    before = bench.opened("tiny").sweep_digests("test")
    at_rest(bench)
    if change == "weights":
        save_side(root / "pairs" / "tuned", read_weights(root / "pairs" / "base"), 0.1, seed=9)
    else:
        write_set(root / "eval_sets" / "here", "test", "sea", 10)
    told = bench.status("tiny")
    assert told["state"] == "running"
    assert told["message"] == "The weights or an eval set changed on disk; opening them again"
    assert bench.known_sweeps("tiny")["test"] is None
    seen: set[str] = set()
    until(lambda: seen.add(bench.status("tiny")["message"]) or "" in seen)
    assert "The stored sweep belongs to other weights or pictures; measuring it again" in seen
    after = bench.opened("tiny").sweep_digests("test")
    assert before != after
    assert bench.known_sweeps("tiny")["test"].digests == after


def test_a_file_that_was_only_touched_costs_no_measuring(bench: Workbench, root: Path) -> None:
    opened = bench.opened("tiny")
    at_rest(bench)
    file, before = scores_of(root), scores_of(root).stat().st_mtime_ns
    (root / "eval_sets" / "here" / "test" / "metadata.jsonl").touch()
    bench.status("tiny")
    at_rest(bench)
    assert bench.opened("tiny") is not opened
    assert file.stat().st_mtime_ns == before


def test_weights_that_break_are_told_and_mended_ones_are_opened(
    bench: Workbench, root: Path
) -> None:
    bench.opened("tiny")
    at_rest(bench)
    file = root / "pairs" / "tuned" / "open_clip_model.safetensors"
    good = file.read_bytes()
    file.write_bytes(good[:100])
    told = at_rest(bench)
    assert told["state"] == "missing" and "safetensors" in told["message"]
    assert "\n" not in told["message"]
    file.write_bytes(good)
    assert at_rest(bench)["state"] == "ready"


def test_nan_weights_stop_the_measuring_with_one_line(bench: Workbench, root: Path) -> None:
    save_side(root / "pairs" / "tuned", read_weights(root / "pairs" / "base"), float("nan"))
    bench.opened("tiny")
    told = at_rest(bench)
    assert told["state"] == "missing" and "\n" not in told["message"]
    assert "The sweep stopped: at α = 0.05: the model gives NaN or infinity" in told["message"]


def test_the_sweep_of_the_command_line_passes_its_checks(bench: Workbench) -> None:
    sweep = bench.sweep("tiny", "test", lambda *_: None)
    opened, before = bench.opened("tiny"), bench.opened("tiny").measure(0.3, "test")
    report = bench.sanity("tiny", sweep)
    assert report["ok"], report
    assert set(report) == {"ok", "mirror", "shuffled", "arg_max", "endpoints"}
    assert report["mirror"]["bit_for_bit"]
    json.dumps(report, allow_nan=False)
    assert opened.measure(0.3, "test") == before, "the pair is as it was"


def test_a_tuned_side_of_another_dtype_is_mirrored_and_its_end_not_judged(
    bench: Workbench, root: Path
) -> None:
    base = read_weights(root / "pairs" / "base")
    save_side(root / "pairs" / "tuned", base, 0.05, dtype=torch.float32)
    report = bench.sanity("tiny", bench.sweep("tiny", "test", lambda *_: None))
    assert report is not None and report["ok"], report
    assert report["endpoints"] == {"ok": True, "base": True, "tuned": None}
    assert report["mirror"]["bit_for_bit"]


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan"), "0.5", None, True, [0.5], -(10**40)])
def test_a_weight_that_is_no_share_is_one_line(weight: object) -> None:
    with pytest.raises(UserError, match="w must be a number from 0 to 1") as caught:
        check_weight(weight)
    assert "\n" not in str(caught.value)


def test_a_pair_of_published_points_is_not_measured() -> None:
    bench = Workbench()
    for act in (bench.measure, bench.cancel):
        with pytest.raises(UserError, match="published numbers only"):
            act("paper-siglip2")
    bench.close()
