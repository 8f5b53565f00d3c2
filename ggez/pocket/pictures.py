"""Training renders, drawn once and read from a memory-mapped file ever after."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ggez.pocket.captions import captions
from ggez.pocket.render import VERSION, render_many
from ggez.pocket.splits import SPLITS, Split
from ggez.pocket.world import Item

Progress = Callable[[int, int, str], None]


def picture_cache(
    items: Sequence[Item],
    split: Split,
    count: int,
    pixels: int,
    folder: Path,
    progress: Progress,
) -> np.ndarray:
    """The first `count` renders of every item, uint8 (items * count, 3, pixels, pixels).

    Row `i * count + seed` shows item i. Written to `folder` in item order; an item whose drawing
    has not changed since keeps its rows, and an interrupted run goes on where it stopped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{split.name}-{count}x{pixels}.npy"
    stamp = file.with_suffix(".json")
    wanted = [f"{VERSION}:{split}:{item.id}:{drawing_digest(item)}" for item in items]
    shape = (len(items) * count, 3, pixels, pixels)
    there: list[str] = []
    if file.exists() and stamp.exists():
        there = json.loads(stamp.read_text(encoding="utf-8"))
        if np.load(file, mmap_mode="r").shape != shape:
            there = []
    mode = "r+" if there else "w+"
    cache = np.lib.format.open_memmap(file, mode=mode, dtype=np.uint8, shape=shape)
    there += [""] * (len(items) - len(there))
    for number, item in enumerate(items):
        if there[number] == wanted[number]:
            continue
        jobs = ((item, split, seed) for seed in range(count))
        for seed, picture in enumerate(render_many(jobs, pixels)):
            cache[number * count + seed] = picture.transpose(2, 0, 1)
        cache.flush()
        there[number] = wanted[number]
        stamp.write_text(json.dumps(there), encoding="utf-8")
        progress((number + 1) * count, shape[0], "pictures")
    return np.load(file, mmap_mode="r")


def world_digest(items: Sequence[Item]) -> str:
    """Changes with any drawing, name or caption: work done for another world is not resumed."""
    told = [
        [drawing_digest(item), item.held_out, *(t.text for s in SPLITS for t in captions(item, s))]
        for item in items
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]


def drawing_digest(item: Item) -> str:
    """Changes when the drawing does."""
    drawing = item.drawing
    told = f"{drawing.body}{drawing.palette}{drawing.mirror}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]
