"""(item, split, seed) -> a 128x128 picture. Nothing else decides what it looks like.

A picture is a *look*, a few numbers drawn from its seed, and a composition of sprites: the
vector drawing is rasterised once for each of a split's palettes, then resized, turned and laid
over a rasterised background: about a fifth of the cost of rasterising each whole scene
(`benchmarks/render.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from PIL import Image

from ggez.pocket.drawing import rasterise
from ggez.pocket.scenes import SCENES, trinket
from ggez.pocket.splits import Split, rng_for
from ggez.pocket.world import Item

VERSION = "render-2"
SIZE = 128
SPRITE = 160
"""Pixels a thing is rasterised at: more than it ever fills, so that it is only made smaller."""
TRINKETS = 48
"""How many a split has."""
CLUTTER = {"clear": (0, 0, 1), "cluttered": (3, 4, 5)}
"""How many trinkets lie about, at the two levels."""
LIGHT = ((255, 217, 160), (157, 184, 255), (0, 0, 24), (255, 255, 255), (0, 0, 0))
LIGHT_AMOUNT = (0.14, 0.14, 0.16, 0.1, 0.0)
"""Evening, shade, dim, bright and neutral light: a colour and how much of it."""


@dataclass(frozen=True)
class Look:
    """What one picture is made of; lengths in pixels of 128, angles in degrees."""

    palette: int
    background: int
    light: int
    clutter: str
    scale: float
    turn: float
    flip: bool
    x: float
    y: float
    trinkets: tuple[tuple[int, int, int, int], ...]


def look_of(item: Item, split: Split, seed: int) -> Look:
    """The look of a picture: a function of (item, split, seed) alone."""
    rng = rng_for(split, item.id, seed)
    clutter = "cluttered" if rng.random() < 0.3 else "clear"
    scale = round(float(rng.uniform(0.55, 0.98)), 3)
    room = 64 * (1 - scale) + 6
    x, y = (round(64 + float(rng.uniform(-room, room)), 2) for _ in range(2))
    return Look(
        palette=int(rng.integers(split.palettes)),
        background=int(rng.integers(split.backgrounds)),
        light=int(rng.integers(len(LIGHT))),
        clutter=clutter,
        scale=scale,
        turn=round(float(rng.uniform(-7, 7)), 2),
        flip=bool(item.drawing.mirror and rng.random() < 0.5),
        x=x,
        y=y,
        trinkets=tuple(_place(rng) for _ in range(int(rng.choice(CLUTTER[clutter])))),
    )


def _place(rng: np.random.Generator) -> tuple[int, int, int, int]:
    """(which trinket, left, top, size): mostly low in the picture."""
    high = rng.random() < 0.3
    size, left = int(rng.integers(12, 26)), int(rng.integers(-4, 116))
    top = int(rng.integers(2, 34) if high else rng.integers(76, 108))
    return int(rng.integers(TRINKETS)), left, top, size


def render(item: Item, split: Split, seed: int, size: int = SIZE) -> np.ndarray:
    """One picture, uint8 RGB of shape (size, size, 3)."""
    look = look_of(item, split, seed)
    picture = _background(split, look.background).copy()
    for number, left, top, pixels in look.trinkets:
        small = _trinket(split, number).resize((pixels, pixels), Image.Resampling.BICUBIC)
        picture.paste(small, (left, top), small)
    side = round(SIZE * look.scale)
    thing = _thing(item, split, look.palette).resize((side, side), Image.Resampling.BICUBIC)
    if look.flip:
        thing = thing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    thing = thing.rotate(look.turn, Image.Resampling.BICUBIC, expand=True)
    left, top = round(look.x - thing.width / 2), round(look.y - thing.height / 2)
    box = thing.getbbox() or (0, 0, *thing.size)
    shadow = _shadow().resize((max(1, round(0.9 * (box[2] - box[0]))), round(15 * look.scale)))
    middle, foot = left + (box[0] + box[2]) / 2 + 3, min(top + box[3] - 2 * look.scale, 124)
    picture.paste(
        (0, 0, 0), (round(middle - shadow.width / 2), round(foot - shadow.height / 2)), shadow
    )
    picture.paste(thing, (left, top), thing)
    tint = Image.new("RGB", (SIZE, SIZE), LIGHT[look.light])
    picture = Image.blend(picture, tint, LIGHT_AMOUNT[look.light])
    if size != SIZE:
        picture = picture.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(picture)


def render_many(
    jobs: Iterable[tuple[Item, Split, int]], size: int = SIZE, workers: int = 2
) -> Iterator[np.ndarray]:
    """Pictures of many jobs in order; imaging releases the lock, so threads help.

    Jobs grouped by item are fastest, because the sprites of the last few items are kept.
    """
    jobs = iter(jobs)
    with ThreadPoolExecutor(workers) as pool:
        while some := list(islice(jobs, 512)):
            yield from pool.map(lambda job: render(job[0], job[1], job[2], size), some)


@lru_cache(maxsize=96)
def _thing(item: Item, split: Split, palette: int) -> Image.Image:
    rng = rng_for(split, f"{item.id}/palette", palette)
    markup = item.drawing.markup(item.drawing.recoloured(rng, split.free_turns))
    return Image.fromarray(rasterise(markup, SPRITE))


@lru_cache(maxsize=2048)
def _background(split: Split, number: int) -> Image.Image:
    rng = rng_for(split, "/background", number)
    scene = SCENES[str(rng.choice(split.scenes))]
    hue = float(rng.choice(split.background_hues)) + float(rng.uniform(-0.015, 0.015))
    return Image.fromarray(rasterise(scene(rng, hue), SIZE)).convert("RGB")


@lru_cache(maxsize=256)
def _trinket(split: Split, number: int) -> Image.Image:
    rng = rng_for(split, "/trinket", number)
    return Image.fromarray(rasterise(trinket(rng, float(rng.choice(split.background_hues))), 64))


@lru_cache(maxsize=1)
def _shadow() -> Image.Image:
    """A flat ellipse as a mask of how dark it is."""
    markup = '<ellipse cx="64" cy="64" rx="64" ry="64" fill="#000" opacity=".14"/>'
    return Image.fromarray(rasterise(markup, SIZE)[:, :, 3])
