"""A small source with one row of every sort, filtered once for many tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from small_source import quiet, read_lines, write_lines

from ggez.filtering import run_filter
from ggez.paths import EVAL_SETS
from ggez.pocket.pool import mixed_pool
from ggez.pocket.pool_folder import write_rows
from ggez.pocket.world import HOME, read_world

ROWS = 400


@pytest.fixture(scope="session")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of eval sets with one picture in it."""
    root = tmp_path_factory.mktemp("eval_sets")
    (root / "pocket-sea" / "test").mkdir(parents=True)
    shutil.copy(EVAL_SETS / "pocket-sea" / "test" / "pho-03.webp", root / "pocket-sea" / "test")
    return root


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of the mixed pool about few things, two pictures of an eval set, a broken file."""
    items = read_world()
    here = [item for item in items if item.region == HOME and not item.held_out][:10]
    there = [item for item in items if item.id in {item.look_alike for item in here}]
    out = tmp_path_factory.mktemp("source") / "mixed"
    write_rows(items, mixed_pool([*here, *there], ROWS, 5), out, quiet, size=64)
    rows = read_lines(out / "metadata.jsonl")
    test = EVAL_SETS / "pocket-sea" / "test" / "pho-03.webp"
    shutil.copy(test, out / "leaked.webp")
    Image.open(test).convert("RGB").resize((96, 96)).save(out / "again.jpg", quality=80)
    whole = (out / rows[0]["file_name"]).read_bytes()
    (out / "half.png").write_bytes(whole[: len(whole) // 2])
    common = {"text": "phở", "lang": "vie", "kind": "named", "relevant": 1}
    rows += [{"file_name": name, **common} for name in ("leaked.webp", "again.jpg", "half.png")]
    write_lines(out, rows)
    return out


@pytest.fixture(scope="session")
def run(
    evaluation: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., tuple[Path, dict[str, Any]]]:
    """Filter a folder for Southeast Asia: where it went and the report."""

    def run_on(folder: Path, **more: Any) -> tuple[Path, dict[str, Any]]:
        out = tmp_path_factory.mktemp("out") / "kept"
        return out, run_filter(folder, "sea", out, quiet, eval_sets=evaluation, **more)

    return run_on


@pytest.fixture(scope="session")
def outcome(
    source: Path, run: Callable[..., tuple[Path, dict[str, Any]]]
) -> tuple[Path, dict[str, Any]]:
    return run(source)
