"""Two pools of captioned pictures: what the web shows, and what a region shows.

A pool is rows of (item, picture seed, caption) drawn from one seeded generator,
with the truth about each row kept beside it for whoever measures a filter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ggez.pocket.captions import captions, generic
from ggez.pocket.world import Item

PICTURES_PER_ITEM = 256
"""Distinct training renders of an item; pools draw from these."""

FILLERS = (
    "my", "our", "old", "new", "lovely", "the", "one", "best", "holiday", "2019", "7", "no", "day",
    "trip", "market", "evening", "house", "blue", "red", "big", "small", "for", "from", "and",
    "with", "friends", "today", "free", "sale", "hd", "jpg", "set", "top", "of", "at", "home",
)  # fmt: skip
"""Words that web captions put around a name; none of them occurs in an eval phrasing."""

FILLER_RATE = 0.4

WRONG_RATE = 0.02
"""Share of captions that name another item."""


@dataclass(frozen=True)
class Row:
    """One captioned picture of a pool and the truth about it."""

    item: int
    seed: int
    lang: str
    text: str
    kind: str


def web_pool(
    items: Sequence[Item], rows: int, seed: int, rarity: float = 0.1, fillers: float = FILLER_RATE
) -> list[Row]:
    """The base's pool: SEA at `rarity` of the others' frequency, half of its captions generic."""
    weights = np.array([rarity if item.region == "sea" else 1.0 for item in items])
    return _draw(items, rows, seed, weights, 0.5, 0.25, fillers)


def regional_pool(items: Sequence[Item], rows: int, seed: int, others: float = 0.02) -> list[Row]:
    """The tuned side's pool: SEA by name, and what slipped through (`others` of the weight)."""
    weights = np.array([1.0 if item.region == "sea" else others for item in items])
    return _draw(items, rows, seed, weights, 0.02, 0.4, FILLER_RATE)


def _draw(
    items: Sequence[Item],
    rows: int,
    seed: int,
    weights: np.ndarray,
    generic_regional: float,
    local_share: float,
    fillers: float,
) -> list[Row]:
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(items), size=rows, p=weights / weights.sum())
    out = []
    for index in chosen:
        item, kind = items[index], "named"
        share = generic_regional if item.region == "sea" else 0.1
        if rng.random() < WRONG_RATE:
            kind, item = "wrong", items[int(rng.integers(len(items)))]
        if rng.random() < share:
            kind = "generic" if kind == "named" else kind
            caption = generic(item, int(rng.integers(4)))
        else:
            every = captions(item, "train")
            local = [text for text in every if text.lang != "eng"]
            english = [text for text in every if text.lang == "eng"]
            source = local if local and rng.random() < local_share else english
            caption = source[int(rng.integers(len(source)))]
        seed_ = int(rng.integers(PICTURES_PER_ITEM))
        text = _filled(caption.text, rng) if rng.random() < fillers else caption.text
        out.append(Row(int(index), seed_, caption.lang, text, kind))
    return out


def _filled(text: str, rng: np.random.Generator) -> str:
    """The caption among up to two words before it and two after it."""
    before, after = (rng.choice(FILLERS, size=int(rng.integers(3))).tolist() for _ in range(2))
    return " ".join([*before, text, *after])
