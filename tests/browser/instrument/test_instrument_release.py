"""A release: one exact call, and what becomes of its reply."""

from __future__ import annotations

import pytest
from instrument_driver import EXACT, Instrument


def test_a_release_asks_once_and_says_exact(instrument: Instrument) -> None:
    instrument.start("{latency: 60}")
    instrument.grab(0.45)
    instrument.drag(0.47)
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(".badge.is-waiting")
    assert instrument.badge() == "preview α = 0.45"
    instrument.page.wait_for_selector(EXACT)
    assert instrument.badge() == "exact α = 0.47"
    assert instrument.shown("merged") == instrument.ranked(0.47)
    [call] = instrument.calls()
    assert (call["name"], call["pair"], call["alpha"]) == ("exact", "pocket", 0.47)
    assert "α = 0.47" in instrument.page.text_content(".live")
    assert "weights 3f9a1c07" in instrument.text(".receipt")


def test_a_drag_back_to_where_it_began_is_exact_again(instrument: Instrument) -> None:
    instrument.start()
    instrument.grab(0.45)
    instrument.drag(0.6)
    instrument.drag(0.45)
    instrument.page.mouse.up()  # browsers fire no `change` here
    instrument.page.wait_for_selector(EXACT)
    assert [call["alpha"] for call in instrument.calls()] == [0.45]


def test_keys_move_by_grid_steps_and_a_burst_asks_once(instrument: Instrument) -> None:
    instrument.start()
    press = instrument.page.locator(".range").press
    for key, alpha in [("PageUp", "0.50"), ("PageDown", "0.45"), ("Home", "0.00"), ("End", "1.00")]:
        press(key)
        assert instrument.alpha() == alpha
    press("ArrowLeft")
    instrument.settle()
    assert instrument.badge() == "exact α = 0.99"
    instrument.forget()
    instrument.page.evaluate("""for (let i = 0; i < 3; i += 1) document.querySelector('.range')
        .dispatchEvent(new KeyboardEvent('keydown', {key: 'PageDown', bubbles: true}))""")
    instrument.settle()
    assert instrument.badge() == "exact α = 0.84"
    assert [call["alpha"] for call in instrument.calls()] == [0.84]


def test_screen_readers_hear_name_value_and_result(instrument: Instrument) -> None:
    instrument.start()
    slider = instrument.page.get_by_role("slider", name="α, share of the tuned checkpoint")
    assert slider.get_attribute("aria-valuetext") == "0.45, between base and SEA-tuned"
    assert instrument.page.text_content(".live") == ""
    instrument.grab(0.45)
    instrument.drag(0.7)
    assert instrument.page.text_content(".live") == ""
    instrument.page.mouse.up()
    instrument.page.wait_for_selector(EXACT)
    said = instrument.page.text_content(".live")
    assert said.startswith("α = 0.70 gains ")
    assert "merged: first correct at rank 1" in said
    slider.press("End")
    assert slider.get_attribute("aria-valuetext") == "1.00, SEA-tuned"


def test_pointercancel_is_a_release(instrument: Instrument) -> None:
    instrument.start()
    instrument.page.evaluate("""const range = document.querySelector('.range');
        range.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}));
        range.value = '0.31'; range.dispatchEvent(new Event('input', {bubbles: true}));
        range.dispatchEvent(new PointerEvent('pointercancel', {bubbles: true}));""")
    instrument.page.wait_for_selector(EXACT)
    assert [call["alpha"] for call in instrument.calls()] == [0.31]


def test_a_drag_within_the_debounce_sends_nothing(instrument: Instrument) -> None:
    instrument.start()
    instrument.page.evaluate("""const range = document.querySelector('.range');
        range.dispatchEvent(new KeyboardEvent('keydown', {key: 'PageUp', bubbles: true}));
        range.dispatchEvent(new PointerEvent('pointerdown', {bubbles: true}));""")
    instrument.page.wait_for_timeout(250)
    assert instrument.calls() == []
    instrument.page.evaluate("window.dispatchEvent(new PointerEvent('pointerup'))")
    instrument.settle()
    assert [call["alpha"] for call in instrument.calls()] == [0.5]


def test_a_late_reply_is_dropped(instrument: Instrument) -> None:
    instrument.start("{latency: (name, r) => r.alpha === 0.2 ? 700 : 20}")
    instrument.type_alpha("0.2")
    instrument.page.wait_for_function("calls.length === 1")
    instrument.type_alpha("0.83")
    instrument.page.wait_for_selector(EXACT)
    assert instrument.badge() == "exact α = 0.83"
    instrument.page.wait_for_timeout(700)
    assert instrument.badge() == "exact α = 0.83"
    assert instrument.shown("merged") == instrument.ranked(0.83)
    seqs = [call["seq"] for call in instrument.calls("exact")]
    assert seqs == sorted(set(seqs))


def test_a_reply_that_lands_during_a_drag_is_dropped(instrument: Instrument) -> None:
    instrument.start("{latency: (name, r) => r.alpha === 0.2 ? 300 : 20}")
    instrument.type_alpha("0.2")
    instrument.page.wait_for_function("calls.length === 1")
    instrument.grab(0.2)
    instrument.drag(0.64)
    instrument.page.wait_for_timeout(400)
    assert instrument.badge() == "preview α = 0.65"
    instrument.page.mouse.up()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("errors: {exact: 'The pair is being swapped out; try again.'}", "The pair is being"),
        ("throws: ['exact']", "The server did not answer (connection lost)"),
    ],
)
def test_an_error_is_one_line_and_nothing_is_lost(
    instrument: Instrument, fault: str, said: str
) -> None:
    instrument.start()
    instrument.page.evaluate(f"Object.assign(behaviour, {{{fault}}})")
    instrument.type_alpha("0.63")
    instrument.page.wait_for_function("document.querySelector('.line').textContent")
    assert instrument.line().startswith(said)
    assert instrument.page.get_attribute(".line", "aria-live") == "polite"
    assert instrument.badge() == "preview α = 0.65"
    assert instrument.shown("merged") == instrument.ranked(0.65)
    assert not instrument.page.query_selector(".badge.is-waiting")
    instrument.page.evaluate("behaviour = {latency: 20}")
    instrument.type_alpha("0.64")
    instrument.page.wait_for_selector(EXACT)
    assert instrument.line() == ""
