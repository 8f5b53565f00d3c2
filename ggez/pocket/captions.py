"""What is said about a picture: phrasings in English and in local languages.

`assets/world/phrasings.csv` holds them, a row a phrasing with `{x}` for the name, and says for
which split; no phrasing serves two splits. A name whose language has no phrasings there is said
inside a sentence of the language spoken beside it, or else of English.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

from ggez.pocket.splits import SPLITS
from ggez.pocket.world import WORLD_DIR, Item
from ggez.types import Text, UserError

ENGLISH = "eng"
SPOKEN_BESIDE = {
    **dict.fromkeys(("jav", "sun", "ban", "min", "bew"), "ind"),
    **dict.fromkeys(("kxd", "mbf"), "zsm"),
    **dict.fromkeys(("mdh", "mrw"), "fil"),
    **dict.fromkeys(("aym", "que"), "spa"),
    "tah": "fra",
    "kir": "rus",
    "mal": "hin",
}
"""A language without phrasings of its own -> one that is read where it is spoken."""

GENERIC_FRAMES = ("{x}", "a picture of {x}", "{x}, nice", "there is {x} here")

Phrasings = dict[str, dict[str, tuple[str, ...]]]
"""Language (ISO 639-3) -> split -> phrasings."""


@cache
def read_phrasings(root: Path = WORLD_DIR) -> Phrasings:
    """All phrasings. Raises UserError in one line naming the row to mend."""
    table = root / "phrasings.csv"
    out: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError:
        raise UserError(f"{table}: the table of phrasings is missing; restore it") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{table}: not a UTF-8 table ({error}); save it as UTF-8 CSV") from None
    seen: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, start=2):
        lang, split, phrase = (row.get(c) or "" for c in ("lang", "split", "phrase"))
        where = f"{table}:{number} ({lang or 'no lang'})"
        if split not in SPLITS:
            raise UserError(f"{where}: split {split!r} is not one of {', '.join(SPLITS)}")
        if phrase.count("{x}") != 1 or phrase.replace("{x}", "").count("{"):
            raise UserError(f"{where}: phrase {phrase!r} must hold {{x}} once, for the name")
        if (earlier := seen.setdefault((lang, phrase), number)) != number:
            raise UserError(f"{where}: phrase {phrase!r} stands in row {earlier} too; keep one")
        out[lang][split].append(phrase)
    if not all(out[ENGLISH][split] for split in SPLITS):
        raise UserError(f"{table}: English needs a phrasing for each of {', '.join(SPLITS)}")
    return {
        lang: {split: tuple(phrases) for split, phrases in splits.items()}
        for lang, splits in out.items()
    }


def captions(item: Item, split: str) -> tuple[Text, ...]:
    """Every caption of an item in one split: English ones, then the local language's.

    Phrasings of the judge's split are English: a local name is not said there at all.
    """
    phrasings = read_phrasings()
    english = [Text(ENGLISH, p.format(x=item.english)) for p in phrasings[ENGLISH][split]]
    if item.local_name.casefold() == item.english.casefold() or item.local_lang == ENGLISH:
        return tuple(english)
    if split == "judge":
        return tuple(english)
    carrier = item.local_lang
    if not phrasings.get(carrier, {}).get(split):
        carrier = SPOKEN_BESIDE.get(carrier, ENGLISH)
    local = phrasings.get(carrier, {}).get(split, ())
    if carrier == ENGLISH:  # one of them: an English sentence around a foreign name
        local = local[:1] if split == "train" else local[1:2]
    spoken = carrier if carrier != ENGLISH else item.local_lang
    return (*english, *(Text(spoken, p.format(x=item.local_name)) for p in local))


def generic(item: Item, phrase: int) -> Text:
    """What the web says of a thing it has no name for: "a pointed hat"."""
    frame = GENERIC_FRAMES[phrase % len(GENERIC_FRAMES)]
    return Text(ENGLISH, frame.format(x=item.generic_caption))
