"""The contract of every merge method: ends as stated, pure, in place, the same in parts.

The example of `docs/new-method.md` is held to it too, as a file laid into the folder.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import ggez.merging.methods as folder
from ggez.merging import LiveMerge, plan_merge
from ggez.merging.methods import Method, method, methods, slerp
from ggez.merging.pieces import prepared_part
from ggez.merging.plan import Header
from ggez.types import UserError

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
KINDS = dict(zip(DTYPES, ("F64", "F32", "F16", "BF16"), strict=True))
DOCS = Path(__file__).resolve().parents[2] / "docs" / "new-method.md"
EXAMPLE = "trim"


@pytest.fixture(scope="module", autouse=True)
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The folder with the example of the docs in it."""
    beside = tmp_path_factory.mktemp("methods")
    source = DOCS.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    (beside / f"{EXAMPLE}.py").write_text(source, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "__path__", [*folder.__path__, str(beside)])
        yield
    sys.modules.pop(f"{folder.__name__}.{EXAMPLE}", None)


@pytest.fixture(params=[*methods(), EXAMPLE])
def chosen(request: pytest.FixtureRequest) -> Method:
    return method(request.param)


def ends(dtype: torch.dtype, size: int = 33) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    one, other = torch.randn(2, size, generator=draw)
    return one.to(dtype), other.to(dtype)


def bits(tensor: torch.Tensor) -> bytes:
    return tensor.reshape(-1).view(torch.uint8).numpy().tobytes()


def blended(chosen: Method, base: torch.Tensor, tuned: torch.Tensor, alpha: float) -> torch.Tensor:
    out = torch.empty_like(base)
    chosen.blend(base, tuned, alpha, out=out, prepared=chosen.prepare(base, tuned))
    return out


def test_a_method_says_its_end_points_and_is_found_by_its_name(chosen: Method) -> None:
    assert "end points:" in " ".join((chosen.__doc__ or "").lower().split())
    assert method(chosen.NAME) is methods()[chosen.NAME] is chosen
    assert len(chosen.ENDS) == 2
    assert all(isinstance(end, str) and end for end in chosen.ENDS)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("broken", [None, float("nan"), float("inf"), -float("inf"), -0.0])
@pytest.mark.parametrize("alpha", [0, 1])
def test_the_ends_are_as_stated_whatever_the_other_side_holds(
    chosen: Method, dtype: torch.dtype, alpha: int, broken: float | None
) -> None:
    sides = dict(zip(("base", "tuned"), ends(dtype), strict=True))
    end = chosen.ENDS[alpha]
    if end in sides:
        if broken is not None:
            other = "tuned" if end == "base" else "base"
            sides[other][::3] = broken
            sides[end][4::5] = -0.0
        got = blended(chosen, sides["base"], sides["tuned"], alpha)
        assert bits(got) == bits(sides[end])
    else:  # a phrase: then it is neither side
        got = blended(chosen, sides["base"], sides["tuned"], alpha)
        assert bits(got) not in (bits(sides["base"]), bits(sides["tuned"]))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("alpha", [0, 0.3, 1])
def test_a_method_is_pure_and_writes_only_out(
    chosen: Method, dtype: torch.dtype, alpha: float
) -> None:
    base, tuned = ends(dtype)
    kept = base.clone(), tuned.clone()
    prepared = chosen.prepare(base, tuned)
    before = prepared.clone() if isinstance(prepared, torch.Tensor) else prepared
    room = torch.full((base.numel() + 2,), 7, dtype=dtype)
    results = []
    for rubbish in (0.0, float("nan"), float("inf")):  # what `out` held decides nothing
        room[1:-1] = rubbish
        chosen.blend(base, tuned, alpha, out=room[1:-1], prepared=prepared)
        results.append(bits(room))
    chosen.blend(base, tuned, alpha, out=room[1:-1])  # it prepares by itself
    assert results == [bits(room)] * 3
    assert room[0] == room[-1] == 7
    assert torch.equal(base, kept[0])
    assert torch.equal(tuned, kept[1])
    assert prepared is None or torch.equal(torch.as_tensor(prepared), torch.as_tensor(before))


@pytest.mark.parametrize("size", [0, 1, 5])
def test_out_keeps_shape_dtype_and_place(chosen: Method, size: int) -> None:
    base, tuned = ends(torch.float16, size)
    out = torch.empty_like(base)
    place = out.data_ptr()
    chosen.blend(base, tuned, 0.5, out=out)
    assert (out.shape, out.dtype, out.data_ptr()) == (base.shape, base.dtype, place)


def test_what_is_prepared_is_nothing_a_number_or_a_tensor_like_base(chosen: Method) -> None:
    base, tuned = ends(torch.bfloat16)
    prepared = chosen.prepare(base, tuned)
    if isinstance(prepared, torch.Tensor):
        assert prepared.shape == base.shape
    else:
        assert prepared is None or isinstance(prepared, float)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("size", "step"), [(1003, 7), (600_011, 99_991)])
def test_a_slice_is_blended_as_the_whole_is(
    chosen: Method, dtype: torch.dtype, size: int, step: int
) -> None:
    base, tuned = ends(dtype, size)
    whole, parts = blended(chosen, base, tuned, 0.37), torch.empty_like(base)
    prepared = chosen.prepare(base, tuned)
    for start in range(0, size, step):
        piece = slice(start, start + step)
        own = prepared_part(prepared, piece)
        chosen.blend(base[piece], tuned[piece], 0.37, out=parts[piece], prepared=own)
    assert bits(parts) == bits(whole)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_number_of_threads_changes_no_bit(chosen: Method, dtype: torch.dtype) -> None:
    base, tuned = ends(dtype, 300_007)
    before, results = torch.get_num_threads(), set()
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.add(bits(blended(chosen, base, tuned, 0.61)))
    finally:
        torch.set_num_threads(before)
    assert len(results) == 1


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_finite_weights_stay_finite(chosen: Method, dtype: torch.dtype) -> None:
    one, other = ends(dtype, 64)
    zeros, tiny = torch.zeros_like(one), torch.full_like(one, torch.finfo(dtype).tiny)
    large = torch.full_like(one, torch.finfo(dtype).max / 4)
    pairs = [
        *((one, other), (zeros, other), (one, zeros), (zeros, zeros), (one, one), (one, -one)),
        *((one, 3 * one), (tiny, one), (tiny, -tiny), (large, large), (large, one)),
        *((one[:1], other[:1]), (one[:1], -one[:1])),
    ]
    for base, tuned in pairs:
        for alpha in (0, 1e-9, 0.3, 0.5, 0.999, 1):
            assert torch.isfinite(blended(chosen, base, tuned, alpha)).all(), (base, tuned)


def states(dtype: torch.dtype) -> tuple[dict, dict]:
    draw = torch.Generator().manual_seed(5)
    shapes = {"a.layers.0.w": (33, 7), "a.layers.1.w": (5,), "a.scale": (), "b.w": (129, 3)}
    return tuple(
        {name: torch.randn(shape, generator=draw).to(dtype) for name, shape in shapes.items()}
        for _ in "bt"
    )


def live(name: str, base: dict, tuned: dict) -> LiveMerge:
    headers = {k: Header(tuple(v.shape), KINDS[v.dtype]) for k, v in base.items()}
    return LiveMerge(plan_merge(headers, headers, lambda n: n[0]), base, tuned, name)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_arena_holds_what_each_tensor_alone_would_be(
    chosen: Method, dtype: torch.dtype
) -> None:
    base, tuned = states(dtype)
    merged = live(chosen.NAME, base, tuned)
    assert len({t.untyped_storage().data_ptr() for t in merged.tensors.values()}) == 1
    places = {name: tensor.data_ptr() for name, tensor in merged.tensors.items()}
    for alpha in (0, 0.25, 0.8, 1):
        merged.merge(alpha)
        for name, tensor in merged.tensors.items():
            alone = blended(chosen, base[name].reshape(-1), tuned[name].reshape(-1), alpha)
            assert bits(tensor) == bits(alone), name
    assert {name: tensor.data_ptr() for name, tensor in merged.tensors.items()} == places


@pytest.mark.parametrize("alpha", [True, False, -0.1, 1.1, None, "x", float("nan"), [0.5]])
def test_a_bad_alpha_is_refused_before_any_method_sees_it(chosen: Method, alpha: object) -> None:
    merged = live(chosen.NAME, *states(torch.float32))
    merged.merge(0.5)
    before = merged.digest()
    with pytest.raises(UserError) as caught:
        merged.merge(alpha)
    assert "\n" not in str(caught.value)
    assert merged.digest() == before


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("mix", [0.002, 0.2, 1.0, -0.5])
def test_slerp_is_the_textbook_formula(dtype: torch.dtype, mix: float) -> None:
    base, noise = ends(dtype, 4001)
    tuned = (base.double() + mix * noise.double()).to(dtype)
    x, y = (side.double().numpy().astype(np.longdouble) for side in (base, tuned))
    angle = np.arccos(np.dot(x, y) / np.sqrt(np.dot(x, x) * np.dot(y, y)))
    for alpha in (0.1, 0.5, 0.9):
        exact = (np.sin((1 - alpha) * angle) * x + np.sin(alpha * angle) * y) / np.sin(angle)
        off = np.abs(blended(slerp, base, tuned, alpha).double().numpy() - exact)
        scale = np.maximum(np.abs(x), np.abs(y))
        info = torch.finfo(dtype)
        if dtype.itemsize > 2:
            assert (off <= 3 * info.eps * scale).all()
        else:  # computed wider and rounded once
            subnormal = info.smallest_normal * info.eps
            assert (
                off <= 0.5 * np.maximum(info.eps * np.abs(exact), subnormal) + 1e-6 * scale
            ).all()


def test_slerp_keeps_the_length_of_tensors_of_one_length() -> None:
    base, tuned = (side / side.norm() for side in ends(torch.float64, 5000))
    lengths = [float(blended(slerp, base, tuned, step / 10).norm()) for step in range(11)]
    assert lengths == pytest.approx([1.0] * 11, abs=1e-12)
    assert float(blended(method("linear"), base, tuned, 0.5).norm()) < 0.8


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_slerp_is_linear_where_the_angle_says_nothing(dtype: torch.dtype) -> None:
    one, other = ends(dtype)
    broken = other.clone()
    broken[3] = float("nan")
    zeros = torch.zeros_like(one)
    for base, tuned in (
        *((one, 2 * one), (one, -one), (zeros, one), (one, zeros), (one[:1], other[:1])),
        (one, broken),
    ):
        assert slerp.prepare(base, tuned) == slerp.LINEAR
        straight = blended(method("linear"), base, tuned, 0.3)
        assert bits(blended(slerp, base, tuned, 0.3)) == bits(straight)


def test_the_angle_of_a_small_change_keeps_its_digits() -> None:
    base, noise = ends(torch.float64, 2000)
    across = noise - base * (noise.dot(base) / base.dot(base))
    for angle in (1e-5, 1e-3, 1.0, 3.0):
        tuned = base * math.cos(angle) + across / across.norm() * base.norm() * math.sin(angle)
        assert slerp.prepare(base, tuned) == pytest.approx(angle, rel=1e-9)


@pytest.mark.parametrize("wrong", ["magic", "", "Linear", "../linear"])
def test_an_unknown_method_names_those_there_are(wrong: str) -> None:
    with pytest.raises(UserError) as caught:
        method(wrong)
    assert "\n" not in str(caught.value)
    assert repr(wrong) in str(caught.value)
    assert all(known in str(caught.value) for known in methods())
