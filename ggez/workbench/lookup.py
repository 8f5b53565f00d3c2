"""Which item a typed query means, if an eval set knows: only then is there a right answer."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from ggez.types import Case, Text, UserError

LONGEST_QUERY = 300


def clean_query(query: object) -> str:
    """A query as one line of text, or UserError that says what is wrong with it."""
    if not isinstance(query, str):
        raise UserError("The query must be text; type what to look for")
    text = "".join(
        c if unicodedata.category(c)[0] != "C" or c in "\u200b\u200c\u200d" else " " for c in query
    )
    text = " ".join(text.split())
    if not text.strip("\u200b\u200c\u200d "):
        raise UserError("The query is empty; type what to look for")
    if len(text) > LONGEST_QUERY:
        raise UserError(
            f"The query has {len(text)} characters; the most is {LONGEST_QUERY}, shorten it"
        )
    return text


def meant_item(query: str, cases: Iterable[Case]) -> str | None:
    """The item whose query it is, or whose name it holds (the longest name wins)."""
    wanted = _fold(query)
    best: tuple[int, str] | None = None
    for case in cases:
        names = [Text("eng", case.name), *case.local]
        for text in (*case.queries, *names):
            name = _fold(text.text)
            if name == wanted:
                return case.item
            if len(name) > 2 and _holds(wanted, name) and (best is None or len(name) > best[0]):
                best = (len(name), case.item)
    return best[1] if best else None


def _holds(text: str, name: str) -> bool:
    """Whether a name stands in a text; in scripts with spaces, as whole words."""
    at = text.find(name)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(name) : at + len(name) + 1]
        left = _spaced(name[0]) and before.isalnum()
        right = _spaced(name[-1]) and after.isalnum()
        if not (left or right):
            return True
        at = text.find(name, at + 1)
    return False


def _spaced(letter: str) -> bool:
    """Whether the letter's script puts spaces between words."""
    name = unicodedata.name(letter, "")
    return name.split(" ")[0] in {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DIGIT"}


def _fold(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().strip()
