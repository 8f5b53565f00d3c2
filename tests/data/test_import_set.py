"""Eval sets made of a captioned data set: two sides, two halves, read back as any other."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from snapshots import (
    SAMPLES,
    SEA_VL_CRAWLED,
    XM3600,
    jpeg,
    picture,
    write_snapshot,
    xm3600_row,
)

from ggez.cli import main
from ggez.data import read_eval_set
from ggez.data.import_set import half, import_set
from ggez.evaluation.text_to_image import TextToImage
from ggez.types import UserError

Make = Callable[..., Path]
INSIDE, OUTSIDE = "xm3600-th-sea", "xm3600-th-outside-sea"


def quiet(done: int, total: int, text: str) -> None:
    assert 0 < done <= total


def make(folder: Path, out: Path, name: str = "xm3600", region: str = "sea") -> dict[str, Any]:
    return import_set(name, folder, SAMPLES[name].split, out, region, quiet)


def fails(folder: Path, out: Path, name: str = "xm3600", region: str = "sea") -> str:
    there = sorted(out.parent.iterdir())
    with pytest.raises(UserError) as caught:
        make(folder, out, name, region)
    assert "\n" not in str(caught.value)
    assert sorted(out.parent.iterdir()) == there, "something is left behind"
    return str(caught.value)


def test_both_sides_read_back_and_make_a_task(tmp_path: Path, snapshot: Make) -> None:
    out = tmp_path / "sets"
    result = make(snapshot("xm3600"), out)
    assert sorted(path.name for path in out.iterdir()) == [OUTSIDE, INSIDE]
    total = 0
    for split in ("validation", "test"):
        inside, outside = (read_eval_set(out / name, split) for name in (INSIDE, OUTSIDE))
        assert not inside.warnings + outside.warnings
        TextToImage(inside, outside)
        assert {case.region for case in inside.cases} == {"sea"}
        assert all(set(case.countries) <= {"TH", "VN", "ID", "PH"} for case in inside.cases)
        assert "sea" not in {case.region for case in outside.cases}
        total += len(inside.cases) + len(outside.cases)
        for case in inside.cases + outside.cases:
            assert half(case.item) == split
            assert {query.lang for query in case.queries} == {"tha"}
    assert total == 12  # of 13: a picture chosen for English has no region
    assert sum(result["left_out"].values()) == 1
    assert result["sets"][0]["countries"] == {"ID": 1, "PH": 1, "TH": 2, "VN": 2}
    assert result["sets"][1]["regions"] == {
        "eastern-asia": 1,
        "latin-america-caribbean": 1,
        "oceania": 1,
        "southern-asia": 1,
        "sub-saharan-africa": 1,
        "western-europe": 1,
    }


def test_pictures_are_byte_for_byte_those_of_the_source(tmp_path: Path, snapshot: Make) -> None:
    out = tmp_path / "sets"
    make(snapshot("xm3600"), out)
    written = {file.read_bytes() for file in out.rglob("*.jpg")}
    assert written == {jpeg(seed) for seed in range(13) if seed != 11}


def test_the_card_has_limits_first_licence_and_the_digests_that_are_read(
    tmp_path: Path, snapshot: Make
) -> None:
    out = tmp_path / "sets"
    result = make(snapshot("xm3600"), out)
    for entry in result["sets"]:
        text = (out / entry["name"] / "README.md").read_text(encoding="utf-8")
        _, front, body = text.split("---\n", 2)
        head = yaml.safe_load(front)
        assert (head["license"], head["language"]) == ("cc-by-4.0", ["tha"])
        assert body.index("Limits first") < body.index("Source and licence") < body.index("| split")
        assert "floschne/xm3600" in body
        for split in ("validation", "test"):
            digest = read_eval_set(out / entry["name"], split).digest
            assert digest == entry["splits"][split]["digest"]
            assert digest in body


def test_two_imports_are_equal_and_halves_do_not_depend_on_the_other_rows(
    tmp_path: Path, snapshot: Make
) -> None:
    folder = snapshot("xm3600")
    first = make(folder, tmp_path / "one")
    second = make(folder, tmp_path / "two")
    assert first["sets"] == second["sets"]
    halves = [half(f"{seed:016x}") for seed in range(2000)]
    assert 900 < halves.count("test") < 1100
    assert half("0000000000000000") == "validation"  # fixed: a new hash would move every eval set


def test_an_out_that_exists_is_refused_and_kept(tmp_path: Path, snapshot: Make) -> None:
    out = tmp_path / "sets"
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    assert str(out) in fails(snapshot("xm3600"), out)
    assert (out / "mine.txt").read_text() == "keep"


def test_a_broken_last_picture_leaves_nothing_behind(tmp_path: Path, snapshot: Make) -> None:
    rows = [dict(row) for row in SAMPLES["xm3600"].rows]
    rows[-1]["image"] = {"bytes": jpeg(12)[:-80], "path": None}
    line = fails(snapshot("xm3600", rows), tmp_path / "sets")
    assert "-00001-of-00002.parquet:6: column 'image' holds a broken picture" in line


def test_a_picture_that_stands_twice_is_written_once(tmp_path: Path, snapshot: Make) -> None:
    rows = [*SAMPLES["xm3600"].rows, xm3600_row(0, "vi", "ตลาด", image_id="another")]
    result = make(snapshot("xm3600", rows), tmp_path / "sets")
    assert result["left_out"]["the same picture stands in an earlier row"] == 1
    assert result["sets"][0]["countries"] == {"ID": 1, "PH": 1, "TH": 2, "VN": 2}


def test_inside_a_region_a_country_must_be_certain(tmp_path: Path, snapshot: Make) -> None:
    rows = [xm3600_row(seed, "de", "ตลาด") for seed in range(6)]
    rows += [xm3600_row(seed, "th", "ตลาด") for seed in range(6, 14)]
    result = make(snapshot("xm3600", rows), tmp_path / "sets", region="western-europe")
    assert [entry["name"] for entry in result["sets"]] == ["xm3600-th-outside-western-europe"]
    assert result["sets"][0]["regions"] == {"sea": 8}
    assert list(result["left_out"].values()) == [6]


def test_sea_vl_has_an_inside_only_and_counts_a_shared_picture_in_both(
    tmp_path: Path, snapshot: Make
) -> None:
    result = make(snapshot("sea-vl"), tmp_path / "sets", "sea-vl")
    assert [entry["name"] for entry in result["sets"]] == ["sea-vl-train-sea"]
    assert result["sets"][0]["countries"] == dict.fromkeys(
        ["ID", "MM", "MY", "SG", "TH", "TL", "VN"], 1
    )
    cases = [
        case
        for split in ("validation", "test")
        for case in read_eval_set(tmp_path / "sets" / "sea-vl-train-sea", split).cases
    ]
    shared = next(case for case in cases if case.item == "sea-3")
    assert (shared.countries, shared.aspect) == (("MY", "SG"), "unlabelled")
    burmese = next(case for case in cases if case.item == "sea-1")
    assert burmese.queries[1].text == "ရန်ကုန်မြို့က ဈေး"
    assert burmese.name == "Picture 1 of a market"


def test_questions_are_no_queries(tmp_path: Path, snapshot: Make) -> None:
    line = fails(snapshot("cvqa"), tmp_path / "sets", "cvqa")
    assert "questions and no captions" in line
    assert "test-00000-of-00002.parquet:1" in line


def test_a_set_without_countries_is_refused_early(tmp_path: Path) -> None:
    one = picture(0)
    rows = [{"id": str(n), "image": one, "caption": ["x"], "category": "y"} for n in range(1001)]
    folder = write_snapshot(tmp_path / "snapshot", "train", SEA_VL_CRAWLED, rows)
    line = fails(folder, tmp_path / "sets", "sea-vl")
    assert "no usable picture in 1000 rows" in line
    assert "names no country" in line


def test_too_few_pictures_to_be_split_is_one_line(tmp_path: Path) -> None:
    folder = write_snapshot(
        tmp_path / "snapshot", "th", XM3600, [xm3600_row(0, "th", "ตลาด")], shards=1
    )
    assert "too few pictures to be split in two (1)" in fails(folder, tmp_path / "sets")


def test_the_command_line_reports_and_a_wrong_name_is_exit_2(
    tmp_path: Path, snapshot: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [*SAMPLES["xm3600"].rows, xm3600_row(20, "xx", "ตลาด")]
    args = ["--split", "th", "--out", str(tmp_path / "sets"), "--json"]
    assert main(["eval-set", "import", "xm3600", str(snapshot("xm3600", rows)), *args]) == 0
    shown = capsys.readouterr()
    result = json.loads(shown.out)
    assert result["warnings"]["count"] == 1
    assert "column 'image_locale' is 'xx'" in shown.err
    assert main(["eval-set", "import", "mars", str(tmp_path), *args]) == 2
    assert capsys.readouterr().err.startswith("error: data set 'mars' is unknown")
