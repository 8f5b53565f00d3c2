"""The distance of a method from linear, against the plain formula."""

from __future__ import annotations

import pytest
import torch

from ggez.merging import plan_merge
from ggez.merging.distance import distance_from_linear
from ggez.merging.methods import slerp
from ggez.merging.plan import Header, Known, Plan
from ggez.merging.vocabulary import align_rows
from ggez.types import UserError

SHAPE = (40, 30)


def sides(change: float) -> tuple[dict, dict]:
    draw = torch.Generator().manual_seed(2)
    names = ("t.w", "v.a", "v.b")
    base = {name: torch.randn(SHAPE, generator=draw) for name in names}
    tuned = {n: t + change * torch.randn(SHAPE, generator=draw) for n, t in base.items()}
    for state in (base, tuned):
        state["v.ids"] = torch.arange(3)
    tuned["t.w"] = base["t.w"].clone()
    return base, tuned


def planned(base: dict, known: Known | None = None) -> Plan:
    kinds = {torch.float32: "F32", torch.int64: "I64"}
    header = {name: Header(tuple(t.shape), kinds[t.dtype]) for name, t in base.items()}
    return plan_merge(header, header, lambda n: n[0], known)


def test_linear_is_no_way_from_itself() -> None:
    base, tuned = sides(1.0)
    found = distance_from_linear(planned(base), base, tuned, "linear", 0.5)
    assert (found.percent, found.components) == (0, {"t": 0, "v": 0})


@pytest.mark.parametrize("change", [0.01, 1.0])
@pytest.mark.parametrize("alpha", [0.2, 0.5])
def test_slerp_against_the_formula(change: float, alpha: float) -> None:
    base, tuned = sides(change)
    apart = length = 0.0
    for name in ("v.a", "v.b"):
        one, other = base[name].double().flatten(), tuned[name].double().flatten()
        out = torch.empty_like(one)
        slerp.blend(one, other, alpha, out)
        apart += float((out - torch.lerp(one, other, alpha)).square().sum())
        length += float((alpha * (other - one)).square().sum())
    found = distance_from_linear(planned(base), base, tuned, "slerp", alpha)
    assert found.percent == pytest.approx(100 * (apart / length) ** 0.5, rel=1e-6)
    assert found.components == {"t": 0, "v": pytest.approx(found.percent)}
    assert (found.percent < 1) == (change < 0.1)  # on a small change slerp is nearly linear


@pytest.mark.parametrize("alpha", [0, 1])
def test_methods_with_the_same_ends_meet_there(alpha: int) -> None:
    base, tuned = sides(1.0)
    assert distance_from_linear(planned(base), base, tuned, "slerp", alpha).percent == 0


def test_rows_that_stay_bases_count_for_nothing() -> None:
    base, tuned = sides(1.0)
    vocabulary = {str(n): n for n in range(40)}
    nothing = align_rows(vocabulary, {}, 40, 40)
    plan = planned(base, Known(rows={"v.a": nothing, "v.b": nothing}))
    assert distance_from_linear(plan, base, tuned, "slerp", 0.5).percent == 0


def test_an_empty_plan_and_a_bad_alpha() -> None:
    empty = plan_merge({}, {}, str)
    assert distance_from_linear(empty, {}, {}, "slerp", 0.5).percent == 0
    with pytest.raises(UserError):
        distance_from_linear(empty, {}, {}, "slerp", True)
