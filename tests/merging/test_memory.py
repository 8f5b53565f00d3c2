"""Predicted bytes: counted by hand, and kept by a real live merge."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny_checkpoints as tiny
import torch
from safetensors.torch import save_file

from ggez.merging import LiveMerge
from ggez.merging.checkpoint import open_checkpoint
from ggez.merging.memory import predict
from ggez.merging.preflight import plan_checkpoints


def report(base: Path, tuned: Path, compute: str | None = "F32") -> dict[str, int]:
    sides = open_checkpoint(base), open_checkpoint(tuned)
    return predict(plan_checkpoints(*sides).require_compatible(), *sides, compute)


def write(file: Path, dtype: torch.dtype, seed: int, **more: torch.Tensor) -> Path:
    draw = torch.Generator().manual_seed(seed)
    weights = {"a": torch.randn(100, 10, generator=draw), "b": torch.randn(7, generator=draw)}
    state = {name: value.to(dtype) for name, value in weights.items()}
    save_file(state | {"frozen": torch.ones(50, dtype=dtype), "n": torch.arange(5)} | more, file)
    return file


def test_bytes_are_those_of_the_tensors_by_decision(tmp_path: Path) -> None:
    sides = [write(tmp_path / f"{n}.safetensors", torch.float16, n) for n in (1, 2)]
    got = report(*sides)
    stored = 2 * (1000 + 7 + 50) + 8 * 5
    assert (got["base"], got["tuned"], got["mapped"]) == (stored, stored, 2 * stored)
    assert got["arena"] == 2 * (1000 + 7)  # `frozen` is shared, `n` is copied
    assert got["compute"] == 4 * (1000 + 7 + 50)
    assert got["converted"] == 0
    assert got["live"] == got["arena"] + got["compute"]
    assert (got["gpu"], got["output"]) == (3 * stored, stored)
    size = sides[0].stat().st_size
    assert size * 1.2 <= got["export"] < size * 1.2 + 1


@pytest.mark.parametrize(("dtype", "compute"), [(torch.float32, "F32"), (torch.float16, None)])
def test_no_copy_where_the_model_computes_in_storage_dtype(
    tmp_path: Path, dtype: torch.dtype, compute: str | None
) -> None:
    sides = [write(tmp_path / f"{n}.safetensors", dtype, n) for n in (1, 2)]
    got = report(*sides, compute)
    assert got["compute"] == 0
    assert got["live"] == got["arena"]


def test_tuned_in_another_dtype_is_held_converted(tmp_path: Path) -> None:
    base = write(tmp_path / "1.safetensors", torch.float16, 1)
    tuned = write(tmp_path / "2.safetensors", torch.float32, 2)
    got = report(base, tuned, None)
    assert got["converted"] == got["arena"] == 2 * (1000 + 7 + 50)
    assert got["live"] == got["arena"] + got["converted"]


def test_an_export_is_predicted_by_the_largest_shard(tmp_path: Path) -> None:
    tiny.clip(tmp_path / "one")
    tiny.clip(tmp_path / "many", seed=1, shard="20KB")
    whole, sharded = (report(tmp_path / side, tmp_path / "one") for side in ("one", "many"))
    largest = max(file.stat().st_size for file in (tmp_path / "many").glob("*.safetensors"))
    assert largest * 1.2 <= sharded["export"] < largest * 1.2 + 1 < whole["export"]
    assert sharded["output"] == whole["output"]


def test_the_arena_of_a_live_merge_has_the_predicted_size(tmp_path: Path) -> None:
    for seed in (1, 2):
        tiny.clip(tmp_path / str(seed), seed=seed, dtype=torch.bfloat16)
    sides = [open_checkpoint(tmp_path / str(seed)) for seed in (1, 2)]
    plan = plan_checkpoints(*sides)
    live = LiveMerge(plan, *({name: side.read(name) for name in side.tensors} for side in sides))
    live.merge(0.5)
    arenas = {part.live.untyped_storage().data_ptr(): part.live for part in live.parts}
    held = sum(view.untyped_storage().nbytes() for view in arenas.values())
    assert held == predict(plan, *sides)["arena"]
