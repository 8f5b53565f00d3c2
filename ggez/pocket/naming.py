"""Blind naming: can a reader who sees only the picture pick the right one of four names?

`write_quiz` puts numbered pictures and their four names into a folder, and the answers into a
file beside it that the reader does not open. `score` compares. All four names are of the same
everyday slot, the look-alike among them where there is one; where the world has fewer things of a
slot, names of things that are not drawn fill it up (`assets/world/decoys.csv`). Pictures are the
drawings in their own colours on a plain ground.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ggez.pocket.drawing import rasterise
from ggez.pocket.world import WORLD_DIR, Item, read_world
from ggez.types import UserError

PIXELS, GROUND = 64, "#d9cdb8"
DECOYS = WORLD_DIR / "decoys.csv"


def write_quiz(out: Path, seed: int = 0, pixels: int = PIXELS) -> dict[str, Any]:
    """`out/001.png` ..., `out/questions.csv` (number, a, b, c, d) and `out.key.json`."""
    items, decoys = read_world(), _decoys()
    rng = np.random.default_rng(seed)
    out.mkdir(parents=True, exist_ok=True)
    key: dict[str, dict[str, str]] = {}
    with (out / "questions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "a", "b", "c", "d"])
        for number, index in enumerate(rng.permutation(len(items)), start=1):
            item = items[index]
            names = _names(item, items, decoys.get(item.slot, []), rng)
            picture = Image.fromarray(rasterise(item.drawing.markup(), pixels))
            ground = Image.new("RGB", picture.size, GROUND)
            ground.paste(picture, (0, 0), picture)
            ground.save(out / f"{number:03d}.png")
            writer.writerow([f"{number:03d}", *names])
            letter = "abcd"[names.index(item.english)]
            shown = dict(zip("abcd", names, strict=True))
            key[f"{number:03d}"] = {"item": item.id, "right": letter} | shown
    key_file = out.with_name(out.name + ".key.json")
    key_file.write_text(json.dumps(key, indent=1), encoding="utf-8")
    return {"questions": str(out / "questions.csv"), "key": str(key_file)}


def score(out: Path, answers: Path, table: Path | None = None) -> dict[str, Any]:
    """Compare `answers` (CSV: number, answer) with the key; `table` gets a row per item."""
    key_file = out.with_name(out.name + ".key.json")
    try:
        key = json.loads(key_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{key_file}: no key to compare with; write the quiz first") from None
    try:
        with answers.open(encoding="utf-8-sig", newline="") as file:
            said = {r["number"].zfill(3): r["answer"].strip().lower() for r in csv.DictReader(file)}
    except (OSError, KeyError, AttributeError):
        raise UserError(f"{answers}: give a CSV with the columns number and answer") from None
    if not said:
        raise UserError(f"{answers}: no answers; give a CSV with the columns number and answer")
    if odd := sorted(n for n, a in said.items() if n not in key or a not in "abcd" or not a):
        raise UserError(f"{answers}: number {odd[0]} has no question or no answer of a, b, c, d")
    rows = [
        (k["item"], k[said[n]], int(said[n] == k["right"])) for n, k in key.items() if n in said
    ]
    if table:
        with table.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["item", "named", "right"])
            writer.writerows(sorted(rows))
    misses = {item: named for item, named, right in rows if not right}
    return {"asked": len(rows), "right": len(rows) - len(misses), "misses": misses}


def _names(
    item: Item, items: Sequence[Item], decoys: Sequence[str], rng: np.random.Generator
) -> list[str]:
    """Its name and three others of the slot, in random order; look-alikes come first."""
    slot = [other for other in items if other.slot == item.slot and other.id != item.id]
    drawn = [slot[i] for i in rng.permutation(len(slot))]
    drawn.sort(key=lambda o: o.id != item.look_alike and o.look_alike != item.id)
    others = [*(other.english for other in drawn), *rng.permutation(list(decoys)).tolist()][:3]
    if len(others) < 3:
        raise UserError(f"{DECOYS}: slot {item.slot!r} needs more names; add things of its kind")
    names = [item.english, *others]
    return [names[i] for i in rng.permutation(4)]


def _decoys() -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    with DECOYS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            out.setdefault(row["slot"], []).append(row["english"])
    return out
