"""What tests need of the machine. `GGEZ_REQUIRE=chromium,postgres` makes a lack a failure."""

from __future__ import annotations

import os
import shutil

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


def need(name: str, found: bool, reason: str) -> None:
    """Skip with the reason where `name` is not found; fail where GGEZ_REQUIRE names it."""
    if found:
        return
    line = f"{name}: {reason}"
    required = os.environ.get("GGEZ_REQUIRE", "").split(",")
    if name in [entry.strip() for entry in required]:
        pytest.fail(f"{line} (GGEZ_REQUIRE names it)", pytrace=False)
    pytest.skip(line)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    need("chromium", found is not None, "not on this machine; apt-get install chromium")
    return str(found)
