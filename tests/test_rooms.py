"""The order of the rooms: from top to bottom, a room imports only rooms above it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
GGEZ = ROOT / "ggez"
ROOMS = (
    *("types", "paths", "regions", "data", "models", "merging", "filtering", "evaluation"),
    *("tuning", "rating", "choosing", "workbench", "ui", "pocket", "cli", "__main__"),
)
FILES = [file for file in sorted(GGEZ.rglob("*.py")) if file != GGEZ / "__init__.py"]


def room_of(file: Path) -> str:
    return file.relative_to(GGEZ).parts[0].removesuffix(".py")


def imported_rooms(source: str, package: str) -> set[str]:
    """Rooms that a module of `package` imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            parts = parts[: len(parts) - node.level + 1] if node.level else []
            origin = ".".join(parts + ([node.module] if node.module else []))
            names |= {f"{origin}.{alias.name}" for alias in node.names}
    rooms = {name.split(".")[1] for name in names if name.startswith("ggez.")}
    return {room for room in rooms if (GGEZ / room).is_dir() or (GGEZ / f"{room}.py").is_file()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_room_imports_only_rooms_above_it(file: Path) -> None:
    assert room_of(file) in ROOMS, f"{room_of(file)} has no place in the order of rooms"
    package = ".".join(file.relative_to(ROOT).parent.parts)
    rooms = imported_rooms(file.read_text(encoding="utf-8"), package)
    assert rooms <= set(ROOMS), f"{rooms - set(ROOMS)} has no place in the order of rooms"
    below = {room for room in rooms if ROOMS.index(room) > ROOMS.index(room_of(file))}
    assert not below, f"{file.name} is in {room_of(file)} and imports {below}"


@pytest.mark.parametrize(
    "line",
    [
        "import ggez.ui.app",
        "from ggez.ui import app",
        "from ggez import ui",
        "from .. import ui",
        "from ..ui.app import create",
        "def f():\n    from ggez import ui",
    ],
)
def test_every_form_of_import_is_seen(line: str) -> None:
    assert imported_rooms(line, "ggez.models") == {"ui"}


def test_the_page_loads_without_torch() -> None:
    files = sorted((GGEZ / "ui").rglob("*.py"))
    modules = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    names = [name.removesuffix(".__init__") for name in modules]
    code = f"import sys, {', '.join(names)}\nprint('torch' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split()[-1] == "False", f"one of {names} imports torch"
