"""`pocket build`: the world's eval sets and a family's checkpoints again from nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ggez.paths import ASSETS, EVAL_SETS, cache_dir
from ggez.pocket.world import read_world
from ggez.types import UserError

Progress = Callable[[int, int, str], None]


def build_world(out: Path | None, progress: Progress) -> dict[str, Any]:
    """Write the eval sets from the drawings (to `eval_sets/` unless told otherwise)."""
    from ggez.pocket.evalsets import write_eval_sets

    items = read_world()
    write_eval_sets(items, out or EVAL_SETS, progress)
    return {"items": len(items), "out": str(out or EVAL_SETS)}


def build_family(
    family: str, out: Path | None, work: Path | None, progress: Progress
) -> dict[str, Any]:
    """Train a family's pocket pair; resumes from `work` (the cache unless told otherwise)."""
    if family != "embedding":
        raise UserError(f"pocket family {family!r} is not there yet; choose: embedding")
    from ggez.pocket.embedding import build

    items = read_world()
    target = out or ASSETS / "pocket" / family
    target.mkdir(parents=True, exist_ok=True)
    return build(items, target, work or cache_dir() / "pocket" / family, progress)
