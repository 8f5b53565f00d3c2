"""Eval sets: what is broken is left out and named, and the rest is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ggez.data import read_eval_set
from ggez.types import UserError

ROW = {
    "item": "pho", "countries": ["VN"], "region": "sea", "aspect": "cuisine",
    "queries": [{"lang": "vie", "text": "phở"}],
}  # fmt: skip


def write(root: Path, lines: list[str], pictures: tuple[str, ...] = ("a.webp", "b.webp")) -> Path:
    folder = root / "toy" / "test"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for name in pictures:
        (folder / name).write_bytes(name.encode())
    return root / "toy"


def row(file: str, **changes: object) -> str:
    return json.dumps({"file_name": file} | ROW | changes)


def test_a_good_set_is_read(tmp_path: Path) -> None:
    found = read_eval_set(write(tmp_path, [row("a.webp"), "", row("b.webp")]), "test")
    assert [case.file for case in found.cases] == ["a.webp", "b.webp"]
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{broken", "broken JSON"),
        (row("gone.webp"), "gone.webp is missing"),
        (json.dumps({"file_name": "b.webp"}), "field item is missing"),
        (row("b.webp", queries=[]), "field queries"),
        (row("b.webp", queries="phở"), "wrong kind"),
        ("[]", "left out"),
        ("3", "left out"),
    ],
)
def test_a_broken_line_is_left_out_and_named(tmp_path: Path, line: str, words: str) -> None:
    found = read_eval_set(write(tmp_path, [row("a.webp"), line]), "test")
    assert len(found.cases) == 1
    assert len(found.warnings) == 1
    assert words in found.warnings[0]
    assert "metadata.jsonl:2" in found.warnings[0]


@pytest.mark.parametrize("lines", [[], ["{"], [row("gone.webp")]])
def test_nothing_usable_is_one_line(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        read_eval_set(write(tmp_path, lines), "test")
    assert "\n" not in str(caught.value)


def test_a_missing_split_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="splits: test"):
        read_eval_set(write(tmp_path, [row("a.webp")]), "validation")


def test_the_digest_follows_pixels_and_words(tmp_path: Path) -> None:
    first = read_eval_set(write(tmp_path, [row("a.webp")]), "test").digest
    assert read_eval_set(tmp_path / "toy", "test").digest == first
    (tmp_path / "toy" / "test" / "a.webp").write_bytes(b"other")
    second = read_eval_set(tmp_path / "toy", "test").digest
    third = read_eval_set(write(tmp_path, [row("a.webp", aspect="everyday")]), "test").digest
    assert len({first, second, third}) == 3
