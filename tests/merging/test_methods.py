"""The contract of every merge method in the folder: end points said, pure, written in place."""

from __future__ import annotations

import pytest
import torch

from ggez.merging.methods import method, methods
from ggez.types import UserError

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]


@pytest.fixture(params=methods())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def ends(dtype: torch.dtype, size: int = 33) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, size, generator=draw)
    return one.to(dtype), other.to(dtype)


def test_a_method_says_its_end_points_and_is_found_by_its_name(name: str) -> None:
    assert "end points:" in " ".join((method(name).__doc__ or "").lower().split())
    assert method(name) is methods()[name]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("alpha", [0, 0.3, 1])
def test_a_method_is_pure_and_writes_only_out(name: str, dtype: torch.dtype, alpha: float) -> None:
    base, tuned = ends(dtype)
    kept = base.clone(), tuned.clone()
    room = torch.full((base.numel() + 2,), 7, dtype=dtype)
    for _ in range(2):  # what `out` held before decides nothing
        method(name).blend(base, tuned, alpha, out=room[1:-1])
        first = room.clone()
        room[1:-1] = float("nan")
    method(name).blend(base, tuned, alpha, out=room[1:-1])
    assert torch.equal(room, first)
    assert room[0] == room[-1] == 7
    assert torch.isfinite(room).all()
    assert torch.equal(base, kept[0])
    assert torch.equal(tuned, kept[1])


@pytest.mark.parametrize("size", [0, 1, 5])
def test_out_keeps_shape_dtype_and_place(name: str, size: int) -> None:
    base, tuned = ends(torch.float16, size)
    out = torch.empty_like(base)
    place = out.data_ptr()
    method(name).blend(base, tuned, 0.5, out=out)
    assert (out.shape, out.dtype, out.data_ptr()) == (base.shape, base.dtype, place)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_linear_is_exact_at_both_ends_and_blends_a_part_as_it_blends_all(
    dtype: torch.dtype,
) -> None:
    base, tuned = ends(dtype, 1003)
    out, part = torch.empty_like(base), torch.empty_like(base)
    for alpha, end in ((0, base), (1, tuned)):
        method("linear").blend(base, tuned, alpha, out=out)
        assert torch.equal(out, end)
    method("linear").blend(base, tuned, 0.37, out=out)
    for start in range(0, len(base), 7):  # a tensor alone is blended as in its arena
        own = slice(start, start + 7)
        method("linear").blend(base[own], tuned[own], 0.37, out=part[own])
    assert torch.equal(out, part)


@pytest.mark.parametrize("wrong", ["magic", "", "Linear", "../linear"])
def test_an_unknown_method_names_those_there_are(wrong: str) -> None:
    with pytest.raises(UserError) as caught:
        method(wrong)
    assert "\n" not in str(caught.value)
    assert repr(wrong) in str(caught.value)
    assert all(known in str(caught.value) for known in methods())
