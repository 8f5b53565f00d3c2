"""Queries: typed, chosen, overtaken, failed."""

from __future__ import annotations

import pytest
from instrument_driver import EXACT, Instrument


@pytest.mark.parametrize("way", ["enter", "button", "chip"])
def test_a_query_is_one_preview_then_one_exact(instrument: Instrument, way: str) -> None:
    instrument.start()
    query = "ແຄນ"
    if way == "chip":
        instrument.page.click(".chip:has-text('ແຄນ')")
    else:
        instrument.page.fill(".query", query)
        if way == "enter":
            instrument.page.press(".query", "Enter")
        else:
            instrument.page.click(".search")
    instrument.page.wait_for_function("calls.length === 2")
    instrument.page.wait_for_selector(EXACT)
    assert [call["name"] for call in instrument.calls()] == ["preview", "exact"]
    assert {call["query"] for call in instrument.calls()} == {query}
    assert instrument.shown("base") == instrument.ranked(0, query)
    assert instrument.page.get_attribute(".asked", "lang") == "lo"
    instrument.forget()
    instrument.grab(0.45)
    instrument.drag(1)
    assert (instrument.calls(), instrument.requests) == ([], [])
    instrument.page.mouse.up()


@pytest.mark.parametrize(("query", "said"), [("  ", "Type what"), ("x" * 301, "301 characters")])
def test_a_query_that_cannot_be_asked_is_not_sent(
    instrument: Instrument, query: str, said: str
) -> None:
    instrument.start()
    instrument.search(query)
    assert said in instrument.line()
    assert instrument.calls() == []


def test_the_last_of_two_queries_wins(instrument: Instrument) -> None:
    instrument.start("{latency: (name, r) => name === 'preview' && r.query === 'wau' ? 500 : 20}")
    instrument.search("wau")
    instrument.search("nón lá")
    instrument.page.wait_for_function("document.querySelector('.asked').textContent === '“nón lá”'")
    instrument.page.wait_for_timeout(550)
    assert instrument.text(".asked") == "“nón lá”"
    assert instrument.shown("tuned") == instrument.ranked(1, "nón lá")


def test_a_failed_query_keeps_the_last_results(instrument: Instrument) -> None:
    instrument.start()
    before = instrument.shown("merged")
    instrument.page.evaluate("behaviour.errors = {preview: 'No tokenizer for this text.'}")
    instrument.search("anything")
    instrument.page.wait_for_function("document.querySelector('.line').textContent")
    assert instrument.line() == "No tokenizer for this text."
    assert instrument.shown("merged") == before
    assert instrument.text(".asked") == "“ส้มตำ”"
