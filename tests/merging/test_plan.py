"""The plan: from headers alone, with every mismatch named on both sides."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ggez.merging import plan_merge, read_headers
from ggez.merging.methods import method, methods
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
        ({}, "missing in tuned"),
        ({"a.x": Header((3, 2), "F32")}, "shapes differ"),
        ({"a.x": Header((2, 3), "F16")}, "dtypes differ"),
        ({"a.x": Header((2, 3), "F32"), "b": Header((1,), "F32")}, "missing in base"),
    ],
)
def test_a_mismatch_is_one_line_with_both_sides(other: dict, words: str) -> None:
    plan = plan_merge({"a.x": Header((2, 3), "F32")}, other, part)
    assert not plan.compatible
    with pytest.raises(UserError, match=words) as caught:
        plan.require_compatible()
    assert "base" in str(caught.value)
    assert "tuned" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"not safetensors", b"\xff" * 64])
def test_an_unreadable_file_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "m.safetensors"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_headers(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", methods())
def test_a_method_is_pure_and_says_its_ends(name: str) -> None:
    one, other, out = torch.randn(64), torch.randn(64), torch.empty(64)
    kept = one.clone(), other.clone()
    for alpha in (0, 0.3, 1):
        method(name).blend(one, other, alpha, out=out)
        assert torch.isfinite(out).all()
    assert torch.equal(one, kept[0])
    assert torch.equal(other, kept[1])
    assert "end point" in " ".join(method(name).__doc__.lower().split())


def test_an_unknown_method_names_those_there_are() -> None:
    with pytest.raises(UserError, match="linear"):
        method("magic")
