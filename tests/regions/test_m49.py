import pytest

from ggez.regions.m49 import countries, country, subregions
from ggez.types import UserError


def test_every_country_stands_once_and_has_its_codes() -> None:
    entries = countries()
    assert len(entries) == 249
    for field in ("iso2", "iso3", "name"):
        assert len({getattr(entry, field) for entry in entries}) == len(entries), field


def test_only_two_countries_lie_in_no_subregion() -> None:
    assert [c.iso3 for c in countries() if not c.subregion] == ["ATA", "TWN"]


def test_subregions_share_out_the_countries() -> None:
    groups = subregions()
    assert len(groups) == 17
    members = [entry for group in groups.values() for entry in group]
    assert len(members) == len(set(members)) == 247


@pytest.mark.parametrize("code", ["VN", "vnm", " Vn "])
def test_country_by_either_code(code: str) -> None:
    assert country(code).name == "Viet Nam"


def test_namibia_is_not_a_missing_value() -> None:
    assert country("NA").iso3 == "NAM"


@pytest.mark.parametrize("code", ["", "XX", "Vietnam"])
def test_unknown_country_is_one_line(code: str) -> None:
    with pytest.raises(UserError) as error:
        country(code)
    assert repr(code) in str(error.value) and "\n" not in str(error.value)
