"""The committed gazetteer is what the world says."""

from __future__ import annotations

from pathlib import Path

from ggez.filtering.gazetteer import read_gazetteer
from ggez.pocket.gazetteer import COUNTRY_NAMES, FILE, gazetteer_rows, write_gazetteer
from ggez.pocket.pool import named_pool
from ggez.pocket.world import HOME, read_world
from ggez.regions import SEA

ITEMS = read_world()


def test_the_committed_file_is_the_written_one(tmp_path: Path) -> None:
    write_gazetteer(ITEMS, tmp_path / "sea.csv")
    assert (tmp_path / "sea.csv").read_bytes() == FILE.read_bytes(), (
        f"{FILE} is not what the table says; run python -m ggez pocket build --world"
    )


def test_it_names_every_item_of_the_region_and_none_of_elsewhere() -> None:
    things = {thing for *_, thing in gazetteer_rows(ITEMS)}
    countries = {f"country-{country.iso2.lower()}" for country in SEA.countries}
    assert things == {item.id for item in ITEMS if item.region == HOME} | countries
    assert set(COUNTRY_NAMES) == {country.iso2 for country in SEA.countries}


def test_every_caption_that_names_an_item_is_found() -> None:
    """In each script, inside the sentences of the world: none is missed, none misread."""
    gazetteer = read_gazetteer(FILE)
    for row in named_pool(ITEMS, 3000, 9):
        things = [hit.term.thing for hit in gazetteer.find(row.text)]
        assert row.item in things, row.text
        assert len(things) == 1, (row.text, things)
