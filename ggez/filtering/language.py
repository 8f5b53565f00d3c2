"""What a caption's language says about its place: evidence, never proof.

Evidence is the share of a language's countries that lie in the region: Thai is spoken in one, so
it says much; Chinese or Portuguese say little, and English says nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

LANGUAGES: dict[str, str] = {
    "vie": "VN", "tha": "TH", "lao": "LA", "khm": "KH", "mya": "MM", "shn": "MM", "ksw": "MM",
    "zsm": "MY BN SG", "msa": "MY BN SG ID", "zlm": "MY", "iba": "MY", "kxd": "BN", "mbf": "SG MY",
    "ind": "ID", "jav": "ID", "sun": "ID", "ban": "ID", "min": "ID", "bew": "ID", "mad": "ID",
    "bug": "ID", "ace": "ID", "fil": "PH", "tgl": "PH", "ceb": "PH", "ilo": "PH", "hil": "PH",
    "war": "PH", "mdh": "PH", "mrw": "PH", "tet": "TL", "zho": "CN TW HK SG", "yue": "CN HK",
    "jpn": "JP", "kor": "KR KP", "mon": "MN", "bod": "CN", "hin": "IN", "ben": "BD IN",
    "tam": "IN LK SG MY", "tel": "IN", "mar": "IN", "guj": "IN", "kan": "IN", "mal": "IN",
    "pan": "IN PK", "urd": "PK IN", "sin": "LK", "nep": "NP", "dzo": "BT", "fas": "IR AF",
    "tur": "TR", "heb": "IL", "kat": "GE", "hye": "AM", "aze": "AZ", "kaz": "KZ", "kir": "KG",
    "uzb": "UZ", "tuk": "TM", "tgk": "TJ", "rus": "RU BY KZ KG", "ukr": "UA", "pol": "PL",
    "ces": "CZ", "slk": "SK", "hun": "HU", "ron": "RO MD", "bul": "BG", "ell": "GR CY",
    "deu": "DE AT CH", "nld": "NL BE", "ita": "IT CH", "swe": "SE", "nob": "NO", "dan": "DK",
    "fin": "FI", "isl": "IS", "lit": "LT", "lav": "LV", "est": "EE", "gle": "IE", "cym": "GB",
    "amh": "ET", "tir": "ER ET", "som": "SO", "swa": "KE TZ UG", "kin": "RW", "hau": "NG NE",
    "yor": "NG", "ibo": "NG", "zul": "ZA", "xho": "ZA", "afr": "ZA NA", "mlg": "MG",
    "fij": "FJ", "smo": "WS", "ton": "TO", "mri": "NZ", "tah": "PF",
    "que": "PE BO EC", "aym": "BO PE", "grn": "PY", "por": "BR PT AO MZ TL", "hat": "HT",
}  # fmt: skip
"""ISO 639-3 -> the countries (ISO 3166 alpha-2) where most of its speakers live. Languages that
are spoken across continents (English, Spanish, French, Arabic) point nowhere and are not here."""

SHORT = {
    "vi": "vie", "th": "tha", "lo": "lao", "km": "khm", "my": "mya", "ms": "msa", "id": "ind",
    "jv": "jav", "su": "sun", "tl": "tgl", "zh": "zho", "ja": "jpn", "ko": "kor", "hi": "hin",
    "bn": "ben", "ta": "tam", "te": "tel", "mr": "mar", "gu": "guj", "kn": "kan", "ml": "mal",
    "pa": "pan", "ur": "urd", "si": "sin", "ne": "nep", "fa": "fas", "tr": "tur", "he": "heb",
    "ru": "rus", "uk": "ukr", "pl": "pol", "cs": "ces", "el": "ell", "de": "deu", "nl": "nld",
    "it": "ita", "sv": "swe", "pt": "por", "am": "amh", "sw": "swa", "kk": "kaz", "ky": "kir",
    "uz": "uzb", "ka": "kat", "hy": "hye",
}  # fmt: skip
"""ISO 639-1 codes that data sets use instead."""

SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x0530, 0x058F, "hye"), (0x0590, 0x05FF, "heb"), (0x0900, 0x097F, "hin"),
    (0x0980, 0x09FF, "ben"), (0x0A00, 0x0A7F, "pan"), (0x0A80, 0x0AFF, "guj"),
    (0x0B80, 0x0BFF, "tam"), (0x0C00, 0x0C7F, "tel"), (0x0C80, 0x0CFF, "kan"),
    (0x0D00, 0x0D7F, "mal"), (0x0D80, 0x0DFF, "sin"), (0x0E00, 0x0E7F, "tha"),
    (0x0E80, 0x0EFF, "lao"), (0x0F00, 0x0FFF, "bod"), (0x1000, 0x109F, "mya"),
    (0x10A0, 0x10FF, "kat"), (0x1200, 0x137F, "amh"), (0x1780, 0x17FF, "khm"),
    (0x1B00, 0x1B7F, "ban"), (0x1B80, 0x1BBF, "sun"), (0x3040, 0x30FF, "jpn"),
    (0x4E00, 0x9FFF, "zho"), (0xA980, 0xA9DF, "jav"), (0xAC00, 0xD7AF, "kor"),
)  # fmt: skip
"""First and last code point of a script, and a language that stands for those written in it."""

_VIETNAMESE = re.compile(r"\w*[ơưƠƯ\u1ea0-\u1ef9]\w*")


def language_evidence(text: str, lang: str, countries: Collection[str]) -> float:
    """0 to 1: how much the caption's language points at the countries (ISO 3166 alpha-2).

    By `lang` where the row gives it (ISO 639, also with a subtag such as `vi-VN`), else by
    the share of letters in each script.
    """
    if lang:
        code = lang.replace("_", "-").split("-")[0].lower()
        return _share(SHORT.get(code, code), countries)
    text = unicodedata.normalize("NFC", text)
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return 0.0
    vietnamese = sum(len(word) for word in _VIETNAMESE.findall(text))
    found = sum(_share(_language(letter), countries) for letter in letters)
    return min(1.0, (found + vietnamese * _share("vie", countries)) / len(letters))


def _language(letter: str) -> str:
    code = ord(letter)
    return next((lang for low, high, lang in SCRIPTS if low <= code <= high), "")


def _share(lang: str, countries: Collection[str]) -> float:
    spoken = LANGUAGES.get(lang, "").split()
    return sum(code in countries for code in spoken) / len(spoken) if spoken else 0.0
