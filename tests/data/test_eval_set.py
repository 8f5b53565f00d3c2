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


def test_what_is_broken_is_named_by_its_own_line_and_the_rest_is_read(tmp_path: Path) -> None:
    lines = ["{", row("a.webp"), "", row("gone.webp"), json.dumps({"file_name": "b.webp"})]
    found = read_eval_set(write(tmp_path, [*lines, row("b.webp")]), "test")
    assert [case.file for case in found.cases] == ["a.webp", "b.webp"]
    named = [warning.split("metadata.jsonl:")[1][:2] for warning in found.warnings]
    assert named == ["1:", "4:", "5:"]
    assert not any("\n" in warning for warning in found.warnings)


@pytest.mark.parametrize("field", ["file_name", "item", "countries", "region", "aspect", "queries"])
def test_each_field_that_is_missing_is_named(tmp_path: Path, field: str) -> None:
    lacking = json.loads(row("b.webp"))
    del lacking[field]
    found = read_eval_set(write(tmp_path, [row("a.webp"), json.dumps(lacking)]), "test")
    assert len(found.cases) == 1
    assert f"field {field} is missing" in found.warnings[0]


def test_a_case_has_what_its_line_says(tmp_path: Path) -> None:
    line = row("a.webp", name="Phở bò", local=[{"lang": "vie", "text": "phở bò"}])
    (case,) = read_eval_set(write(tmp_path, [line]), "test").cases
    assert (case.id, case.item, case.name) == ("toy/test/a.webp", "pho", "Phở bò")
    assert (case.countries, case.region, case.aspect) == (("VN",), "sea", "cuisine")
    assert (case.queries[0].lang, case.queries[0].text) == ("vie", "phở")
    assert case.local[0].text == "phở bò"


def test_the_name_is_the_item_where_no_name_is_given(tmp_path: Path) -> None:
    (case,) = read_eval_set(write(tmp_path, [row("a.webp")]), "test").cases
    assert (case.name, case.local) == ("pho", ())


def test_text_that_is_not_utf8_is_one_line(tmp_path: Path) -> None:
    root = write(tmp_path, [])
    (root / "test" / "metadata.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="UTF-8") as caught:
        read_eval_set(root, "test")
    assert "\n" not in str(caught.value)


def test_a_set_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="splits: none") as caught:
        read_eval_set(tmp_path / "nothing", "test")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(row("../../secret.webp"), id="a picture outside the split"),
        pytest.param(row("x" * 300), id="a name too long for the disk"),
        pytest.param("[" * 100_000, id="JSON too deep"),
        pytest.param("1" * 5000, id="a number too long"),
        pytest.param(row("b.webp", countries=[]), id="no country"),
        pytest.param(row("b.webp", queries=[{"lang": "vie", "text": 3}]), id="a query no text"),
        pytest.param(row("b.webp", item=None), id="no item"),
    ],
)
def test_a_hostile_line_is_left_out(tmp_path: Path, line: str) -> None:
    (tmp_path / "secret.webp").write_bytes(b"x")
    found = read_eval_set(write(tmp_path, [row("a.webp"), line]), "test")
    assert len(found.cases) == len(found.warnings) == 1


@pytest.mark.parametrize("mark", ["\u2028", "\x85"])
def test_a_line_ends_only_at_a_newline(tmp_path: Path, mark: str) -> None:
    query = [{"lang": "vie", "text": f"phở{mark}bò"}]
    line = json.dumps({"file_name": "a.webp"} | ROW | {"queries": query}, ensure_ascii=False)
    found = read_eval_set(write(tmp_path, [line]), "test")
    assert found.warnings == ()


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    root = write(tmp_path, [])
    (root / "test" / "metadata.jsonl").write_bytes(b"\xef\xbb\xbf" + row("a.webp").encode())
    assert len(read_eval_set(root, "test").cases) == 1
