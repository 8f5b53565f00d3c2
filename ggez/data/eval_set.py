"""Read an eval set: a folder in the Hub's ImageFolder convention.

`<root>/<split>/metadata.jsonl` has one JSON object a line with `file_name` (beside it) and
`item`, `countries`, `region`, `aspect`, `queries` ([{"lang", "text"}]); `name` and `local`
are for display. A picture that is missing or a line that is broken is left out with a
warning that says which; a set of which nothing is left is an error.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ggez.types import Case, EvalSet, Text, UserError

_FIELDS = ("file_name", "item", "countries", "region", "aspect", "queries")


def read_eval_set(root: Path, split: str) -> EvalSet:
    """One split. Raises UserError in one line if there is no usable case."""
    table = root / split / "metadata.jsonl"
    try:
        lines = table.read_text(encoding="utf-8-sig").split("\n")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        there = ", ".join(sorted(p.parent.name for p in root.glob("*/metadata.jsonl"))) or "none"
        raise UserError(
            f"{table}: no such file; eval set {root.name!r} has splits: {there}"
        ) from None
    except UnicodeDecodeError:
        raise UserError(f"{table}: not UTF-8 text; save it as UTF-8") from None
    warnings: list[str] = []
    digest = hashlib.sha256()
    cases = tuple(_cases(lines, table, warnings, digest))
    if not cases:
        why = f"; first problem: {warnings[0]}" if warnings else ""
        raise UserError(f"{table}: no usable case in {len(lines)} lines{why}")
    return EvalSet(root.name, split, str(root), cases, digest.hexdigest(), tuple(warnings))


def _cases(
    lines: list[str], table: Path, warnings: list[str], digest: hashlib._Hash
) -> Iterator[Case]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{table}:{number}"
        try:
            row = json.loads(line)
            case = _case(row, table, number)
        except (json.JSONDecodeError, RecursionError, ValueError) as error:
            why = getattr(error, "msg", "too deep or too long")
            warnings.append(f"{where}: broken JSON ({why}); line left out, mend or delete it")
            continue
        except (KeyError, TypeError, AttributeError) as error:
            field = str(error).strip("'\"")
            warnings.append(
                f"{where}: field {field} is missing or of the wrong kind; line left out"
            )
            continue
        picture = table.parent / case.file
        if not _is_picture_of(picture, table.parent):
            warnings.append(f"{where}: picture {case.file} is missing; case left out, restore it")
            continue
        digest.update(line.encode())
        digest.update(hashlib.sha256(picture.read_bytes()).digest())
        yield case


def _is_picture_of(picture: Path, folder: Path) -> bool:
    """Whether it is a file inside the split's folder; a name that leads outside is none."""
    try:
        return picture.is_file() and picture.resolve().is_relative_to(folder.resolve())
    except OSError:
        return False


def _case(row: dict[str, Any], table: Path, number: int) -> Case:
    for field in _FIELDS:
        if field not in row:
            raise KeyError(field)
    queries = tuple(Text(q["lang"], q["text"]) for q in row["queries"])
    if not queries or not all(isinstance(q.text, str) and q.text.strip() for q in queries):
        raise KeyError("queries")
    if not isinstance(row["countries"], list) or not row["countries"]:
        raise KeyError("countries")
    for field in ("file_name", "item", "region", "aspect"):
        if not isinstance(row[field], str) or not row[field]:
            raise KeyError(field)
    return Case(
        id=f"{table.parent.parent.name}/{table.parent.name}/{row['file_name']}",
        file=str(row["file_name"]),
        item=str(row["item"]),
        name=str(row.get("name", row["item"])),
        countries=tuple(row["countries"]),
        region=str(row["region"]),
        aspect=str(row["aspect"]),
        queries=queries,
        local=tuple(Text(q["lang"], q["text"]) for q in row.get("local", ())),
        held_out=row.get("held_out") is True,
    )
