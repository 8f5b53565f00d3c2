"""Pair files: every bad one is one line, and paths are relative to the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ggez.paths import PAIRS
from ggez.types import UserError
from ggez.workbench.pairs import read_pair, read_pairs

GOOD = "id: x\ntitle: X\nfamily: embedding\nregion: sea\nbase: {name: B}\ntuned: {name: T}\n"
PAPER = sorted(PAIRS.glob("paper-*.yaml"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be a YAML mapping"),
        ("3", "must be a YAML mapping"),
        ("&a [*a]", "must be a YAML mapping"),
        ("[1, 2", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("\ta: 1", "not valid YAML"),
        ("\x00", "not valid YAML"),
        (GOOD + "? [a]\n: 3\n", "not valid YAML"),
        (GOOD + "note: *nothing\n", "not valid YAML"),
        ("!!python/object/apply:os.getcwd []", "not valid YAML"),
        *((GOOD.replace(f"{key}: ", f"x{key}: "), f"{key} is missing") for key in
          ("id", "title", "family", "region", "base", "tuned")),
        (GOOD.replace("embedding", "audio"), "choose one of embedding, diffusion, vlm"),
        (GOOD.replace("embedding", "[embedding]"), "is unknown"),
        (GOOD.replace("{name: B}", "{path: b}"), "'name'"),
        (GOOD.replace("{name: B}", "just text"), "wrong kind"),
        (GOOD + "eval: [a]\n", "wrong kind"),
        (GOOD + "sweeps: 3\n", "wrong kind"),
        (GOOD + "chance: abc\n", "'abc'"),
        (GOOD + "points: 3\n", "wrong kind"),
        (GOOD + "points: [{alpha: 0, regional: 1}]\n", "'global'"),
        (GOOD + "examples: [3]\n", "wrong kind"),
        (GOOD + "examples: [{lang: tha}]\n", "'text'"),
        pytest.param(GOOD + "note: 2026-99-99\n", "not valid YAML"),
        pytest.param(GOOD + "points: [{alpha: .nan, regional: 1, global: 1}]\n", "alpha"),
        pytest.param(GOOD + "points: [{alpha: 7, regional: 1, global: 1}]\n", "alpha"),
        pytest.param(GOOD.replace("{name: B}", "{name: }"), "name"),
    ],
)  # fmt: skip
def test_a_bad_pair_file_is_one_line_that_names_it(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_pair(file)
    assert words in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_or_not_there_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\xff")
    for name, words in (("x.yaml", "not valid YAML"), ("gone.yaml", "no such pair file")):
        with pytest.raises(UserError, match=words) as caught:
            read_pair(tmp_path / name)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("./base", "{here}/base"),
        ("../base", "{above}/base"),
        ("/models/base", "/models/base"),
        ("organisation/model", "organisation/model"),
        ("", ""),
    ],
)
def test_a_path_is_relative_to_the_file_and_a_hub_id_stays(
    tmp_path: Path, path: str, read: str
) -> None:
    here = tmp_path / "pairs"
    here.mkdir()
    text = GOOD.replace("{name: B}", f'{{name: B, path: "{path}", revision: abc}}')
    (here / "x.yaml").write_text(text + "sweeps: ../sweeps\n")
    pair = read_pair(here / "x.yaml")
    assert pair.base.path == read.format(here=here, above=tmp_path)
    assert pair.base.revision == "abc"
    assert pair.sweeps == str(tmp_path / "sweeps")


@pytest.mark.parametrize("file", PAPER, ids=lambda file: file.stem)
def test_a_paper_pair_holds_published_points_and_nothing_to_merge(file: Path) -> None:
    pair = read_pair(file)
    assert pair.readonly
    assert pair.id == file.stem
    assert "2604.11490" in pair.source
    alphas = [point.alpha for point in pair.published]
    assert alphas == sorted(set(alphas))
    assert (alphas[0], alphas[-1]) == (0, 1)
    assert all(0 <= p.regional <= 100 and 0 <= p.global_ <= 100 for p in pair.published)


def test_pairs_to_merge_come_before_pairs_to_read(tmp_path: Path) -> None:
    published = GOOD + "points: [{alpha: 0, regional: 1, global: 2}]\n"
    (tmp_path / "a.yaml").write_text(published.replace("id: x", "id: first"))
    (tmp_path / "b.yaml").write_text(GOOD)
    assert list(read_pairs(tmp_path)) == ["x", "first"]
    (tmp_path / "c.yaml").write_text(GOOD)
    with pytest.raises(UserError, match=r"c\.yaml: id 'x' is taken by .*b\.yaml"):
        read_pairs(tmp_path)
