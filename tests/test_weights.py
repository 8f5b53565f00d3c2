"""The size rules of what is shipped: safetensors in fp16, small, and nothing that runs code."""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = sorted((ROOT / "assets" / "pocket").rglob("*.safetensors"))


def test_weights_are_small_and_half_precision() -> None:
    assert WEIGHTS, "the pocket pairs are missing"
    for file in WEIGHTS:
        assert file.stat().st_size <= 15e6, file
        with safe_open(file, framework="pt") as opened:
            kinds = {opened.get_slice(name).get_dtype() for name in opened.keys()}  # noqa: SIM118
        assert kinds <= {"F16", "I64", "I32", "BOOL"}, (file, kinds)
    assert sum(file.stat().st_size for file in WEIGHTS) <= 60e6


def test_nothing_shipped_can_run_code() -> None:
    kinds = ("*.pt", "*.pth", "*.bin", "*.ckpt", "*.pkl", "*.pickle")
    found = [f for kind in kinds for d in ("assets", "eval_sets") for f in (ROOT / d).rglob(kind)]
    assert not found
