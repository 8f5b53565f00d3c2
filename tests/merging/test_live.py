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

KINDS = {
    torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
}  # fmt: skip


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


@pytest.mark.parametrize("alpha", [
    -0.01, 1.01, 1 + 1e-12, float("nan"), float("inf"), None, "abc", "nan", "a\nb", "", [], {}, 1j,
    pytest.param(10**400, id="huge"),
])  # fmt: skip
def test_a_bad_alpha_is_one_line(alpha: object) -> None:
    merged = live(side(1, torch.float32), side(2, torch.float32))
    with pytest.raises(UserError) as caught:
        merged.merge(alpha)
    assert "\n" not in str(caught.value)


def test_an_unknown_component_is_named() -> None:
    merged = live(side(1, torch.float32), side(2, torch.float32))
    with pytest.raises(UserError, match="'vae' is unknown"):
        merged.merge({"vae": 0.5, "image tower": 0, "text tower": 0, "head": 0})


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("end", [0, 1])
def test_a_broken_number_on_the_other_side_does_not_leak_into_an_end(
    sides: tuple[dict, dict], end: int, number: float
) -> None:
    sides[1 - end]["text.weight"][::2] = number
    merged = live(*sides)
    for alpha in (end, 0.5, end):
        merged.merge(alpha)
    assert torch.equal(merged.tensors["text.weight"], sides[end]["text.weight"])


def test_the_sign_of_a_zero_belongs_to_its_end(sides: tuple[dict, dict]) -> None:
    base, tuned = sides
    base["visual.frozen"].zero_()
    tuned["visual.frozen"] = -base["visual.frozen"]
    merged = live(base, tuned)
    merged.merge(1)
    assert torch.signbit(merged.tensors["visual.frozen"]).all()


def test_the_endpoints_are_never_written(sides: tuple[dict, dict]) -> None:
    before = [weights_digest(state) for state in sides]
    merged = live(*sides)
    for alpha in (0, 0.4, 1):
        merged.merge(alpha)
        for name in ("visual.proj", "text.weight", "logit_scale"):
            merged.tensors[name].zero_()
    assert [weights_digest(state) for state in sides] == before


def test_only_one_component_moves_when_asked_for_one(sides: tuple[dict, dict]) -> None:
    merged = live(*sides)
    merged.merge(0)
    assert merged.merge(1, only="text tower") == ["text.weight"]
    assert torch.equal(merged.tensors["visual.proj"], sides[0]["visual.proj"])
    assert torch.equal(merged.tensors["text.weight"], sides[1]["text.weight"])
    assert merged.alphas == {"image tower": 0, "text tower": 1, "head": 0}
    assert merged.merge(1, only="text tower") == []
    assert merged.merge(1) == ["logit_scale", "visual.proj"]


def test_a_view_stays_where_it_is_over_all_moves(sides: tuple[dict, dict]) -> None:
    merged = live(*sides)
    places = {name: tensor.data_ptr() for name, tensor in merged.tensors.items()}
    for alpha in (0, 0.3, 1):
        merged.merge(alpha)
    assert {name: tensor.data_ptr() for name, tensor in merged.tensors.items()} == places
    assert {n: (t.shape, t.dtype) for n, t in merged.tensors.items()} == {
        n: (t.shape, t.dtype) for n, t in sides[0].items()
    }


def test_a_move_that_failed_half_way_is_made_good_by_the_next() -> None:
    base, tuned = side(1, torch.float32), side(2, torch.float32)
    for state in (base, tuned):  # a component in two dtypes is two blends
        state["text.half"] = state["text.weight"].half()
    merged = live(base, tuned)
    merged.merge(0)
    blend, calls = merged._blend, []

    def fragile(*args: object, **kept: object) -> None:
        calls.append(1)
        blend(*args, **kept)
        if len(calls) == 2:
            raise MemoryError

    merged._blend = fragile
    with pytest.raises(MemoryError):
        merged.merge(1)
    merged.merge(0)
    assert merged.digest() == weights_digest(base)


def test_plans_that_do_not_fit_are_refused_before_any_work() -> None:
    base = side(1, torch.float32)
    with pytest.raises(UserError, match="missing in tuned"):
        live(base, {name: base[name] for name in ("text.weight",)})


def test_a_component_without_an_alpha_is_named() -> None:
    merged = live(side(1, torch.float32), side(2, torch.float32))
    with pytest.raises(UserError, match="'head' has no α"):
        merged.merge({"image tower": 0.5, "text tower": 0.5})
    assert merged.alphas == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": torch.zeros(2)}, {"b": torch.zeros(2)}),
        ({"a": torch.zeros(2)}, {"a": torch.zeros(2, dtype=torch.float16)}),
        ({"a": torch.zeros(2, 3)}, {"a": torch.zeros(3, 2)}),
        ({"a": torch.zeros(2)}, {"a": -torch.zeros(2)}),
        ({"a": torch.zeros(2)}, {"a": torch.zeros(2), "b": torch.zeros(0)}),
    ],
)
def test_a_digest_tells_names_dtypes_shapes_and_bits_apart(one: dict, other: dict) -> None:
    assert weights_digest(one) != weights_digest(other)
    assert weights_digest(one) == weights_digest({name: t.clone() for name, t in one.items()})


@pytest.mark.parametrize(
    "alpha", [{"image tower": 2}, {"text tower": None}, {"head": float("nan")}]
)
def test_a_bad_alpha_of_one_component_is_one_line_and_moves_nothing(alpha: dict) -> None:
    merged = live(side(1, torch.float32), side(2, torch.float32))
    merged.merge(0.25)
    before = merged.digest()
    with pytest.raises(UserError) as caught:
        merged.merge({"image tower": 0.5, "text tower": 0.5, "head": 0.5} | alpha)
    assert "\n" not in str(caught.value)
    assert merged.digest() == before
