"""Names in captions: word boundaries in scripts with and without spaces, with real words."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from ggez.filtering.gazetteer import Gazetteer, Term, read_gazetteer
from ggez.types import UserError


def found(term: str, text: str) -> bool:
    gazetteer = Gazetteer((Term(term, "und", ("VN",), term),))
    return bool(gazetteer.find(text))


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("pho", "Pho, twice"),
        ("pho", "a bowl (pho)"),
        ("pho", "pho's broth"),
        ("phở", "PHỞ BÒ"),
        ("phở", unicodedata.normalize("NFD", "tô phở nóng")),
        ("halo-halo", "cold halo halo today"),
        ("wau bulan", "wau  bulan\nterbang"),
        ("Masjid Omar 'Ali Saifuddien", "masjid Omar ‘Ali Saifuddien"),
        ("ส้มตำ", "ภาพส้มตำอร่อย"),  # "picture" + som tam + "tasty", unspaced
        ("ส้มตำ", "ในภาพนี้มีส้มตํา"),  # AM typed as NIKHAHIT + AA
        ("กระทง", "ลอยกระทง 2019"),
        ("durian", "ภาพdurianสด"),
        ("ດອກຈຳປາ", "ຮູບດອກຈໍາປາ"),  # Lao AM, the decomposed way most keyboards type it
        ("ແຄນ", "ນີ້ແມ່ນແຄນ"),
        ("អង្គរវត្ត", "រូបភាពអង្គរវត្តស្អាត"),
        ("អង្គរវត្ត", "អង្គរ\u200bវត្ត"),  # the zero-width space that Khmer puts between words
        ("ရုပ်သေး", "ရုပ်သေးပုံ"),
        ("လုံချည်", "ဒါက လုံချည် ဖြစ်ပါတယ်"),
        ("சிங்கப்பூர்", "அழகான சிங்கப்பூர்!"),
        ("新加坡", "这是新加坡的图片"),
    ],
)
def test_a_name_is_found(term: str, text: str) -> None:
    assert found(term, text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("pho", "a phone"),
        ("pho", "Sappho"),
        ("pho", "pho2"),
        ("pho", "phở bò"),  # another word: the gazetteer lists it or does not mean it
        ("pho", unicodedata.normalize("NFD", "phở bò")),
        ("ne", "ne'e tais"),
        ("tais", "retaisen"),
        ("ตา", "เตาอบ"),  # "oven": the vowel before the consonant belongs to it
        ("ตา", "ตำรา"),  # not a substring once AM is one letter
        ("กา", "กาํ"),
        ("ปู", "ปู่"),  # "crab" in "grandfather": a tone mark on its last letter
        ("มา", "ม้า"),
        ("กระทง", "กระทงา"),
        ("เบีย", "เบียร์"),  # a silenced consonant closes the word
        ("ແຄ", "ແຄ້"),
        ("ກາ", "ເກາະ"),  # "island": torn from the vowel before it
        ("ປາ", "ປ່າ"),
        ("ត្នោ", "ត្នោ៍"),
        ("គរ", "អង្គរ"),  # begins with a letter written below another
        ("អង្គ", "អង្គុ"),
        ("សាល", "សាល្ង"),
        ("ပု", "ပုံ"),
        ("ထီ", "ထီး"),  # "lottery" in "umbrella"
        ("မြ", "မြန်မာ"),  # the closed consonant belongs to the syllable before it
        ("တု", "တုန့်"),  # closed, with a tone dot between
        ("မာ", "ဓမ္မာ"),  # begins below a stacked consonant
        ("சிங்கப்பூர", "சிங்கப்பூர்"),
        ("படம்", "திரைப்படம்"),  # "picture" in "film"
    ],
)
def test_a_name_inside_a_longer_word_is_not_found(term: str, text: str) -> None:
    assert not found(term, text)


def test_the_longest_name_wins_and_all_are_found() -> None:
    terms = [("pho", "VN"), ("pho noodle soup", "VN"), ("Paris", "FR"), ("Viet Nam", "VN")]
    gazetteer = Gazetteer(tuple(Term(t, "eng", (c,), t) for t, c in terms))
    hits = gazetteer.find("Paris: pho noodle soup of Viet-Nam, pho")
    assert [hit.term.term for hit in hits] == ["Paris", "pho noodle soup", "Viet Nam", "pho"]


def test_many_terms_cost_no_more_than_few() -> None:
    many = tuple(Term(f"thing{n} of {n}", "eng", ("VN",), "") for n in range(20_000))
    gazetteer = Gazetteer((*many, Term("pho", "eng", ("VN",), "pho")))
    assert [hit.term.term for hit in gazetteer.find("a bowl of pho " * 20)] == ["pho"] * 20


def table(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "g.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_is_read_with_codes_of_either_length(tmp_path: Path) -> None:
    text = "\ufeffterm,lang,countries,thing\nphở,vie,VN,pho\nkris,eng,IDN;MY,\n"
    first, second = read_gazetteer(table(tmp_path, text)).terms
    assert first == Term("phở", "vie", ("VN",), "pho")
    assert second == Term("kris", "eng", ("ID", "MY"), "kris")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("term,lang,countries\n", "no terms"),
        ("term,lang\npho,eng\n", ":2: countries is empty"),
        ("term,lang,countries\npho,eng,XX\n", ":2: country 'XX'"),
        ("term,lang,countries\n--,eng,VN\n", ":2: term '--'"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        read_gazetteer(table(tmp_path, text))
    assert "\n" not in str(caught.value)
