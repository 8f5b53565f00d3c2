"""What every reader makes of a row."""

from __future__ import annotations

from dataclasses import dataclass

from ggez.types import Text


@dataclass(frozen=True)
class Question:
    """A multiple-choice question in the local language and in English.

    `answer` counts from 0 into both lists of options, which correspond; None is an answer that
    the source withholds.
    """

    text: Text
    options: tuple[Text, ...]
    english: str
    english_options: tuple[str, ...]
    answer: int | None


@dataclass(frozen=True)
class Record:
    """One row of a data set.

    `image` is the encoded picture as it lies in the file. `countries` are ISO alpha-2, all of
    them meant; where the source only says that it is one of several, they are `candidates`
    instead; both are empty where it does not say. `texts` describe the picture, with ISO 639-3
    codes ("und" where unknown). `item` is the unit that intervals cluster by, `aspect` the
    source's category or "". `where` is the file and the row, counted from 1. `warnings` say,
    in one line each, which values were not understood.
    """

    id: str
    where: str
    image: bytes
    countries: tuple[str, ...]
    item: str
    aspect: str = ""
    texts: tuple[Text, ...] = ()
    question: Question | None = None
    candidates: tuple[str, ...] = ()
    licence: str = ""
    warnings: tuple[str, ...] = ()
