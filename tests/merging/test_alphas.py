"""What people may give as α, and what they are told otherwise."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from ggez.merging.alphas import alpha_of_units, check_alpha, summary
from ggez.merging.blocks import Unit
from ggez.types import UserError

REST, HEAD = Unit("tower", ""), Unit("head", "")
LAYERS = [Unit("tower", f"t.layers.{n}") for n in range(6)]
UNITS = [REST, *LAYERS, HEAD]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (0, 0.0), (1, 1.0), (0.5, 0.5), ("0.25", 0.25), (np.float32(0.5), 0.5), (np.int64(1), 1.0),
        (torch.tensor(0.75), 0.75), (Decimal("0.5"), 0.5), (Fraction(1, 4), 0.25), (-0.0, 0.0),
        (5e-324, 5e-324),
    ],
)  # fmt: skip
def test_a_number_from_0_to_1_is_taken(given: object, value: float) -> None:
    got = check_alpha(given)
    assert (type(got), got, math.copysign(1, got)) == (float, value, 1.0)


@pytest.mark.parametrize(
    "given",
    [
        True, False, np.True_, torch.tensor(True), torch.tensor([0.5, 0.5]), np.array([0.1, 0.2]),
        None, "", "a\nb", "nan", "inf", "true", b"x", [], {}, 1j, -1e-300, 1.0000001, math.nan,
        10**400,
    ],
    ids=lambda given: repr(given)[:20],
)  # fmt: skip
def test_anything_else_is_one_line(given: object) -> None:
    with pytest.raises(UserError) as caught:
        check_alpha(given)
    assert "\n" not in str(caught.value)
    assert "α" in str(caught.value)


def test_one_value_is_everybodys() -> None:
    assert alpha_of_units(0, UNITS, UNITS) == dict.fromkeys(UNITS, 0.0)


def test_the_more_specific_key_wins_whatever_the_order() -> None:
    given = {
        "t.layers.3": 0.9, "tower": 0.1, "t.layers": 0.2, "head": 0, "t.layers.2-5": 0.4,
        "t.layers.4-5": 0.6,
    }  # fmt: skip
    for order in (given, dict(reversed(given.items()))):
        found = alpha_of_units(order, UNITS, UNITS)
        assert [found[unit] for unit in UNITS] == [0.1, 0.2, 0.2, 0.4, 0.9, 0.6, 0.6, 0.0]


def test_a_component_of_one_block_is_overridden_by_it() -> None:
    only = Unit("unet", "unet.mid_block")
    assert alpha_of_units({"unet": 0.3, "unet.mid_block": 0.7}, [only], [only]) == {only: 0.7}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({1: 0.5}, "by name of a component or block, not by '1'"),
        ({None: 0.5, "tower": 0.1}, "not by 'None'"),
        ({("a", "b"): 0.5}, "by name"),
        ({"vae": 0.5}, "'vae' is unknown; this pair has tower, head and blocks such as t.layers.0"),
        ({"t.layers.9": 0.5}, "'t.layers.9' is unknown"),
        ({"tower": 0.5}, "'head' has no α"),
        ({"t.layers": 0.5, "head": 0.5}, "'tower' has no α"),
        ({}, "has no α"),
        ({"tower": True, "head": 0}, "α must be a number"),
        ({"tower": 0.2, "head": 0, "t.layers.0-2": 0.5, "t.layers.1-3": 0.6}, "is given twice"),
    ],
)
def test_a_wrong_mapping_is_one_line(given: dict, words: str) -> None:
    with pytest.raises(UserError) as caught:
        alpha_of_units(given, UNITS, UNITS)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ranges_may_overlap_where_they_agree() -> None:
    given = {"tower": 0, "head": 0, "t.layers.0-2": 0.5, "t.layers.1-3": 0.5}
    assert alpha_of_units(given, UNITS, UNITS)[LAYERS[2]] == 0.5


def test_what_is_not_blended_needs_no_alpha_but_may_have_one() -> None:
    assert alpha_of_units({"tower": 0.5}, UNITS, [REST, *LAYERS])[REST] == 0.5
    assert alpha_of_units({"tower": 0.5, "head": 1}, UNITS, LAYERS)[HEAD] == 1


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([0.5] * 8, {"tower": 0.5, "head": 0.5}),
        ([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0], {"tower": 0.1, "head": 0}),
    ],
)
def test_the_summary_is_by_component_where_it_can_be(values: list, told: dict) -> None:
    assert summary(dict(zip(UNITS, values, strict=True)), UNITS) == told


def test_the_summary_gives_the_same_alphas_again() -> None:
    found = alpha_of_units({"tower": 0.1, "t.layers.2": 0, "head": 1}, UNITS, UNITS)
    assert alpha_of_units(summary(found, UNITS), UNITS, UNITS) == found
    assert summary({}, UNITS) == {}
    part = {REST: 0.5}
    assert summary(part, UNITS) == {"tower": 0.5}
