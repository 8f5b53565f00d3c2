import json
from dataclasses import replace
from pathlib import Path

import pytest

from ggez.regions import SEA, KofTable, all_regions, find_region, global_weight
from ggez.types import Region, UserError

PUBLISHED = {  # recomputed from the 2025 edition for 2023, to three decimals
    "eastern-asia": 0.538,
    "southern-asia": 0.378,
    "central-asia": 0.522,
    "western-asia": 0.672,
    "northern-africa": 0.390,
    "sub-saharan-africa": 0.359,
    "latin-america-caribbean": 0.589,
    "northern-america": 0.794,
    "northern-europe": 0.780,
    "southern-europe": 0.754,
    "western-europe": 0.826,
    "eastern-europe": 0.608,
    "australia-new-zealand": 0.773,
    "melanesia": 0.534,
    "polynesia": 0.683,
}


@pytest.fixture(scope="module")
def table() -> KofTable:
    return KofTable.read()


def test_sea_is_the_papers_with_and_without_timor_leste(table: KofTable) -> None:
    eleven = global_weight(SEA, table)
    ten = global_weight(
        replace(SEA, countries=tuple(c for c in SEA.countries if c.iso2 != "TL")), table
    )
    assert (len(eleven.countries), eleven.missing, eleven.year) == (11, (), 2023)
    assert eleven.value == pytest.approx(0.433709, abs=1e-6)
    assert ten.value == pytest.approx(0.434020, abs=1e-6)
    assert round(eleven.value, 3) == round(ten.value, 3) == 0.434
    assert f"{eleven.value:.2f}" == "0.43"


@pytest.mark.parametrize(("name", "value"), PUBLISHED.items())
def test_m49_subregions(name: str, value: float, table: KofTable) -> None:
    assert global_weight(find_region(name), table).value == pytest.approx(value, abs=5.1e-4)


def test_world(table: KofTable) -> None:
    everyone = tuple(c for region in all_regions() for c in region.countries)
    assert round(global_weight(Region("world", "World", everyone), table).value, 3) == 0.558


@pytest.mark.parametrize("region", all_regions(), ids=lambda region: region.id)
def test_a_country_has_a_value_or_is_missing(region: Region, table: KofTable) -> None:
    weight = global_weight(region, table)
    assert 0 < weight.value < 1
    assert min(weight.countries.values()) <= weight.value * 100 <= max(weight.countries.values())
    assert {*weight.countries, *weight.missing} == {c.iso3 for c in region.countries}
    assert not {*weight.countries} & {*weight.missing}


def test_the_missing_are_named_and_left_out(table: KofTable) -> None:
    assert global_weight(find_region("eastern-asia"), table).missing == ("PRK",)
    body = json.loads(json.dumps(global_weight(find_region("eastern-asia"), table).as_json()))
    assert body["missing"] == ["PRK"] and "PRK" not in body["countries"]


def test_a_zero_is_a_value(tmp_path: Path) -> None:
    file = tmp_path / "kof.csv"
    file.write_text("iso3,year,kofgi,kofipgidf\nVNM,2023,1,0\nTHA,2023,1,50\n", encoding="utf-8")
    weight = global_weight(SEA, KofTable.read(file))
    assert weight.value == 0.25 and len(weight.missing) == 9


@pytest.mark.parametrize("cells", ["JPN,2023,1,50", "VNM,2023,50,"])
def test_no_value_at_all_is_one_line(tmp_path: Path, cells: str) -> None:
    file = tmp_path / "kof.csv"
    file.write_text(f"iso3,year,kofgi,kofipgidf\n{cells}\n", encoding="utf-8")
    with pytest.raises(UserError, match="no country of Southeast Asia") as error:
        global_weight(SEA, KofTable.read(file))
    assert "\n" not in str(error.value)


def test_a_year_the_table_lacks_is_one_line(table: KofTable) -> None:
    with pytest.raises(UserError, match=r"no row for 1999; .*2014 to 2023") as error:
        global_weight(SEA, table, 1999)
    assert "\n" not in str(error.value)
