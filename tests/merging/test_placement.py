"""Where weights are placed, by size alone."""

from __future__ import annotations

import pytest

from ggez.merging import plan_merge
from ggez.merging.placement import GIB, STAGE_BYTES, decide, place
from ggez.merging.plan import Header

ROOM = 2 * GIB


@pytest.mark.parametrize(
    ("merged", "other", "free", "device", "streamed"),
    [
        (GIB, 0, None, "cpu", False),  # no GPU
        (GIB, 0, 3 * GIB + ROOM, "cuda:0", False),  # three copies, to the byte
        (GIB, 0, 3 * GIB + ROOM - 1, "cuda:0", True),
        (GIB, 1, 3 * GIB + ROOM, "cuda:0", True),  # what is not blended needs room too
        (GIB, 0, 2 * GIB + ROOM + 2 * STAGE_BYTES, "cuda:0", True),
        (GIB, 0, 2 * GIB + ROOM + 2 * STAGE_BYTES - 1, "cpu", False),
        (0, 0, ROOM, "cuda:0", False),
        (GIB, 0, 0, "cpu", False),
    ],
)
def test_the_decision(
    merged: int, other: int, free: int | None, device: str, streamed: bool
) -> None:
    found = decide(merged, other, free)
    assert (found.device, found.streamed) == (device, streamed)
    assert found.reason
    assert "\n" not in found.reason


def test_the_reason_has_the_sizes() -> None:
    assert "three copies need 24.0 GB of 20.0 GB" in decide(8 * 10**9, 0, 20 * 10**9, room=0).reason
    assert "two copies need 16.1 GB of 9.0 GB" in decide(8 * 10**9, 0, 9 * 10**9, room=0).reason


def test_more_free_memory_never_gives_a_worse_place() -> None:
    order = {("cpu", False): 0, ("cuda:0", True): 1, ("cuda:0", False): 2}
    ranks = []
    for free in range(0, 40 * GIB, GIB // 4):
        found = decide(9 * GIB, GIB, free)
        ranks.append(order[found.device, found.streamed])
    assert ranks == sorted(ranks)
    assert set(ranks) == {0, 1, 2}


def test_a_plan_is_placed_on_what_this_machine_has() -> None:
    header = {"a": Header((10,), "F32"), "b": Header((3,), "I64")}
    found = place(plan_merge(header, header, str))
    assert found.device in ("cpu", "cuda:0")
    assert not found.streamed
