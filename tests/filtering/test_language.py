"""Language as evidence of a place."""

from __future__ import annotations

import pytest

from ggez.filtering.language import LANGUAGES, SHORT, language_evidence
from ggez.regions import SEA, country

HERE = {c.iso2 for c in SEA.countries}


@pytest.mark.parametrize(
    ("text", "lang", "least", "most"),
    [
        ("anything", "tha", 1, 1),
        ("anything", "vi-VN", 1, 1),
        ("หัวโขน", "eng", 0, 0),  # what the row says goes before its letters
        ("our cat", "", 0, 0),
        ("หัวโขน", "", 1, 1),
        ("our cat หัวโขน", "", 0.3, 0.7),
        ("tô phở nóng", "", 0.2, 0.5),
        ("滨海艺术中心", "", 0.25, 0.25),
        ("படம்", "", 0.5, 0.5),
        ("", "", 0, 0),
        ("富士山", "jpn", 0, 0),
        ("anything", "por", 0.2, 0.2),
    ],
)
def test_evidence_is_the_share_of_a_language_s_countries(
    text: str, lang: str, least: float, most: float
) -> None:
    assert least <= language_evidence(text, lang, HERE) <= most


def test_the_tables_name_countries_and_languages_that_exist() -> None:
    for codes in LANGUAGES.values():
        assert all(country(code).iso2 == code for code in codes.split())
    assert set(SHORT.values()) <= set(LANGUAGES)
