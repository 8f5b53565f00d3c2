"""What `regions [NAME] [--kof FILE]` reports, as data and as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ggez.regions.kof import CITATION, KofTable
from ggez.regions.regions import all_regions, find_region
from ggez.regions.weight import global_weight
from ggez.types import Region, UserError

HISTORY = 10
"""Years of global_weight that a region's report shows."""


def regions_report(name: str | None = None, kof: Path | None = None) -> dict[str, Any]:
    """All regions, or one with its countries; KOF values of the table's newest year.

    KOF values are 0-100, `global_weight` is 0-1, and both are None where KOF has no value.
    `missing` names the countries that the mean leaves out. Raises UserError for an unknown
    region or a file that is not a KOF table.
    """
    regions = all_regions() if name is None else (find_region(name),)
    table = KofTable.read(kof)
    year = table.years[-1]
    head = {"year": year, "source": table.source, "citation": CITATION}
    if name is not None:
        return _one(regions[0], table, year) | head
    rows = [
        {
            "id": region.id,
            "name": region.name,
            "countries": len(region.countries),
            "global_weight": _weight(region, table, year),
            "year": year,
        }
        for region in regions
    ]
    return {"regions": rows} | head


def format_report(report: dict[str, Any]) -> str:
    """The report as aligned text; it ends without a newline."""
    lines = _all_text(report) if "regions" in report else _one_text(report)
    return "\n".join([*lines, "", f"Source: {report['source']}", f"Cite: {report['citation']}"])


def _weight(region: Region, table: KofTable, year: int) -> float | None:
    try:
        return global_weight(region, table, year).value
    except UserError:  # a region without values must not hide the others
        return None


def _one(region: Region, table: KofTable, year: int) -> dict[str, Any]:
    countries = [
        {
            "iso3": c.iso3,
            "iso2": c.iso2,
            "name": c.name,
            "kofgi": table.value(c.iso3, year, "kofgi"),
            "kofipgidf": table.value(c.iso3, year, "kofipgidf"),
        }
        for c in region.countries
    ]
    return {
        "id": region.id,
        "name": region.name,
        "global_weight": _weight(region, table, year),
        "countries": countries,
        "missing": [c["iso3"] for c in countries if c["kofipgidf"] is None],
        "history": [
            {"year": past, "global_weight": _weight(region, table, past)}
            for past in table.years[-HISTORY:]
        ],
    }


def _all_text(report: dict[str, Any]) -> list[str]:
    head = ("region", "name", "countries", f"global_weight {report['year']}")
    rows = [
        (r["id"], r["name"], str(r["countries"]), _number(r["global_weight"], 3))
        for r in report["regions"]
    ]
    return _table(head, rows, "<<>>")


def _one_text(report: dict[str, Any]) -> list[str]:
    head = ("iso3", "iso2", "country", "kofgi", "kofipgidf")
    rows = [
        (c["iso3"], c["iso2"], c["name"], _number(c["kofgi"], 1), _number(c["kofipgidf"], 1))
        for c in report["countries"]
    ]
    weight = _number(report["global_weight"], 3)
    lines = [f"{report['name']} ({report['id']}): global_weight {weight} in {report['year']}", ""]
    lines += _table(head, rows, "<<<>>")
    if report["missing"]:
        lines += ["", f"No kofipgidf, left out of the mean: {', '.join(report['missing'])}"]
    past = [(str(p["year"]), _number(p["global_weight"], 3)) for p in report["history"]]
    return [*lines, "", *_table(("year", "global_weight"), past, "<>")]


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], sides: str) -> list[str]:
    """Columns two spaces apart; `sides` has < (left) or > (right) for each."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in (head, *rows)
    ]
