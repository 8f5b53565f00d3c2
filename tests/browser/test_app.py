"""The running app in a real browser: the pocket pair, dragged, typed at and shared."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXACT = ".is-merged .badge.is-exact"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(port: int, cache: Path) -> subprocess.Popen:
    env = os.environ | {"GGEZ_CACHE": str(cache), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "app.py", "--no-browser", "--port", str(port)]
    return subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def answered(process: subprocess.Popen, url: str) -> float:
    """Seconds until the port answers with a page."""
    began = time.monotonic()
    while True:
        try:
            urllib.request.urlopen(url, timeout=30).read()
            return time.monotonic() - began
        except OSError:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() - began < 60, "the app does not answer"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app by its own command, with an empty cache."""
    port = free_port()
    process = start(port, tmp_path_factory.mktemp("cache"))
    url = f"http://127.0.0.1:{port}/"
    answered(process, url)
    yield url
    process.terminate()
    process.wait(20)


class Visitor:
    """One person in one browser context."""

    def __init__(self, browser, origin: str, address: str = "", size=(1440, 900)) -> None:
        width, height = size
        self.context = browser.new_context(viewport={"width": width, "height": height})
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.problems: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.goto(origin + address)
        self.page.wait_for_selector(EXACT, timeout=90_000)

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector).strip()

    def badge(self) -> str:
        return self.text(".is-merged .badge")

    def alpha(self) -> str:
        return self.page.input_value(".number")

    def at(self, alpha: float) -> tuple[float, float]:
        box = self.page.locator(".range").bounding_box()
        return box["x"] + 14 + alpha * (box["width"] - 28), box["y"] + box["height"] / 2

    def settle(self) -> None:
        """Wait until the exact answer for the slider's α is shown."""
        self.page.wait_for_function(
            "() => document.querySelector('.is-merged .badge.is-exact')?.innerText.trim() === "
            "'exact α = ' + document.querySelector('.number').value",
            timeout=20_000,
        )

    def search(self, query: str) -> None:
        self.page.fill(".ggez .query", query)
        self.page.keyboard.press("Enter")

    def find(self, query: str) -> None:
        """Search and wait until the results are this query's."""
        self.search(query)
        self.page.wait_for_function(
            "query => document.querySelector('.asked').innerText.includes(query)", arg=query
        )
        self.settle()

    def set_alpha(self, alpha: float) -> None:
        self.page.fill(".number", str(alpha))
        self.page.press(".number", "Enter")
        self.settle()

    def shown(self, column: str = "merged") -> list[str]:
        return self.page.eval_on_selector_all(f".column.is-{column} img", "a => a.map(i => i.src)")


@pytest.fixture
def visitor(browser, origin: str) -> Iterator[Visitor]:
    one = Visitor(browser, origin)
    yield one
    one.context.close()


def test_the_port_answers_in_10_s_and_the_page_is_usable_in_20(browser, tmp_path: Path) -> None:
    port, began = free_port(), time.monotonic()
    process = start(port, tmp_path)
    try:
        assert answered(process, f"http://127.0.0.1:{port}/") <= 10
        one = Visitor(browser, f"http://127.0.0.1:{port}/")
        one.page.wait_for_selector(".stage.is-drawn", timeout=30_000)
        assert time.monotonic() - began <= 20
        one.context.close()
    finally:
        process.terminate()
        process.wait(20)


def test_the_page_shows_pictures_curves_and_asks_nobody_else(visitor: Visitor, origin: str) -> None:
    visitor.page.wait_for_selector(".stage.is-drawn", timeout=30_000)
    assert len(visitor.shown()) == 8
    assert all(url.startswith((origin, "data:", "blob:")) for url in visitor.requests)
    assert not visitor.problems


def test_a_drag_makes_no_request_and_shows_every_position(visitor: Visitor) -> None:
    page = visitor.page
    visitor.settle()
    page.wait_for_timeout(500)
    page.mouse.move(*visitor.at(0.0))
    page.mouse.down()
    visitor.requests.clear()
    for step in range(41):
        alpha = step / 40
        page.mouse.move(*visitor.at(alpha))
        page.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
        assert abs(float(visitor.alpha()) - alpha) <= 0.011
        shown = float(visitor.badge().split("=")[1])
        assert abs(shown - float(visitor.alpha())) <= 0.026
        assert step == 0 or "preview" in visitor.badge()
    assert visitor.requests == []
    page.mouse.up()
    visitor.settle()
    assert visitor.badge() == "exact α = 1.00"
    assert visitor.shown("merged") == visitor.shown("tuned")


def test_the_final_state_equals_the_slider_after_fifty_random_moves(visitor: Visitor) -> None:
    page, rng = visitor.page, random.Random(50)
    keys = ["ArrowLeft", "ArrowRight", "PageUp", "PageDown", "Home", "End"]
    for _ in range(50):
        if rng.random() < 0.5:
            page.mouse.move(*visitor.at(rng.random()))
            page.mouse.down()
            page.mouse.move(*visitor.at(rng.random()), steps=3)
            page.mouse.up()
        else:
            page.focus(".range")
            page.keyboard.press(rng.choice(keys))
    visitor.settle()
    assert visitor.badge() == f"exact α = {visitor.alpha()}"


def test_a_thai_query_finds_its_mask(visitor: Visitor) -> None:
    visitor.find("หัวโขน")
    visitor.set_alpha(1)
    assert "khon demon mask" in visitor.text(".column.is-merged .tile:first-child")
    assert visitor.page.get_attribute(".column.is-merged .tile .local", "lang") in ("tha", "th")


def test_two_people_hold_their_own_alpha(browser, origin: str) -> None:
    one, two = Visitor(browser, origin, "?alpha=0.13"), Visitor(browser, origin, "?alpha=0.87")
    for step in range(4):
        one.set_alpha(0.1 + step / 50)
        two.set_alpha(0.9 - step / 50)
    one.settle()
    two.settle()
    assert (one.alpha(), two.alpha()) == ("0.16", "0.84")
    receipts = [person.text(".receipt") for person in (one, two)]
    assert receipts[0].split(",")[0] != receipts[1].split(",")[0], "different weights"
    one.context.close()
    two.context.close()


@pytest.mark.parametrize(
    ("query", "line"),
    [("   ", "Type what to look for"), ("x" * 301, "300"), ("𐎠𐎡𐎢 𐎣𐎤𐎥", "expect noise")],
)
def test_an_odd_query_is_one_line_and_the_app_goes_on(
    visitor: Visitor, query: str, line: str
) -> None:
    page = visitor.page
    visitor.search(query)
    page.wait_for_function(
        "text => document.querySelector('.line').innerText.includes(text)", arg=line, timeout=15_000
    )
    assert "\n" not in visitor.text(".line")
    visitor.find("รูปหัวโขน")
    visitor.set_alpha(0.95)
    assert "khon demon mask" in visitor.text(".column.is-merged .tile:first-child")


@pytest.mark.parametrize("typed", ["2", "-0.1", "abc", "NaN"])
def test_a_bad_alpha_is_one_line_and_the_old_value_stays(visitor: Visitor, typed: str) -> None:
    before = visitor.alpha()
    visitor.page.fill(".number", typed)
    visitor.page.press(".number", "Enter")
    assert visitor.text(".line")
    assert visitor.alpha() == before


def test_a_published_pair_opens_read_only(visitor: Visitor) -> None:
    visitor.page.select_option(".ggez select", "paper-siglip2")
    visitor.page.wait_for_selector("text=Published numbers only")
    visitor.page.select_option(".ggez select", "pocket-embedding")
    visitor.page.wait_for_selector(EXACT, timeout=30_000)


def test_nothing_scrolls_sideways_on_a_phone(browser, origin: str) -> None:
    one = Visitor(browser, origin, size=(390, 844))
    assert one.page.evaluate("document.documentElement.scrollWidth") <= 390
    one.context.close()


def test_a_port_in_use_is_one_line(origin: str, tmp_path: Path) -> None:
    process = start(int(origin.rsplit(":", 1)[1].strip("/")), tmp_path)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert errors.count("\n") == 1
    assert "--port" in errors
