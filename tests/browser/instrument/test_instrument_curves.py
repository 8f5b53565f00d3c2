"""The curves: drawn once, measured points only, zoom kept."""

from __future__ import annotations

import time

import pytest
from instrument_driver import EXACT, Instrument


def test_curves_show_measured_points_bands_and_direct_labels(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    traces = instrument.figure("g.data.map(t => [t.name, t.line.dash, t.marker?.symbol, t.fill])")
    assert [t[3] for t in traces] == ["toself", "toself", None, None, None]
    assert traces[3][:3] == ["global", "dash", "square"]
    assert traces[4][:3] == ["cultural", "solid", "circle"]
    colours = instrument.figure("g.data.slice(2).map(t => t.line.color.toLowerCase())")
    assert colours[1:] == ["#0072b2", "#d55e00"]
    notes = instrument.figure("g.layout.annotations.map(a => a.text)")
    assert {"<b>cultural</b>", "<b>global</b>", "<b>GRP</b>", "98 % kept"} <= set(notes)
    floor = instrument.fake("0.98 * fake.sweep('test').points[0].global.value")
    lines = instrument.figure("g.layout.shapes.filter(s => s.xref === 'paper').map(s => s.y0)")
    assert lines[0] == pytest.approx(floor)
    assert instrument.figure("g.layout.yaxis.title.text") == "text→image R@1, 0–100"
    assert instrument.figure("g.layout.xaxis.title.text") == "α, share of the tuned checkpoint"
    assert not instrument.page.query_selector(".plot .modebar .modebar-btn")


def test_zoom_survives_everything_and_can_be_reset(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    home = instrument.ranges()
    zoomed = instrument.zoom()
    assert zoomed == [0.2, 0.7, 70, 95]
    instrument.grab(0.45)
    instrument.drag(0.66)
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(EXACT)
    assert instrument.ranges() == zoomed
    instrument.page.click("button:text-is('validation')")
    instrument.page.evaluate("document.body.classList.add('dark')")
    instrument.page.set_viewport_size({"width": 1300, "height": 900})
    instrument.page.wait_for_timeout(200)
    assert instrument.ranges() == zoomed
    instrument.page.click("button:text-is('Reset zoom')")
    assert instrument.ranges() == home
    assert not instrument.page.is_visible(".reset")


def test_colours_follow_the_theme_live(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    ink = "g.layout.shapes[0].line.color"
    light = instrument.figure(ink)
    instrument.page.evaluate("document.body.classList.add('dark')")
    instrument.page.wait_for_function(
        f"(g => {ink})(document.querySelector('.plot')) !== '{light}'"
    )
    assert instrument.page.get_attribute(".ggez", "data-scheme") == "dark"
    instrument.page.evaluate("document.documentElement.dataset.theme = 'light'")
    instrument.page.wait_for_function(
        f"(g => {ink})(document.querySelector('.plot')) === '{light}'"
    )


def test_the_first_picture_waits_for_the_stylesheet(instrument: Instrument) -> None:
    instrument.page.route("**/instrument.css", lambda route: (time.sleep(0.3), route.continue_()))
    instrument.start()  # the stub is there at once, the palette is not
    assert instrument.figure("g.data.at(-1).line.color") == "#d55e00"
    assert "Noto Sans" in instrument.figure("g.layout.font.family")


def test_the_split_switch_shows_the_other_split(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    before = instrument.text(".words")
    instrument.view("validation")
    assert instrument.text(".words") != before
    wanted = instrument.fake("fake.sweep('validation').points.map(p => p.regional.value)")
    assert instrument.figure("g.data.at(-1).y") == pytest.approx(wanted)


def test_marked_alphas_are_buttons_over_the_curves(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    jumps = instrument.page.locator(".jump")
    assert jumps.all_text_contents() == ["α*", "α98", "αKOF", "αhuman"]
    for kind, alpha in [("kof", "0.57"), ("98", "0.30")]:
        instrument.page.click(f".jump.is-{kind}")
        instrument.settle()
        assert instrument.alpha() == alpha
    instrument.page.focus(".jump.is-grp")
    instrument.page.keyboard.press("Enter")
    instrument.settle()
    assert instrument.alpha() == f"{instrument.fake('fake.star(fake.KOF)'):.2f}"
    assert [call["name"] for call in instrument.calls()] == ["exact"] * 3


@pytest.mark.parametrize("place", [".jump", ".tick"])
def test_a_tick_says_in_words_what_it_is(instrument: Instrument, place: str) -> None:
    instrument.start(plotly=True)
    said = "the most gain that surely keeps 98 % of global quality"
    tick = instrument.page.locator(f"{place}.is-98")
    assert said in tick.get_attribute("aria-label")
    instrument.page.hover(f"{place}.is-98")
    assert instrument.text(".tip.is-on") == (f"α 98 = 0.30, most gain with 98 % retention. {said}")
    assert tick.get_attribute("aria-describedby") == "ggez-tip"
    instrument.page.mouse.move(5, 5)
    assert not instrument.page.is_visible(".tip")
    instrument.page.locator(f"{place}.is-grp").focus()
    instrument.page.keyboard.press("Tab")  # by keyboard too
    assert "98" in instrument.text(".tip.is-on")
    instrument.page.keyboard.press("Escape")
    assert not instrument.page.is_visible(".tip")


def test_marked_alphas_follow_the_zoom(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    instrument.zoom()
    instrument.frame()
    assert instrument.page.locator(".jump").all_text_contents() == ["α98", "αKOF", "αhuman"]
    plot = instrument.page.locator(".plot").first.bounding_box()
    jump = instrument.page.locator(".jump.is-98").bounding_box()
    at = instrument.figure("g._fullLayout.xaxis._offset + g._fullLayout.xaxis.l2p(0.3)")
    assert jump["x"] + jump["width"] / 2 - plot["x"] == pytest.approx(at, abs=20)


def test_views_change_without_moving_anything(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    boxes = """[...document.querySelectorAll('.panel, .sentence, .stage, .weight, .foot')]
        .map(e => { const b = e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })"""
    before = instrument.page.evaluate(boxes)
    for name in ("Trade-off", "Countries", "Table", "Curves"):
        instrument.view(name)
        assert instrument.page.evaluate(boxes) == before
        assert instrument.page.get_attribute(f"button:text-is('{name}')", "aria-pressed") == "true"
    assert instrument.calls() == []
    assert instrument.requests == []
