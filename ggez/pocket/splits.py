"""What keeps training, validation and test apart: hues, scenes and phrasings.

No background hue, no hue turn of a free colour, no scene and no phrasing is
shared by two splits, so a test picture is new in everything but the thing.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Split:
    """One split's share of the world's variety.

    `backgrounds` is how many different ones it has, `palettes` how many an item has.
    """

    name: str
    code: int
    background_hues: tuple[float, ...]
    free_turns: tuple[float, ...]
    scenes: tuple[str, ...]
    backgrounds: int = 96
    palettes: int = 12


def _sectors(*numbers: int) -> tuple[float, ...]:
    return tuple(number / 24 for number in numbers)


TRAIN = Split(
    "train",
    0,
    _sectors(0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21),
    _sectors(0, 1, 4, 8, 12, 13, 16, 20),
    (
        "plain", "plain", "table", "hills", "tiles", "dots", "shelf", "garden", "rug", "stripes",
        "quilt", "bands", "pebbles", "straws",
    ),
    backgrounds=1536,
    palettes=24,
)  # fmt: skip
VALIDATION = Split("validation", 1, _sectors(2, 10, 18), _sectors(2, 10, 18), ("wall", "beach"))
TEST = Split("test", 2, _sectors(6, 14, 22), _sectors(6, 14, 22), ("cloth", "dusk", "window"))
JUDGE = Split(
    "judge",
    3,
    _sectors(3, 7, 11, 15, 19, 23),
    _sectors(3, 7, 11, 15, 19, 23),
    (
        "plain", "rays", "arches", "steps", "mosaic", "mosaic", "night", "blobs",
        "lattice", "zigzag", "waves", "confetti", "weave",
    ),
    backgrounds=1536,
    palettes=24,
)  # fmt: skip
SPLITS = {split.name: split for split in (TRAIN, VALIDATION, TEST, JUDGE)}


def rng_for(split: Split, item_id: str, seed: int) -> np.random.Generator:
    """Depends on (split, item, seed) and nothing else: adding items moves no picture."""
    return np.random.default_rng([split.code, zlib.crc32(item_id.encode()), seed])
