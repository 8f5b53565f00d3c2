"""Countries: one small curve each, and what α costs each of them."""

from __future__ import annotations

import pytest
from instrument_driver import Instrument

INSIDE = "(k => fake.sweep('test').points.map(p => p.countries[k]))"


def opened(instrument: Instrument) -> dict[str, list[dict]]:
    """Each country's estimates over α, with the view shown."""
    instrument.start()
    instrument.view("Countries")
    instrument.page.wait_for_selector(".cell .cell-lost:not(:empty)")
    instrument.forget()
    points = instrument.fake("fake.sweep('test').points")
    return {code: [p["countries"][code] for p in points] for code in points[0]["countries"]}


def lost(curve: list[dict], index: int) -> float:
    return max(e["value"] for e in curve) - curve[index]["value"]


def shown(instrument: Instrument) -> dict[str, str]:
    """What stands beside each country's name, in the order seen."""
    return dict(
        instrument.page.eval_on_selector_all(
            ".cell",
            "all => all.map(c => [c.dataset.code, c.querySelector('.cell-lost').textContent])",
        )
    )


def words(loss: float) -> str:
    return "best" if loss < 0.05 else f"−{loss:.1f}"


def test_regrets_are_against_each_countrys_own_best_and_follow_a_drag(
    instrument: Instrument,
) -> None:
    curves = opened(instrument)
    assert shown(instrument) == {code: words(lost(curve, 9)) for code, curve in curves.items()}
    order = list(shown(instrument))
    instrument.grab(0.45)
    instrument.drag(0.87)
    assert shown(instrument) == {code: words(lost(curve, 17)) for code, curve in curves.items()}
    assert list(shown(instrument)) == order  # nothing trades places under the hand
    assert instrument.calls() == []
    assert instrument.requests == []
    instrument.page.mouse.up()
    instrument.settle()
    losses = [lost(curves[code], 17) for code in shown(instrument)]
    assert [round(loss, 1) for loss in losses] == sorted(
        (round(loss, 1) for loss in losses), reverse=True
    )


def test_they_sort_by_name(instrument: Instrument) -> None:
    opened(instrument)
    instrument.page.click("button:text-is('by name')")
    names = instrument.page.eval_on_selector_all(
        ".cell title", "all => all.map(t => t.textContent)"
    )
    assert names == sorted(names)
    assert "Viet Nam" in names  # as the pictures have it


def test_a_long_name_ends_before_the_numbers(instrument: Instrument) -> None:
    official = "Lao People's Democratic Republic of the Long Official Name"
    instrument.start()
    instrument.page.evaluate(
        """async (place) => { const {makeState, makeServer} = await import('/fake.js');
        const {mount} = await import('/instrument/instrument.js'); instrument.destroy();
        const state = makeState(); state.pictures = {p: {url: '', countries: ['QZ'], place}};
        for (const {points} of Object.values(state.sweeps)) for (const p of points)
          p.countries = {...p.countries, QZ: p.countries.LA};
        window.instrument = mount(document.getElementById('host'), state, makeServer()); }""",
        official,
    )
    instrument.view("Countries")
    instrument.page.wait_for_selector(".cell .cell-lost:not(:empty)")
    apart = instrument.page.eval_on_selector_all(
        ".cell",
        """all => all.map(c => c.querySelector('.cell-lost').getBoundingClientRect().left
        - c.querySelector('.cell-value').getBoundingClientRect().right)""",
    )
    assert len(apart) == 12
    assert min(apart) > 0


def test_a_band_only_where_there_are_eight_items(instrument: Instrument) -> None:
    curves = opened(instrument)
    for code, curve in curves.items():
        cell = instrument.page.locator(f".cell[data-code={code}]")
        many = curve[0]["n"] >= 8
        for part, there in [("band", many), ("curve", many), ("dots", not many)]:
            assert bool(cell.locator(f".cell-{part}").get_attribute("d")) == there
    assert not all(curve[0]["n"] >= 8 for curve in curves.values())


def test_the_cursor_follows_and_a_click_or_enter_jumps(instrument: Instrument) -> None:
    curves = opened(instrument)
    cell = instrument.page.locator(".cell[data-code=TH]")
    box = cell.locator(".cell-ground").bounding_box()
    cell.locator(".cell-ground").click(position={"x": box["width"] * 0.71, "y": 10}, force=True)
    instrument.settle()
    assert instrument.alpha() == "0.70"
    x = float(cell.locator(".cell-cursor").get_attribute("x1"))
    assert x == pytest.approx(0.7 * box["width"], abs=1)
    said = cell.get_attribute("aria-label")
    best = max(range(21), key=lambda i: curves["TH"][i]["value"])
    assert said == (
        f"Thailand: cultural {curves['TH'][14]['value']:.1f} at α = 0.70, "
        f"{lost(curves['TH'], 14):.1f} points below its best, "
        f"{curves['TH'][best]['value']:.1f} at α = {best / 20:.2f}"
    )
    cell.focus()
    instrument.page.keyboard.press("Enter")
    instrument.settle()
    assert instrument.alpha() == f"{best / 20:.2f}"


def test_published_numbers_without_countries_show_the_table(instrument: Instrument) -> None:
    instrument.start("{pair: 'siglip2'}", settle=False)
    instrument.page.wait_for_selector(".stage.is-drawn")
    instrument.view("Countries")
    assert instrument.page.is_visible(".numbers")
