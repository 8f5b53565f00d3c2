"""Where a word may begin and end, in scripts with and without spaces between words.

Thai, Lao, Khmer and Burmese put no space between words, so a name may stand anywhere, but never
so that it tears a syllable's letters apart: that much can be told without a dictionary, from the
Unicode Standard's chapter 16 and its grapheme clusters (UAX #29). Elsewhere words have ends.
"""

from __future__ import annotations

import re
import unicodedata

UNSPACED = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x1000, 0x109F),  # Myanmar
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0xA980, 0xA9DF),  # Javanese
    (0x1B00, 0x1B7F),  # Balinese
    (0x3040, 0x30FF),  # Hiragana, Katakana
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3134F),
)
LEADING_VOWELS = frozenset("เแโใไເແໂໃໄ")
"""Written before the consonant they belong to."""
STACKERS = frozenset("\u1039\u17d2\u1a60")
"""The consonant after one of them is written below the one before it."""
FOLLOWING_VOWELS = frozenset("ะาำๅະາຳຽ")
"""Letters by Unicode's category, but never the start of a word."""
CLOSERS = frozenset("\u0e4c\u0ecc\u17cd\u103a\u1039")
"""Over a consonant: it has no vowel of its own and closes the syllable before it."""

# A tone dot (Burmese) or a short vowel (Thai) may stand between the two.
_CLOSING = re.compile(f"[^\\W\\d_][\u1037\u0e34\u0e38]?[{''.join(sorted(CLOSERS))}]")
_SARA_AM = (
    (re.compile("([\u0e48-\u0e4b]?)\u0e4d([\u0e48-\u0e4b]?)\u0e32"), "\\1\\2\u0e33"),
    (re.compile("([\u0ec8-\u0ecb]?)\u0ecd([\u0ec8-\u0ecb]?)\u0eb2"), "\\1\\2\u0eb3"),
    (re.compile("([\u0e33\u0eb3])([\u0e48-\u0e4b\u0ec8-\u0ecb])"), "\\2\\1"),
)
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bb\u02bc\u0060\u00b4"), "'")
_DASHES = dict.fromkeys(map(ord, "-_\u2010\u2011\u2012\u2013\u2014"), " ")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), None)


def fold(text: str) -> str:
    """The form in which captions and terms are compared: case, composition, dashes, spaces.

    Accents stay: `pho` is not `phở`. The two ways to type Thai and Lao AM become one.
    """
    text = unicodedata.normalize("NFC", text).casefold()
    text = text.translate(_APOSTROPHES | _DASHES | _UNSEEN)
    for pattern, form in _SARA_AM:
        text = pattern.sub(form, text)
    return " ".join(unicodedata.normalize("NFC", text).split())


def may_begin(text: str, at: int) -> bool:
    """Whether a word may begin at `at` of a folded text."""
    if _is_dependent(text[at]):
        return False
    if at == 0:
        return True
    before = text[at - 1]
    if _is_unspaced(text[at]):
        return before not in LEADING_VOWELS and before not in STACKERS
    return not (_is_letter(text[at]) and _is_letter(before) and not _is_unspaced(before))


def may_end(text: str, at: int) -> bool:
    """Whether a word may end before `at` of a folded text."""
    if at == len(text):
        return True
    last, after = text[at - 1], text[at]
    if last in LEADING_VOWELS or _is_dependent(after):
        return False
    if _is_unspaced(last):
        return _CLOSING.match(text, at) is None
    if not _is_letter(last):
        return True
    if after == "'":
        # "pho's" is pho, but Tetun "ne'e" is not "ne".
        rest = text[at + 1 :]
        return not rest[:1].isalnum() or re.match(r"s\b", rest) is not None
    return not _is_letter(after) or _is_unspaced(after)


def _is_unspaced(letter: str) -> bool:
    code = ord(letter)
    return code >= 0x0E00 and any(low <= code <= high for low, high in UNSPACED)


def _is_letter(letter: str) -> bool:
    """Part of a word: letters, digits, and the marks on them."""
    return letter.isalnum() or unicodedata.category(letter)[0] == "M"


def _is_dependent(letter: str) -> bool:
    """Belongs to the letter before it."""
    return unicodedata.category(letter)[0] == "M" or letter in FOLLOWING_VOWELS
