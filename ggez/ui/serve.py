"""Run the app on a bound socket; the first pair opens behind the page."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import uvicorn

from ggez.ui.app import create_app
from ggez.workbench import Workbench


def serve(
    listening: socket.socket,
    pair: str | None,
    kof: Path | None,
    port: int,
    ready: threading.Timer | None,
) -> None:
    """Serve until interrupted. Raises UserError for a bad pair or table."""
    bench = Workbench(kof=kof)
    app = create_app(bench, pair, port)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    first = bench.spec(pair if pair is not None else next(iter(bench.pairs)))
    if not first.readonly:
        bench.prepare(first.id)
    if ready:
        ready.daemon = True
        ready.start()
    server.run(sockets=[listening])
