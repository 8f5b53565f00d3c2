"""Read captioned pictures from a folder in the Hub's ImageFolder convention.

`<root>/metadata.jsonl` (a JSON object a line) or `<root>/metadata.csv` has `file_name`, relative
to the folder, and the caption in `text`; `lang` (ISO 639-3) is used where it is given, and every
other column is carried through.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image

from ggez.types import UserError

TABLES = ("metadata.jsonl", "metadata.csv")
MAX_PIXELS = 100_000_000
"""A picture of more is left out: decoding it would take the machine's memory."""


@dataclass(frozen=True)
class Captioned:
    """One row: its picture, its caption, the caption's language or "", and every column.

    `line` is where it stands in the table, from 1.
    """

    file: Path
    text: str
    lang: str
    row: dict[str, Any]
    line: int = 0


@dataclass
class ImageFolder:
    """A source; iterate to read it, a row at a time. What was left out stands in `warnings`."""

    root: Path
    table: Path
    warnings: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Captioned]:
        """Usable rows in table order. Raises UserError at the end if there was none."""
        self.warnings.clear()
        count = 0
        headers: dict[Path, str | None] = {}
        for line, row in self._rows():
            try:
                found = _captioned(self.root, row, line)
                if found.file not in headers:
                    headers[found.file] = _problem(found.file)
                if why := headers[found.file]:
                    raise ValueError(f"picture {row['file_name']} {why}")
            except ValueError as error:
                self.warn(line, str(error))
                continue
            count += 1
            yield found
        if not count:
            first = f"; first problem: {self.warnings[0]}" if self.warnings else ""
            raise UserError(f"{self.table}: no usable row; add rows with file_name and text{first}")

    def warn(self, line: int, why: str) -> None:
        """Note that the row of `line` is left out, and why."""
        self.warnings.append(f"{self.table}:{line}: {why}; row left out")

    def _rows(self) -> Iterator[tuple[int, Any]]:
        return self._jsonl() if self.table.suffix == ".jsonl" else self._csv()

    def _jsonl(self) -> Iterator[tuple[int, Any]]:
        # Bytes, because only a newline ends a line: U+2028 inside a caption does not.
        with self.table.open("rb") as file:
            for line, raw in enumerate(file, start=1):
                if not raw.strip():
                    continue
                try:
                    yield line, json.loads(raw.decode("utf-8-sig" if line == 1 else "utf-8"))
                except UnicodeDecodeError:
                    self.warn(line, "not UTF-8 text")
                except (json.JSONDecodeError, RecursionError, ValueError) as error:
                    self.warn(line, f"broken JSON ({getattr(error, 'msg', 'too deep or long')})")

    def _csv(self) -> Iterator[tuple[int, Any]]:
        with self.table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            while True:
                try:
                    row = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    self.warn(reader.line_num, f"broken CSV ({error})")
                    continue
                except UnicodeDecodeError:
                    raise UserError(f"{self.table}: not UTF-8 text; save it as UTF-8") from None
                if None in row:
                    self.warn(reader.line_num, "more cells than columns")
                    continue
                yield reader.line_num, row


def read_image_folder(root: Path) -> ImageFolder:
    """The source of a folder, unread. Raises UserError where it has no table."""
    for name in TABLES:
        if (root / name).is_file():
            return ImageFolder(root, root / name)
    below = sorted(table.parent.name for name in TABLES for table in root.glob(f"*/{name}"))
    hint = f"; there is one in {', '.join(below[:5])}: give that folder" if below else ""
    raise UserError(f"{root}: holds neither {' nor '.join(TABLES)}{hint}")


def load_picture(file: Path) -> Image.Image:
    """The whole picture as RGB, transparency on white. Raises ValueError where it is broken."""
    try:
        with Image.open(file) as image:
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                # The colour under a transparent pixel is arbitrary and nobody sees it.
                white = Image.new("RGBA", image.size, "white")
                return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"cannot be decoded ({' '.join(str(error).split())[:120]})") from None


def _captioned(root: Path, row: Any, line: int) -> Captioned:
    if not isinstance(row, dict):
        raise ValueError("not an object with columns")
    for column in ("file_name", "text"):
        if not isinstance(row.get(column), str) or not row[column].strip():
            raise ValueError(f"{column} is missing, empty or no text")
    name = PurePosixPath(row["file_name"])
    # Only the name is judged: pictures of a Hub snapshot are links to another folder.
    if name.is_absolute() or ".." in name.parts:
        raise ValueError(f"picture {name} lies outside the folder")
    lang = row.get("lang")
    return Captioned(root / name, row["text"], lang if isinstance(lang, str) else "", row, line)


def _problem(file: Path) -> str | None:
    """Why the file's header is no picture's, or None."""
    try:
        with Image.open(file) as image:
            return "has too many pixels" if image.width * image.height > MAX_PIXELS else None
    except FileNotFoundError:
        return "is missing"
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return "is unreadable"
