"""The trade-off: global against cultural quality, and what a drag moves in it."""

from __future__ import annotations

import pytest
from instrument_driver import Instrument

PLANE = "document.querySelector('.plot.is-plane')"
RING = "(s => [s.xanchor, s.yanchor])(g.layout.shapes[3])"


def plane(instrument: Instrument, expression: str):
    return instrument.page.evaluate(f"(g => {expression})({PLANE})")


def opened(instrument: Instrument) -> list[dict]:
    """Its points, with the plane drawn."""
    instrument.start(plotly=True)
    instrument.view("Trade-off")
    instrument.page.wait_for_function(f"{PLANE}.layout")
    instrument.forget()
    return instrument.fake("fake.sweep('test').points")


def test_the_path_is_the_measured_points_and_its_ends_are_named(instrument: Instrument) -> None:
    points = opened(instrument)
    assert plane(instrument, "g.data[0].x") == pytest.approx([p["global"]["value"] for p in points])
    assert plane(instrument, "g.data[0].y") == pytest.approx(
        [p["regional"]["value"] for p in points]
    )
    notes = plane(instrument, "g.layout.annotations.filter(a => a.name).map(a => [a.name, a.text])")
    assert dict(notes) == {
        "0": "<b>base</b>",
        "1": "<b>tuned</b>",
        "0.75": "α* 0.75",
        "0.3": "α<sub>98</sub> 0.30",
    }


def test_names_cover_neither_each_other_nor_the_frame(instrument: Instrument) -> None:
    opened(instrument)
    boxes = instrument.page.eval_on_selector_all(
        ".is-plane .annotation-text-g",
        "all => all.map(a => a.getBoundingClientRect()).map(b => [b.x, b.y, b.right, b.bottom])",
    )
    frame = instrument.page.locator(".is-plane").bounding_box()
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert left >= frame["x"]
        assert right <= frame["x"] + frame["width"]
        for other in boxes[:i]:
            apart = left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]
            assert apart


def test_a_drag_moves_ring_cross_and_level_and_asks_nobody(instrument: Instrument) -> None:
    points = opened(instrument)
    instrument.grab(0.45)
    for alpha, index in [(0.81, 16), (0.22, 4)]:
        instrument.drag(alpha)
        here = points[index]
        x, y = here["global"]["value"], here["regional"]["value"]
        assert plane(instrument, RING) == pytest.approx([x, y])
        across = plane(instrument, "(s => [s.x0, s.x1, s.y0, s.y1])(g.layout.shapes[1])")
        assert across == pytest.approx([here["global"]["low"], here["global"]["high"], y, y])
        up = plane(instrument, "(s => [s.x0, s.x1, s.y0, s.y1])(g.layout.shapes[2])")
        assert up == pytest.approx([x, x, here["regional"]["low"], here["regional"]["high"]])
        line = plane(instrument, "(s => [s.x0, s.y0, s.x1, s.y1])(g.layout.shapes[0])")
        scores = [0.434 * line[i] + 0.566 * line[i + 1] for i in (0, 2)]
        assert scores == pytest.approx([0.434 * x + 0.566 * y] * 2)  # equal GRP at both ends
    assert instrument.calls() == []
    assert instrument.requests == []
    instrument.page.mouse.up()


def test_a_click_on_a_point_or_a_name_goes_there(instrument: Instrument) -> None:
    points = opened(instrument)
    box = instrument.page.locator(".is-plane").bounding_box()
    x, y = points[2]["global"]["value"], points[2]["regional"]["value"]
    at = plane(
        instrument,
        f"[g._fullLayout.xaxis._offset + g._fullLayout.xaxis.l2p({x}),"
        f" g._fullLayout.yaxis._offset + g._fullLayout.yaxis.l2p({y})]",
    )
    instrument.page.mouse.move(box["x"] + at[0] - 4, box["y"] + at[1])
    instrument.page.mouse.move(box["x"] + at[0], box["y"] + at[1])
    instrument.page.wait_for_selector(".is-plane .hoverlayer .hovertext")
    instrument.page.mouse.down()
    instrument.page.mouse.up()
    instrument.settle()
    assert instrument.alpha() == "0.10"
    instrument.page.evaluate(
        f"{PLANE}.emit('plotly_clickannotation', {{annotation: {{name: '1'}}}})"
    )
    instrument.settle()
    assert instrument.alpha() == "1.00"


def test_its_zoom_outlives_a_drag_and_a_change_of_view_but_not_of_split(
    instrument: Instrument,
) -> None:
    opened(instrument)
    home = plane(instrument, "[...g.layout.xaxis.range, ...g.layout.yaxis.range]")
    instrument.page.evaluate(
        f"Plotly.relayout({PLANE}, {{'xaxis.range[0]': 88, 'xaxis.range[1]': 94,"
        " 'yaxis.range[0]': 60, 'yaxis.range[1]': 80})"
    )
    instrument.grab(0.45)
    instrument.drag(0.3)
    instrument.page.mouse.up()
    instrument.view("Curves")
    assert not instrument.page.is_visible(".reset")
    instrument.view("Trade-off")
    ranges = "[...g.layout.xaxis.range, ...g.layout.yaxis.range]"
    assert plane(instrument, ranges) == [88, 94, 60, 80]
    instrument.page.click(".reset")
    assert plane(instrument, ranges) == home
    instrument.page.evaluate(
        f"Plotly.relayout({PLANE}, {{'xaxis.range[0]': 88, 'xaxis.range[1]': 94}})"
    )
    instrument.view("validation")
    instrument.page.wait_for_function(f"{PLANE}.layout.xaxis.range[0] !== 88")
    assert not instrument.page.is_visible(".reset")
