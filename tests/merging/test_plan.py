"""The plan: from headers alone, with every mismatch named on both sides."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ggez.merging import plan_merge, read_headers
from ggez.merging.plan import Header, Known
from ggez.merging.vocabulary import align_rows
from ggez.types import UserError

NONE = dict.fromkeys(("merge", "shared", "copy", "align", "tied", "blocked"), 0)


def part(name: str) -> str:
    return name.split(".")[0]


def test_headers_are_read_without_weights(tmp_path: Path) -> None:
    save_file({"a.x": torch.zeros(2, 3), "a.n": torch.arange(3)}, tmp_path / "m.safetensors")
    headers = read_headers(tmp_path / "m.safetensors")
    assert headers == {"a.x": Header((2, 3), "F32"), "a.n": Header((3,), "I64")}
    plan = plan_merge(headers, headers, part)
    assert plan.counts() == NONE | {"merge": 1, "copy": 1}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, "a.x: base F32 [2, 3], tuned absent: missing in tuned"),
        ({"a.x": Header((3, 2), "F32")}, "base F32 [2, 3], tuned F32 [3, 2]: shapes differ"),
        ({"a.x": Header((2, 3), "I32")}, "base F32 [2, 3], tuned I32 [2, 3]: dtypes differ"),
        (
            {"a.x": Header((2, 3), "F32"), "b": Header((), "F32")},
            "b: base absent, tuned F32 []: missing in base",
        ),
    ],
)
def test_a_mismatch_is_one_line_with_both_sides(other: dict, words: str) -> None:
    plan = plan_merge({"a.x": Header((2, 3), "F32")}, other, part)
    assert not plan.compatible
    with pytest.raises(UserError) as caught:
        plan.require_compatible()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"PK\x03\x04", b"not safetensors", b"\xff" * 64, b"\x02" + b"\0" * 7 + b"{"],
)
def test_an_unreadable_file_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "m.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_headers(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kept", [7, 8, 40, -1])
def test_a_truncated_file_is_one_line_that_names_it(tmp_path: Path, kept: int) -> None:
    file = tmp_path / "m.safetensors"
    save_file({"a.x": torch.zeros(64)}, file)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(UserError, match=r"m\.safetensors: .*fetch it again") as caught:
        read_headers(file)
    assert "\n" not in str(caught.value)


def test_a_folder_in_place_of_a_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        read_headers(tmp_path)


def test_the_first_problem_is_shown_and_the_others_are_counted() -> None:
    base = {name: Header((2,), "F32") for name in ("a", "b", "c")}
    plan = plan_merge(base, {"b": Header((2,), "F32")}, part)
    assert [problem.tensor for problem in plan.problems] == ["a", "c"]
    assert plan.counts() == NONE | {"merge": 1, "blocked": 2}
    with pytest.raises(UserError, match=r"^a: .* \(and 1 more\)$"):
        plan.require_compatible()


def test_each_component_of_a_dtype_is_contiguous_whatever_the_order_of_the_file() -> None:
    names = ["t.2", "v.1", "t.1", "v.2", "head", "v.0"]
    headers = {n: Header((1,), "F16" if n == "v.0" else "F32") for n in names}
    plans = [plan_merge(dict(order), headers, part) for order in (
        headers.items(), reversed(headers.items()))]  # fmt: skip
    assert plans[0] == plans[1]
    groups = [(t.header.dtype, t.component) for t in plans[0].tensors]
    changes = 1 + sum(one != other for one, other in pairwise(groups))
    assert changes == len(set(groups))


@pytest.mark.parametrize(
    ("dtype", "decision"),
    [("F64", "merge"), ("BF16", "merge"), ("I64", "copy"), ("U8", "copy"), ("BOOL", "copy")],
)
def test_only_floating_point_is_merged(dtype: str, decision: str) -> None:
    header = {"a": Header((), dtype)}
    assert plan_merge(header, header, part).tensors[0].decision == decision
    assert header["a"].numel == 1


def one_of(name: str, one: Header | None, other: Header | None, known: Known | None = None):
    sides = [{} if header is None else {name: header} for header in (one, other)]
    return plan_merge(*sides, part, known)


@pytest.mark.parametrize("dtypes", [("F32", "F16"), ("F16", "F32"), ("BF16", "F64")])
def test_floating_dtypes_may_differ_and_the_result_has_base_s(dtypes: tuple[str, str]) -> None:
    headers = [Header((2,), dtype) for dtype in dtypes]
    plan = one_of("a.x", *headers)
    made = plan.tensors[0]
    assert (made.decision, made.header, made.tuned) == ("merge", *headers)
    assert plan.warnings == (
        f"base has tensors in {dtypes[0]} that tuned has in {dtypes[1]}; "
        f"the result is in {dtypes[0]}",
    )


@pytest.mark.parametrize("name", ["v.bn.running_mean", "v.bn.running_var"])
def test_batch_statistics_are_copied_with_a_warning(name: str) -> None:
    header = Header((8,), "F32")
    plan = one_of(name, header, header)
    assert plan.tensors[0].decision == "copy"
    assert "1 BatchNorm statistics are base's" in plan.warnings[0]
    assert name in plan.warnings[0]
    same = one_of(name, header, header, Known(shared={name}))
    assert (same.tensors[0].decision, same.warnings) == ("shared", ())


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("l.q.weight", Header((8, 1), "U8")),
        ("l.q.weight", Header((8, 8), "I8")),
        ("l.q.weight", Header((8, 8), "F8_E4M3")),
        ("l.q.weight.absmax", Header((8,), "F32")),
        ("l.q.weight.quant_state.bitsandbytes__nf4", Header((8,), "U8")),
        ("l.q.qweight", Header((8,), "I32")),
        ("l.q.weight_scale_inv", Header((1, 1), "F32")),
        ("l.q.SCB", Header((8,), "F32")),
    ],
)
@pytest.mark.parametrize("lone", [False, True])
def test_quantised_tensors_are_blocked_on_either_side(
    name: str, header: Header, lone: bool
) -> None:
    plain = None if lone else Header((8, 8), "BF16")
    for sides in ((header, plain), (plain, header)):
        problem = one_of(name, *sides).problems[0]
        assert "quantised" in problem.problem
        assert "before it was quantised" in problem.fix


def test_what_is_missing_beside_a_quantised_weight_is_not_told_again() -> None:
    base = {"l.weight": Header((8, 8), "F16"), "k.weight": Header((2,), "F16")}
    tuned = {"l.qweight": Header((8,), "I32"), "l.scales": Header((1,), "F16")}
    plan = plan_merge(base, tuned, part)
    assert [(p.tensor, p.problem[:9]) for p in plan.problems] == [
        ("k.weight", "missing i"),
        ("l.qweight", "quantised"),
    ]


def test_a_buffer_that_one_library_version_stores_blocks_nothing() -> None:
    name, ids = "t.embeddings.position_ids", Header((1, 77), "I64")
    plan = one_of(name, ids, None)
    assert [(t.name, t.decision) for t in plan.tensors] == [(name, "copy")]
    plan = one_of(name, None, ids)
    assert (plan.tensors, plan.problems) == ((), ())
    assert plan.warnings == (f"1 tensors of tuned alone are left out (first {name})",)


def test_what_is_known_beyond_headers_decides_first() -> None:
    weight = Header((4, 2), "F32")
    assert one_of("vae.x", weight, weight, Known(copied=["vae"])).tensors[0].decision == "copy"
    assert one_of("vae.x", weight, None, Known(copied=["vae"])).tensors[0].decision == "copy"
    assert one_of("vae.x", None, weight, Known(copied=["vae"])).compatible
    assert one_of("u.x", weight, weight, Known(shared={"u.x"})).tensors[0].decision == "shared"
    tied = Known(tied={"lm_head.weight": "embed.weight"})
    for other in (weight, None):
        made = one_of("lm_head.weight", weight, other, tied).tensors[0]
        assert (made.decision, made.like) == ("tied", "embed.weight")
    assert one_of("lm_head.weight", None, weight, tied).tensors == ()
    rows = align_rows({"a": 0, "b": 1}, {"b": 0}, 4, 3)
    known = Known(rows={"t.wte.weight": rows})
    made = one_of("t.wte.weight", weight, Header((3, 2), "F32"), known).tensors[0]
    assert (made.decision, made.rows) == ("align", rows)


def test_embeddings_of_other_sizes_ask_for_tokenizers() -> None:
    sides = Header((4, 2), "F32"), Header((5, 2), "F32")
    assert "tokenizer.json of both sides" in one_of("t.embed_tokens.weight", *sides).problems[0].fix
    assert "tokenizer" not in one_of("t.fc.weight", *sides).problems[0].fix
    wide = Header((4, 3), "F32")
    assert "tokenizer" not in one_of("t.embed_tokens.weight", sides[0], wide).problems[0].fix
