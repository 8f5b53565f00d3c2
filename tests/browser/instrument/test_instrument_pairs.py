"""Opening pairs, published ones included."""

from __future__ import annotations

import json

import pytest
from instrument_driver import EXACT, Instrument


def test_another_pair_is_opened_in_place(instrument: Instrument) -> None:
    instrument.start("{latency: 150}")
    height = instrument.page.evaluate("document.querySelector('.ggez').offsetHeight")
    instrument.page.select_option(".picker", "second")
    instrument.page.wait_for_selector(".ggez[aria-busy=true]")
    assert instrument.page.evaluate("document.querySelector('.ggez').offsetHeight") == height
    instrument.page.wait_for_selector(".ggez:not([aria-busy])")
    instrument.page.wait_for_selector(EXACT)
    assert [call["name"] for call in instrument.calls()] == ["open", "exact"]
    assert instrument.calls("exact")[0]["pair"] == "second"
    assert instrument.page.evaluate("document.querySelector('.ggez').offsetHeight") == height


def test_a_pair_that_does_not_open_leaves_the_old_one(instrument: Instrument) -> None:
    instrument.start("{errors: {open: 'second: model.safetensors is missing.'}}")
    instrument.page.select_option(".picker", "second")
    instrument.page.wait_for_function("document.querySelector('.line').textContent")
    assert instrument.line() == "second: model.safetensors is missing."
    assert instrument.page.input_value(".picker") == "pocket"
    instrument.type_alpha("0.2")
    instrument.page.wait_for_selector(EXACT)


def test_skeletons_have_the_size_of_what_comes(instrument: Instrument) -> None:
    instrument.start("{latency: 1500}", address="?pair=second&alpha=0.3", settle=False)
    assert instrument.page.is_visible(".retrieval.is-loading .frame")
    size = "JSON.stringify(document.querySelector('.tiles').getBoundingClientRect())"
    loading = json.loads(instrument.page.evaluate(size))
    instrument.page.wait_for_selector(EXACT)
    instrument.page.wait_for_selector(".stage.is-drawn")
    assert json.loads(instrument.page.evaluate(size)) == pytest.approx(loading, abs=1)
    assert (instrument.alpha(), instrument.calls()[0]["name"]) == ("0.30", "open")


def test_published_numbers_are_shown_as_such(instrument: Instrument) -> None:
    instrument.start("{pair: 'siglip2'}", settle=False, plotly=True)
    instrument.page.wait_for_selector(".stage.is-drawn")
    instrument.grab(0.45)
    instrument.drag(0.6)
    instrument.page.mouse.up()
    instrument.page.wait_for_timeout(250)
    assert instrument.text(".words").startswith("Nearest published α = 0.50 gains")
    assert "the checkpoints; so no retrieval" in instrument.text(".published")
    assert instrument.page.is_disabled(".query")
    assert instrument.calls() == []
    assert instrument.figure("g.data.length") == 3  # no band where there is no interval


def test_a_family_without_a_panel_still_has_curves(instrument: Instrument) -> None:
    instrument.start("{pair: 'pocket-diffusion'}", settle=False)
    instrument.page.wait_for_selector(".stage.is-drawn")
    instrument.page.wait_for_selector(".published, .generation")
