"""CVQA: multiple-choice questions about pictures from 30 countries (arXiv 2406.05967).

The item is the picture: several questions share one, and the ID is the picture's with a number.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ggez.data.sources.names import UNKNOWN, country, language
from ggez.data.sources.record import Question, Record
from ggez.data.sources.shards import Row, rows, shards
from ggez.types import Text

NAME = "cvqa"
TITLE = "CVQA"
SOURCE = "afaji/cvqa"
LICENCE = "other"  # each picture has its own, in the column License
LIMITS = (
    'A question names no picture ("What is this building called?"), so it is no query for '
    "retrieval. The Hub's copy may withhold the answers (Label -1)."
)
COLUMNS = (
    *("image", "ID", "Subset", "Question", "Translated Question", "Options"),
    *("Translated Options", "Label", "Category", "License"),
)


def read(folder: Path, split: str) -> Iterator[Record]:
    """A question a record, with `question` and no `texts`. Raises UserError in one line."""
    return map(_record, rows(shards(folder, split), COLUMNS))


def _record(row: Row) -> Record:
    image = row.picture("image")
    lang, countries = _subset(row)
    id_ = row.text("ID")
    if not id_:
        row.note("ID", "the row stands for itself")
        id_ = row.where
    picture, _, number = id_.rpartition("_")
    return Record(
        id=id_,
        where=row.where,
        image=image,
        countries=countries,
        item=picture if picture and number.isdigit() else id_,
        aspect=row.text("Category"),
        question=_question(row, lang),
        licence=row.text("License"),
        warnings=tuple(row.notes),
    )


def _subset(row: Row) -> tuple[str, tuple[str, ...]]:
    """Language code and countries of a text such as "('Sinhala', 'Sri_Lanka')"."""
    try:
        spoken, place = ast.literal_eval(row.text("Subset"))
        lang, code = language(spoken), country(place)
    except (ValueError, SyntaxError, TypeError, AttributeError, RecursionError, MemoryError):
        row.note("Subset", "not a pair ('Language', 'Country'); no country and language given")
        return UNKNOWN, ()
    if lang == UNKNOWN:
        row.note("Subset", "the language is not known")
    if code is None:
        row.note("Subset", "the country is not known; none given")
    return lang, (code,) if code else ()


def _question(row: Row, lang: str) -> Question:
    options, english = _options(row, "Options"), _options(row, "Translated Options")
    for column in ("Question", "Translated Question"):
        if not row.text(column):
            row.note(column, "there is no question")
    if len(options) != len(english):
        row.note("Options", f"{len(options)} options, but {len(english)} in English")
    label = row.values["Label"]
    answer = label if isinstance(label, int) and 0 <= label < len(options) else None
    if answer is None and label != -1:
        row.note("Label", f"not one of {len(options)} options; taken as withheld")
    return Question(
        text=Text(lang, row.text("Question")),
        options=tuple(Text(lang, option) for option in options),
        english=row.text("Translated Question"),
        english_options=english,
        answer=answer,
    )


def _options(row: Row, column: str) -> tuple[str, ...]:
    """All options in order, empty ones too: the answer counts them.

    Early revisions keep the list as a text.
    """
    value = row.values[column]
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            value = None
    if not isinstance(value, list) or not value:
        row.note(column, "not a list of options")
        return ()
    return tuple("" if option is None else str(option).strip() for option in value)
