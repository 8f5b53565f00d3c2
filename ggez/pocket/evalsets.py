"""Write the pocket eval sets: `pocket-sea` and `pocket-world`, validation and test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ggez.pocket.captions import captions
from ggez.pocket.render import render_many
from ggez.pocket.splits import SPLITS
from ggez.pocket.world import Item
from ggez.tuning.contrastive import Progress

PICTURES = {"validation": 8, "test": 10}
"""Renders of each item: a gallery takes one of each, so this is the number of galleries."""

CARD = """---
license: cc0-1.0
task_categories: [image-text-to-text, zero-shot-image-classification]
language: [{languages}]
pretty_name: {title}
---
# {title}

**Limits first.** These are drawings made by this project, not photographs, and the world they
show is a toy of {items} things. A number measured here says that the pipeline reproduces the
trade-off in a world built to contain it; it says nothing about any real model's knowledge of any
culture. Names and drawings have not yet been verified by native readers.

{what} Each picture is a render of a vector drawing with a palette, a place, a scale, a background,
light and distractors drawn from its seed. Validation and test share no background, no hue of a
free colour and no phrasing with each other or with training.

| split | items | pictures | queries per item |
|---|---|---|---|
{table}

ImageFolder convention: `<split>/metadata.jsonl` with `file_name`, `item`, `name`, `countries`
(ISO 3166 alpha-2), `region`, `aspect`, `queries` and `local` (ISO 639-3 language and text).

Sources of the facts: the column `source` of `assets/world/items.csv` names an article for each
item. Made again, byte for byte, by `python -m ggez pocket build --world`.
"""


def write_eval_sets(items: Sequence[Item], root: Path, progress: Progress) -> None:
    """Both sets under `root`, replacing what is there."""
    sets = {
        "pocket-sea": ("Pocket SEA", [item for item in items if item.region == "sea"]),
        "pocket-world": ("Pocket World", [item for item in items if item.region != "sea"]),
    }
    what = {
        "pocket-sea": "Things of the eleven countries of Southeast Asia.",
        "pocket-world": "Things from outside Southeast Asia, each the look-alike of one inside.",
    }
    total = sum(PICTURES.values()) * len(items)
    done = 0
    for name, (title, members) in sets.items():
        table = []
        for split, count in PICTURES.items():
            folder = root / name / split
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            jobs = [(item, SPLITS[split], seed) for item in members for seed in range(count)]
            with (folder / "metadata.jsonl").open("w", encoding="utf-8") as file:
                for (item, _, seed), picture in zip(jobs, render_many(jobs), strict=True):
                    file_name = f"{item.id}-{seed:02d}.webp"
                    Image.fromarray(picture).save(folder / file_name, quality=88, method=6)
                    file.write(json.dumps(_row(item, split, file_name), ensure_ascii=False) + "\n")
                    done += 1
                    progress(done, total, "eval sets")
            per_item = sum(len(captions(item, split)) for item in members) / len(members)
            table.append(f"| {split} | {len(members)} | {len(jobs)} | {per_item:.1f} |")
        languages = sorted({text.lang for item in members for text in captions(item, "test")})
        (root / name / "README.md").write_text(
            CARD.format(
                title=title,
                languages=", ".join(languages),
                items=len(items),
                what=what[name],
                table="\n".join(table),
            ),
            encoding="utf-8",
        )


def _row(item: Item, split: str, file_name: str) -> dict[str, object]:
    texts = [{"lang": text.lang, "text": text.text} for text in captions(item, split)]
    return {
        "file_name": file_name,
        "item": item.id,
        "name": item.english,
        "countries": list(item.countries),
        "region": item.region,
        "aspect": item.aspect,
        "queries": texts,
        "local": [{"lang": item.local_lang, "text": item.local_name}],
    }
