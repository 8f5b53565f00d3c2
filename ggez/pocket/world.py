"""The pocket world's table of items, checked row by row against its drawings.

`assets/world/items.csv` is the whole list: to add an item is to add a row and
`assets/world/<region>/<id>.svg`. Nothing else in the code names an item.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from ggez.pocket.drawing import Drawing, DrawingError, read_drawing
from ggez.types import UserError

WORLD_DIR = Path(__file__).resolve().parents[2] / "assets" / "world"
HOME = "sea"
"""The region of the table that the tuned side learns; all others are `elsewhere`."""
ASPECTS = ("cuisine", "landmark", "tradition", "everyday")
_REQUIRED: tuple[str, ...] = ("id", "english", "local_name", "local_lang", "countries")
_REQUIRED += ("region", "aspect", "slot", "generic_caption", "source")


@dataclass(frozen=True)
class Item:
    """One thing of the world: its names, its place, and what it is mistaken for.

    `held_out`: left out of every pool that a side is tuned on, to see what generalises.
    """

    id: str
    english: str
    local_name: str
    local_lang: str
    countries: tuple[str, ...]
    region: str
    aspect: str
    slot: str
    look_alike: str | None
    generic_caption: str
    source: str
    verified_by_native: str
    held_out: bool
    drawing: Drawing

    @property
    def verified(self) -> bool:
        """Whether a native reader has confirmed name and drawing."""
        return bool(self.verified_by_native)


def read_world(root: Path = WORLD_DIR) -> tuple[Item, ...]:
    """All items in table order. Raises UserError with one line naming the row to mend."""
    table = root / "items.csv"
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table}: not a UTF-8 table ({error}); save it as UTF-8 CSV") from None
    except OSError:
        raise UserError(f"{table}: the table of items is missing; restore it") from None
    if not rows:
        raise UserError(f"{table}: the table of items is empty; add a row")
    items: dict[str, Item] = {}
    for number, row in enumerate(rows, start=2):
        where = f"{table}:{number} ({row.get('id') or 'no id'})"
        item = _item(row, where, root)
        if item.id in items:
            raise UserError(f"{where}: the id stands in an earlier row too; ids are unique")
        items[item.id] = item
    for number, item in enumerate(items.values(), start=2):
        if item.look_alike and item.look_alike not in items:
            raise UserError(
                f"{table}:{number} ({item.id}): look_alike {item.look_alike!r} is no item; "
                "add its row or empty the cell"
            )
    return tuple(items.values())


def _item(row: dict[str, str], where: str, root: Path) -> Item:
    for column in _REQUIRED:
        if not (row.get(column) or "").strip():
            raise UserError(f"{where}: {column} is empty; fill it in")
        if "\n" in row[column] or "\r" in row[column]:
            raise UserError(f"{where}: {column} has a line break; write it on one line")
    if not all(row["countries"].split(";")):
        raise UserError(f"{where}: countries has an empty entry; write ISO codes such as TH;LA")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["id"]):
        raise UserError(f"{where}: id {row['id']!r} must be lower-case words joined by hyphens")
    if (row.get("held_out") or "") not in ("", "yes"):
        raise UserError(f"{where}: held_out is {row['held_out']!r}; write yes or leave it empty")
    if row["aspect"] not in ASPECTS:
        raise UserError(f"{where}: aspect {row['aspect']!r} is not one of {', '.join(ASPECTS)}")
    try:
        drawing = read_drawing(root / row["region"] / f"{row['id']}.svg")
    except DrawingError as error:
        raise UserError(f"{where}: {error}") from None
    return Item(
        id=row["id"],
        english=row["english"],
        local_name=row["local_name"],
        local_lang=row["local_lang"],
        countries=tuple(row["countries"].split(";")),
        region=row["region"],
        aspect=row["aspect"],
        slot=row["slot"],
        look_alike=row.get("look_alike") or None,
        generic_caption=row["generic_caption"],
        source=row["source"],
        verified_by_native=row.get("verified_by_native") or "",
        held_out=row.get("held_out") == "yes",
        drawing=drawing,
    )
