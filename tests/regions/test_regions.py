from pathlib import Path

import pytest

from ggez.regions import SEA, WORLD_REGIONS, all_regions, find_region, subregions
from ggez.regions.regions import NAMED, read_region
from ggez.types import Region, UserError

SEA_ISO2 = ["BN", "KH", "ID", "LA", "MM", "MY", "PH", "SG", "TH", "TL", "VN"]


def one_line(error: pytest.ExceptionInfo[UserError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    return text


def test_sea_is_the_eleven() -> None:
    assert (SEA.id, SEA.name) == ("sea", "Southeast Asia")
    assert sorted(c.iso2 for c in SEA.countries) == sorted(SEA_ISO2)
    assert {c.subregion for c in SEA.countries} == {"South-eastern Asia"}


@pytest.mark.parametrize("region", all_regions(), ids=lambda region: region.id)
def test_contract_of_a_region(region: Region) -> None:
    assert region.id == region.id.lower() and " " not in region.id
    assert region.countries and len(set(region.countries)) == len(region.countries)
    assert find_region(region.id) is region
    assert find_region(region.name.upper()) is region


@pytest.mark.parametrize("file", sorted(NAMED.glob("*.yaml")), ids=lambda file: file.stem)
def test_every_file_is_a_region(file: Path) -> None:
    assert read_region(file) in all_regions()


def test_every_m49_subregion_is_found_by_its_name() -> None:
    for name, members in subregions().items():
        assert find_region(name).countries == members
    assert find_region("South-eastern Asia") is SEA


def test_world_regions_are_regions_except_oceania() -> None:
    ids = {region.id for region in all_regions()}
    assert set(WORLD_REGIONS) - ids == {"oceania"}
    for key in set(WORLD_REGIONS) & ids:
        assert find_region(key).name == WORLD_REGIONS[key]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("south-east-asia", "sea"),
        ("estern-asia", "eastern-asia"),
        ("Europe", "western-europe"),
        ("oceania", "polynesia"),
        ("VN", "Viet Nam is a country and lies in sea"),
        ("Taiwan", "lies in no region"),
        ("xyzzy", "choose one of sea,"),
        ("", "choose one of sea,"),
    ],
)
def test_unknown_region_names_what_is_near(name: str, hint: str) -> None:
    with pytest.raises(UserError) as error:
        find_region(name)
    assert hint in one_line(error) and repr(name) in str(error.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("", "id is missing"),
        ("[1, 2]", "id is missing"),
        ("id: r\nname: R\n", "countries is missing"),
        ("id: r\nname: R\ncountries: VN\n", "wrong kind"),
        ("id: other\nname: R\ncountries: [VN]\n", "must be the file's name"),
        ("id: r\nname: R\ncountries: [VN, XX]\n", "'XX' is unknown"),
        ("id: r\nname: R\ncountries: [VN, VNM]\n", "stands twice"),
        ("id: [\n", "cannot be read"),
    ],
)
def test_a_wrong_region_file_is_one_line(tmp_path: Path, body: str, says: str) -> None:
    file = tmp_path / "r.yaml"
    file.write_text(body, encoding="utf-8")
    with pytest.raises(UserError) as error:
        read_region(file)
    assert says in one_line(error) and str(file) in str(error.value)


def test_norway_is_a_country_in_yaml(tmp_path: Path) -> None:
    file = tmp_path / "r.yaml"
    file.write_text("id: r\nname: R\ncountries: [NO, SE]\n", encoding="utf-8")
    assert [c.iso3 for c in read_region(file).countries] == ["NOR", "SWE"]
