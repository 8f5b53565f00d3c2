"""What a long export tells and is told between tensors: progress, cancel, memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from ggez.types import UserError

Progress = Callable[[int, int, str], None]
Cancel = threading.Event | Callable[[], bool] | None


class Cancelled(UserError):
    """The export was stopped on request; nothing is left of it."""


class Steps:
    """Counts tensors, keeps the peak of memory, and raises Cancelled when asked to stop."""

    def __init__(self, progress: Progress | None, cancel: Cancel, total: int) -> None:
        self._progress = progress
        self._asked = cancel.is_set if isinstance(cancel, threading.Event) else cancel
        self._total = total
        self._done = 0
        self._start = anonymous_bytes()
        self.peak_bytes = None if self._start is None else 0

    def check(self) -> None:
        """Raise Cancelled if a stop was asked for."""
        if self._asked is not None and self._asked():
            raise Cancelled("export cancelled; nothing is left of it")

    def step(self, text: str) -> None:
        """One tensor begins."""
        self.check()
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total, text)

    def weigh(self) -> None:
        """Look at memory now: call it where most is held."""
        now = anonymous_bytes()
        if now is not None and self._start is not None and self.peak_bytes is not None:
            self.peak_bytes = max(self.peak_bytes, now - self._start)


def anonymous_bytes() -> int | None:
    """Memory of this process that no file backs, so not mapped weights; None outside Linux."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [int(line.split()[1]) for line in lines if line.startswith("RssAnon:")]
    return found[0] * 1024 if found else None
