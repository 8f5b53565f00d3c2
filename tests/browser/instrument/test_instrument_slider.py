"""The slider's other ways in: ticks and a typed number."""

from __future__ import annotations

from itertools import pairwise

import pytest
from instrument_driver import EXACT, Instrument


def test_a_tick_jumps_and_labels_do_not_overlap(instrument: Instrument) -> None:
    instrument.start()
    boxes = instrument.page.eval_on_selector_all(
        ".tick", "all => all.map(t => t.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    boxes.sort()
    assert all(left[1] <= right[0] for left, right in pairwise(boxes))
    instrument.page.click(".tick.is-grp")
    instrument.page.wait_for_selector(EXACT)
    assert (instrument.alpha(), instrument.badge()) == ("0.75", "exact α = 0.75")


@pytest.mark.parametrize("text", ["1.2", "-0.1", "much", "", "0.4.5"])
def test_a_typed_value_that_is_no_alpha_leaves_the_old_one(
    instrument: Instrument, text: str
) -> None:
    instrument.start()
    instrument.type_alpha(text)
    assert "is not an α: type a number from 0 to 1" in instrument.line()
    assert instrument.alpha() == "0.45"
    assert instrument.calls() == []
