"""Take the README's pictures from the running app: `python tests/browser/screenshots.py [URL]`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

OUT = Path(__file__).resolve().parents[2] / "assets" / "screenshots"
SHOTS = (
    ("explore-light", 1440, 900, "light", "curves"),
    ("explore-dark", 1440, 900, "dark", "curves"),
    ("explore-phone", 390, 844, "light", "curves"),
    ("trade-off", 1440, 900, "light", "tradeoff"),
    ("countries", 1440, 900, "light", "countries"),
)


def main(url: str) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-background-networking"],
        )
        for name, width, height, scheme, view in SHOTS:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page = context.new_page()
            page.goto(f"{url}?alpha=0.45&view={view}")
            if view == "curves":
                page.wait_for_selector(".stage.is-drawn", timeout=90_000)
            page.wait_for_selector(".is-merged .badge.is-exact", timeout=90_000)
            page.wait_for_timeout(600)
            page.screenshot(path=OUT / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7860/")
