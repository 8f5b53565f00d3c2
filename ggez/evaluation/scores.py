"""The scores of a sweep as a file: one line per α, keyed by what they depend on.

A file whose digests differ from today's is stale and is not used. It is written whole and
renamed after every α, so an interrupted sweep goes on where it stopped.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ggez.evaluation.text_to_image import MEASURES
from ggez.types import UserError


def alpha_key(alpha: float) -> str:
    """α as it is spelt in a scores file."""
    return f"{alpha:.4f}"


_FIELDS = {*MEASURES, "languages"}


@dataclass
class Scores:
    """Per-item scores at several α."""

    digests: dict[str, str]
    points: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def alphas(self) -> list[float]:
        """The α that have been measured, ascending."""
        return sorted(float(key) for key in self.points)

    def items(self, alpha: float) -> dict[str, Any]:
        """{item: its scores} at a measured α."""
        found: dict[str, Any] = self.points[alpha_key(alpha)]["items"]
        return found

    def save(self, file: Path) -> None:
        """Write atomically. Raises UserError, and writes nothing, where a score is not finite."""
        body = _compact({"digests": self.digests, "points": dict(sorted(self.points.items()))})
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.{os.getpid()}.tmp")
        temporary.write_text(body, encoding="utf-8")
        temporary.replace(file)


def load_scores(file: Path, digests: dict[str, str] | None) -> tuple[Scores | None, str]:
    """(scores, "ready") if the file fits; else (None, "missing" | "stale" | "broken").

    Digests None: whatever it was measured on, for a caller who compares them himself.
    """
    try:
        body = json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse)
        scores = Scores(dict(body["digests"]), dict(body["points"]))
        if digests is not None and scores.digests != digests:
            return None, "stale"
        complete = all(
            0 <= float(key) <= 1 and all(set(entry) >= _FIELDS for entry in point["items"].values())
            for key, point in scores.points.items()
        )
    except FileNotFoundError:
        return None, "missing"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, "broken"
    return (scores, "ready") if complete else (None, "broken")


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _compact(body: dict[str, Any]) -> str:
    """JSON with one line per α, so that a diff can be read."""
    points = ",\n".join(
        f"  {json.dumps(key)}: {json.dumps(_plain(value, key), separators=(',', ':'))}"
        for key, value in body["points"].items()
    )
    return f'{{"digests": {json.dumps(body["digests"], indent=1)},\n"points": {{\n{points}\n}}}}\n'


def _plain(value: Any, where: str) -> Any:
    """Plain numbers of six digits, whatever kind of float they came as."""
    if isinstance(value, dict):
        return {key: _plain(entry, f"{where}, {key}") for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry, where) for entry in value]
    if isinstance(value, np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        if not math.isfinite(value):
            raise UserError(
                f"score of α = {where} is {float(value)}; a score must be finite: "
                "measure this α again, or check both checkpoints for NaN"
            )
        return round(float(value), 6)
    return value
