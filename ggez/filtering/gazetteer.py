"""The names of a region's things and places, and where they stand in a caption.

A gazetteer is a CSV with the columns `term`, `lang` (ISO 639-3) and `countries` (ISO 3166 codes
joined by `;`), and optionally `thing`, which is the same for several names of one thing. A term
whose countries all lie outside the region speaks against it, so one file can serve many regions.
"""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from ggez.filtering.scripts import fold, may_begin, may_end
from ggez.regions import country
from ggez.types import UserError

COLUMNS = ("term", "lang", "countries")


@dataclass(frozen=True)
class Term:
    """A name, its language (ISO 639-3) and its countries (ISO 3166 alpha-2)."""

    term: str
    lang: str
    countries: tuple[str, ...]
    thing: str


@dataclass(frozen=True)
class Hit:
    """A term in the folded caption, from `start` to before `end`."""

    term: Term
    start: int
    end: int


class Gazetteer:
    """Terms, found in captions in time that does not grow with their number."""

    def __init__(self, terms: tuple[Term, ...], digest: str = "") -> None:
        self.terms = terms
        self.digest = digest
        self._by_head: dict[str, list[tuple[str, Term]]] = defaultdict(list)
        for term in terms:
            folded = fold(term.term)
            self._by_head[folded[:2]].append((folded, term))

    def find(self, text: str) -> tuple[Hit, ...]:
        """Every term in a caption from left to right; none that lies inside a longer one."""
        folded = fold(text)
        hits = [
            Hit(term, at, at + len(name))
            for at in range(len(folded))
            for head in {folded[at : at + 2], folded[at]}
            for name, term in self._by_head.get(head, ())
            if folded.startswith(name, at)
            and may_begin(folded, at)
            and may_end(folded, at + len(name))
        ]
        hits.sort(key=lambda hit: (hit.start, -hit.end, hit.term.term, hit.term.lang))
        out: list[Hit] = []
        for hit in hits:
            if not any(hit.end <= other.end and _longer(other, hit) for other in out):
                out.append(hit)
        return tuple(out)


def read_gazetteer(file: Path) -> Gazetteer:
    """All terms of a file. Raises UserError in one line naming the row to mend."""
    try:
        raw = file.read_bytes()
        rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines(keepends=True)))
    except OSError:
        raise UserError(f"{file}: cannot be read; name a gazetteer, a CSV of terms") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file}: not a UTF-8 table ({error}); save it as UTF-8 CSV") from None
    if not rows:
        raise UserError(f"{file}: no terms; add rows of {', '.join(COLUMNS)}")
    terms = tuple(_term(row, f"{file}:{number}") for number, row in enumerate(rows, start=2))
    return Gazetteer(terms, hashlib.sha256(raw).hexdigest())


def _term(row: dict[str, str], where: str) -> Term:
    for column in COLUMNS:
        if not (row.get(column) or "").strip():
            raise UserError(f"{where}: {column} is empty; fill it in")
    if not fold(row["term"]):
        raise UserError(f"{where}: term {row['term']!r} has no letters; write a name")
    try:
        codes = tuple(country(code).iso2 for code in row["countries"].split(";"))
    except UserError as error:
        raise UserError(f"{where}: {error}") from None
    return Term(row["term"], row["lang"], codes, row.get("thing") or row["term"])


def _longer(other: Hit, hit: Hit) -> bool:
    """Whether `other`, which begins no later, is the longer of the two."""
    return other.start <= hit.start and other.end - other.start > hit.end - hit.start
