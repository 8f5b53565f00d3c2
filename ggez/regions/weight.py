"""`global_weight`: how much a region's score leans on global quality, from KOF."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from ggez.regions.kof import KofTable
from ggez.types import Region, UserError

COLUMN = "kofipgidf"


@dataclass(frozen=True)
class GlobalWeight:
    """The weight of global quality, 0-1, with what it was computed from.

    `countries` holds the KOF values (0-100) by iso3; `missing` the iso3 without one, which the
    mean leaves out.
    """

    region: str
    value: float
    year: int
    countries: dict[str, float]
    missing: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The fields as a dict for JSON."""
        return asdict(self) | {"missing": list(self.missing)}


def global_weight(region: Region, table: KofTable, year: int = 2023) -> GlobalWeight:
    """The unweighted mean of kofipgidf / 100 over the region's countries that have a value.

    kofipgidf is KOF's interpersonal de facto index. Source: arXiv 2604.11490, which calls this
    weight α. Southeast Asia 2023: 0.434, with and without Timor-Leste. Raises UserError where
    the table lacks the year, or has no value for any country of the region in it.
    """
    if year not in table.years:
        raise UserError(
            f"{table.source}: no row for {year}; choose a year it has "
            f"({table.years[0]} to {table.years[-1]})"
        )
    values = {c.iso3: table.value(c.iso3, year, COLUMN) for c in region.countries}
    present = {iso3: value for iso3, value in values.items() if value is not None}
    if not present:
        raise UserError(
            f"{table.source}: no country of {region.name} has {COLUMN} in {year}; "
            "choose another year or file"
        )
    missing = tuple(iso3 for iso3 in values if iso3 not in present)
    return GlobalWeight(region.id, fmean(present.values()) / 100, year, present, missing)
