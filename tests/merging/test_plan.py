"""The plan: from headers alone, with every mismatch named on both sides."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ggez.merging import plan_merge, read_headers
from ggez.merging.plan import Header
from ggez.types import UserError


def part(name: str) -> str:
    return name.split(".")[0]


def test_headers_are_read_without_weights(tmp_path: Path) -> None:
    save_file({"a.x": torch.zeros(2, 3), "a.n": torch.arange(3)}, tmp_path / "m.safetensors")
    headers = read_headers(tmp_path / "m.safetensors")
    assert headers == {"a.x": Header((2, 3), "F32"), "a.n": Header((3,), "I64")}
    plan = plan_merge(headers, headers, part)
    assert plan.counts() == {"merge": 1, "copy": 1, "blocked": 0}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, "a.x: base F32 [2, 3], tuned absent: missing in tuned"),
        ({"a.x": Header((3, 2), "F32")}, "base F32 [2, 3], tuned F32 [3, 2]: shapes differ"),
        ({"a.x": Header((2, 3), "F16")}, "base F32 [2, 3], tuned F16 [2, 3]: dtypes differ"),
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
    assert plan.counts() == {"merge": 1, "copy": 0, "blocked": 2}
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
