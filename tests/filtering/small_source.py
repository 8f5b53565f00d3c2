"""Reading and writing the tables of a source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Metadata = list[dict[str, Any]]


def quiet(done: int, total: int, text: str) -> None:
    """No progress."""


def read_lines(file: Path) -> Metadata:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write_lines(folder: Path, rows: Metadata) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "metadata.jsonl").write_text(text, encoding="utf-8")
