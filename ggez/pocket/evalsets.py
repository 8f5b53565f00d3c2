"""Write the pocket eval sets: `pocket-sea` and `pocket-world`, validation and test."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ggez.data import read_eval_set
from ggez.pocket.captions import captions
from ggez.pocket.pictures import Progress
from ggez.pocket.render import render_many
from ggez.pocket.splits import SPLITS
from ggez.pocket.world import HOME, Item

PICTURES = {
    "pocket-sea": {"validation": 6, "test": 8},
    "pocket-world": {"validation": 6, "test": 18},
}
"""Renders of each item. A gallery takes one of each, so the smaller number of a split is the
number of galleries; the others serve the measures that need no gallery."""
QUALITY = 82

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
free colour and no phrasing with each other or with training. {held}

| split | items | pictures | queries per item |
|---|---|---|---|
{table}

ImageFolder convention: `<split>/metadata.jsonl` with `file_name`, `item`, `name`, `slot`,
`countries` (ISO 3166 alpha-2), `region`, `aspect`, `look_alike`, `held_out`, `queries` and `local`
(ISO 639-3 language and text; a name without phrasings of its own language is said inside a
sentence of a language spoken beside it).

| region | items |
|---|---|
{regions}

SHA-256 over every split's pictures and metadata: {digests}.

Sources of the facts: the column `source` of `assets/world/items.csv` names an article for each
item. Made again, byte for byte, by `python -m ggez pocket build --world`.
"""


WHAT = {
    "pocket-sea": ("Pocket SEA", "Things of the eleven countries of Southeast Asia."),
    "pocket-world": (
        "Pocket World",
        "Things from outside Southeast Asia, most of them the look-alike of one inside.",
    ),
}


def write_eval_sets(items: Sequence[Item], root: Path, progress: Progress) -> dict[str, str]:
    """Both sets under `root`, replacing what is there; returns the digest of every split."""
    members = {
        "pocket-sea": [item for item in items if item.region == HOME],
        "pocket-world": [item for item in items if item.region != HOME],
    }
    total = sum(sum(PICTURES[name].values()) * len(members[name]) for name in members)
    done = 0
    digests: dict[str, str] = {}
    for name, (title, what) in WHAT.items():
        table = []
        for split, count in PICTURES[name].items():
            folder = root / name / split
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            jobs = [(item, SPLITS[split], seed) for item in members[name] for seed in range(count)]
            with (folder / "metadata.jsonl").open("w", encoding="utf-8") as file:
                for (item, _, seed), picture in zip(jobs, render_many(jobs), strict=True):
                    file_name = f"{item.id}-{seed:02d}.webp"
                    Image.fromarray(picture).save(folder / file_name, quality=QUALITY, method=6)
                    file.write(json.dumps(_row(item, split, file_name), ensure_ascii=False) + "\n")
                    done += 1
                    progress(done, total, "eval sets")
            digests[f"{name}/{split}"] = read_eval_set(root / name, split).digest
            queries = sum(len(captions(item, split)) for item in members[name])
            each = queries / len(members[name])
            table.append(f"| {split} | {len(members[name])} | {len(jobs)} | {each:.1f} |")
        card = _card(items, members[name], title, what, table)
        told = "; ".join(f"{k.split('/')[1]} `{v}`" for k, v in digests.items() if name in k)
        (root / name / "README.md").write_text(card.replace("{digests}", told), encoding="utf-8")
    return digests


def _card(
    items: Sequence[Item], members: list[Item], title: str, what: str, table: list[str]
) -> str:
    held = sum(item.held_out for item in members)
    regions = Counter(item.region for item in members)
    return CARD.format(
        title=title,
        languages=", ".join(sorted({t.lang for item in members for t in captions(item, "test")})),
        items=len(items),
        what=what,
        held=f"{held} of the items are held out of every tuning pool." if held else "",
        table="\n".join(table),
        regions="\n".join(f"| {region} | {n} |" for region, n in sorted(regions.items())),
        digests="{digests}",
    )


def _row(item: Item, split: str, file_name: str) -> dict[str, object]:
    texts = [{"lang": text.lang, "text": text.text} for text in captions(item, split)]
    return {
        "file_name": file_name,
        "item": item.id,
        "name": item.english,
        "slot": item.slot,
        "countries": list(item.countries),
        "region": item.region,
        "aspect": item.aspect,
        "look_alike": item.look_alike,
        "held_out": item.held_out,
        "queries": texts,
        "local": [{"lang": item.local_lang, "text": item.local_name}],
    }
