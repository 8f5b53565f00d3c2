"""A pool of the pocket world as a folder of pictures in the Hub's ImageFolder convention."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image

from ggez.data.new_folder import new_folder
from ggez.pocket.pool import Row, mixed_pool, web_pool
from ggez.pocket.render import SIZE, render_many
from ggez.pocket.splits import TRAIN
from ggez.pocket.world import Item, read_world
from ggez.types import UserError

Progress = Callable[[int, int, str], None]

POOLS: dict[str, Callable[[Sequence[Item]], list[Row]]] = {"mixed": mixed_pool, "web": web_pool}


def write_pool_folder(name: str, out: Path, progress: Progress) -> dict[str, Any]:
    """Render the pool `name` into `out`; returns the numbers of rows and pictures."""
    if name not in POOLS:
        raise UserError(f"pocket pool {name!r} is not there; choose: {', '.join(POOLS)}")
    items = read_world()
    return write_rows(items, POOLS[name](items), out, progress)


def write_rows(
    items: Sequence[Item], rows: Sequence[Row], out: Path, progress: Progress, size: int = SIZE
) -> dict[str, Any]:
    """`metadata.jsonl`, a line a row, and one PNG for each (item, seed), however often it is named.

    PNG, because a filter compares pixels. Raises UserError where `out` exists.
    """
    by_id = {item.id: item for item in items}
    wanted = sorted({(row.item, row.seed) for row in rows})
    with new_folder(out) as folder, ThreadPoolExecutor(1) as writer:
        jobs = ((by_id[item], TRAIN, seed) for item, seed in wanted)
        saved = []
        for number, picture in enumerate(render_many(jobs, size)):
            item, seed = wanted[number]
            (folder / item).mkdir(exist_ok=True)
            save = Image.fromarray(picture).save
            saved.append(writer.submit(save, folder / file_name(item, seed), compress_level=1))
            progress(number + 1, len(wanted), "pictures")
        for done in saved:
            done.result()  # a full disk is an error, not a folder with holes
        with (folder / "metadata.jsonl").open("w", encoding="utf-8") as file:
            for row in rows:
                entry = {
                    "file_name": file_name(row.item, row.seed),
                    "text": row.text,
                    "lang": row.lang,
                    "item": row.item,
                    "seed": row.seed,
                    "kind": row.kind,
                    "relevant": int(row.relevant),
                }
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
    return {"rows": len(rows), "pictures": len(wanted), "out": str(out)}


def file_name(item: str, seed: int) -> str:
    """Where the picture of (item, seed) lies in the folder."""
    return f"{item}/{seed:03d}.png"
