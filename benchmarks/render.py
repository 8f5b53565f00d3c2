"""How many pictures a second the pocket renderer makes, against rasterising each whole scene.

Both ways draw the same looks in one run on the same threads. `python -m benchmarks.render`
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ggez.pocket.drawing import rasterise
from ggez.pocket.render import SIZE, look_of, render_many
from ggez.pocket.scenes import SCENES
from ggez.pocket.splits import TRAIN, rng_for
from ggez.pocket.world import Item, read_world

EACH, WORKERS = 256, 2


def whole_scene(item: Item, seed: int) -> np.ndarray:
    """The peer: background and thing as one SVG, rasterised for this picture alone."""
    look = look_of(item, TRAIN, seed)
    rng = rng_for(TRAIN, item.id, seed)
    scene = SCENES[str(rng.choice(TRAIN.scenes))](rng, float(rng.choice(TRAIN.background_hues)))
    thing = item.drawing.markup(item.drawing.recoloured(rng, TRAIN.free_turns))
    place = f"translate({look.x} {look.y}) rotate({look.turn}) scale({look.scale})"
    markup = f'{scene}<g transform="{place} translate(-64 -64)">{thing}</g>'
    return rasterise(markup, SIZE)[:, :, :3]


def main() -> None:
    items = read_world()[::6]
    jobs = [(item, TRAIN, seed) for item in items for seed in range(EACH)]
    start = time.perf_counter()
    ours = sum(1 for _ in render_many(jobs, workers=WORKERS)) / (time.perf_counter() - start)
    some = [(item, seed) for item in items for seed in range(12)]
    start = time.perf_counter()
    with ThreadPoolExecutor(WORKERS) as pool:
        peer = sum(1 for _ in pool.map(lambda job: whole_scene(*job), some))
    peer = peer / (time.perf_counter() - start)
    print(
        json.dumps(
            {
                "pictures": len(jobs),
                "threads": WORKERS,
                "sprites_per_second": round(ours),
                "whole_scene_per_second": round(peer),
                "ratio": round(ours / peer, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
