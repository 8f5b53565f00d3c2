"""What tests need of the machine. `GGEZ_REQUIRE=chromium,postgres` makes a lack a failure."""

from __future__ import annotations

import os
import shutil

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def need(name: str, found: str | None, how: str) -> str:
    """`found`, or a skip with the reason; a failure where GGEZ_REQUIRE names it."""
    if found:
        return found
    line = f"{name} is not on this machine: {how}"
    if name in os.environ.get("GGEZ_REQUIRE", "").split(","):
        pytest.fail(line)
    pytest.skip(line)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return need("chromium", found or shutil.which("google-chrome"), "apt-get install chromium")
