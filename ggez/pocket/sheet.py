"""Contact sheets: every drawing at 256 and 64 pixels, SEA beside its look-alikes."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

from ggez.paths import ROOT
from ggez.pocket.drawing import rasterise
from ggez.pocket.world import Item, read_world

CELL, SMALL, LABEL = 192, 64, 18


def write_sheets(out: Path | None) -> list[Path]:
    """One sheet per aspect into `out` (docs/world unless told otherwise)."""
    folder = out or ROOT / "docs" / "world"
    folder.mkdir(parents=True, exist_ok=True)
    items = read_world()
    by = {item.id: item for item in items}
    files = []
    for aspect in dict.fromkeys(item.aspect for item in items):
        rows = [
            (item, by[item.look_alike])
            for item in items
            if item.aspect == aspect and item.look_alike in by
        ]
        file = folder / f"{aspect}.webp"
        _sheet(rows).save(file, quality=88)
        files.append(file)
    return files


def _sheet(rows: list[tuple[Item, Item]]) -> Image.Image:
    height = CELL + LABEL
    sheet = Image.new("RGB", (2 * (CELL + SMALL) + 24, height * len(rows)), "#f6f3ec")
    draw = ImageDraw.Draw(sheet)
    for number, pair in enumerate(rows):
        for side, item in enumerate(pair):
            x, y = side * (CELL + SMALL + 24), number * height
            for size, left in ((CELL, x), (SMALL, x + CELL)):
                picture = Image.fromarray(rasterise(item.drawing.markup(), size))
                sheet.paste(picture, (left, y), picture)
            draw.text((x + 6, y + CELL + 2), f"{item.id} ({', '.join(item.countries)})", "#444")
    return sheet
