"""Ranks and what is read off them. A tie goes to the lower index, everywhere."""

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


def ranked_relevance(scores: np.ndarray, relevant: np.ndarray) -> np.ndarray:
    """Each row's relevance in order of falling score.

    Args: scores (Q, G), finite; relevant (Q, G) bool. Returns (Q, G) bool, best first.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    return np.take_along_axis(relevant, order, axis=1)


def first_hit(ranked: np.ndarray) -> np.ndarray:
    """Rank (0 = first) of the best relevant one: what R@k *with any hit* and MRR are read off.

    Args: ranked (Q, G) of `ranked_relevance`; every row holds a relevant one.
    """
    return _some(ranked).argmax(1)


def average_precision(ranked: np.ndarray) -> np.ndarray:
    """Uncut AP, 0-1: the mean over all relevant ones of the precision at their ranks.

    Args: ranked (Q, G) of `ranked_relevance`; every row holds a relevant one.
    """
    hits = np.cumsum(_some(ranked), axis=1)
    precision = hits / np.arange(1, ranked.shape[1] + 1)
    return (precision * ranked).sum(1) / hits[:, -1]


def zero_shot_hits(pictures: np.ndarray, classes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """1.0 where a picture's best class is its own. Args: (P, D), (C, D) unit rows, (P,) indices."""
    return recall_at(ranks(pictures @ classes.T, labels), 1)


def class_row(texts: np.ndarray) -> np.ndarray:
    """(D,) unit row of a class: the mean of its templates' unit rows (T, D), normalised again."""
    mean = (texts / np.linalg.norm(texts, axis=1, keepdims=True)).mean(0)
    return mean / np.linalg.norm(mean)


def _some(ranked: np.ndarray) -> np.ndarray:
    if not ranked.any(1).all():
        raise ValueError("a row has nothing relevant; leave it out before ranking")
    return ranked
