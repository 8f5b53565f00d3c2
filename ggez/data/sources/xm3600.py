"""XM3600 (Crossmodal-3600): captions of 3,600 pictures in 36 languages (arXiv 2205.12522).

A split is a language, and every split has the same pictures. The item is the picture.

`image_locale` is the language that a picture was chosen for, not where it was taken: it was
taken where that language is spoken where such pictures sufficed. So a locale gives a country
where one country has it as its language of state, candidates where a few have, and nothing
where they are spread over the world.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ggez.data.sources.record import Record
from ggez.data.sources.shards import Row, rows, shards
from ggez.types import Text, UserError

NAME = "xm3600"
TITLE = "Crossmodal-3600"
SOURCE = "floschne/xm3600"
LICENCE = "cc-by-4.0"
LIMITS = (
    "A picture's country is that of the language it was chosen for; some pictures may have been "
    "taken elsewhere. Pictures of languages spoken in several world regions (Arabic, Chinese, "
    "Dutch, English, French, Greek, Italian, Portuguese, Russian, Spanish) have no region and are "
    "left out. The captions describe what is seen in plain words and seldom name what is "
    "particular to a culture."
)
COLUMNS = ("image_id", "image_locale", "captions", "image")

LOCALES: dict[str, tuple[str, tuple[str, ...]]] = {
    "ar": ("ara", ()), "bn": ("ben", ("BD", "IN")), "cs": ("ces", ("CZ",)),
    "da": ("dan", ("DK",)), "de": ("deu", ("DE", "AT", "CH", "BE", "LI", "LU")),
    "el": ("ell", ("GR", "CY")), "en": ("eng", ()), "es": ("spa", ()),
    "fa": ("fas", ("IR", "AF")), "fi": ("fin", ("FI",)), "fil": ("fil", ("PH",)),
    "fr": ("fra", ()), "he": ("heb", ("IL",)), "hi": ("hin", ("IN",)),
    "hr": ("hrv", ("HR", "BA")), "hu": ("hun", ("HU",)), "id": ("ind", ("ID",)),
    "it": ("ita", ("IT", "CH", "SM")), "ja": ("jpn", ("JP",)), "ko": ("kor", ("KR", "KP")),
    "mi": ("mri", ("NZ",)), "nl": ("nld", ("NL", "BE", "SR")), "no": ("nor", ("NO",)),
    "pl": ("pol", ("PL",)), "pt": ("por", ()), "quz": ("quz", ("PE",)),
    "ro": ("ron", ("RO", "MD")), "ru": ("rus", ()), "sv": ("swe", ("SE", "FI")),
    "sw": ("swa", ("TZ", "KE", "UG", "RW", "CD")), "te": ("tel", ("IN",)),
    "th": ("tha", ("TH",)), "tr": ("tur", ("TR", "CY")), "uk": ("ukr", ("UA",)),
    "vi": ("vie", ("VN",)), "zh": ("zho", ()),
}  # fmt: skip
"""ISO 639-3 code, and the countries whose language of state it is (for te, where it is spoken;
for quz, the Quechua of Cusco), of every locale. () is a language of several world regions."""


def read(folder: Path, split: str) -> Iterator[Record]:
    """A picture a record, with its captions in the split's language.

    Raises UserError in one line.
    """
    files = shards(folder, split)
    if split not in LOCALES:
        raise UserError(f"{files[0]}: split {split!r} is no language of {TITLE}: {_known()}")
    lang = LOCALES[split][0]
    return (_record(row, lang) for row in rows(files, COLUMNS))


def _record(row: Row, lang: str) -> Record:
    image = row.picture("image")
    id_ = row.text("image_id")
    if not id_:
        row.note("image_id", "the row stands for itself")
        id_ = row.where
    locale = row.text("image_locale").lower()
    if locale not in LOCALES:
        row.note("image_locale", "no locale of this data set; no country given")
    _, places = LOCALES.get(locale, ("", ()))
    captions = row.many("captions")
    if not captions:
        row.note("captions", "there is no caption")
    return Record(
        id=id_,
        where=row.where,
        image=image,
        countries=places if len(places) == 1 else (),
        candidates=places if len(places) > 1 else (),
        item=id_,
        texts=tuple(Text(lang, caption) for caption in captions),
        licence=LICENCE,
        warnings=tuple(row.notes),
    )


def _known() -> str:
    return ", ".join(LOCALES)
