"""From the names that data sets use to ISO codes. What is not certain gives nothing."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import cache

from ggez.regions import countries

UNKNOWN = "und"
"""ISO 639-3 for a language that is not known."""

LANGUAGES: dict[str, str] = {
    "acehnese": "ace", "amharic": "amh", "arabic": "ara", "balinese": "ban", "banjar": "bjn",
    "banjarese": "bjn", "batak toba": "bbc", "bengali": "ben", "betawi": "bew", "breton": "bre",
    "brunei malay": "kxd", "bruneian malay": "kxd", "buginese": "bug", "bulgarian": "bul",
    "burmese": "mya", "myanmar": "mya", "cantonese": "yue", "cebuano": "ceb", "bisaya": "ceb",
    "chinese": "zho", "danish": "dan", "dutch": "nld", "egyptian arabic": "arz", "english": "eng",
    "filipino": "fil", "finnish": "fin", "french": "fra", "german": "deu", "greek": "ell",
    "hakka": "hak", "hebrew": "heb", "hiligaynon": "hil", "hindi": "hin", "hmong": "hmn",
    "hokkien": "nan", "iban": "iba", "igbo": "ibo", "ilocano": "ilo", "indonesian": "ind",
    "bahasa indonesia": "ind", "irish": "gle", "italian": "ita", "japanese": "jpn",
    "javanese": "jav", "kapampangan": "pam", "khmer": "khm", "kinyarwanda": "kin", "korean": "kor",
    "lao": "lao", "madurese": "mad", "malay": "zsm", "bahasa melayu": "zsm",
    "standard malay": "zsm", "malayalam": "mal", "mandarin": "cmn", "mandarin chinese": "cmn",
    "chinese mandarin": "cmn", "marathi": "mar", "minangkabau": "min", "mongolian": "mon",
    "northern thai": "nod", "norwegian": "nor", "oromo": "orm", "pangasinan": "pag",
    "persian": "fas", "polish": "pol", "portuguese": "por", "punjabi": "pan", "romanian": "ron",
    "russian": "rus", "sasak": "sas", "shan": "shn", "sinhala": "sin", "spanish": "spa",
    "sundanese": "sun", "swahili": "swa", "swedish": "swe", "tagalog": "tgl", "tamil": "tam",
    "telugu": "tel", "tetum": "tet", "tetun": "tet", "thai": "tha", "turkish": "tur",
    "ukrainian": "ukr", "urdu": "urd", "vietnamese": "vie", "waray": "war",
}  # fmt: skip
"""ISO 639-3 by English name. A name that several languages share, such as Karen, is not here."""

_CODES = frozenset(LANGUAGES.values())

_ALIASES: dict[str, str] = {
    "vietnam": "VN", "laos": "LA", "lao pdr": "LA", "brunei": "BN", "burma": "MM",
    "east timor": "TL", "the philippines": "PH", "south korea": "KR", "north korea": "KP",
    "russia": "RU", "turkey": "TR", "syria": "SY", "czech republic": "CZ", "ivory coast": "CI",
    "cape verde": "CV", "swaziland": "SZ", "macau": "MO", "vatican": "VA", "uk": "GB",
    "united kingdom": "GB", "great britain": "GB", "us": "US", "usa": "US", "united states": "US",
    "the united states": "US", "the netherlands": "NL", "uae": "AE", "hong kong china": "HK",
}  # fmt: skip

_SEVERAL = frozenset({"congo", "korea"})
_ALSO_ELSEWHERE = frozenset(
    {"georgia", "jersey", "jordan", "lebanon", "luxembourg", "mexico", "niger", "panama"}
)
"""Countries whose name is a place of another country too (Mexico, Pampanga, the Philippines)."""


def language(name: str) -> str:
    """The ISO 639-3 code of "Thai", "Egyptian_Arabic" or "Indonesian (ind)", or UNKNOWN."""
    head, _, tail = name.partition("(")
    for key in (_plain(name), _plain(head)):
        if key in LANGUAGES:
            return LANGUAGES[key]
    codes = {part for part in (_plain(head), _plain(tail)) if part in _CODES}
    return codes.pop() if len(codes) == 1 else UNKNOWN


def country(name: str) -> str | None:
    """The ISO alpha-2 code of a country's whole English name ("Sri_Lanka"), or None."""
    return _countries().get(_plain(name))


def countries_of(place: str) -> tuple[str, ...]:
    """The ISO alpha-2 codes of "Bali, Indonesia" or "Malaysia / Singapore", or ().

    A country counts where its whole name stands between separators. A list of names with commas
    that mixes other places with more than one country gives none: which of them is the address
    of which cannot be told.
    """
    if alone := country(place):
        return (alone,)
    found: dict[str, None] = {}
    for part in re.split(r"[;/|&+\n]|\s[-–—]\s|\band\b", place):
        names = [name for name in re.split(r"[,()]", part) if name.strip()]
        sure = [
            country(name)
            for name in names
            if len(names) == 1 or _plain(name) not in _ALSO_ELSEWHERE
        ]
        codes = dict.fromkeys(code for code in sure if code)
        if len(codes) == 1 or len(codes) == len(names):
            found |= codes
        elif whole := country(part):
            found[whole] = None
    return tuple(found)


@cache
def _countries() -> dict[str, str]:
    """Country codes by plain name: ISO's, its inversions ("Republic of Korea"), and aliases."""
    heads = Counter(_plain(entry.name.partition(",")[0]) for entry in countries())
    out: dict[str, str] = {}
    for entry in countries():
        head, _, tail = entry.name.partition(",")
        names = {_plain(entry.name), _plain(f"{tail} {head}")}
        if heads[_plain(head)] == 1:
            names.add(_plain(head))
        out |= dict.fromkeys(names, entry.iso2)
    return {name: code for name, code in (out | _ALIASES).items() if name not in _SEVERAL}


def _plain(name: str) -> str:
    """Lower case, without accents and punctuation: "Côte d'Ivoire" -> cote divoire."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    words = re.sub(r"[_\-,()]", " ", bare.casefold()).split()
    return re.sub(r"[.'’]", "", " ".join(words))
