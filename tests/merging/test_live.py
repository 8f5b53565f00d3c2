"""The live merge: exact at its ends, never incremental, careful with what is not a weight."""

from __future__ import annotations

import random

import pytest
import torch

from ggez.merging import LiveMerge, plan_merge
from ggez.merging.live import weights_digest
from ggez.merging.plan import Header
from ggez.models.embedding import component_of
from ggez.types import UserError

KINDS = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}


def side(seed: int, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return {
        "visual.proj": torch.randn(7, 5, generator=draw).to(dtype),
        "visual.frozen": torch.ones(3, dtype=dtype),
        "text.weight": torch.randn(11, generator=draw).to(dtype),
        "text.position_ids": torch.arange(4) + seed,
        "logit_scale": torch.tensor(float(seed)).to(dtype),
    }


def live(base: dict, tuned: dict) -> LiveMerge:
    headers = [
        {k: Header(tuple(v.shape), KINDS[v.dtype]) for k, v in s.items()} for s in (base, tuned)
    ]
    return LiveMerge(plan_merge(*headers, component_of), base, tuned)


@pytest.fixture(params=[torch.float32, torch.float16, torch.bfloat16], ids=str)
def sides(request: pytest.FixtureRequest) -> tuple[dict, dict]:
    return side(1, request.param), side(2, request.param)


def test_the_ends_are_the_endpoints_bit_for_bit(sides: tuple[dict, dict]) -> None:
    base, tuned = sides
    merged = live(base, tuned)
    for alpha, end in ((0, base), (1, tuned), (0.0, base), (1.0, tuned)):
        merged.merge(alpha)
        expected = end | {"text.position_ids": base["text.position_ids"]}
        assert weights_digest(merged.tensors) == weights_digest(expected)


def test_a_broken_number_on_the_other_side_does_not_leak_into_an_end() -> None:
    base, tuned = side(1, torch.float32), side(2, torch.float32)
    tuned["text.weight"][0] = float("nan")
    merged = live(base, tuned)
    merged.merge(0)
    assert torch.equal(merged.tensors["text.weight"], base["text.weight"])


def test_a_thousand_random_moves_end_in_a_fresh_merge(sides: tuple[dict, dict]) -> None:
    merged, rng = live(*sides), random.Random(3)
    for _ in range(1000):
        last = rng.choice([0.0, 1.0, rng.random()])
        merged.merge(last, only=rng.choice([None, "text tower"]))
    merged.merge(last)
    fresh = live(*sides)
    fresh.merge(last)
    assert merged.digest() == fresh.digest()


def test_within_one_unit_in_the_last_place_of_a_float64_merge(sides: tuple[dict, dict]) -> None:
    base, tuned = sides
    merged = live(base, tuned)
    for alpha in (0.05, 0.3, 0.5, 0.77, 0.95):
        merged.merge(alpha)
        for name in ("visual.proj", "text.weight"):
            exact = (1 - alpha) * base[name].double() + alpha * tuned[name].double()
            larger = torch.maximum(base[name].abs(), tuned[name].abs())
            ulp = torch.nextafter(larger.float(), torch.tensor(float("inf"))) - larger.float()
            scale = torch.finfo(base[name].dtype).eps / torch.finfo(torch.float32).eps
            assert ((merged.tensors[name].double() - exact).abs() <= ulp.double() * scale).all()


def test_integers_are_copied_and_equal_tensors_are_shared(sides: tuple[dict, dict]) -> None:
    base, tuned = sides
    merged = live(base, tuned)
    merged.merge(0.5)
    assert merged.tensors["text.position_ids"] is base["text.position_ids"]
    assert merged.tensors["visual.frozen"] is base["visual.frozen"]
    assert merged.shared == ("visual.frozen",)


def test_a_component_has_its_own_alpha(sides: tuple[dict, dict]) -> None:
    base, tuned = sides
    merged = live(base, tuned)
    merged.merge({"image tower": 1.0, "text tower": 0.0, "head": 0})
    assert torch.equal(merged.tensors["visual.proj"], tuned["visual.proj"])
    assert torch.equal(merged.tensors["text.weight"], base["text.weight"])
    assert merged.merge({"image tower": 1.0, "text tower": 0.5, "head": 0}) == ["text.weight"]


@pytest.mark.parametrize("alpha", [-0.01, 1.01, float("nan"), float("inf"), None, "abc", [], {}])
def test_a_bad_alpha_is_one_line(alpha: object) -> None:
    merged = live(side(1, torch.float32), side(2, torch.float32))
    with pytest.raises(UserError) as caught:
        merged.merge(alpha)
    assert "\n" not in str(caught.value)


def test_an_unknown_component_is_named() -> None:
    merged = live(side(1, torch.float32), side(2, torch.float32))
    with pytest.raises(UserError, match="'vae' is unknown"):
        merged.merge({"vae": 0.5, "image tower": 0, "text tower": 0, "head": 0})
