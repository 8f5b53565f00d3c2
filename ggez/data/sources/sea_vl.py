"""SEA-VL: pictures of Southeast Asian cultures with captions (arXiv 2503.07920).

Reads both repositories, told apart by their columns: the crowdsourced one, whose captions are
in English and in a native language, and the crawled one, which says neither country nor
language. The item is the picture. Quality scores are not read: nothing is filtered here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ggez.data.sources.names import UNKNOWN, countries_of, language
from ggez.data.sources.record import Record
from ggez.data.sources.shards import Row, columns_of, rows, shards
from ggez.types import Text

NAME = "sea-vl"
TITLE = "SEA-VL"
SOURCE = "SEACrowd/sea-vl_crowdsourcing"
LICENCE = "cc-by-sa-4.0"
LIMITS = (
    "The country is the one whose culture a contributor said the picture is relevant to; it may "
    "have been taken elsewhere. Countries are covered very unevenly, and there is no outside: "
    "take the global set from another source. Its crawl was prefiltered by likeness to pictures "
    "of SEA-VQA and CVQA, so do not tune on it and test on those."
)
COLUMNS = (
    *("id", "image", "caption", "caption_native_lang", "native_lang"),
    "culture_relevant_loc",
)
CRAWLED_COLUMNS = ("id", "image", "caption", "category")


def read(folder: Path, split: str) -> Iterator[Record]:
    """A picture a record, with its captions. Raises UserError in one line."""
    files = shards(folder, split)
    there = columns_of(files[0])
    if "category" in there and not {"native_lang", "culture_relevant_loc"} & set(there):
        return map(_crawled, rows(files, CRAWLED_COLUMNS))
    return map(_crowdsourced, rows(files, COLUMNS))


def _crowdsourced(row: Row) -> Record:
    image, id_ = row.picture("image"), _id(row)
    countries = countries_of(row.text("culture_relevant_loc"))
    if not countries:
        row.note("culture_relevant_loc", "no country that is certain; none given")
    texts = [Text("eng", caption) for caption in row.many("caption")]
    native = row.many("caption_native_lang")
    if native:
        lang = language(row.text("native_lang"))
        if lang == UNKNOWN:
            row.note("native_lang", "the language is not known")
        texts += [Text(lang, caption) for caption in native]
    if not texts:
        row.note("caption", "there is no caption")
    return Record(
        id=id_,
        where=row.where,
        image=image,
        countries=countries,
        item=id_,
        texts=tuple(dict.fromkeys(texts)),
        licence=LICENCE,
        warnings=tuple(row.notes),
    )


def _crawled(row: Row) -> Record:
    image, id_ = row.picture("image"), _id(row)
    captions = row.many("caption")
    if not captions:
        row.note("caption", "there is no caption")
    return Record(
        id=id_,
        where=row.where,
        image=image,
        countries=(),
        item=id_,
        aspect=row.text("category"),
        texts=tuple(Text(UNKNOWN, caption) for caption in captions),
        licence=LICENCE,
        warnings=tuple(row.notes),
    )


def _id(row: Row) -> str:
    if id_ := row.text("id"):
        return id_
    row.note("id", "the row stands for itself")
    return row.where
