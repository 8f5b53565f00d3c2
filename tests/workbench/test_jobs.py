"""The queue: people first, one at a time, and nothing is swallowed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest

from ggez.types import UserError
from ggez.workbench.jobs import BACKGROUND, EXACT, MOST_WAITING, PREVIEW, Jobs

SOON = 10


class Busy:
    """A queue whose worker is held at a gate, so that what waits can be arranged."""

    def __init__(self) -> None:
        self.jobs, self.gate, self._running = Jobs(), threading.Event(), threading.Event()
        self.first = self.jobs.submit(BACKGROUND, self._hold)
        assert self._running.wait(SOON)

    def _hold(self) -> str:
        self._running.set()
        self.gate.wait(SOON)
        return "held"


@pytest.fixture
def busy() -> Iterator[Busy]:
    made = Busy()
    yield made
    made.gate.set()
    made.jobs.close()


def test_an_exact_job_overtakes_all_that_waits(busy: Busy) -> None:
    order: list[str] = []
    submitted = [(BACKGROUND, "b1"), (PREVIEW, "p1"), (BACKGROUND, "b2"), (EXACT, "e1")]
    submitted += [(PREVIEW, "p2"), (EXACT, "e2")]
    futures = [busy.jobs.submit(rank, lambda n=name: order.append(n)) for rank, name in submitted]
    busy.gate.set()
    for future in futures:
        future.result(SOON)
    assert order == ["e1", "e2", "p1", "p2", "b1", "b2"]
    assert busy.first.result(SOON) == "held"


@pytest.mark.parametrize("error", [ZeroDivisionError, UserError, KeyboardInterrupt, SystemExit])
def test_an_exception_is_handed_over_and_the_worker_lives(
    busy: Busy, error: type[BaseException]
) -> None:
    def fail() -> None:
        raise error("why")

    failing = busy.jobs.submit(EXACT, fail)
    after = busy.jobs.submit(EXACT, lambda: "fine")
    busy.gate.set()
    with pytest.raises(error, match="why"):
        failing.result(SOON)
    assert after.result(SOON) == "fine"


def test_one_job_runs_at_a_time() -> None:
    jobs, inside, most = Jobs(), [], []

    def work() -> None:
        inside.append(1)
        most.append(len(inside))
        inside.pop()

    with ThreadPoolExecutor(4) as people:
        for future in list(people.map(lambda _: jobs.submit(EXACT, work), range(60))):
            future.result(SOON)
    assert most == [1] * 60
    jobs.close()


def test_close_finishes_what_runs_and_cancels_what_waits(busy: Busy) -> None:
    waiting = [busy.jobs.submit(rank, lambda: "no") for rank in (EXACT, PREVIEW, BACKGROUND)]
    closing = threading.Thread(target=busy.jobs.close)
    closing.start()
    while busy.jobs._queue.queue[0][0] != -1:  # the order to stop has been queued
        pass
    busy.gate.set()
    closing.join(SOON)
    assert not closing.is_alive()
    assert busy.first.result(SOON) == "held"
    for future in waiting:
        with pytest.raises(CancelledError):
            future.result(SOON)


def test_a_cancelled_job_is_not_run(busy: Busy) -> None:
    ran: list[int] = []
    future = busy.jobs.submit(EXACT, lambda: ran.append(1))
    assert future.cancel()
    busy.gate.set()
    busy.jobs.submit(BACKGROUND, lambda: None).result(SOON)
    assert ran == []


def test_too_many_people_is_one_line_and_background_is_always_taken(busy: Busy) -> None:
    with pytest.raises(UserError) as caught:
        for _ in range(MOST_WAITING + 2):
            busy.jobs.submit(EXACT, lambda: None)
    assert "\n" not in str(caught.value)
    busy.jobs.submit(BACKGROUND, lambda: None)


def test_background_work_refuses_nobody(busy: Busy) -> None:
    for _ in range(MOST_WAITING + 2):
        busy.jobs.submit(BACKGROUND, lambda: None)
    busy.jobs.submit(EXACT, lambda: None)


def test_nobody_waits_for_a_closed_queue() -> None:
    jobs = Jobs()
    jobs.close()
    try:
        future = jobs.submit(EXACT, lambda: None)
    except UserError:
        return
    assert future.cancelled()
