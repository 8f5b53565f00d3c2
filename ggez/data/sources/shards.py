"""Rows of a Hub snapshot's Parquet files, a few at a time: a set never lies whole in memory.

What is held is at most about two row groups' worth, for a page of pictures may be as long as its
row group; the Hub's own writer makes those of 100 rows.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from ggez.types import UserError

BATCH = 32
"""Rows held at once, of one row group: some sets keep photographs of several MB."""

_NUMBERED = re.compile(r"-(\d+)-of-(\d+)(?:-[0-9a-f]+)?$")


@dataclass(frozen=True)
class Row:
    """One row: `where` is file:row, counted from 1; `notes` collect what is not understood."""

    where: str
    values: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    def note(self, column: str, problem: str) -> None:
        """Warn of a value in one line."""
        shown = " ".join(repr(self.values[column]).split())[:80]
        self.notes.append(f"{self.where}: column {column!r} is {shown}; {problem}")

    def text(self, column: str) -> str:
        """The value as text without space around it; "" where it is null."""
        value = self.values[column]
        return "" if value is None else str(value).strip()

    def many(self, column: str) -> tuple[str, ...]:
        """The texts of a list, or of a single value; what is empty is left out."""
        value = self.values[column]
        entries = value if isinstance(value, list) else [value]
        texts = (str(entry).strip() for entry in entries if entry is not None)
        return tuple(text for text in texts if text)

    def picture(self, column: str) -> bytes:
        """The encoded picture of the Hub's struct {bytes, path}; only its header is checked."""
        value = self.values[column]
        data = value.get("bytes") if isinstance(value, dict) else value
        if not isinstance(data, bytes) or not data:
            raise UserError(
                f"{self.where}: column {column!r} holds no picture; take a snapshot that has the "
                "pictures inside its Parquet files"
            )
        open_picture(data, self.where, column)
        return data


def open_picture(data: bytes, where: str, column: str = "image") -> Image.Image:
    """The picture, not yet decoded. Raises UserError in one line where it is none."""
    try:
        return Image.open(io.BytesIO(data))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UserError(
            f"{where}: column {column!r} holds a broken picture; download the file again"
        ) from None


def shards(folder: Path, split: str) -> tuple[Path, ...]:
    """The split's Parquet files, in order, in `folder/data` or in `folder`.

    Raises UserError where there is none, and where a numbered one is missing.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give a local snapshot of the Hub repository")
    found = sorted([*folder.glob("data/*.parquet"), *folder.glob("*.parquet")])
    mine = tuple(file for file in found if _split(file) == split)
    if not mine:
        there = ", ".join(dict.fromkeys(map(_split, found))) or "none"
        raise UserError(f"{folder}: no file data/{split}-*.parquet; its splits are: {there}")
    numbers = [_NUMBERED.search(file.stem) for file in mine]
    if all(numbers):
        have = {int(number[1]) for number in numbers if number}
        totals = {int(number[2]) for number in numbers if number}
        if len(totals) > 1 or len(have) < len(mine):
            raise UserError(
                f"{mine[0].parent}: {split} has files of two downloads; keep those of one"
            )
        if lacking := sorted(set(range(totals.pop())) - have):
            name = re.sub(r"-\d+-of-", f"-{lacking[0]:05d}-of-", mine[0].name)
            raise UserError(f"{mine[0].parent / name}: the file is missing; download it")
    return mine


def columns_of(file: Path) -> tuple[str, ...]:
    """The names of its columns. Raises UserError where it is no Parquet file."""
    return tuple(_footer(file).schema.to_arrow_schema().names)


def count_rows(folder: Path, split: str) -> int:
    """How many rows the split has, from the files' footers."""
    return sum(_footer(file).num_rows for file in shards(folder, split))


def rows(files: Iterable[Path], columns: tuple[str, ...]) -> Iterator[Row]:
    """Every row with these columns, file by file.

    The columns of all files are looked up before the first row, so that a set with a bad last
    file fails at once. Raises UserError naming file and column.
    """
    files = tuple(files)
    for file in files:
        there = columns_of(file)
        for column in columns:
            if column not in there:
                raise UserError(
                    f"{file}: column {column!r} is missing (found {', '.join(there)}); "
                    "is it another data set, or an older download?"
                )
    return _rows(files, columns)


def _rows(files: tuple[Path, ...], columns: tuple[str, ...]) -> Iterator[Row]:
    for file in files:
        number = 0
        try:
            # Buffering ahead, the default, holds the whole file; without a buffer of its own a
            # column is read in one piece, a third more for a large row group.
            with pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20) as opened:
                for batch in opened.iter_batches(BATCH, columns=list(columns)):
                    for values in batch.to_pylist():
                        number += 1
                        yield Row(f"{file}:{number}", values)
        except (pa.ArrowException, OSError) as error:
            raise UserError(_broken(file, error)) from None


def _footer(file: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(file)
    except (pa.ArrowException, OSError) as error:
        raise UserError(_broken(file, error)) from None


def _broken(file: Path, error: Exception) -> str:
    why = " ".join(str(error).split())[:120]
    return (
        f"{file}: not a whole Parquet file ({why}); download it again "
        "(a Git LFS pointer is not the file)"
    )


def _split(file: Path) -> str:
    return file.stem.partition("-")[0]
