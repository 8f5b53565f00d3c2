"""What the base embedding says: whether a caption fits its picture, and what a picture shows.

Nobody labels anything. The rows that name a regional thing, and whose picture fits the caption,
are examples; a picture is judged by how often pictures like it are such examples, a caption by
the pictures that captions like it belong to. That finds what is seen but not named.

- *agreement*: the share of chance pairs, a picture with another row's caption, that are less
  similar than this pair. A homograph or a wrong caption is a chance pair, so a threshold of 0.9
  lets one in ten of them pass, whatever the base.
- *picture*: among the 20 most similar other pictures, the share of agreeing rows that name a
  regional thing, divided by what is usual where all are regional (Elkan & Noto 2008: only some
  of the positives are labelled). Read as a probability that the picture is regional.
- *support*: its odds, times the odds that its caption's other pictures are regional, over the
  odds of the whole source: "ramen" is seen elsewhere, "a pointed hat" on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

AGREES = 0.9
"""Least agreement: the share of chance pairs that a pair must beat."""
NEIGHBOURS = 20
SHARPNESS = 20.0
"""A neighbour counts exp(SHARPNESS * cosine): 0.1 less similar is about an eighth."""
USUAL = 0.75
"""The quantile, over agreeing rows that name a regional thing, of their pictures' votes that
stands for a wholly regional neighbourhood; the median would take mixed ones for pure."""
CERTAIN = 1 - 1 / NEIGHBOURS
"""No probability is taken for more than this, or less than one minus it: that many neighbours
cannot tell more."""
EXAMPLES = 20
"""With fewer agreeing rows that name something there is nothing to learn from."""
CHANCE_PAIRS = 20_000
REFERENCES = 20_000
"""Most pictures or captions that are searched for neighbours: chosen by a fixed seed."""
BLOCK = 1024
SEED = 7


@dataclass(frozen=True)
class Similarity:
    """For each row, values from 0 to 1 as in the module.

    `picture` and `support` are None where too few rows name something; `agreement` is 1
    everywhere where no chance pair exists. `like` is the row, naming a regional thing, whose
    picture is the most similar, or -1.
    """

    agreement: np.ndarray
    picture: np.ndarray | None
    support: np.ndarray | None
    like: np.ndarray
    numbers: dict[str, float]


def similarity(
    pictures: np.ndarray,
    captions: np.ndarray,
    row_picture: np.ndarray,
    row_caption: np.ndarray,
    things: Sequence[str],
) -> Similarity:
    """Judge rows by features.

    `pictures` (P, D) and `captions` (C, D) are unit rows; `row_picture` and `row_caption` (N,)
    say which of them a row has; `things` (N) names the regional thing in its caption, or "".
    The result depends on the order of rows only through the draw of chance pairs.
    """
    count = len(row_picture)
    fit = _products(pictures[row_picture], captions[row_caption])
    chance = _chance_pairs(pictures, captions, row_picture, row_caption, things)
    agreement = np.ones(count)
    if len(chance):
        agreement = np.searchsorted(np.sort(chance), fit) / len(chance)
    agrees = agreement >= AGREES
    example = agrees & np.array([bool(thing) for thing in things])
    numbers = {"chance_pairs": float(len(chance)), "examples": float(example.sum())}
    if example.sum() < EXAMPLES:
        return Similarity(agreement, None, None, np.full(count, -1), numbers)

    prior = float(example.sum() / agrees.sum())
    examples = np.bincount(row_picture, example, len(pictures))
    agreeing = np.bincount(row_picture, agrees, len(pictures))
    vote = np.full(len(pictures), prior)
    like = np.full(len(pictures), -1)
    first = _first_rows(row_picture, example, len(pictures))
    for part, near, weight in neighbours(pictures):
        vote[part] = _share(weight * examples[near], weight * agreeing[near], prior)
        named = np.where(first[near] >= 0, weight, -1.0)
        best = np.take_along_axis(near, named.argmax(1)[:, None], 1)[:, 0]
        like[part] = first[best]
    usual = float(np.quantile(vote[row_picture][example], USUAL))
    picture = _bounded(vote[row_picture] / usual)

    prior = float(picture[agrees].mean())
    seen = np.bincount(row_caption, picture * agrees, len(captions))
    times = np.bincount(row_caption, agrees, len(captions))
    elsewhere, weights = np.zeros(len(captions)), np.zeros(len(captions))
    for part, near, weight in neighbours(captions):
        elsewhere[part] = (weight * seen[near]).sum(1)
        weights[part] = (weight * times[near]).sum(1)
    # A row's own picture must not speak for its caption: it has been heard already.
    total = elsewhere[row_caption] + seen[row_caption] - picture * agrees
    over = weights[row_caption] + times[row_caption] - agrees
    caption = _bounded(np.where(over > 1e-9, total / np.maximum(over, 1e-9), prior))
    odds = _odds(picture) * _odds(caption) / _odds(_bounded(np.array(prior)))
    numbers |= {"usual_vote": usual, "share_of_regional_pictures": prior}
    return Similarity(agreement, picture, odds / (1 + odds), like[row_picture], numbers)


def neighbours(features: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Blocks of (rows, indices (n, k) of the most similar other rows, their weights (n, k))."""
    count = len(features)
    chosen = np.arange(count)
    if count > REFERENCES:
        chosen = np.sort(np.random.default_rng(SEED).choice(count, REFERENCES, replace=False))
    k = min(NEIGHBOURS, len(chosen) - 1)
    if k < 1:
        return
    for start in range(0, count, BLOCK):
        part = slice(start, min(start + BLOCK, count))
        cosine = features[part] @ features[chosen].T
        cosine[np.arange(start, part.stop)[:, None] == chosen[None, :]] = -np.inf
        near = np.argpartition(-cosine, k, axis=1)[:, :k]
        weight = np.exp(SHARPNESS * (np.take_along_axis(cosine, near, 1) - 1))
        yield part, chosen[near], weight.astype(np.float64)


def odds_times(probability: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """The probability whose odds are `factor` times as high."""
    odds = _odds(_bounded(probability)) * factor
    return odds / (1 + odds)


def _chance_pairs(
    pictures: np.ndarray,
    captions: np.ndarray,
    row_picture: np.ndarray,
    row_caption: np.ndarray,
    things: Sequence[str],
) -> np.ndarray:
    """Similarities of pictures with captions of other rows that name nothing they name."""
    count = len(row_picture)
    rng = np.random.default_rng(SEED)
    left, right = rng.integers(count, size=(2, CHANCE_PAIRS))
    named = np.unique(np.array(things, dtype=object).astype(str), return_inverse=True)[1]
    unnamed = np.array([not thing for thing in things])
    other = (row_caption[left] != row_caption[right]) & (row_picture[left] != row_picture[right])
    other &= (named[left] != named[right]) | unnamed[left]
    left, right = left[other], right[other]
    return _products(pictures[row_picture[left]], captions[row_caption[right]])


def _first_rows(row_picture: np.ndarray, wanted: np.ndarray, count: int) -> np.ndarray:
    out = np.full(count, -1)
    for row in np.flatnonzero(wanted)[::-1]:
        out[row_picture[row]] = row
    return out


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("nd,nd->n", left, right)


def _share(part: np.ndarray, whole: np.ndarray, otherwise: float) -> np.ndarray:
    total = whole.sum(1)
    return np.where(total > 1e-12, part.sum(1) / np.maximum(total, 1e-12), otherwise)


def _bounded(probability: np.ndarray) -> np.ndarray:
    return np.clip(probability, 1 - CERTAIN, CERTAIN)


def _odds(probability: np.ndarray) -> np.ndarray:
    return probability / (1 - probability)
