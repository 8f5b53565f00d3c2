"""Named sets of countries: one file in `named/` a region, and every M49 subregion.

To add a region, add `named/<id>.yaml` with its id, its name and its countries' ISO codes.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ggez.regions.m49 import countries, country, subregions
from ggez.types import Region, UserError

NAMED = Path(__file__).resolve().parent / "named"

WORLD_REGIONS: dict[str, str] = {
    "eastern-asia": "Eastern Asia",
    "southern-asia": "Southern Asia",
    "western-asia": "Western Asia",
    "central-asia": "Central Asia",
    "eastern-europe": "Eastern Europe",
    "northern-europe": "Northern Europe",
    "western-europe": "Western Europe",
    "southern-europe": "Southern Europe",
    "northern-africa": "Northern Africa",
    "sub-saharan-africa": "Sub-Saharan Africa",
    "northern-america": "Northern America",
    "latin-america-caribbean": "Latin America and the Caribbean",
    "oceania": "Oceania",
}
"""The pocket world's regions outside Southeast Asia. All but `oceania`, which holds four
M49 subregions, are the id of a region too."""

_OCEANIA = ("australia-new-zealand", "melanesia", "micronesia", "polynesia")


def slug(name: str) -> str:
    """The id of an M49 subregion: "Latin America and the Caribbean" -> latin-america-caribbean."""
    words = (word for word in name.lower().split() if word not in ("and", "the"))
    return "-".join(words)


def read_region(file: Path) -> Region:
    """A region from its YAML file. Raises UserError with one line that names the file."""
    try:
        # BaseLoader keeps every scalar a text: YAML would read Norway's NO as false.
        body: Any = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        line = " ".join(str(error).split())[:200]
        raise UserError(f"{file}: cannot be read ({line}); mend or remove it") from None
    for key, kind in (("id", str), ("name", str), ("countries", list)):
        if not isinstance(body, dict) or not body.get(key) or not isinstance(body[key], kind):
            raise UserError(f"{file}: {key} is missing or of the wrong kind; see named/sea.yaml")
    if body["id"] != file.stem:
        raise UserError(f"{file}: id is {body['id']!r}; it must be the file's name, {file.stem!r}")
    try:
        members = tuple(sorted((country(str(c)) for c in body["countries"]), key=lambda c: c.iso3))
    except UserError as error:
        raise UserError(f"{file}: {error}") from None
    if len(set(members)) < len(members):
        raise UserError(f"{file}: a country stands twice; name each once")
    return Region(body["id"], body["name"], members)


@cache
def all_regions() -> tuple[Region, ...]:
    """The named regions, then the M49 subregions that no named region equals."""
    named = [read_region(file) for file in sorted(NAMED.glob("*.yaml"))]
    taken = {region.countries for region in named}
    m49 = [Region(slug(name), name, members) for name, members in subregions().items()]
    out = (*named, *(region for region in m49 if region.countries not in taken))
    if len({region.id for region in out}) < len(out):
        raise UserError(f"{NAMED}: a region has the id of an M49 subregion; give it another")
    return out


def find_region(name: str) -> Region:
    """The region of an id or name, in any case ("sea", "Southeast Asia", "South-eastern Asia").

    Raises UserError, with the nearest regions, where there is none.
    """
    wanted = slug(name.replace("_", " "))
    known = _lookup()
    if wanted in known:
        return known[wanted]
    raise UserError(f"region {name!r} is unknown; {_hint(name, wanted, known)}")


@cache
def _lookup() -> dict[str, Region]:
    """Regions by id, by name, and by the M49 name of the same set of countries."""
    by_set = {region.countries: region for region in all_regions()}
    out = {slug(name): by_set[members] for name, members in subregions().items()}
    out |= {slug(region.name): region for region in all_regions()}
    return out | {region.id: region for region in all_regions()}


def _hint(name: str, wanted: str, known: dict[str, Region]) -> str:
    """What to type instead: never more than one line."""
    if wanted == "oceania":
        return f"M49 splits it into {', '.join(_OCEANIA)}"
    text = name.strip().upper()
    for entry in countries():
        if text in (entry.iso2, entry.iso3, entry.name.upper()):
            holds = [region.id for region in all_regions() if entry in region.countries]
            where = f"lies in {', '.join(holds)}" if holds else "lies in no region"
            return f"{entry.name} is a country and {where}"
    near = {known[key].id: None for key in get_close_matches(wanted, known, n=4, cutoff=0.55)}
    if wanted:
        near |= {region.id: None for key, region in known.items() if wanted in key}
    if near:
        return f"did you mean {', '.join(list(near)[:6])}?"
    return f"choose one of {', '.join(region.id for region in all_regions())}"


SEA: Region = find_region("sea")
"""Southeast Asia, 11 countries: the first case."""
