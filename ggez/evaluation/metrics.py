"""Ranks and what is read off them."""

from __future__ import annotations

import numpy as np


def ranks(scores: np.ndarray, correct: np.ndarray) -> np.ndarray:
    """Rank (0 = first) of each row's correct column.

    Args: scores (Q, G), correct (Q,) column indices.
    A rank is the number of strictly greater scores plus equal ones at a lower index: a tie
    goes to the lower index, so constant scores do not look perfect. NaN is ahead of everything:
    a model that answers NaN is never right.
    """
    own = np.take_along_axis(scores, correct[:, None], axis=1)
    columns = np.arange(scores.shape[1])[None, :]
    ahead = ~(scores <= own) | ((scores == own) & (columns < correct[:, None]))
    return ahead.sum(1)


def recall_at(ranking: np.ndarray, k: int) -> np.ndarray:
    """1.0 where the correct one is among the first k."""
    return (ranking < k).astype(np.float64)


def reciprocal(ranking: np.ndarray) -> np.ndarray:
    """1 / (1 + rank)."""
    return 1.0 / (1.0 + ranking)
