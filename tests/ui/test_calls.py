"""The contract with the page: what the calls answer, on a real pair and on published points."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tiny_pair import build

from ggez.paths import PAIRS
from ggez.types import GRID
from ggez.ui.calls import Call, calls
from ggez.workbench import Workbench

STATE = {"sweepStatus", "sweeps", "ticks", "recommendation", "alphaByWeight"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Call]]:
    root = build(tmp_path_factory.mktemp("tiny"))
    published = (PAIRS / "paper-siglip2.yaml").read_text(encoding="utf-8")
    (root / "pairs" / "paper.yaml").write_text(published, encoding="utf-8")
    bench = Workbench(root / "pairs", root / "eval_sets", root / "cache")
    yield {call.__name__: call for call in calls(bench)}
    bench.close()


def measured(server: dict[str, Call]) -> dict[str, Any]:
    server["open"]({"pair": "tiny"})
    end = time.monotonic() + 60
    while (reply := server["status"]({"pair": "tiny"}))["sweepStatus"]["state"] != "ready":
        assert time.monotonic() < end
        time.sleep(0.3)
    return reply


def test_the_calls(server: dict[str, Call]) -> None:
    names = ("preview", "exact", "open", "status", "weigh", "measure", "cancel")
    assert tuple(server) == names


def test_the_state_of_a_pair_before_and_after_it_is_measured(server: dict[str, Call]) -> None:
    reply = measured(server)
    assert set(reply) == STATE
    state = server["open"]({"pair": "tiny"})
    assert set(state) >= STATE | {"globalWeight", "pair", "grid", "split", "pictures", "notice"}
    assert state["globalWeight"] == pytest.approx(0.434, abs=5e-4)
    assert state["recommendation"]["global_weight"] == state["globalWeight"]
    assert [row["w"] for row in state["alphaByWeight"]] == [i / 100 for i in range(101)]
    assert set(state["alphaByWeight"][0]) == {"w", "alpha"}
    points = state["sweeps"]["test"]["points"]
    assert [point["alpha"] for point in points] == list(GRID)
    assert set(points[3]) >= {"gain", "retention", "countries", "aspects", "languages", "metrics"}
    json.dumps(state, allow_nan=False)


@pytest.mark.parametrize("w", [0, 0.25, 1.0])
def test_weigh_tells_everything_at_another_weight(server: dict[str, Call], w: float) -> None:
    before = measured(server)
    reply = server["weigh"]({"pair": "tiny", "w": w, "seq": 7})
    assert set(reply) == {"globalWeight", "sweeps", "ticks", "recommendation", "seq"}
    assert (reply["globalWeight"], reply["seq"]) == (w, 7)
    for split, sweep in reply["sweeps"].items():
        assert sweep["global_weight"] == w
        for point, old in zip(sweep["points"], before["sweeps"][split]["points"], strict=True):
            assert point["grp"]["value"] == pytest.approx(
                w * point["global"]["value"] + (1 - w) * point["regional"]["value"]
            )
            assert point["regional"] == old["regional"]
    by_weight = {row["w"]: row["alpha"] for row in before["alphaByWeight"]}
    assert reply["recommendation"]["alpha_grp"]["alpha"] == by_weight[w]
    assert reply["recommendation"]["alpha_kof"]["exact"] == 1 - w
    assert server["status"]({"pair": "tiny"})["sweeps"] == before["sweeps"], "it is not kept"


def test_weighing_is_fast(server: dict[str, Call]) -> None:
    measured(server)
    server["weigh"]({"pair": "tiny", "w": 0.5})
    started = time.process_time()
    server["weigh"]({"pair": "tiny", "w": 0.6})
    assert time.process_time() - started < 0.3


@pytest.mark.parametrize("w", [1.01, -1, None, "0.3", True, {}])
def test_a_bad_weight_is_one_line(server: dict[str, Call], w: object) -> None:
    reply = server["weigh"]({"pair": "tiny", "w": w, "seq": 1})
    assert set(reply) == {"error", "seq"}
    assert reply["error"].startswith("w must be a number from 0 to 1")
    assert "\n" not in reply["error"]


def test_measure_and_cancel_answer_the_status(server: dict[str, Call]) -> None:
    measured(server)
    begun = server["measure"]({"pair": "tiny", "seq": 3})
    assert set(begun) == STATE | {"seq"}
    assert begun["sweepStatus"]["state"] == "running"
    assert begun["sweeps"]["test"], "the old sweep is shown until the new one is whole"
    stopped = server["cancel"]({"pair": "tiny"})
    assert set(stopped) == STATE
    assert stopped["sweepStatus"]["state"] == "cancelled" and stopped["sweepStatus"]["message"]
    server["measure"]({"pair": "tiny"})
    measured(server)


def test_published_points_are_weighed_and_not_recommended(server: dict[str, Call]) -> None:
    state = server["open"]({"pair": "paper-siglip2"})
    assert state["recommendation"] is None
    assert state["alphaByWeight"][0] == {"w": 0, "alpha": 0.75}
    reply = server["weigh"]({"pair": "paper-siglip2", "w": 1})
    assert reply["sweeps"]["validation"] is None and reply["recommendation"] is None
    assert [tick["alpha"] for tick in reply["ticks"]] == [0.5, 0]
    for call in ("measure", "cancel"):
        assert "published numbers only" in server[call]({"pair": "paper-siglip2"})["error"]


@pytest.mark.parametrize("call", ["weigh", "measure", "cancel", "status"])
@pytest.mark.parametrize("request_", [{}, {"pair": "no"}, {"pair": 3, "w": 0.5}, [], None])
def test_a_bad_request_is_one_line(server: dict[str, Call], call: str, request_: Any) -> None:
    reply = server[call](request_)
    assert set(reply) == {"error"} and "\n" not in reply["error"]
    assert "our side" not in reply["error"]
