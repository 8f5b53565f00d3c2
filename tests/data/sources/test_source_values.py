"""What each data set's own values become: countries, languages, questions, warnings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from snapshots import (
    CVQA,
    SAMPLES,
    SEA_VL,
    SEA_VL_CRAWLED,
    XM3600,
    cvqa_row,
    picture,
    sea_vl_row,
    write_snapshot,
    xm3600_row,
)

from ggez.data.sources import reader
from ggez.data.sources.names import LANGUAGES, countries_of, country, language
from ggez.data.sources.record import Record
from ggez.data.sources.xm3600 import LOCALES
from ggez.regions import country as iso_country
from ggez.types import UserError

Make = Callable[..., Path]

PAIRS = """Amharic/Ethiopia/ET Bengali/India/IN Breton/France/FR Bulgarian/Bulgaria/BG
Chinese/China/CN Chinese/Singapore/SG Egyptian_Arabic/Egypt/EG Filipino/Philippines/PH
Hindi/India/IN Igbo/Nigeria/NG Indonesian/Indonesia/ID Irish/Ireland/IE Japanese/Japan/JP
Javanese/Indonesia/ID Kinyarwanda/Rwanda/RW Korean/South_Korea/KR Malay/Malaysia/MY
Marathi/India/IN Minangkabau/Indonesia/ID Mongolian/Mongolia/MN Norwegian/Norway/NO
Oromo/Ethiopia/ET Portuguese/Brazil/BR Romanian/Romania/RO Russian/Russia/RU
Sinhala/Sri_Lanka/LK Spanish/Argentina/AR Spanish/Chile/CL Spanish/Colombia/CO
Spanish/Ecuador/EC Spanish/Mexico/MX Spanish/Spain/ES Spanish/Uruguay/UY Sundanese/Indonesia/ID
Swahili/Kenya/KE Tamil/India/IN Telugu/India/IN Urdu/India/IN Urdu/Pakistan/PK"""


def cvqa(tmp_path: Path, *rows: dict[str, Any]) -> list[Record]:
    folder = write_snapshot(tmp_path, "test", CVQA, list(rows), shards=1)
    return list(reader("cvqa").read(folder, "test"))


def test_all_39_pairs_of_cvqa_have_a_language_and_a_country() -> None:
    pairs = [pair.split("/") for pair in PAIRS.split()]
    assert len(pairs) == 39
    for spoken, place, code in pairs:
        assert country(place) == code
        assert language(spoken) != "und"


def test_a_question_has_both_languages_and_the_item_is_the_picture(snapshot: Make) -> None:
    found = list(reader("cvqa").read(snapshot("cvqa"), "test"))
    first, second, malay, withheld = found[:4]
    assert first.question is not None
    assert first.question.text.lang == "jpn"
    assert first.question.text.text == "写真の料理の名前は?"
    assert [option.text for option in first.question.options] == ["หนึ่ง", "สอง", "สาม", "สี่"]
    assert first.question.english == "What is this dish called?"
    assert first.question.english_options[first.question.answer or 0] == "three"
    assert first.item == second.item == "5919991144272485961"
    assert (malay.countries, malay.aspect, malay.licence) == (
        ("MY",),
        "Cooking and food",
        "CC BY-SA",
    )
    assert withheld.question is not None
    assert withheld.question.answer is None


@pytest.mark.parametrize("subset", ["legacy", "('Bengali',)", "(1, 2)", "[", "('a'*9, 'b')", ""])
def test_a_subset_that_is_no_pair_gives_a_warning_and_no_country(
    tmp_path: Path, subset: str
) -> None:
    (record,) = cvqa(tmp_path, cvqa_row(0, "1_0", subset, "?"))
    assert record.countries == ()
    assert record.question is not None
    assert record.question.text.lang == "und"
    assert record.warnings
    assert all(":1: column 'Subset'" in line for line in record.warnings)


def test_an_unknown_language_keeps_the_country_and_the_other_way_round(tmp_path: Path) -> None:
    rows = [
        cvqa_row(0, "1_0", "('Klingon', 'Thailand')", "?"),
        cvqa_row(1, "2_0", "('Thai', 'Atlantis')", "?"),
    ]
    first, second = cvqa(tmp_path, *rows)
    assert (first.countries, len(first.warnings)) == (("TH",), 1)
    assert (second.countries, len(second.warnings)) == ((), 1)
    assert second.question is not None
    assert second.question.text.lang == "tha"


@pytest.mark.parametrize("label", [4, -2, None])
def test_a_label_that_is_no_option_is_warned_of(tmp_path: Path, label: int | None) -> None:
    (record,) = cvqa(tmp_path, cvqa_row(0, "1_0", "('Thai', 'Thailand')", "?", Label=label))
    assert record.question is not None
    assert record.question.answer is None
    assert "column 'Label'" in record.warnings[0]


def test_options_that_an_early_revision_kept_as_text_are_read(tmp_path: Path) -> None:
    import pyarrow as pa

    fields = [pa.field(f.name, pa.string()) if f.name.endswith("Options") else f for f in CVQA]
    texts = {"Options": "['ก', 'ข']", "Translated Options": "['a', 'b']", "Label": 1}
    rows = [
        cvqa_row(0, "1_0", "('Thai', 'Thailand')", "?", **texts),
        cvqa_row(1, "2_0", "('Thai', 'Thailand')", "?", **(texts | {"Options": "['ก'"})),
    ]
    folder = write_snapshot(tmp_path, "test", pa.schema(fields), rows, shards=1)
    good, bad = reader("cvqa").read(folder, "test")
    assert [option.text for option in good.question.options] == ["ก", "ข"]
    assert good.question.answer == 1
    assert bad.question.options == ()
    assert "column 'Options'" in bad.warnings[0]


def test_every_locale_of_xm3600_has_a_code_and_countries_that_exist() -> None:
    assert len(LOCALES) == 36
    for lang, places in LOCALES.values():
        assert len(lang) == 3
        assert all(iso_country(code).iso2 == code for code in places)
    assert {locale: LOCALES[locale][1] for locale in ("th", "vi", "id", "fil")} == {
        "th": ("TH",),
        "vi": ("VN",),
        "id": ("ID",),
        "fil": ("PH",),
    }


def test_a_locale_of_several_countries_gives_candidates_and_of_many_gives_none(
    snapshot: Make,
) -> None:
    found = {r.id: r for r in reader("xm3600").read(snapshot("xm3600"), "th")}
    thai, german, english = (found[f"{seed:016x}"] for seed in (0, 7, 11))
    assert (thai.countries, thai.candidates) == (("TH",), ())
    assert german.countries == ()
    assert {"DE", "AT", "CH"} <= set(german.candidates)
    assert (english.countries, english.candidates) == ((), ())
    assert {text.lang for text in thai.texts} == {"tha"}
    assert thai.texts[0].text == "ภาพที่ 0 ของตลาดน้ำ"


def test_the_captions_of_xm3600_have_the_language_of_the_split(tmp_path: Path) -> None:
    rows = [xm3600_row(0, "th", "Isang palengke"), xm3600_row(1, "xx", "Bangka", "", "  ")]
    folder = write_snapshot(tmp_path, "fil", XM3600, rows, shards=1)
    first, second = reader("xm3600").read(folder, "fil")
    assert (first.texts[0].lang, first.countries) == ("fil", ("TH",))
    assert [text.text for text in second.texts] == ["Bangka"]
    assert second.countries == ()
    assert ":2: column 'image_locale' is 'xx'" in second.warnings[0]


def test_a_split_of_xm3600_that_is_no_language_is_named(tmp_path: Path) -> None:
    folder = write_snapshot(tmp_path, "test", XM3600, [xm3600_row(0, "th", "x")], shards=1)
    with pytest.raises(UserError, match="split 'test' is no language"):
        reader("xm3600").read(folder, "test")


def test_sea_vl_has_both_captions_and_says_an_equal_one_once(snapshot: Make) -> None:
    found = list(reader("sea-vl").read(snapshot("sea-vl"), "train"))
    assert [record.countries for record in found] == [
        ("TH",),
        ("MM",),
        ("ID",),
        ("MY", "SG"),
        ("VN",),
        ("TL",),
    ]
    assert [text.lang for text in found[1].texts] == ["eng", "mya"]
    assert found[1].texts[1].text == "ရန်ကုန်မြို့က ဈေး"
    assert [text.text for text in found[3].texts] == ["Picture 3 of a market"]
    assert found[0].item == "sea-0"


def test_what_sea_vl_says_unclearly_is_warned_of_and_not_guessed(tmp_path: Path) -> None:
    rows = [
        sea_vl_row(0, "Southeast Asia", "Other...", "..."),
        sea_vl_row(1, "Mexico, Pampanga, Philippines", "Filipino (fil)", "Palengke"),
    ]
    folder = write_snapshot(tmp_path, "train", SEA_VL, rows, shards=1)
    unclear, clear = reader("sea-vl").read(folder, "train")
    assert unclear.countries == ()
    assert unclear.texts[1].lang == "und"
    assert [line.split("column ")[1].split("'")[1] for line in unclear.warnings] == [
        "culture_relevant_loc",
        "native_lang",
    ]
    assert (clear.countries, clear.warnings) == (("PH",), ())


def test_the_crawled_sea_vl_is_told_by_its_columns(tmp_path: Path) -> None:
    rows = [
        {"id": "c1", "image": picture(0), "caption": ["nón lá", None], "category": "clothing"},
        {"id": "c2", "image": picture(1), "caption": None, "category": None},
    ]
    folder = write_snapshot(tmp_path, "train", SEA_VL_CRAWLED, rows, shards=1)
    first, second = reader("sea-vl").read(folder, "train")
    assert (first.countries, first.aspect) == ((), "clothing")
    assert [(text.lang, text.text) for text in first.texts] == [("und", "nón lá")]
    assert second.texts == ()
    assert "column 'caption'" in second.warnings[0]


@pytest.mark.parametrize(
    ("place", "codes"),
    [
        ("Viet Nam", "VN"),
        ("laos", "LA"),
        ("Myanmar (Burma)", "MM"),
        ("Côte d’Ivoire", "CI"),
        ("Korea, Republic of", "KR"),
        ("Bosnia and Herzegovina", "BA"),
        ("Hong Kong, China", "HK"),
        ("Indonesia, Malaysia and Brunei", "ID MY BN"),
        ("Bali, Indonesia; Penang, Malaysia", "ID MY"),
        ("Philippines & Thailand", "PH TH"),
        ("Papua New Guinea", "PG"),
        ("Georgia, USA", "US"),
        ("Jordan, Singapore", "SG"),
        ("New Mexico", ""),
        ("Korea", ""),
        ("Congo", ""),
        ("Bali, Indonesia, Singapore", ""),
        ("Thai restaurant", ""),
        ("Malaysia or Singapore", ""),
        ("ID", ""),
        (",;()", ""),
        ("", ""),
    ],
)
def test_a_place_gives_only_countries_that_are_certain(place: str, codes: str) -> None:
    assert countries_of(place) == tuple(codes.split())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Thai", "tha"),
        ("Indonesian (ind)", "ind"),
        ("Myanmar (mm)", "mya"),
        ("Bahasa Melayu", "zsm"),
        ("khm", "khm"),
        ("Egyptian_Arabic", "arz"),
        ("Karen", "und"),
        ("Other...", "und"),
        ("(brn)", "und"),
        ("", "und"),
    ],
)
def test_a_language_is_known_or_undetermined(name: str, code: str) -> None:
    assert language(name) == code


def test_the_language_table_has_codes_of_three_letters() -> None:
    assert all(len(code) == 3 and code.islower() for code in LANGUAGES.values())
    assert set(SAMPLES) >= {"cvqa", "xm3600", "sea-vl"}
