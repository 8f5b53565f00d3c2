"""The address follows the instrument and is read with care."""

from __future__ import annotations

from urllib.parse import parse_qs, urlparse

import pytest
from instrument_driver import EXACT, Instrument


def test_the_address_follows_and_is_read(instrument: Instrument) -> None:
    instrument.start(address="?__theme=light")
    instrument.search("nón lá")
    instrument.page.wait_for_function("calls.length === 2")
    instrument.type_alpha("0.37")
    instrument.page.wait_for_selector(EXACT)
    address = urlparse(instrument.page.url)
    wanted = {"__theme": ["light"], "pair": ["pocket"], "alpha": ["0.37"], "q": ["nón lá"]}
    assert parse_qs(address.query) == wanted
    assert instrument.page.evaluate("history.length") <= 2
    instrument.start(address=f"?{address.query}")
    assert instrument.badge() == "exact α = 0.37"
    assert instrument.text(".asked") == "“nón lá”"
    assert instrument.page.input_value(".query") == "nón lá"


@pytest.mark.parametrize(
    ("address", "alpha", "said"),
    [
        ("?alpha=many", "0.45", "no number"),
        ("?alpha=7", "1.00", "α runs from 0 to 1"),
        ("?pair=gone", "0.45", "unknown here"),
        (f"?q={'y' * 301}", "0.45", "too long"),
    ],
)
def test_a_bad_address_is_clamped_and_said(
    instrument: Instrument, address: str, alpha: str, said: str
) -> None:
    instrument.start(address=address)
    assert instrument.alpha() == alpha
    assert said in instrument.line()
