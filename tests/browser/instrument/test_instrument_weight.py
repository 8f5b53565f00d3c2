"""w: reckoned here while it moves, asked for once when it rests."""

from __future__ import annotations

import pytest
from instrument_driver import Instrument

GRP = "g.data.find(t => t.name === 'GRP')"


def place(instrument: Instrument, w: float) -> tuple[float, float]:
    box = instrument.page.locator(".w-range").bounding_box()
    return box["x"] + 8 + w * (box["width"] - 16), box["y"] + box["height"] / 2


def grab(instrument: Instrument, w: float = 0.43) -> None:
    instrument.page.mouse.move(*place(instrument, w))
    instrument.page.mouse.down()


def drag(instrument: Instrument, w: float) -> None:
    instrument.page.mouse.move(*place(instrument, w), steps=6)
    instrument.frame()


def landed(instrument: Instrument, count: int = 1) -> None:
    answered = "calls.filter(c => c.name === 'weigh' && c.done).length"
    instrument.page.wait_for_function(f"{answered} === {count}")
    instrument.frame()


def chosen(instrument: Instrument) -> float:
    return float(instrument.text(".weight-name b"))


def test_it_says_whose_number_it_is(instrument: Instrument) -> None:
    instrument.start()
    assert "a value judgement" in instrument.text(".weight")
    assert instrument.text(".w-kof") == "KOF gives 0.43"
    slider = instrument.page.get_by_role("slider", name="w, weight of global quality")
    assert slider.get_attribute("aria-valuetext") == "0.43, as KOF gives it"
    assert not instrument.page.is_visible(".weight .link")


def test_a_drag_of_w_moves_grp_and_the_best_alpha_and_asks_nobody(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    zoomed = instrument.zoom()
    points = instrument.fake("fake.sweep('test').points")
    grab(instrument)
    for w in (0.8, 0.1):
        drag(instrument, w)
        own = chosen(instrument)
        assert own == pytest.approx(w, abs=0.011)
        wanted = [own * p["global"]["value"] + (1 - own) * p["regional"]["value"] for p in points]
        assert instrument.figure(f"{GRP}.y") == pytest.approx(wanted)
        assert instrument.figure(f"{GRP}.text.join('')") == ""  # no interval is known yet
        star = instrument.fake(f"fake.star({own})")
        assert instrument.text(".tick.is-grp .tick-value") == f"{star:.2f}"
        assert instrument.text(".tick.is-kof .tick-value") == f"{1 - own:.2f}"
        assert instrument.figure("g.layout.shapes[4].x0") == star
        assert instrument.page.text_content(".steps-star") == f"α* {star:.2f}"
        here = own * points[9]["global"]["value"] + (1 - own) * points[9]["regional"]["value"]
        assert instrument.text(".stat.is-grp b") == f"{here:.1f}"
    instrument.page.wait_for_timeout(250)
    assert instrument.calls() == []
    assert instrument.requests == []
    assert instrument.ranges() == zoomed
    instrument.page.mouse.up()


def test_a_release_weighs_once_and_brings_the_intervals(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    grab(instrument)
    drag(instrument, 0.7)
    own = chosen(instrument)
    instrument.page.mouse.up()
    landed(instrument)
    [call] = instrument.calls()
    assert (call["name"], call["pair"], call["w"], call["seq"]) == ("weigh", "pocket", own, 1)
    low = instrument.fake(f"fake.sweep('test', {{w: {own}}}).points[9].grp.low")
    assert instrument.figure(f"{GRP}.text[9]").strip().startswith(f"{low:.1f}")
    assert f"at w = {own:.2f}" in instrument.page.get_attribute(".jump.is-grp", "aria-label")
    instrument.page.focus(".w-range")
    for count in (2, 3):
        instrument.page.keyboard.press("ArrowRight")
        landed(instrument, count)
    seqs = [call["seq"] for call in instrument.calls("weigh")]
    assert seqs == sorted(set(seqs))


def test_a_stale_answer_is_dropped(instrument: Instrument) -> None:
    instrument.start(
        "{latency: (name, r) => name === 'weigh' && r.w > 0.6 ? 2000 : 20}", plotly=True
    )
    grab(instrument)
    drag(instrument, 0.9)
    instrument.page.mouse.up()
    instrument.page.wait_for_function("calls.length === 1")
    grab(instrument, 0.9)
    drag(instrument, 0.2)
    own = chosen(instrument)
    instrument.page.mouse.up()
    landed(instrument, 2)  # the first one's answer comes last
    low = instrument.fake(f"fake.sweep('test', {{w: {own}}}).points[9].grp.low")
    assert instrument.figure(f"{GRP}.text[9]").strip().startswith(f"{low:.1f}")
    assert chosen(instrument) == own


@pytest.mark.parametrize("way", [".weight .link", ".w-kof"])
def test_reset_goes_back_to_exactly_what_kof_gives(instrument: Instrument, way: str) -> None:
    instrument.start(plotly=True)
    before = instrument.figure(f"[{GRP}.y, {GRP}.text]")
    grab(instrument)
    drag(instrument, 0.6)
    instrument.page.mouse.up()
    landed(instrument)
    assert instrument.figure(f"[{GRP}.y, {GRP}.text]") != before
    instrument.page.click(way)
    landed(instrument, 2)
    assert instrument.calls()[-1]["w"] == 0.434
    assert chosen(instrument) == 0.43
    assert instrument.figure(f"[{GRP}.y, {GRP}.text]") == before
    assert not instrument.page.is_visible(".weight .link")


def test_a_drag_back_to_where_it_began_needs_no_answer(instrument: Instrument) -> None:
    instrument.start(plotly=True)
    before = instrument.figure(f"[{GRP}.y, {GRP}.text]")
    grab(instrument)
    drag(instrument, 0.8)
    drag(instrument, 0.434)
    instrument.page.mouse.up()
    instrument.page.wait_for_timeout(250)
    assert instrument.figure(f"[{GRP}.y, {GRP}.text]") == before
    assert instrument.calls() == []


def test_a_failed_weighing_is_one_line_and_the_values_stay(instrument: Instrument) -> None:
    instrument.start("{errors: {weigh: 'There is no sweep to weigh.'}}", plotly=True)
    grab(instrument)
    drag(instrument, 0.7)
    own = chosen(instrument)
    instrument.page.mouse.up()
    instrument.page.wait_for_function("document.querySelector('.line').textContent")
    assert instrument.line() == "There is no sweep to weigh."
    instrument.view("validation")
    points = instrument.fake("fake.sweep('validation').points")
    wanted = [own * p["global"]["value"] + (1 - own) * p["regional"]["value"] for p in points]
    assert instrument.figure(f"{GRP}.y") == pytest.approx(wanted)


def test_without_the_servers_list_the_best_alpha_is_reckoned_here(instrument: Instrument) -> None:
    instrument.start("{state: {alphaByWeight: []}}", plotly=True)
    grab(instrument)
    drag(instrument, 0.95)
    star = instrument.fake(f"fake.star({chosen(instrument)})")
    assert instrument.text(".tick.is-grp .tick-value") == f"{star:.2f}"
    instrument.page.mouse.up()


def test_a_status_does_not_take_the_users_weight_away(instrument: Instrument) -> None:
    running = "{state: 'running', done: 4, total: 21, message: ''}"
    instrument.start(f"{{state: {{sweepStatus: {running}}}}}", plotly=True)
    grab(instrument)
    drag(instrument, 0.8)
    own = chosen(instrument)
    instrument.page.mouse.up()
    landed(instrument)
    instrument.page.evaluate(
        """(async () => { const {sweep} = await import('/fake.js'); behaviour.status = () => ({
        sweepStatus: {state: 'ready', done: 21, total: 21, message: ''},
        sweeps: {test: sweep('test'), validation: sweep('validation')}}); })()"""
    )
    landed(instrument, 2)
    assert [call["w"] for call in instrument.calls("weigh")] == [own, own]
    assert "Measuring" not in instrument.text(".status")
    value = instrument.fake(f"fake.sweep('test', {{w: {own}}}).points[9].grp.value")
    assert instrument.figure(f"{GRP}.y[9]") == pytest.approx(value)


def test_published_numbers_are_weighed_here(instrument: Instrument) -> None:
    instrument.start("{pair: 'siglip2'}", settle=False, plotly=True)
    instrument.page.wait_for_selector(".stage.is-drawn")
    instrument.page.focus(".w-range")
    instrument.page.keyboard.press("End")
    instrument.page.wait_for_timeout(250)
    globals_ = instrument.figure("g.data.find(t => t.name === 'global').y")
    assert instrument.figure(f"{GRP}.y") == pytest.approx(globals_)
    assert instrument.calls() == []
