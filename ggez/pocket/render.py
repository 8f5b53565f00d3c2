"""(item, split, seed) -> a 128x128 picture. Nothing else decides what it looks like."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ggez.pocket.drawing import rasterise
from ggez.pocket.scenes import SCENES, distractor
from ggez.pocket.splits import Split, rng_for
from ggez.pocket.world import Item

SIZE = 128


def compose(item: Item, split: Split, seed: int) -> str:
    """The scene as SVG markup: background, distractors, the thing with its shadow, light."""
    rng = rng_for(split, item.id, seed)
    scene = str(rng.choice(split.scenes))
    hue = float(rng.choice(split.background_hues)) + float(rng.uniform(-0.015, 0.015))
    clutter = int(rng.choice([0, 0, 1, 3]))
    scale = float(rng.uniform(0.55, 0.98))
    room = 64 * (1 - scale) + 6
    x, y = 64 + float(rng.uniform(-room, room)), 64 + float(rng.uniform(-room, room))
    flip = -1 if item.drawing.mirror and rng.random() < 0.5 else 1
    turn = float(rng.uniform(-7, 7))
    thing = item.drawing.markup(item.drawing.recoloured(rng, split.free_turns))
    behind = "".join(
        distractor(rng, float(rng.choice(split.background_hues))) for _ in range(clutter)
    )
    place = f"translate({x:.2f} {y:.2f}) rotate({turn:.2f}) scale({flip * scale:.3f} {scale:.3f})"
    shadow = (
        f'<ellipse cx="{x + 3:.1f}" cy="{min(y + 57 * scale, 124):.1f}" rx="{44 * scale:.1f}" '
        f'ry="{7 * scale:.1f}" fill="#000" opacity=".14"/>'
    )
    light = (("#ffd9a0", 0.14), ("#9db8ff", 0.14), ("#000018", 0.16), ("#ffffff", 0.1), ("#000", 0))
    tint, amount = light[int(rng.integers(len(light)))]
    return (
        SCENES[scene](rng, hue)
        + behind
        + shadow
        + f'<g transform="{place} translate(-64 -64)">{thing}</g>'
        + f'<rect width="128" height="128" fill="{tint}" opacity="{amount}"/>'
    )


def render(item: Item, split: Split, seed: int, size: int = SIZE) -> np.ndarray:
    """One picture, uint8 RGB of shape (size, size, 3)."""
    return np.ascontiguousarray(rasterise(compose(item, split, seed), size)[:, :, :3])


def render_many(
    jobs: Iterable[tuple[Item, Split, int]], size: int = SIZE, workers: int = 2
) -> Iterable[np.ndarray]:
    """Pictures of many jobs in order; the rasteriser releases the lock, so threads help."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(lambda job: render(job[0], job[1], job[2], size), jobs)
