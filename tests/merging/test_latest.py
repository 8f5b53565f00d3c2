"""The latest request wins: what was overtaken while it waited is never worked on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from ggez.merging import LiveMerge, plan_merge
from ggez.merging.latest import Latest
from ggez.merging.plan import Header


class Door:
    """A lock that tells how many wait at it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.asked = threading.Semaphore(0)

    def __enter__(self) -> None:
        self.asked.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_only_the_newest_of_those_that_wait_is_done() -> None:
    header = {"w": Header((4,), "F32")}
    base, tuned = {"w": torch.zeros(4)}, {"w": torch.ones(4)}
    merged = LiveMerge(plan_merge(header, header, str), base, tuned)
    latest, door, done = Latest(), Door(), []

    def move(alpha: float) -> float:
        merged.merge(alpha)
        done.append(alpha)
        return float(merged.tensors["w"][0])

    with ThreadPoolExecutor(8) as pool:
        with door:
            door.asked.acquire()
            waiting = []
            for alpha in (0.1, 0.2, 0.3, 0.4):  # each waits before the next one asks
                waiting.append(pool.submit(latest.run, "ann", door, lambda a=alpha: move(a)))
                door.asked.acquire()
            other = pool.submit(latest.run, "bob", door, lambda: move(0.9))
            door.asked.acquire()
        results = [one.result(timeout=10) for one in waiting]
    assert results[:3] == [None] * 3
    assert results[3] == pytest.approx(0.4)
    assert other.result() == pytest.approx(0.9)  # nobody drops another one's request
    assert sorted(done) == [0.4, 0.9]


def test_requests_one_after_another_are_all_done_and_leave_no_trace() -> None:
    latest, lock = Latest(), threading.Lock()
    assert [latest.run("ann", lock, lambda n=n: n) for n in range(3)] == [0, 1, 2]
    assert latest._newest == {}


def test_a_failure_reaches_its_asker_and_frees_the_lock() -> None:
    latest, lock = Latest(), threading.Lock()
    with pytest.raises(ZeroDivisionError):
        latest.run("ann", lock, lambda: 1 // 0)
    assert latest.run("ann", lock, lambda: "next") == "next"
    assert latest._newest == {}


def test_in_a_storm_each_answer_is_work_done_once_and_work_never_overlaps() -> None:
    latest, lock, inside, done = Latest(), threading.Lock(), [], []

    def work(number: int) -> int:
        inside.append(number)
        assert len(inside) == 1
        done.append(number)
        inside.remove(number)
        return number

    with ThreadPoolExecutor(16) as pool:
        jobs = [pool.submit(latest.run, "ann", lock, lambda n=n: work(n)) for n in range(500)]
        results = [job.result(timeout=20) for job in jobs]
    assert [n for n in results if n is not None] == sorted(done)
    assert done
    assert latest._newest == {}
