"""One worker, three priorities: a person's exact request goes before everything else.

Background work is queued in small pieces, so a person waits for one piece at most.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ggez.types import UserError

EXACT, PREVIEW, BACKGROUND = 0, 1, 2
MOST_WAITING = 200


class Jobs:
    """Runs jobs one at a time in priority order, first come first served within one."""

    def __init__(self) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, Any]] = queue.PriorityQueue()
        self._number = itertools.count()
        self._people = 0
        self._closed = False
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="ggez-jobs", daemon=True)
        self._thread.start()

    def submit(self, priority: int, job: Callable[[], Any]) -> Future[Any]:
        """Queue a job. Raises UserError when too many people are waiting already."""
        future: Future[Any] = Future()
        with self._guard:
            if self._closed:
                raise UserError("The workbench is closing; start the app again")
            if priority != BACKGROUND:
                if self._people > MOST_WAITING:
                    raise UserError("Too many requests are waiting; try again in a few seconds")
                self._people += 1
                future.add_done_callback(self._left)
        self._queue.put((priority, next(self._number), (future, job)))
        return future

    def close(self) -> None:
        """Finish the running job and stop; what still waits is cancelled."""
        with self._guard:
            self._closed = True
        self._queue.put((-1, next(self._number), None))
        self._thread.join()

    def _left(self, _: Future[Any]) -> None:
        with self._guard:
            self._people -= 1

    def _run(self) -> None:
        while (entry := self._queue.get()[2]) is not None:
            future, job = entry
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(job())
            except BaseException as error:  # handed to whoever waits
                future.set_exception(error)
        while not self._queue.empty():
            if (entry := self._queue.get()[2]) is not None:
                entry[0].cancel()
