"""Headers of safetensors files, read and checked without touching a weight.

Layout of a file (https://huggingface.co/docs/safetensors): 8 bytes, little endian, the length
of the header; the header, JSON: name -> dtype, shape, data_offsets; then the data, which the
offsets cover without gap or overlap.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from ggez.types import UserError

FLOATING = {"F64", "F32", "F16", "BF16"}
"""Dtypes that can be averaged. 8 bits and less are quantised: a code, not a number."""

FLOAT8 = {"F8_E4M3", "F8_E4M3FNUZ", "F8_E5M2", "F8_E5M2FNUZ", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4"}

BITS = {
    "F64": 64, "I64": 64, "U64": 64, "C64": 64, "F32": 32, "I32": 32, "U32": 32,
    "F16": 16, "BF16": 16, "I16": 16, "U16": 16, "I8": 8, "U8": 8, "BOOL": 8,
    "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
} | {name: 8 for name in FLOAT8 if name.startswith("F8")}  # fmt: skip

LONGEST = 100_000_000
"""The format's own limit of a header, in bytes."""

AGAIN = "fetch it again"


@dataclass(frozen=True)
class Header:
    """Shape and safetensors dtype of one stored tensor."""

    shape: tuple[int, ...]
    dtype: str

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.shape)}"

    @property
    def numel(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes in storage."""
        return self.numel * BITS[self.dtype] // 8


@dataclass(frozen=True)
class Stored:
    """One stored tensor: its header and its absolute byte range in a file."""

    header: Header
    file: Path
    start: int
    end: int


def read_headers(file: Path) -> dict[str, Header]:
    """Names, shapes and dtypes of a safetensors file, without reading a weight."""
    return {name: stored.header for name, stored in read_stored(file).items()}


def read_stored(file: Path) -> dict[str, Stored]:
    """Every tensor of a safetensors file with its byte range, in the order of the data.

    Raises UserError in one line, with file and tensor, where the file is absent, truncated,
    not safetensors, or its header lies about the data.
    """
    entries, begin, size = _header(file)
    entries.pop("__metadata__", None)
    found = [(name, _entry(file, name, entry, begin)) for name, entry in entries.items()]
    found.sort(key=lambda item: (item[1].start, item[1].end))
    reached, before = begin, ""
    for name, stored in found:
        if stored.start < reached:
            raise _broken(file, f"tensor {name} overlaps {before}")
        if stored.start > reached:
            raise _broken(file, f"{stored.start - reached} bytes before tensor {name} are nobody's")
        if stored.end > size:
            raise _broken(
                file, f"truncated: tensor {name} ends at byte {stored.end}, the file at {size}"
            )
        reached, before = stored.end, name
    if reached != size:
        raise _broken(file, f"{size - reached} bytes after the last tensor are nobody's")
    return dict(found)


def read_metadata(file: Path) -> dict[str, str]:
    """The free-text metadata of a safetensors file; {} where it has none."""
    found = _header(file)[0].get("__metadata__")
    return dict(found) if isinstance(found, dict) else {}


def _header(file: Path) -> tuple[dict[str, Any], int, int]:
    """The header's entries, where the data begins, and the size of the file."""
    if not file.exists():
        raise UserError(f"{file}: no such file; check the checkpoint's folder")
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            if size < 8:
                raise _broken(file, f"truncated: {size} bytes")
            length = int.from_bytes(opened.read(8), "little")
            if length > LONGEST:
                raise _broken(file, f"not safetensors: its header would be {length} bytes long")
            if 8 + length > size:
                raise _broken(file, f"truncated: a header of {length} bytes in a file of {size}")
            text = opened.read(length)
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror or error})") from None
    try:
        entries = json.loads(text.decode("utf-8"), object_pairs_hook=_no_twins)
    except _TwinError as error:
        raise _broken(file, f"tensor {error} is in the header twice") from None
    except (ValueError, RecursionError):
        raise _broken(file, "not safetensors: its header is no JSON") from None
    if not isinstance(entries, dict):
        raise _broken(file, "not safetensors: its header is no JSON object")
    return entries, 8 + length, size


def _entry(file: Path, name: str, entry: Any, begin: int) -> Stored:
    if not isinstance(entry, dict):
        raise _broken(file, f"tensor {name} is not described by an object")
    dtype, shape, offsets = (entry.get(key) for key in ("dtype", "shape", "data_offsets"))
    if not isinstance(dtype, str) or dtype not in BITS:
        raise UserError(
            f"{file}: tensor {name} has an unknown dtype {str(dtype)[:40]!r}; save it as F32, F16 "
            "or BF16"
        )
    if not _counts(shape):
        raise _broken(file, f"tensor {name} has no valid shape ({str(shape)[:60]})")
    if not _counts(offsets) or len(offsets) != 2 or offsets[1] < offsets[0]:
        raise _broken(file, f"tensor {name} has no valid byte range ({str(offsets)[:60]})")
    header = Header(tuple(shape), dtype)
    taken = offsets[1] - offsets[0]
    if taken * 8 != header.numel * BITS[dtype]:
        raise _broken(
            file, f"tensor {name} is {header}, that is {header.nbytes} bytes, but has {taken}"
        )
    return Stored(header, file, begin + offsets[0], begin + offsets[1])


def _counts(value: Any) -> TypeGuard[list[int]]:
    """Whether this is a list of integers from 0."""
    return isinstance(value, list) and all(type(part) is int and part >= 0 for part in value)


def _broken(file: Path, what: str) -> UserError:
    return UserError(f"{file}: {' '.join(what.split())}; {AGAIN}")


class _TwinError(Exception):
    """A key that a JSON object has twice."""


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _TwinError(next(name for name in names if names.count(name) > 1))
    return found
