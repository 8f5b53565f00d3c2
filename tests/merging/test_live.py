"""The live merge: exact at its ends, never incremental, careful with what is not a weight."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from ggez.merging import LiveMerge, plan_merge, read_headers
from ggez.merging.live import Part, weights_digest
from ggez.merging.plan import Header, Known
from ggez.merging.vocabulary import align_rows
from ggez.models.embedding import component_of
from ggez.types import UserError

KINDS = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64",
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


def live(base: dict, tuned: dict, known: Known | None = None, method: str = "linear") -> LiveMerge:
    headers = [
        {k: Header(tuple(v.shape), KINDS[v.dtype]) for k, v in s.items()} for s in (base, tuned)
    ]
    return LiveMerge(plan_merge(*headers, component_of, known), base, tuned, method)


@pytest.fixture(params=[torch.float64, torch.float32, torch.float16, torch.bfloat16], ids=str)
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
        by_component = {"image tower": rng.random(), "text tower": last, "head": 1}
        merged.merge(rng.choice([last, by_component]), only=rng.choice([None, "text tower"]))
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
            larger = torch.maximum(base[name].abs(), tuned[name].abs()).double()
            allowed = torch.finfo(base[name].dtype).eps * larger
            assert ((merged.tensors[name].double() - exact).abs() <= allowed).all()


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
    True, False, -0.01, 1.01, 1 + 1e-12, float("nan"), float("inf"), None, "abc", "nan", "a\nb", "",
    [], {}, 1j, {1: 0.5}, {"text tower": True},
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


@pytest.mark.parametrize("method", ["linear", "slerp"])
def test_a_move_that_failed_half_way_is_made_good_by_the_next(method: str) -> None:
    base, tuned = side(1, torch.float32), side(2, torch.float32)
    merged = live(base, tuned, method=method)
    merged.merge(0)
    blend, calls = merged._blend, []

    def fragile(part: Part, alpha: float) -> None:
        calls.append(1)
        blend(part, alpha)
        if len(calls) == 2:
            raise MemoryError

    merged._blend = fragile
    with pytest.raises(MemoryError):
        merged.merge(1)
    assert set(merged.alphas) < {"image tower", "text tower", "head"}  # what it was is unknown
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


LAYERS = "visual.transformer.resblocks"


def deep(seed: int, dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    names = [f"{LAYERS}.{n}.{w}" for n in range(12) for w in ("attn.weight", "mlp.bias")]
    names += ["visual.conv1.weight", "transformer.resblocks.0.w", "token_embedding.weight"]
    return {name: torch.randn(6, 5, generator=draw).to(dtype) for name in names}


def test_a_block_has_its_own_alpha_and_moves_alone() -> None:
    base, tuned = deep(1), deep(2)
    merged = live(base, tuned)
    given = {"image tower": 0, "text tower": 0.5, f"{LAYERS}.1": 1, f"{LAYERS}.8-11": 0.25}
    assert set(merged.merge(given)) == set(base)
    for name, tensor in merged.tensors.items():
        layer = int(name.split(".")[3]) if name.startswith(LAYERS) else -1
        alpha = 1 if layer == 1 else 0.25 if layer >= 8 else 0 if name.startswith("visual") else 0.5
        assert torch.equal(tensor, torch.lerp(base[name], tuned[name], alpha)), name
    assert merged.alphas == {
        **{"image tower": 0, "text tower": 0.5, f"{LAYERS}.0": 0, f"{LAYERS}.1": 1},
        **{f"{LAYERS}.{n}": 0 if n < 8 else 0.25 for n in range(2, 12)},
    }
    before = merged.digest()
    assert merged.merge(merged.alphas) == []
    assert sorted(merged.merge(given | {f"{LAYERS}.10": 0.75})) == [
        f"{LAYERS}.10.attn.weight", f"{LAYERS}.10.mlp.bias",
    ]  # fmt: skip
    merged.merge(given)
    assert merged.digest() == before


def test_equal_alphas_of_all_blocks_are_the_alpha_of_the_component() -> None:
    base, tuned = deep(1), deep(2)
    by_block, whole = live(base, tuned), live(base, tuned)
    by_block.merge({"image tower": 0.3, LAYERS: 0.3, "text tower": 0.3})
    whole.merge(0.3)
    assert by_block.digest() == whole.digest()
    assert by_block.alphas == whole.alphas == {"image tower": 0.3, "text tower": 0.3}
    assert by_block.merge(0.3) == []


def test_what_is_tied_on_both_sides_is_one_tensor_and_stays_tied() -> None:
    sides = deep(1), deep(2)
    for state in sides:
        state["text_head.weight"] = state["token_embedding.weight"]
    merged = live(*sides)
    changed = merged.merge(0.5)
    one, other = merged.tensors["token_embedding.weight"], merged.tensors["text_head.weight"]
    assert one.data_ptr() == other.data_ptr()
    assert torch.equal(one, torch.lerp(*(s["token_embedding.weight"] for s in sides), 0.5))
    assert {"token_embedding.weight", "text_head.weight"} <= set(changed)


def test_what_is_tied_on_one_side_only_is_two_tensors() -> None:
    base, tuned = deep(1), deep(2)
    base["text_head.weight"] = base["token_embedding.weight"]
    tuned["text_head.weight"] = tuned["token_embedding.weight"] + 1
    merged = live(base, tuned)
    merged.merge(1)
    assert weights_digest(merged.tensors) == weights_digest(tuned)


def test_a_planned_tie_follows_the_tensor_it_is_like() -> None:
    base, tuned = deep(1), deep(2)
    base["lm_head.weight"] = base["token_embedding.weight"].clone()  # absent in tuned
    merged = live(base, tuned, Known(tied={"lm_head.weight": "token_embedding.weight"}))
    changed = merged.merge(0.5)
    one, other = merged.tensors["token_embedding.weight"], merged.tensors["lm_head.weight"]
    assert one.data_ptr() == other.data_ptr()
    assert "lm_head.weight" in changed
    assert len(changed) == len(set(changed)) == len(base)


@pytest.mark.parametrize("method", ["linear", "slerp"])
def test_aligned_rows_are_blended_by_token_and_the_others_are_bases(method: str) -> None:
    base, tuned = deep(1), deep(2)
    rows = align_rows({"a": 0, "b": 1, "c": 2, "d": 3}, {"d": 0, "a": 1, "x": 2, "c": 5}, 6, 6)
    merged = live(base, tuned, Known(rows={"token_embedding.weight": rows}), method)
    one, other = base["token_embedding.weight"], tuned["token_embedding.weight"]
    got = merged.tensors["token_embedding.weight"]
    merged.merge(1)
    assert torch.equal(got[[0, 2, 3]], other[[1, 5, 0]])
    merged.merge(0.5)
    assert torch.equal(got[[1, 4, 5]], one[[1, 4, 5]])
    if method == "linear":
        assert torch.equal(got[[0, 2, 3]], torch.lerp(one[[0, 2, 3]], other[[1, 5, 0]], 0.5))
    merged.merge(0)
    assert torch.equal(got, one)


def test_a_tuned_side_in_another_float_is_blended_into_bases() -> None:
    base, tuned = deep(1, torch.bfloat16), deep(2, torch.float32)
    merged = live(base, tuned)
    merged.merge(1)
    cast = {name: tensor.bfloat16() for name, tensor in tuned.items()}
    assert merged.digest() == weights_digest(cast)


@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
@pytest.mark.parametrize("which", [0, 1])
def test_fp8_is_refused_with_the_way_out(dtype: torch.dtype, which: int) -> None:
    sides = [deep(1), deep(2)]
    headers = [{k: Header(tuple(v.shape), "F32") for k, v in s.items()} for s in sides]
    plan = plan_merge(*headers, component_of)
    sides[which]["visual.conv1.weight"] = sides[which]["visual.conv1.weight"].to(dtype)
    with pytest.raises(
        UserError, match=r"^visual\.conv1\.weight: .*float8.*convert both"
    ) as caught:
        LiveMerge(plan, *sides)
    assert "\n" not in str(caught.value)


def test_offloaded_weights_are_refused() -> None:
    base, tuned = deep(1), deep(2)
    tuned["visual.conv1.weight"] = tuned["visual.conv1.weight"].to("meta")
    with pytest.raises(UserError, match="without offloading"):
        live(base, tuned)


def test_parameters_of_a_model_can_be_endpoints_and_any_stride_is_read() -> None:
    base, tuned = deep(1), deep(2)
    kept = {name: tensor.clone() for name, tensor in base.items()}
    base = {name: torch.nn.Parameter(tensor) for name, tensor in base.items()}
    tuned = {name: tensor.t().contiguous().t() for name, tensor in tuned.items()}
    merged = live(base, tuned)
    merged.merge(0.5)
    for name, tensor in merged.tensors.items():
        assert torch.equal(tensor, torch.lerp(kept[name], tuned[name].contiguous(), 0.5))
        assert not tensor.requires_grad


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two checkpoints of 24 MB with a frozen tensor and position ids, as files."""
    draw = torch.Generator().manual_seed(0)
    out = []
    for name in ("base", "tuned"):
        state = {f"{LAYERS}.{n}.w": torch.randn(1000, 1000, generator=draw) for n in range(5)}
        state |= {"text.frozen": torch.ones(1_000_000), "text.position_ids": torch.arange(77)}
        out.append(tmp_path / f"{name}.safetensors")
        save_file(state, out[-1])
    return out


MEMORY = """
import sys
from pathlib import Path
from safetensors.torch import load_file
from ggez.merging import LiveMerge, plan_merge, read_headers
from ggez.merging.steps import anonymous_bytes

*files, method = sys.argv[1:]
plan = plan_merge(*(read_headers(Path(file)) for file in files), lambda name: name[:4])
sides = [load_file(file) for file in files]
start = anonymous_bytes()
merged = LiveMerge(plan, *sides, method)
for alpha in (0.3, 0.7, 1, 0, 0.5):
    merged.merge(alpha)
print(anonymous_bytes() - start)
"""


@pytest.mark.parametrize("method", ["linear", "slerp"])
def test_mapped_endpoints_cost_one_model_of_memory(files: list[Path], method: str) -> None:
    """In a process of its own: memory that was freed before would hide what is taken."""
    run = subprocess.run(
        [sys.executable, "-c", MEMORY, *map(str, files), method],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    # five tensors of 4 MB are blended; the two endpoints beside them would make it 60
    assert 18e6 < int(run.stdout) < 28e6


def test_files_are_never_written_and_what_is_shared_stays_in_them(files: list[Path]) -> None:
    before = [hashlib.sha256(file.read_bytes()).digest() for file in files]
    plan = plan_merge(*(read_headers(file) for file in files), component_of)
    with ExitStack() as stack:
        opened = [stack.enter_context(safe_open(file, framework="pt")) for file in files]
        base, tuned = ({name: f.get_tensor(name) for name in f.keys()} for f in opened)  # noqa: SIM118
    merged = LiveMerge(plan, base, tuned)  # the files are closed, the tensors are still there
    for alpha in (0.3, 1, 0, 0.5):
        merged.merge(alpha)
    assert merged.tensors["text.frozen"] is base["text.frozen"]
    assert merged.tensors["text.position_ids"] is base["text.position_ids"]
    assert merged.shared == ("text.frozen",)
    name = f"{LAYERS}.3.w"
    assert torch.equal(merged.tensors[name], torch.lerp(base[name], tuned[name], 0.5))
    assert merged.parts[0].base.data_ptr() == base[merged.parts[0].names[0]].data_ptr()
    merged.tensors[name].zero_()
    assert [hashlib.sha256(file.read_bytes()).digest() for file in files] == before


def test_what_is_saved_is_what_was_live(files: list[Path], tmp_path: Path) -> None:
    plan = plan_merge(*(read_headers(file) for file in files), component_of)
    merged = LiveMerge(plan, *(load_file(file) for file in files))
    merged.merge({"image tower": 0.4, "text tower": 0, f"{LAYERS}.2": 0.9})
    save_file({k: v.clone() for k, v in merged.tensors.items()}, tmp_path / "m.safetensors")
    assert weights_digest(load_file(tmp_path / "m.safetensors")) == merged.digest()
