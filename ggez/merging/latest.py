"""Of several requests that wait for the same lock, do only the newest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

Result = TypeVar("Result")


class Latest:
    """Drops what its asker has overtaken: a slider that moved on needs no merge for where it was.

    One asker's requests never drop another's. Thread-safe.
    """

    def __init__(self) -> None:
        self._own = threading.Lock()
        self._newest: dict[str, object] = {}

    def run(
        self, asker: str, lock: AbstractContextManager[Any], work: Callable[[], Result]
    ) -> Result | None:
        """`work()` under `lock`, or None without working if `asker` has asked again meanwhile."""
        ticket = object()
        with self._own:
            self._newest[asker] = ticket
        with lock:
            if self._newest.get(asker) is not ticket:
                return None
            try:
                return work()
            finally:
                with self._own:  # keep no trace of askers who are served
                    if self._newest.get(asker) is ticket:
                        del self._newest[asker]
