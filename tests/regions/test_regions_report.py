import json
from pathlib import Path

import pytest

from ggez.regions import CITATION, all_regions, format_report, regions_report
from ggez.types import UserError


def test_all_regions() -> None:
    report = json.loads(json.dumps(regions_report()))
    assert [row["id"] for row in report["regions"]] == [region.id for region in all_regions()]
    sea = report["regions"][0]
    assert sea == {
        "id": "sea",
        "name": "Southeast Asia",
        "countries": 11,
        "global_weight": pytest.approx(0.4337, abs=1e-4),
        "year": 2023,
    }
    assert report["citation"] == CITATION


def test_one_region_with_ten_years() -> None:
    report = json.loads(json.dumps(regions_report("SEA")))
    assert (report["id"], report["year"], report["missing"]) == ("sea", 2023, [])
    assert [past["year"] for past in report["history"]] == list(range(2014, 2024))
    assert report["history"][-1]["global_weight"] == report["global_weight"]
    singapore = next(c for c in report["countries"] if c["iso2"] == "SG")
    assert singapore == {
        "iso3": "SGP",
        "iso2": "SG",
        "name": "Singapore",
        "kofgi": 82.71,
        "kofipgidf": 85.88,
    }


def test_a_newer_file_is_shown_by_its_newest_year(tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    file.write_text("iso3,year,kofgi,kofipgidf\nVNM,2023,1,20\nVNM,2030,1,40\n", encoding="utf-8")
    report = regions_report("sea", file)
    assert (report["year"], report["global_weight"]) == (2030, 0.4)
    assert report["source"] == str(file) and len(report["missing"]) == 10
    rows = regions_report(None, file)["regions"]
    assert [row["id"] for row in rows if row["global_weight"] is not None] == ["sea"]
    assert "VNM" in format_report(report) and " - " in format_report(report)


@pytest.mark.parametrize("name", [None, "sea", "latin-america-caribbean"])
def test_the_text_is_aligned(name: str | None) -> None:
    lines = format_report(regions_report(name)).split("\n")
    assert lines == [line.rstrip() for line in lines]
    first = "region" if name is None else "iso3"
    start = next(i for i, line in enumerate(lines) if line.startswith(first))
    table = lines[start : lines.index("", start)]
    assert len(table) > 10 and len({len(line) for line in table}) == 1
    assert "0.434" in "\n".join(lines) or name == "latin-america-caribbean"
    assert CITATION in lines[-1]


def test_the_text_names_who_is_left_out() -> None:
    assert "left out of the mean: PRK" in format_report(regions_report("eastern-asia"))


def test_errors_pass_through(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="unknown"):
        regions_report("atlantis")
    with pytest.raises(UserError, match="no such KOF file"):
        regions_report("sea", tmp_path / "none.csv")
