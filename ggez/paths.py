"""Where things lie: the repository's folders and the user's cache."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
EVAL_SETS = ROOT / "eval_sets"
PAIRS = ASSETS / "pairs"


def cache_dir() -> Path:
    """`GGEZ_CACHE`, or `ggez` in the user's cache folder."""
    if named := os.environ.get("GGEZ_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ggez"
