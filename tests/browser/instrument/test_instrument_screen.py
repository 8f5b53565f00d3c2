"""The whole screen: one page, a phone, and nothing left behind."""

from __future__ import annotations

import pytest
from instrument_driver import EXACT, Instrument

HOST = "document.getElementById('host')"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_whole_story_fits_one_screen(instrument: Instrument, scheme: str) -> None:
    instrument.start(plotly=True)
    instrument.page.evaluate(f"document.documentElement.dataset.theme = '{scheme}'")
    curves = instrument.page.locator(".curves").bounding_box()
    retrieval = instrument.page.locator(".retrieval").bounding_box()
    assert curves["x"] + curves["width"] <= retrieval["x"]
    assert max(box["y"] + box["height"] for box in (curves, retrieval)) <= 900
    contrast = instrument.page.evaluate("""() => {
        const light = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255)
            .map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
            return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
        const ground = light(getComputedStyle(document.querySelector('.panel')).backgroundColor);
        return ['.words', '.words b.is-cultural', '.stat.is-cultural b', '.stat.is-global b',
          '.change', '.status', '.jump', '.weight-why', '.w-kof', '.model', '.rank',
          '.tick.is-human', '.english', '.end b'].map(s => { const own = light(getComputedStyle(
            document.querySelector(s)).color); return [s, (Math.max(own, ground) + 0.05)
            / (Math.min(own, ground) + 0.05)]; }).filter(([, ratio]) => ratio < 4.5); }""")
    assert contrast == []


def test_on_a_phone_merged_comes_first_and_nothing_scrolls_sideways(browser, origin: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    phone = Instrument(context.new_page(), origin).start()
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
    tops = {
        name: phone.page.locator(f".column.is-{name}").bounding_box()["y"]
        for name in ("merged", "base", "tuned")
    }
    assert tops["merged"] < tops["base"] < tops["tuned"]
    assert phone.page.locator(".column.is-base").bounding_box()["height"] < 130
    assert phone.page.locator(".range").bounding_box()["height"] >= 48
    assert phone.page.eval_on_selector(".range", "r => getComputedStyle(r).touchAction") == "pan-y"
    phone.page.evaluate("window.scrollTo(0, 700)")
    phone.frame()
    assert phone.page.locator(".alpha").bounding_box()["y"] == 0  # α stays in reach
    assert phone.problems == []
    context.close()


def test_destroy_leaves_nothing_behind(instrument: Instrument) -> None:
    instrument.start("{latency: 200}", plotly=True)
    instrument.page.evaluate("""document.querySelector('.range').dispatchEvent(
        new KeyboardEvent('keydown', {key: 'End', bubbles: true})); instrument.destroy();""")
    assert instrument.page.evaluate(f"{HOST}.childNodes.length") == 0
    instrument.page.mouse.down()
    instrument.page.mouse.up()
    instrument.page.evaluate("document.body.classList.add('dark')")
    instrument.page.wait_for_timeout(400)
    assert instrument.calls() == []
    instrument.page.evaluate("start()")
    instrument.page.wait_for_selector(EXACT)
