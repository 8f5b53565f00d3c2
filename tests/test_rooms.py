"""The order of the rooms: from top to bottom, a room imports only rooms above it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = (
    *("types", "paths", "regions", "data", "models", "merging", "filtering", "evaluation"),
    *("tuning", "rating", "choosing", "workbench", "ui", "pocket", "cli", "__main__"),
)


def room_of(file: Path) -> str:
    return file.relative_to(ROOT / "ggez").parts[0].removesuffix(".py")


def imported_rooms(file: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[1] for name in names if name.startswith("ggez.")}


FILES = [f for f in sorted((ROOT / "ggez").rglob("*.py")) if f != ROOT / "ggez" / "__init__.py"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_room_imports_only_rooms_above_it(file: Path) -> None:
    own = ROOMS.index(room_of(file))
    below = {name for name in imported_rooms(file) if ROOMS.index(name) > own}
    assert not below, f"{file.name} is in {ROOMS[own]} and imports {below}"


def test_the_page_loads_without_torch() -> None:
    modules = [f"ggez.ui.{f.stem}" for f in (ROOT / "ggez" / "ui").glob("[!_]*.py")]
    code = f"import sys, {', '.join(modules)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
