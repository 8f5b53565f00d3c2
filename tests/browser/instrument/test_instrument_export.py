"""Export: what is in the files, and that making them asks nobody."""

from __future__ import annotations

import csv
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from instrument_driver import Instrument

VIEWS = {"Curves": "curves", "Trade-off": "tradeoff", "Countries": "countries", "Table": "table"}
BUTTON = ".export-button"


def export(instrument: Instrument, view: str, kind: str, folder: Path) -> Path:
    instrument.view(view)
    instrument.page.wait_for_timeout(150)
    instrument.forget()
    instrument.page.click(BUTTON)
    with instrument.page.expect_download() as download:
        instrument.page.click(f".menu [data-type={kind}]")
    assert download.value.suggested_filename == f"pocket-test-{VIEWS[view]}.{kind}"
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    assert instrument.calls() == []
    assert [url for url in instrument.requests if not url.startswith(("blob:", "data:"))] == []
    return file


def table(file: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The comments and the rows of a CSV."""
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    comments = [line for line in lines if line.startswith("#")]
    return comments, list(csv.DictReader(lines[len(comments) :]))


def number(text: str) -> float | None:
    return float(text) if text else None


def same(row: dict[str, str], key: str, estimate: dict) -> None:
    assert number(row[key]) == estimate["value"]
    assert [number(row[f"{key}_{end}"]) for end in ("low", "high", "n")] == [
        estimate["low"],
        estimate["high"],
        estimate["n"],
    ]


@pytest.mark.parametrize("view", ["Curves", "Trade-off", "Table"])
def test_a_csv_has_the_states_numbers_in_full(
    instrument: Instrument, tmp_path: Path, view: str
) -> None:
    instrument.start(plotly=True)
    comments, rows = table(export(instrument, view, "csv", tmp_path))
    points = instrument.fake("fake.sweep('test').points")
    assert [float(row["alpha"]) for row in rows] == [p["alpha"] for p in points]
    for row, point in zip(rows, points, strict=True):
        for key in ("regional", "global", "grp"):
            same(row, key, point[key])
        if view != "Trade-off":
            same(row, "gain", point["gain"])
        if view == "Table":
            same(row, "countries_TL", point["countries"]["TL"])
            same(row, "metrics_regional_R@5", point["metrics"]["regional_R@5"])
            same(row, "languages_vie", point["languages"]["vie"])
    assert "# pair: pocket (Pocket embedding, Southeast Asia)" in comments
    assert "# split: test" in comments
    assert "# metric: text→image R@1, 0–100" in comments
    assert "# global_weight: 0.434" in comments
    assert "# digest base: d211cc43874d" in comments


def test_the_countries_csv_has_what_each_lost(instrument: Instrument, tmp_path: Path) -> None:
    instrument.start(plotly=True)
    _, rows = table(export(instrument, "Countries", "csv", tmp_path))
    points = instrument.fake("fake.sweep('test').points")
    assert len(rows) == 21 * 11
    for row in rows:
        curve = {p["alpha"]: p["countries"][row["country"]] for p in points}
        best = max(curve, key=lambda alpha: curve[alpha]["value"])
        here = curve[float(row["alpha"])]
        assert number(row["cultural"]) == here["value"]
        assert number(row["low"]) == here["low"]
        assert number(row["lost_against_own_best"]) == pytest.approx(
            curve[best]["value"] - here["value"]
        )
        assert float(row["own_best_alpha"]) == best


@pytest.mark.parametrize("view", ["Curves", "Trade-off", "Countries"])
def test_pictures_open_and_hold_the_view(instrument: Instrument, tmp_path: Path, view: str) -> None:
    instrument.start(plotly=True)
    text = export(instrument, view, "svg", tmp_path).read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    words = " ".join(" ".join(root.itertext()).split())
    wanted = {"Curves": "α*", "Trade-off": "base", "Countries": "Timor-Leste"}
    assert wanted[view] in words
    assert "var(--" not in text  # colours are written in
    assert "http://127" not in text
    png = export(instrument, view, "png", tmp_path).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    if view == "Countries":
        size = [float(root.get(key)) for key in ("width", "height")]
    else:
        box = instrument.page.locator(".stage").bounding_box()
        size = [box["width"], box["height"]]
    assert [width, height] == pytest.approx([2 * side for side in size], abs=4)


def test_a_table_has_no_picture(instrument: Instrument) -> None:
    instrument.start()
    instrument.view("Table")
    instrument.page.click(BUTTON)
    assert instrument.page.is_enabled(".menu [data-type=csv]")
    assert instrument.page.is_disabled(".menu [data-type=png]")


def test_the_menu_is_worked_by_keyboard(instrument: Instrument) -> None:
    instrument.start()
    focused = "document.activeElement.dataset.type ?? document.activeElement.ariaLabel"
    instrument.page.focus(BUTTON)
    instrument.page.keyboard.press("ArrowDown")
    assert instrument.page.get_attribute(BUTTON, "aria-expanded") == "true"
    for key, item in [("ArrowDown", "svg"), ("ArrowDown", "png"), ("ArrowDown", "csv")]:
        instrument.page.keyboard.press(key)
        assert instrument.page.evaluate(focused) == item
    instrument.page.keyboard.press("Escape")
    assert instrument.page.evaluate(focused) == "Export this view"
    assert not instrument.page.is_visible(".menu")
    instrument.page.click(BUTTON)
    instrument.page.mouse.click(5, 5)
    assert not instrument.page.is_visible(".menu")


def test_a_name_that_looks_like_a_formula_is_disarmed(instrument: Instrument) -> None:
    instrument.page.goto(instrument.origin)
    fields = instrument.page.evaluate(
        """(async () => { const {field} = await import('/instrument/csv.js');
        return ['=1+1', 'a,"b"', -1.5, null, NaN].map(field); })()"""
    )
    assert fields == ["'=1+1", '"a,""b"""', "-1.5", "", ""]
