"""The whole filter on a small source: what it keeps, why, and that nothing else matters."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_source import read_lines, write_lines

from ggez.data.image_folder import Captioned, read_image_folder
from ggez.filtering.decide import RULES
from ggez.filtering.reward import load_reward
from ggez.types import UserError

Run = Callable[..., tuple[Path, dict[str, Any]]]
Outcome = tuple[Path, dict[str, Any]]


def linked(source: Path, target: Path, rows: list[dict[str, Any]]) -> Path:
    """A source with the same pictures and other rows."""
    shutil.copytree(source, target, copy_function=lambda a, b: Path(b).hardlink_to(a))
    (target / "metadata.jsonl").unlink()
    write_lines(target, rows)
    return target


def decided(out: Path) -> Counter[str]:
    rows = read_lines(out / "decisions.jsonl")
    return Counter(json.dumps({k: v for k, v in row.items() if k != "line"}) for row in rows)


def test_every_row_has_one_decision_with_a_reason(source: Path, outcome: Outcome) -> None:
    out, report = outcome
    rows, decisions = read_lines(source / "metadata.jsonl"), read_lines(out / "decisions.jsonl")
    assert [d["line"] for d in decisions] == list(range(1, len(rows) + 1))
    for row, decision in zip(rows, decisions, strict=True):
        assert (decision["file_name"], decision["text"]) == (row["file_name"], row["text"])
        assert decision["rule"] in RULES and decision["reason"]
        assert 0 <= decision["score"] <= 1
        assert decision["kept"] == RULES[decision["rule"]].startswith("kept")
    assert report["rules"] == {
        rule: n for rule in RULES if (n := sum(d["rule"] == rule for d in decisions))
    }


def test_what_is_kept_is_a_source_again(source: Path, outcome: Outcome) -> None:
    out, report = outcome
    kept = list(read_image_folder(out))
    assert len(kept) == report["kept"] > 40
    before: dict[tuple[str, str], Captioned] = {}
    for row in read_image_folder(source):
        before.setdefault((row.row["file_name"], row.text), row)
    for row in kept:
        first = before[row.row["file_name"], row.text]
        assert row.file.read_bytes() == first.file.read_bytes()
        assert {k: v for k, v in row.row.items() if k != "group"} == first.row
    pictures = {file for file in out.rglob("*.*") if file.suffix in (".png", ".webp", ".jpg")}
    assert pictures == {row.file for row in kept}
    named = [row for row in kept if row.row.get("kind") == "named"]
    assert sum(row.row["group"] == row.row["item"] for row in named) == len(named)


def test_pictures_of_an_eval_set_are_dropped_with_that_reason(outcome: Outcome) -> None:
    out, _ = outcome
    told = {row["file_name"]: row for row in read_lines(out / "decisions.jsonl")}
    assert told["leaked.webp"]["rule"] == told["again.jpg"]["rule"] == "evaluated"
    where = "the picture pocket-sea/test/pho-03.webp of an eval set"
    assert told["leaked.webp"]["reason"] == f"the picture is {where}"
    assert told["again.jpg"]["reason"] == f"the picture is nearly {where}"
    assert told["half.png"]["rule"] == "unreadable"
    assert not (out / "leaked.webp").exists()


def test_a_repeated_row_is_kept_at_most_once(source: Path, outcome: Outcome) -> None:
    out, _ = outcome
    rows = read_lines(source / "metadata.jsonl")
    pairs = Counter((row["file_name"], row["text"]) for row in rows)
    kept = Counter((row["file_name"], row["text"]) for row in read_lines(out / "metadata.jsonl"))
    assert max(pairs.values()) > 1 and max(kept.values()) == 1
    decisions = read_lines(out / "decisions.jsonl")
    again = [d for d in decisions if d["rule"] == "duplicate"]
    assert len(again) == sum(n - 1 for n in pairs.values())
    assert all("repeats the picture" in d["reason"] for d in again)


def test_regional_rows_are_kept_far_more_often_than_others(outcome: Outcome) -> None:
    kinds = outcome[1]["labels"]["kinds"]
    share = {kind: tally["kept"] / tally["rows"] for kind, tally in kinds.items()}
    assert share["named"] > 0.4
    assert share["misspelt"] > 0.2
    for kind in ("homograph", "elsewhere", "elsewhere-unnamed", "wrong", "duplicate"):
        assert share[kind] < share["named"] / 3, kind
    labels = outcome[1]["labels"]
    assert labels["precision"] == labels["kept_and_relevant"] / labels["kept"]
    assert labels["recall"] == labels["kept_and_relevant"] / labels["relevant"]


def test_the_order_of_rows_changes_nothing(
    source: Path, outcome: Outcome, run: Run, tmp_path: Path
) -> None:
    rows = read_lines(source / "metadata.jsonl")
    random.Random(4).shuffle(rows)
    out, _ = run(linked(source, tmp_path / "shuffled", rows))
    assert decided(out) == decided(outcome[0])


def test_labels_are_not_looked_at(source: Path, outcome: Outcome, run: Run, tmp_path: Path) -> None:
    told = ("file_name", "text", "lang")
    rows = [{k: row[k] for k in told} for row in read_lines(source / "metadata.jsonl")]
    out, report = run(linked(source, tmp_path / "bare", rows))
    assert decided(out) == decided(outcome[0])
    assert report["labels"] is None
    assert "Precision" not in (out / "README.md").read_text(encoding="utf-8")


def test_a_copy_under_another_name_is_a_duplicate_and_a_new_caption_is_not(
    source: Path, outcome: Outcome, run: Run, tmp_path: Path
) -> None:
    rows = read_lines(source / "metadata.jsonl")
    kept = next(row for row in read_lines(outcome[0] / "metadata.jsonl") if row["kind"] == "named")
    folder = linked(source, tmp_path / "more", rows)
    shutil.copy(source / kept["file_name"], folder / "zz-copy.png")
    again = {"file_name": "zz-copy.png", "text": kept["text"].upper(), "lang": kept["lang"]}
    other = {**again, "text": f"{kept['text']}, seen again"}
    write_lines(folder, [*rows, again, other])
    out, _ = run(folder)
    *_, first, second = read_lines(out / "decisions.jsonl")
    assert first["rule"] == "duplicate"
    assert first["reason"].endswith(f"of {kept['file_name']}")
    assert second["rule"] != "duplicate"


def test_the_card_begins_with_limits_and_has_what_the_report_says(outcome: Outcome) -> None:
    out, report = outcome
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.split("\n# ")[1].split("\n\n")[1].startswith("**Limits first.**")
    for digest in report["digests"].values():
        assert len(digest) == 64 and digest in card
    stored = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert stored == {k: v for k, v in report.items() if k != "out"}


def test_a_reward_model_has_the_last_word(source: Path, outcome: Outcome, run: Run) -> None:
    name = "toy_rewards:length"
    out, report = run(source, reward=name, reward_min=20)
    before = read_lines(outcome[0] / "metadata.jsonl")
    after = read_lines(out / "metadata.jsonl")
    assert after == [row for row in before if len(row["text"]) >= 20]
    assert report["rules"]["reward"] == len(before) - len(after) > 0
    low = next(d for d in read_lines(out / "decisions.jsonl") if d["rule"] == "reward")
    assert low["reason"] == f"the reward model gives {len(low['text'])}, below 20"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"reward": "toy_rewards:length"}, "together"),
        ({"reward": "toy_rewards:broken", "reward_min": 1}, "ZeroDivisionError"),
        ({"reward": "toy_rewards:short", "reward_min": 1}, "one number for each"),
        ({"gazetteer": Path("nowhere.csv")}, "nowhere.csv: cannot be read"),
        ({"base": Path("nowhere")}, "nowhere: no such folder"),
    ],
)
def test_a_wrong_input_is_one_line_and_leaves_nothing(
    source: Path, run: Run, tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    rows = read_lines(source / "metadata.jsonl")[:60]
    folder = linked(source, tmp_path / "few", rows)
    with pytest.raises(UserError, match=words) as caught:
        run(folder, **more)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["toy", "toy_rewards:gone", "no.such:f", "toy_rewards:NUMBER"])
def test_a_reward_that_is_none_is_named(name: str) -> None:
    with pytest.raises(UserError, match=name):
        load_reward(name)
