"""Measure a pair over α, one α at a time, and keep what is measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ggez.evaluation.scores import Scores, alpha_key, load_scores
from ggez.types import UserError

Progress = Callable[[int, int, str], None]


def run_sweep(
    measure: Callable[[float], dict[str, Any]],
    alphas: Sequence[float],
    digests: dict[str, str],
    file: Path,
    progress: Progress,
    fresh: bool = False,
) -> Scores:
    """Measure what `file` does not hold yet; `measure(α)` returns per-item scores."""
    scores, _ = (None, "") if fresh else load_scores(file, digests)
    scores = scores or Scores(digests)
    todo = [alpha for alpha in alphas if alpha_key(alpha) not in scores.points]
    for number, alpha in enumerate(todo):
        progress(number, len(todo), f"α = {alpha:.2f}")
        try:
            scores.points[alpha_key(alpha)] = {"items": measure(alpha)}
        except UserError as error:
            raise UserError(f"at α = {alpha:g}: {error}") from None
        scores.save(file)
    progress(len(todo), len(todo), "done")
    return scores
