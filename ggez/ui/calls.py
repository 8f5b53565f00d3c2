"""The calls the instrument makes. Each takes one JSON object and answers one.

A user's mistake comes back as `{"error": line}`; a fault of ours is logged here and told in one
line too. No traceback leaves the server.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ggez.types import UserError
from ggez.ui.state import pair_state, status_state, weighed_state
from ggez.workbench import Workbench
from ggez.workbench.workbench import check_weight

log = logging.getLogger("ggez")
Call = Callable[[dict[str, Any]], dict[str, Any]]


def calls(bench: Workbench) -> list[Call]:
    """`preview`, `exact`, `open`, `status`, `weigh`, `measure` and `cancel` over one workbench."""

    def preview(request: dict[str, Any]) -> dict[str, Any]:
        return _answer(request, lambda r: bench.preview(r.get("pair"), r.get("query")))

    def exact(request: dict[str, Any]) -> dict[str, Any]:
        return _answer(
            request, lambda r: bench.exact(r.get("pair"), r.get("alpha"), r.get("query"))
        )

    def open(request: dict[str, Any]) -> dict[str, Any]:
        def work(r: dict[str, Any]) -> dict[str, Any]:
            state = pair_state(bench, r.get("pair"))
            if not state["pair"]["readonly"]:
                bench.prepare(state["pair"]["id"])
            return state

        return _answer(request, work)

    def status(request: dict[str, Any]) -> dict[str, Any]:
        return _answer(request, lambda r: status_state(bench, r.get("pair")))

    def weigh(request: dict[str, Any]) -> dict[str, Any]:
        def work(r: dict[str, Any]) -> dict[str, Any]:
            return weighed_state(bench, r.get("pair"), check_weight(r.get("w")))

        return _answer(request, work)

    def measure(request: dict[str, Any]) -> dict[str, Any]:
        def work(r: dict[str, Any]) -> dict[str, Any]:
            bench.measure(r.get("pair"))
            return status_state(bench, r.get("pair"))

        return _answer(request, work)

    def cancel(request: dict[str, Any]) -> dict[str, Any]:
        def work(r: dict[str, Any]) -> dict[str, Any]:
            bench.cancel(r.get("pair"))
            return status_state(bench, r.get("pair"))

        return _answer(request, work)

    return [preview, exact, open, status, weigh, measure, cancel]


def _answer(request: Any, work: Call) -> dict[str, Any]:
    if not isinstance(request, dict):
        return {"error": "The request must be one JSON object"}
    seq = {"seq": request["seq"]} if "seq" in request else {}
    try:
        return work(request) | seq
    except UserError as error:
        return {"error": str(error)} | seq
    except Exception:
        log.exception("request failed")
        return {"error": "Something went wrong on our side; the server's log has it"} | seq
