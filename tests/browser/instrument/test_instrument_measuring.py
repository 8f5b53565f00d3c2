"""Sweeps that are missing, stale, running or stopped, and the button that starts or stops one."""

from __future__ import annotations

import pytest
from instrument_driver import EXACT, Instrument

ACTION = ".foot .action"


def test_a_missing_sweep_says_which_command_measures_it(instrument: Instrument) -> None:
    missing = "{sweeps: {test: null, validation: null}, sweepStatus: {state: 'missing'}, ticks: []}"
    instrument.start(f"{{state: {missing}}}", settle=False)
    instrument.page.wait_for_selector(EXACT)
    assert instrument.text(".notice code") == "python -m ggez sweep pocket"
    instrument.type_alpha("0.8")
    instrument.page.wait_for_selector(EXACT)


def test_a_running_sweep_is_polled_but_never_during_a_drag(instrument: Instrument) -> None:
    running = "{state: 'running', done: 4, total: 21, message: ''}"
    instrument.start(f"{{state: {{sweepStatus: {running}}}}}")
    assert "Measuring 4 of 21 α" in instrument.text(".curves .foot")
    instrument.grab(0.45)
    instrument.page.wait_for_timeout(2300)
    assert instrument.calls() == []
    instrument.page.mouse.up()
    instrument.page.evaluate(
        "behaviour.status = () => ({sweepStatus: {state: 'ready', done: 21, total: 21}})"
    )
    instrument.page.wait_for_function("calls.some(c => c.name === 'status')", timeout=3000)
    instrument.page.wait_for_timeout(2200)
    assert len(instrument.calls("status")) == 1
    assert "Measuring" not in instrument.text(".curves .foot")


def status(state: str, done: int = 21, message: str = "") -> str:
    return f"{{state: '{state}', done: {done}, total: 21, message: '{message}'}}"


@pytest.mark.parametrize("state", ["stale", "cancelled", "missing"])
def test_measure_again_is_one_call_and_shows_progress(instrument: Instrument, state: str) -> None:
    instrument.start(f"{{state: {{sweepStatus: {status(state)}}}}}")
    assert instrument.text(ACTION) == "Measure again"
    instrument.page.evaluate(f"behaviour.measure = () => ({{sweepStatus: {status('running', 3)}}})")
    instrument.page.click(ACTION)
    instrument.page.wait_for_selector(f"{ACTION}:text-is('Cancel')")
    assert "Measuring 3 of 21 α" in instrument.text(".status")
    assert instrument.page.is_visible(".progress")
    [call] = instrument.calls()
    assert (call["name"], call["pair"]) == ("measure", "pocket")
    instrument.page.click(ACTION)
    instrument.page.wait_for_selector(f"{ACTION}:text-is('Measure again')")
    assert instrument.calls("cancel")[0]["pair"] == "pocket"
    assert not instrument.page.is_visible(".progress")


def test_a_measurement_that_does_not_start_can_be_tried_again(instrument: Instrument) -> None:
    instrument.start(f"{{state: {{sweepStatus: {status('stale')}}}}}")
    instrument.page.evaluate("behaviour.errors = {measure: 'The pair is not open yet.'}")
    instrument.page.click(ACTION)
    instrument.page.wait_for_function("document.querySelector('.line').textContent")
    assert instrument.line() == "The pair is not open yet."
    assert instrument.page.is_enabled(ACTION)


def test_a_ready_sweep_offers_nothing(instrument: Instrument) -> None:
    instrument.start()
    assert not instrument.page.is_visible(ACTION)


def test_why_there_is_no_alpha_98_is_said(instrument: Instrument) -> None:
    none = "{alpha_98: {alpha: null, reason: 'no alpha keeps 98%'}}"
    instrument.start(f"{{state: {{recommendation: {none}}}}}")
    assert instrument.text(".status").endswith("no α₉₈: no alpha keeps 98%")


def test_new_numbers_arrive_without_losing_the_zoom(instrument: Instrument) -> None:
    instrument.start(f"{{state: {{sweepStatus: {status('running', 4)}}}}}", plotly=True)
    zoomed = instrument.zoom()
    instrument.page.evaluate(
        f"""(async () => {{ const {{sweep}} = await import('/fake.js');
        const test = sweep('validation'); behaviour.status = () => ({{sweepStatus:
        {status("ready")}, sweeps: {{test, validation: test}}, ticks: [], recommendation: null,
        alphaByWeight: []}}); }})()"""
    )
    wanted = instrument.fake("fake.sweep('validation').points[20].regional.value")
    instrument.page.wait_for_function(
        f"Math.abs(document.querySelector('.plot').data.at(-1).y[20] - {wanted}) < 1e-9"
    )
    assert instrument.ranges() == zoomed
    assert instrument.page.locator(".jump").count() == 0


# A server from before these calls


def test_an_older_server_hides_what_it_cannot_do(instrument: Instrument) -> None:
    more = (
        f"{{sweepStatus: {status('stale')}, recommendation: undefined, alphaByWeight: undefined}}"
    )
    instrument.start(f"{{old: true, state: {more}}}", plotly=True)
    assert not instrument.page.is_visible(".weight")
    assert not instrument.page.is_visible(ACTION)
    assert "Out of date" in instrument.text(".status")
    for view in ("Trade-off", "Countries", "Table", "Curves"):
        instrument.view(view)
    instrument.page.click(".tick.is-98")
    instrument.settle()
