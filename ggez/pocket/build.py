"""`pocket build`: the world's eval sets and a family's checkpoints again from nothing."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from ggez.paths import ASSETS, EVAL_SETS, cache_dir
from ggez.pocket.world import WORLD_DIR, read_world
from ggez.types import UserError

FAMILIES = ("embedding", "judge")

Progress = Callable[[int, int, str], None]


def build_world(out: Path | None, progress: Progress) -> dict[str, Any]:
    """Write the eval sets and the pools from drawings and tables; returns their digests.

    To `eval_sets/` and `assets/world/pools/`, or both under `out`.
    """
    from ggez.pocket.evalsets import write_eval_sets
    from ggez.pocket.gazetteer import FILE, write_gazetteer
    from ggez.pocket.pool import write_pools

    items = read_world()
    return {
        "items": len(items),
        "eval_sets": write_eval_sets(items, out / "eval_sets" if out else EVAL_SETS, progress),
        "pools": write_pools(items, out / "pools" if out else WORLD_DIR / "pools"),
        "gazetteer": write_gazetteer(items, out / "gazetteers" / FILE.name if out else FILE),
    }


def build_family(
    family: str, out: Path | None, work: Path | None, progress: Progress
) -> dict[str, Any]:
    """Train a family's pocket pair; resumes from `work` (the cache unless told otherwise)."""
    if family not in FAMILIES:
        raise UserError(f"pocket family {family!r} is not there; choose: {', '.join(FAMILIES)}")
    build = import_module(f"ggez.pocket.{family}").build
    items = read_world()
    target = out or ASSETS / "pocket" / family
    target.mkdir(parents=True, exist_ok=True)
    return build(items, target, work or cache_dir() / "pocket" / family, progress)
