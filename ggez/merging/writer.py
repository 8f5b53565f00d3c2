"""Write a weight file tensor by tensor, in the layout of another.

A merged file has exactly the tensors, shapes, dtypes and order of base's, so its header is
base's, byte for byte, and only the data is new: no tensor waits in memory for the others.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import torch

from ggez.types import UserError

SPARE = 1 << 20
"""Bytes kept free beyond what is written: directories, certificate, recipe, card."""
PIECE = 1 << 26
"""Bytes handed to the system at once, so that a full disk or Ctrl-C is seen soon."""


def header_bytes(file: Path) -> bytes:
    """The length word and the JSON of a safetensors file: all that precedes its data."""
    with file.open("rb") as opened:
        size = opened.read(8)
        return size + opened.read(int.from_bytes(size, "little"))


def raw_bytes(tensor: torch.Tensor) -> memoryview:
    """The bytes of a contiguous CPU tensor, not copied."""
    return tensor.reshape(-1).view(torch.uint8).numpy().data


def write_like(file: Path, model: Path, data: Iterable[memoryview]) -> None:
    """Write `model`'s header and then `data`, and wait until the disk has it.

    `data` yields the tensors' bytes in the order of `model`'s offsets. OSError where the disk
    refuses, RuntimeError if the bytes do not fill exactly what the header promises.
    """
    with file.open("xb", buffering=0) as out:
        _write(out.fileno(), memoryview(header_bytes(model)))
        for piece in data:
            _write(out.fileno(), piece)
        _settle(out.fileno())
        size = os.fstat(out.fileno()).st_size
    if size != model.stat().st_size:
        raise RuntimeError(f"{file}: {size} bytes written, {model.stat().st_size} promised")


def check_space(parent: Path, needed: int) -> None:
    """UserError if the disk under `parent` (or its nearest folder) has no room for `needed`."""
    while not parent.exists():
        parent = parent.parent
    free = shutil.disk_usage(parent).free
    if free < needed + SPARE:
        raise UserError(
            f"{parent}: the export needs {size_text(needed + SPARE)} and the disk has "
            f"{size_text(free)} free; make room or choose another --out"
        )


def size_text(size: int) -> str:
    """Bytes in decimal units, as disks are sold."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _write(descriptor: int, data: memoryview) -> None:
    start = 0
    while start < len(data):
        start += os.write(descriptor, data[start : start + PIECE])


def _settle(descriptor: int) -> None:
    """Flush to the disk, and drop the cached copy so that a check reads the disk itself."""
    os.fsync(descriptor)
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
