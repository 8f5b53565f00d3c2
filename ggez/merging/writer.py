"""Write a weight file tensor by tensor, in the layout of another, and folders that appear whole.

A merged file has exactly the tensors, shapes, dtypes and order of base's, so its header is
base's, byte for byte, and only the data is new: no tensor waits in memory for the others.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
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


@contextlib.contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A hidden folder beside `out` that becomes `out` when the block ends, or vanishes.

    `out` is never seen half written. On any error, Ctrl-C included, nothing is left, parent
    folders made for it included. What a killed process had to leave is removed by the next
    export to the same place. A disk that is full or refuses is one line, as UserError.
    """
    if out.exists() or out.is_symlink():
        raise UserError(f"{out}: exists already; choose another --out or remove it first")
    made = [folder for folder in out.parents if not folder.exists()]
    held = None
    work = out.parent / f".{out.name}.partial-{secrets.token_hex(4)}"
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _sweep_up(out)
        work.mkdir()
        held = _hold(work)
        yield work
        for place, _, files in os.walk(work):
            for name in files:
                _sync(Path(place, name))
            _sync_folder(Path(place))
        if out.exists():  # POSIX would silently replace an empty folder
            raise UserError(f"{out}: appeared while exporting; choose another --out")
        work.rename(out)
        _sync_folder(out.parent)
    except BaseException as error:
        shutil.rmtree(work, ignore_errors=True)
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise UserError(_refusal(out, error)) from None
        raise
    finally:
        if held is not None:
            os.close(held)


def _refusal(out: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{out}: the disk filled up while writing, nothing is left; make room and try again"
    where = error.filename or out
    return f"{where}: {error.strerror or error}; nothing is left at {out}"


def _write(descriptor: int, data: memoryview) -> None:
    start = 0
    while start < len(data):
        start += os.write(descriptor, data[start : start + PIECE])


def _hold(folder: Path) -> int | None:
    """Lock a folder for this process's life; None where that is impossible or it is held."""
    try:
        import fcntl
    except ImportError:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _sweep_up(out: Path) -> None:
    for left in out.parent.glob(f".{glob.escape(out.name)}.partial-*"):
        if (held := _hold(left)) is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(held)


def _settle(descriptor: int) -> None:
    """Flush to the disk, and drop the cached copy so that a check reads the disk itself."""
    os.fsync(descriptor)
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _sync(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
