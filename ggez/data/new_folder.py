"""A folder that appears whole or not at all."""

from __future__ import annotations

import errno
import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ggez.types import UserError


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A hidden folder beside `out` that becomes `out` when the block ends, or vanishes.

    `out` is never seen half written. On any error, Ctrl-C included, nothing is left, parent
    folders made for it included. What a killed process had to leave is removed the next
    time that `out` is made. A disk that is full or refuses is one line, as UserError.
    """
    if out.exists() or out.is_symlink():
        raise UserError(f"{out}: exists already; remove it or choose another --out")
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
            raise UserError(f"{out}: appeared meanwhile; choose another --out")
        work.rename(out)
        _sync_folder(out.parent)
    except BaseException as error:
        shutil.rmtree(work, ignore_errors=True)
        for folder in made:
            with suppress(OSError):
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


def _sync(file: Path) -> None:
    # a picture may be a link to a file that is not ours to write
    with file.open("rb" if os.name == "posix" else "rb+") as opened:
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
