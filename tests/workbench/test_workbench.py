"""The workbench: pair files, the queue, queries, and an open pair asked by several at once."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ggez.paths import ASSETS, EVAL_SETS, PAIRS
from ggez.types import GRID, UserError
from ggez.workbench import Workbench
from ggez.workbench.jobs import BACKGROUND, EXACT, Jobs
from ggez.workbench.lookup import meant_item
from ggez.workbench.pairs import read_pair, read_pairs

GOOD = "id: x\ntitle: X\nfamily: embedding\nregion: sea\nbase: {name: B}\ntuned: {name: T}\n"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    made = Workbench(cache=tmp_path_factory.mktemp("cache"))
    made.opened("pocket-embedding")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "mapping"),
        ("[1, 2", "not valid YAML"),
        (GOOD.replace("family: embedding", "family: audio"), "audio"),
        (GOOD.replace("title: X\n", ""), "title is missing"),
        (GOOD.replace("{name: B}", "{path: b}"), "name"),
        (GOOD + "points: [{alpha: 0}]\n", "regional"),
        (GOOD + "examples: [3]\n", "wrong kind"),
    ],
)
def test_a_bad_pair_file_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text)
    with pytest.raises(UserError, match=words) as caught:
        read_pair(file)
    assert "\n" not in str(caught.value)


def test_pairs_that_can_be_merged_come_first_and_ids_are_unique(tmp_path: Path) -> None:
    pairs = read_pairs(PAIRS)
    assert next(iter(pairs)) == "pocket-embedding"
    assert {id_ for id_, spec in pairs.items() if spec.readonly} >= {"paper-siglip2", "paper-vlm"}
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(UserError, match="taken by"):
        read_pairs(tmp_path)


def test_a_person_overtakes_background_work() -> None:
    jobs, gate, order = Jobs(), threading.Event(), []
    first = jobs.submit(BACKGROUND, gate.wait)
    late = [jobs.submit(BACKGROUND, lambda i=i: order.append(i)) for i in range(3)]
    person = jobs.submit(EXACT, lambda: order.append("person"))
    failing = jobs.submit(EXACT, lambda: 1 / 0)
    gate.set()
    for future in (first, person, *late):
        future.result(10)
    assert order == ["person", 0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        failing.result(10)
    jobs.close()


@pytest.mark.parametrize(
    ("query", "item"),
    [
        ("ส้มตำ", "som-tam"),
        ("อยากกินส้มตำมาก", "som-tam"),
        ("NÓN LÁ", "non-la"),
        ("a jeepney please", "jeepney"),
        ("plovdiv", None),
        ("a spaceship", None),
    ],
)
def test_what_a_query_means(bench: Workbench, query: str, item: str | None) -> None:
    assert meant_item(query, bench.cases(bench.spec("pocket-embedding"))) == item


def test_the_preview_at_a_grid_alpha_is_the_exact_answer(bench: Workbench) -> None:
    preview = bench.preview("pocket-embedding", "foto tumpeng")
    assert len(preview["frames"]) == len(GRID)
    for index in (0, 7, 20):
        exact = bench.exact("pocket-embedding", GRID[index], "foto tumpeng")
        assert [r["id"] for r in exact["results"]] == [r["id"] for r in preview["frames"][index]]


def test_people_with_different_alpha_do_not_disturb_each_other(bench: Workbench) -> None:
    def ask(alpha: float) -> tuple[str, list]:
        found = bench.exact("pocket-embedding", alpha, "hình nón lá")
        return found["weights"], found["results"]

    alphas = [0.11, 0.52, 0.93] * 5
    alone = {alpha: ask(alpha) for alpha in set(alphas)}
    with ThreadPoolExecutor(6) as people:
        together = list(people.map(ask, alphas))
    assert together == [alone[alpha] for alpha in alphas]
    assert len({weights for weights, _ in together}) == 3


def test_the_shipped_sweeps_fit_the_shipped_weights(bench: Workbench) -> None:
    opened = bench.opened("pocket-embedding")
    for split in ("validation", "test"):
        scores, state = bench.sweeps.known(opened, split)
        assert state == "ready"
        assert scores.alphas == list(GRID)
    sweep = bench.sweep("pocket-embedding", "test", lambda *_: None)
    again = opened.measure(0.5, "test")
    shipped = sweep.points[10].regional.value
    regional = [again[item]["r1"] for item in ("tumpeng", "non-la", "som-tam")]
    known, _ = bench.sweeps.known(opened, "test")
    stored = [known.points["0.5000"]["items"][i]["r1"] for i in ("tumpeng", "non-la", "som-tam")]
    assert regional == pytest.approx(stored, abs=0.05)
    assert 0 < shipped <= 100


@pytest.mark.parametrize("spoil", ["stale", "broken", "missing"])
def test_a_sweep_that_does_not_fit_is_measured_again(tmp_path: Path, spoil: str) -> None:
    sweeps = tmp_path / "sweeps"
    shutil.copytree(ASSETS / "pocket" / "embedding" / "sweeps", sweeps)
    file = sweeps / "test.json"
    if spoil == "stale":
        file.write_text(file.read_text().replace('"base": "', '"base": "0'))
    elif spoil == "broken":
        file.write_text(file.read_text()[:100])
    else:
        file.unlink()
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    text = (PAIRS / "pocket-embedding.yaml").read_text(encoding="utf-8")
    text = text.replace("sweeps: ../pocket/embedding/sweeps", f"sweeps: {sweeps}")
    text = text.replace("../pocket", str(ASSETS / "pocket"))
    (pairs / "x.yaml").write_text(text, encoding="utf-8")
    bench = Workbench(pairs=pairs, eval_sets=EVAL_SETS, cache=tmp_path / "cache")
    bench.opened("pocket-embedding")
    bench.jobs.submit(BACKGROUND, lambda: None).result(60)
    status = bench.status("pocket-embedding")
    assert status["state"] == "running"
    assert "\n" not in status["message"]
    assert "measuring it again" in status["message"]
    assert bench.exact("pocket-embedding", 0.5, "tais")["results"], "the app goes on"
    bench.close()


@pytest.mark.parametrize("pair", ["nothing", None, 3, "paper-siglip2"])
def test_a_pair_that_cannot_be_asked_is_one_line(bench: Workbench, pair: object) -> None:
    with pytest.raises(UserError) as caught:
        bench.exact(pair, 0.5, "x")
    assert "\n" not in str(caught.value)
