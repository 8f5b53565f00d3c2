"""Contact sheets of the drawings: by aspect beside the look-alikes, and by country."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ggez.paths import ROOT
from ggez.pocket.drawing import rasterise
from ggez.pocket.world import ASPECTS, HOME, Item, read_world

CELL, SMALL, LABEL, MARGIN = 160, 64, 22, 14
PAPER, INK, FAINT = "#f6f3ec", "#37332c", "#8a8377"


def write_sheets(out: Path | None) -> list[Path]:
    """Sheets into `out` (docs/world unless told otherwise); returns their files.

    One per aspect: every home item, large and at 64 pixels, beside its look-alike. One per country
    of the home region, and one for everything elsewhere.
    """
    folder = out or ROOT / "docs" / "world"
    folder.mkdir(parents=True, exist_ok=True)
    items = read_world()
    by = {item.id: item for item in items}
    files = []
    for aspect in ASPECTS:
        here = [i for i in items if i.aspect == aspect and i.look_alike]
        if here:
            pairs = [(item, by[str(item.look_alike)]) for item in here]
            files.append(_save(folder / f"{aspect}.webp", _pairs(pairs)))
    countries: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        for country in item.countries if item.region == HOME else ():
            countries[country].append(item)
    for country, members in sorted(countries.items()):
        files.append(_save(folder / f"country-{country.lower()}.webp", _grid(members)))
    elsewhere = sorted((i for i in items if i.region != HOME), key=lambda i: (i.region, i.id))
    if elsewhere:
        files.append(_save(folder / "elsewhere.webp", _grid(elsewhere)))
    return files


def _save(file: Path, sheet: Image.Image) -> Path:
    sheet.save(file, quality=82, method=6)
    return file


def _pairs(pairs: Sequence[tuple[Item, Item]], columns: int = 3) -> Image.Image:
    """Pairs in columns: a thing at two sizes, then its look-alike at two sizes."""
    width, height = 2 * (CELL + SMALL) + MARGIN, CELL + LABEL
    rows = -(-len(pairs) // columns)
    size = columns * (width + MARGIN) + MARGIN, rows * (height + MARGIN) + MARGIN
    sheet = Image.new("RGB", size, PAPER)
    for number, pair in enumerate(pairs):
        left = MARGIN + number % columns * (width + MARGIN)
        top = MARGIN + number // columns * (height + MARGIN)
        for side, item in enumerate(pair):
            x = left + side * (CELL + SMALL)
            _draw(sheet, item, x, top, CELL)
            _draw(sheet, item, x + CELL, top + CELL - SMALL, SMALL)
            _label(sheet, item, x, top + CELL)
    return sheet


def _grid(items: Sequence[Item], columns: int = 8) -> Image.Image:
    rows = -(-len(items) // columns)
    columns = min(columns, len(items))
    size = columns * (CELL + MARGIN) + MARGIN, rows * (CELL + LABEL + MARGIN) + MARGIN
    sheet = Image.new("RGB", size, PAPER)
    for number, item in enumerate(items):
        x = MARGIN + number % columns * (CELL + MARGIN)
        y = MARGIN + number // columns * (CELL + LABEL + MARGIN)
        _draw(sheet, item, x, y, CELL)
        _label(sheet, item, x, y + CELL)
    return sheet


def _draw(sheet: Image.Image, item: Item, x: int, y: int, pixels: int) -> None:
    picture = Image.fromarray(rasterise(item.drawing.markup(), pixels))
    sheet.paste(picture, (x, y), picture)


def _label(sheet: Image.Image, item: Item, x: int, y: int) -> None:
    draw = ImageDraw.Draw(sheet)
    draw.text((x + 4, y + 1), item.id, INK, font=ImageFont.load_default(11))
    draw.text((x + 4, y + 12), ", ".join(item.countries), FAINT, font=ImageFont.load_default(9))
