"""A served harness and one browser context for all, so that the compiled Plotly is cached."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import serve
from instrument_driver import Instrument


@pytest.fixture(scope="session")
def origin() -> Iterator[str]:
    server = serve.server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def context(browser):
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(60_000)  # a busy machine compiles Plotly slowly
    yield context
    context.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    yield page
    page.close()


@pytest.fixture
def instrument(page, origin: str) -> Iterator[Instrument]:
    instrument = Instrument(page, origin)
    yield instrument
    assert instrument.problems == []
