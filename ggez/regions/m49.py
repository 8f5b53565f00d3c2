"""Countries by ISO 3166 code and the United Nations' M49 subregions they lie in."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from ggez.types import Country, UserError

DATA = Path(__file__).resolve().parent / "data"


@cache
def countries() -> tuple[Country, ...]:
    """All ISO 3166-1 countries and territories, by iso3.

    `subregion` is "" for the two that M49 places in none (Antarctica, Taiwan).
    """
    with (DATA / "m49.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Country(row["iso3"], row["iso2"], row["country"], row["subregion"])
            for row in csv.DictReader(file)
        )


@cache
def _by_code() -> dict[str, Country]:
    return {code: entry for entry in countries() for code in (entry.iso2, entry.iso3)}


def country(code: str) -> Country:
    """The country of an ISO 3166-1 code of two or three letters, in any case.

    Raises UserError where no country has that code.
    """
    found = _by_code().get(code.strip().upper())
    if found is None:
        raise UserError(f"country {code!r} is unknown; use an ISO 3166-1 code such as VN or VNM")
    return found


@cache
def _subregions() -> tuple[tuple[str, tuple[Country, ...]], ...]:
    names = sorted({entry.subregion for entry in countries() if entry.subregion})
    return tuple((name, tuple(c for c in countries() if c.subregion == name)) for name in names)


def subregions() -> dict[str, tuple[Country, ...]]:
    """M49's subregions by their English name, each with its countries."""
    return dict(_subregions())
