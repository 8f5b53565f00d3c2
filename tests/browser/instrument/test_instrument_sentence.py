"""The sentence: what an α gained and cost, and what it says where nothing is shown."""

from __future__ import annotations

import pytest
from instrument_driver import Instrument

BASE = "{alpha: 0, regional: e(50), global: e(80), gain: e(0, 0, 0), retention: e(1, 1, 1)}"
RANGE = "e(0.133, 0.083, 0.2)"
KEPT = "e(1.017, 0.998, 1.036)"


def said(instrument: Instrument, gain: str, retention: str, alpha: float, readonly: bool = False):
    """The sentence for a sweep of base and one point at 0.25."""
    instrument.page.goto(instrument.origin)
    return instrument.page.evaluate(
        f"""(async () => {{
        const {{sentenceText}} = await import('/instrument/sentence.js');
        const e = (value, low = null, high = null) => ({{value, low, high, n: 9}});
        const point = {{alpha: 0.25, regional: e(55), global: e(81), gain: {gain},
          retention: {retention}}};
        return sentenceText({{points: [{BASE}, point]}}, {alpha}, {str(readonly).lower()});
        }})()"""
    )


@pytest.mark.parametrize(
    ("gain", "retention", "words"),
    [
        (
            RANGE,
            KEPT,
            "α = 0.25 gains 13.3 % culturally (8.3 to 20.0) and keeps 101.7 % of global quality "
            "(99.8 to 103.6).",
        ),
        (
            "e(0.021, -0.03, 0.075)",
            KEPT,
            "α = 0.25, no gain shown: +2.1 % (−3.0 to 7.5); it keeps 101.7 % of global quality "
            "(99.8 to 103.6).",
        ),
        (
            "e(0.04, 0, 0.075)",  # an interval that touches 0 shows no gain
            "e(0.9)",
            "α = 0.25, no gain shown: +4.0 % (0.0 to 7.5); it keeps 90.0 % of global quality.",
        ),
        (
            "e(-0.031, -0.05, -0.012)",
            "e(0.9, 0.85, 0.95)",
            "α = 0.25 loses 3.1 % culturally (1.2 to 5.0) and keeps 90.0 % of global quality "
            "(85.0 to 95.0).",
        ),
        (
            RANGE,
            "e(0.99, 0.97996, 1.0)",  # the lower end is cut: it misses 98 %
            "α = 0.25 gains 13.3 % culturally (8.3 to 20.0) and keeps 99.0 % of global quality "
            "(97.9 to 100.0).",
        ),
        (
            "e(0.133)",
            "null",
            "α = 0.25 gains 13.3 % culturally and keeps an unknown share of global quality.",
        ),
        (
            "{value: null, low: null, high: null, n: 0}",
            KEPT,
            "α = 0.25 has no gain to tell: the base scores nothing; it keeps 101.7 % of global "
            "quality (99.8 to 103.6).",
        ),
    ],
)
def test_what_an_alpha_gains_and_keeps(
    instrument: Instrument, gain: str, retention: str, words: str
) -> None:
    assert said(instrument, gain, retention, 0.25) == words


def test_base_is_what_the_others_are_told_against(instrument: Instrument) -> None:
    words = said(instrument, RANGE, KEPT, 0)
    assert words == "α = 0.00 is the base: gain and loss are told against it."


@pytest.mark.parametrize(("readonly", "word"), [(False, "measured"), (True, "published")])
def test_an_alpha_between_speaks_of_the_nearest(
    instrument: Instrument, readonly: bool, word: str
) -> None:
    words = said(instrument, RANGE, KEPT, 0.31, readonly)
    assert words.startswith(f"Nearest {word} α = 0.25 gains 13.3 %")


def test_the_line_of_numbers_tells_points_against_base(instrument: Instrument) -> None:
    instrument.start()
    points = instrument.fake("fake.sweep('test').points")
    change = points[9]["global"]["value"] - points[0]["global"]["value"]
    assert instrument.text(".stat.is-global b") == f"{points[9]['global']['value']:.1f}"
    assert instrument.text(".stat.is-global .change") == f"{change:+.1f}".replace("-", "−")
    instrument.type_alpha("0")
    instrument.frame()
    assert instrument.page.locator(".stat.is-global .change").text_content() == ""
    assert not instrument.page.is_visible(".against")
