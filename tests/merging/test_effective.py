"""Effective α: what the stored weights really did, in words where it is off."""

from __future__ import annotations

import pytest
import torch

from ggez.merging import LiveMerge, plan_merge
from ggez.merging.blocks import Unit
from ggez.merging.effective import effective_alphas
from ggez.merging.plan import Header
from ggez.types import UserError

KINDS = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64"}


def pair(dtype: torch.dtype, change: float, method: str = "linear") -> LiveMerge:
    draw = torch.Generator().manual_seed(1)
    names = ("v.layers.0.w", "v.layers.1.w", "v.proj", "t.w")
    base = {name: torch.randn(300, 200, generator=draw).to(dtype) for name in names}
    tuned = {
        name: (t.double() + change * torch.randn(t.shape, generator=draw)).to(dtype)
        for name, t in base.items()
    }
    header = {name: Header((300, 200), KINDS[dtype]) for name in names}
    return LiveMerge(plan_merge(header, header, lambda n: n[0]), base, tuned, method)


def test_the_dead_zone_of_bf16_is_measured_and_told() -> None:
    merged = pair(torch.bfloat16, 0.01)
    merged.merge(0.1)
    found = effective_alphas(merged)
    assert {one.unit.label for one in found} == {"v", "t", "v.layers.0", "v.layers.1"}
    for one in found:
        assert one.alpha == 0.1
        assert one.asked == pytest.approx(0.1, abs=1e-9)
        assert 0.03 < one.effective < 0.07  # the slider acts like half of it
        assert 0.6 < one.still < 0.9
        assert one.unit.label in one.advice
        assert "bfloat16" in one.advice
        assert "float32" in one.advice
        assert "\n" not in one.advice


@pytest.mark.parametrize(
    ("dtype", "change"), [(torch.float32, 0.01), (torch.float64, 0.01), (torch.bfloat16, 0.5)]
)
@pytest.mark.parametrize("method", ["linear", "slerp"])
def test_no_advice_where_the_dtype_holds_the_change(
    dtype: torch.dtype, change: float, method: str
) -> None:
    merged = pair(dtype, change, method)
    merged.merge(0.4)
    for one in effective_alphas(merged):
        assert one.advice == ""
        assert one.effective == pytest.approx(one.asked, rel=0.01)
        assert one.effective == pytest.approx(0.4, rel=0.1)


def test_it_is_the_projection_on_the_change() -> None:
    merged = pair(torch.float16, 0.002)
    merged.merge({"v": 0.3, "t": 0.8, "v.layers.1": 0.05})
    found = {one.unit: one for one in effective_alphas(merged)}
    for part in merged.parts:
        base, tuned, live = (t.double() for t in (part.base, part.tuned, part.live))
        expected = (live - base).dot(tuned - base) / (tuned - base).square().sum()
        assert found[part.unit].effective == pytest.approx(float(expected), rel=1e-12)
    assert found[Unit("v", "v.layers.1")].alpha == 0.05


@pytest.mark.parametrize("alpha", [0, 1])
def test_the_ends_are_exact(alpha: int) -> None:
    merged = pair(torch.bfloat16, 0.01)
    merged.merge(alpha)
    for one in effective_alphas(merged):
        assert (one.effective, one.asked, one.advice) == (alpha, alpha, "")


def test_a_change_of_sign_bits_alone_has_no_direction() -> None:
    header = {"a": Header((3,), "F32")}
    plan = plan_merge(header, header, lambda n: n)
    merged = LiveMerge(plan, {"a": torch.zeros(3)}, {"a": -torch.zeros(3)})
    merged.merge(0.5)
    assert effective_alphas(merged)[0].effective == 0.5


def test_before_the_first_merge_there_is_nothing_to_say() -> None:
    with pytest.raises(UserError, match="merge at some α first"):
        effective_alphas(pair(torch.float32, 0.01))
