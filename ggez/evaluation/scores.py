"""The scores of a sweep as a file: one entry per α, keyed by what they depend on.

A file whose digests differ from today's is stale and is not used. It is written whole and
renamed after every α, so an interrupted sweep goes on where it stopped.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def alpha_key(alpha: float) -> str:
    """α as it is spelt in a scores file."""
    return f"{alpha:.4f}"


_FIELDS = {"r1", "r5", "mrr", "languages"}


@dataclass
class Scores:
    """Per-item scores at several α."""

    digests: dict[str, str]
    points: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def alphas(self) -> list[float]:
        """The α that have been measured, ascending."""
        return sorted(float(key) for key in self.points)

    def save(self, file: Path) -> None:
        """Write atomically."""
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        body = {"digests": self.digests, "points": dict(sorted(self.points.items()))}
        temporary.write_text(_compact(body), encoding="utf-8")
        temporary.replace(file)


def load_scores(file: Path, digests: dict[str, str] | None) -> tuple[Scores | None, str]:
    """(scores, "ready") if the file fits; else (None, "missing" | "stale" | "broken").

    Digests None: whatever it was measured on, for a caller who compares them himself.
    """
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
        scores = Scores(dict(body["digests"]), dict(body["points"]))
        complete = all(
            0 <= float(key) <= 1 and all(set(entry) >= _FIELDS for entry in point["items"].values())
            for key, point in scores.points.items()
        )
    except FileNotFoundError:
        return None, "missing"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, "broken"
    if not complete:
        return None, "broken"
    fits = digests is None or scores.digests == digests
    return (scores, "ready") if fits else (None, "stale")


def _compact(body: dict[str, Any]) -> str:
    """JSON with one line per α, so that a diff can be read."""
    points = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps(_rounded(value), separators=(',', ':'))}"
        for key, value in body["points"].items()
    )
    return f'{{"digests": {json.dumps(body["digests"], indent=1)},\n"points": {{\n{points}\n}}}}\n'


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value
