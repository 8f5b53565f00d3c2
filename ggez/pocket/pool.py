"""Three pools of captioned pictures, each row with the truth about it.

- `web_pool`: what the web shows. Every world region; the home region rare, half of its captions
  generic. The base learns from it.
- `mixed_pool`: what somebody scraped in the hope of regional data: a quarter of it is, the rest
  is misspelt, misnamed, from elsewhere or there twice. A regional filter has to choose from it.
- `named_pool`: the home region by name and nothing else, what a perfect filter would keep.

A row names an item and the seed of its training render. Pools draw from one seeded generator,
from disjoint ranges of seeds, and are the same on every machine.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

import numpy as np

from ggez.pocket.captions import ENGLISH, captions, generic
from ggez.pocket.world import HOME, Item

WEB_PICTURES, MIXED_PICTURES = 192, 64
PICTURES_PER_ITEM = WEB_PICTURES + MIXED_PICTURES
"""Distinct training renders of an item: seeds below 192 for the web, the rest for the others."""

WEB_ROWS, MIXED_ROWS = 40_000, 12_000
WEB_SEED, MIXED_SEED = 11, 12

FILLERS = (
    "my", "our", "old", "new", "lovely", "the", "one", "best", "holiday", "2019", "7", "no", "day",
    "trip", "market", "evening", "house", "blue", "red", "big", "small", "for", "from", "and",
    "with", "friends", "today", "free", "sale", "hd", "jpg", "set", "top", "of", "at", "home",
)  # fmt: skip
"""Words that web captions put around a name; none of them is a word of an eval phrasing alone."""

FILLER_RATE = 0.4
WRONG_RATE = 0.02
"""Share of web captions that name another item."""
RARITY = 0.15
"""How often an item of the home region stands in the web pool, against any other."""
GENERIC_HOME, GENERIC_ELSEWHERE = 0.5, 0.1
"""Share of web captions without a name."""

MIXED_SHARES = {
    "named": 0.24,
    "misspelt": 0.06,
    "unnamed": 0.10,
    "homograph": 0.06,
    "elsewhere": 0.36,
    "elsewhere-unnamed": 0.10,
    "wrong": 0.03,
    "duplicate": 0.05,
}
RELEVANT = ("named", "misspelt", "unnamed")
"""Kinds a regional filter should keep: the picture shows the region and no caption lies."""

HOMOGRAPH_FRAMES = (
    "hotel {x}", "{x} street", "our cat {x}", "{x} fc", "cafe {x}, open today", "team {x} 2019",
    "{x} is a nice name", "font: {x}", "boat name: {x}",
)  # fmt: skip
"""Captions that hold a regional thing's name and mean something else."""


@dataclass(frozen=True)
class Row:
    """One captioned picture of a pool and the truth about it.

    `item` is what the picture shows, `seed` which training render; `kind` is how picture and
    caption belong together; `relevant` is what a filter for the home region should answer.
    """

    item: str
    seed: int
    lang: str
    text: str
    kind: str
    relevant: bool


def web_pool(
    items: Sequence[Item],
    rows: int = WEB_ROWS,
    seed: int = WEB_SEED,
    fillers: float = FILLER_RATE,
) -> list[Row]:
    """The base's pool; see the module."""
    rng = np.random.default_rng(seed)
    weights = np.array([RARITY if item.region == HOME else 1.0 for item in items])
    out = []
    for index in rng.choice(len(items), size=rows, p=weights / weights.sum()):
        item = items[index]
        said, kind = item, "named"
        if rng.random() < WRONG_RATE:
            said, kind = items[int(rng.integers(len(items)))], "wrong"
        share = GENERIC_HOME if said.region == HOME else GENERIC_ELSEWHERE
        if rng.random() < share:
            kind = "unnamed" if kind == "named" else kind
            lang, text = ENGLISH, generic(said, int(rng.integers(4))).text
        else:
            lang, text = _caption(said, rng, 0.25)
        out.append(
            Row(
                item.id,
                int(rng.integers(WEB_PICTURES)),
                lang,
                _filled(text, rng, fillers),
                kind,
                item.region == HOME and kind != "wrong",
            )
        )
    return out


def mixed_pool(items: Sequence[Item], rows: int = MIXED_ROWS, seed: int = MIXED_SEED) -> list[Row]:
    """The noisy pool a filter chooses from; neither shows nor names items held out of tuning."""
    rng = np.random.default_rng(seed)
    here = [item for item in items if item.region == HOME and not item.held_out]
    elsewhere = [item for item in items if item.region != HOME]
    named = [*here, *elsewhere]
    kinds = rng.choice(list(MIXED_SHARES), size=rows, p=list(MIXED_SHARES.values()))
    out: list[Row] = []
    for kind in kinds.tolist():
        if kind == "duplicate" and out:
            out.append(replace(out[int(rng.integers(len(out)))], kind=kind, relevant=False))
            continue
        away = kind in ("homograph", "elsewhere", "elsewhere-unnamed")
        item = _one(elsewhere if away else here, rng)
        lang = ENGLISH
        if kind in ("unnamed", "elsewhere-unnamed"):
            text = generic(item, int(rng.integers(4))).text
        elif kind == "homograph":
            frame = HOMOGRAPH_FRAMES[int(rng.integers(len(HOMOGRAPH_FRAMES)))]
            text = frame.format(x=_one(here, rng).local_name)
        else:
            said = _one([i for i in named if i is not item], rng) if kind == "wrong" else item
            lang, text = _caption(said, rng, 0.4)
            if kind == "misspelt":
                text = misspelt(text, rng)
        picture = WEB_PICTURES + int(rng.integers(MIXED_PICTURES))
        text = _filled(text, rng, FILLER_RATE)
        out.append(Row(item.id, picture, lang, text, kind, kind in RELEVANT))
    return out


def named_pool(items: Sequence[Item], rows: int, seed: int = MIXED_SEED) -> list[Row]:
    """The home region by name, without noise: an upper bound for a filter."""
    rng = np.random.default_rng(seed)
    here = [item for item in items if item.region == HOME and not item.held_out]
    out = []
    for _ in range(rows):
        item = _one(here, rng)
        lang, text = _caption(item, rng, 0.4)
        picture = WEB_PICTURES + int(rng.integers(MIXED_PICTURES))
        text = _filled(text, rng, FILLER_RATE)
        out.append(Row(item.id, picture, lang, text, "named", True))
    return out


def misspelt(text: str, rng: np.random.Generator) -> str:
    """One letter dropped, doubled or swapped with the next, anywhere but at the ends."""
    if len(text) < 4:
        return text + text[-1]
    at = int(rng.integers(1, len(text) - 2))
    kind = int(rng.integers(3))
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1 or text[at] == text[at + 1]:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _one(items: Sequence[Item], rng: np.random.Generator) -> Item:
    return items[int(rng.integers(len(items)))]


def _caption(item: Item, rng: np.random.Generator, local_share: float) -> tuple[str, str]:
    every = captions(item, "train")
    local = [text for text in every if text.lang != ENGLISH]
    english = [text for text in every if text.lang == ENGLISH]
    source = local if local and rng.random() < local_share else english
    chosen = source[int(rng.integers(len(source)))]
    return chosen.lang, chosen.text


def _filled(text: str, rng: np.random.Generator, rate: float) -> str:
    """The caption, at `rate` among up to two words before it and two after it."""
    if rng.random() >= rate:
        return text
    before, after = (rng.choice(FILLERS, size=int(rng.integers(3))).tolist() for _ in range(2))
    return " ".join([*before, text, *after])


CARD = """---
license: cc0-1.0
pretty_name: {title}
---
# {title}

**Limits first.** Made by rule, to contain what a filter or a model must cope with: it says nothing
about the real web. Pictures are the training renders of the pocket world (`item`, `seed`);
captions are in `phrasings.csv` and the table of items, not yet verified by native readers.

{what}

`rows.csv`: `item` (what the picture shows), `seed` (which training render), `lang` (ISO 639-3),
`text`, `kind` (how caption and picture belong together) and `relevant` (1 where the picture shows
the home region and the caption does not lie about it). A filter must not look at the last two.

| kind | rows | share |
|---|---|---|
{table}

SHA-256 of `rows.csv`: `{digest}`. Made again, byte for byte, by
`python -m ggez pocket build --world`.
"""

ABOUT = {
    "web": (
        "Pocket web pool",
        f"What the base learns from. An item of Southeast Asia stands in it at {RARITY} of any "
        f"other's frequency, {GENERIC_HOME:.0%} of its captions do not name it (elsewhere "
        f"{GENERIC_ELSEWHERE:.0%}), and {WRONG_RATE:.0%} of all captions name another thing.",
    ),
    "mixed": (
        "Pocket mixed pool",
        "What a regional filter chooses from: names in Latin and local scripts, misspelt names, "
        "regional things seen but not named, names that mean something else (homographs), other "
        "regions, wrong captions and duplicates. "
        "The items held out of tuning are neither shown nor named in it.",
    ),
}


def write_pools(items: Sequence[Item], root: Path) -> dict[str, str]:
    """Write `web` and `mixed` with their cards under `root`; returns their digests."""
    digests = {}
    for name, rows in (("web", web_pool(items)), ("mixed", mixed_pool(items))):
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([field.name for field in fields(Row)])
            writer.writerows((*astuple(row)[:-1], int(row.relevant)) for row in rows)
        digests[name] = hashlib.sha256((folder / "rows.csv").read_bytes()).hexdigest()
        count = Counter(row.kind for row in rows)
        table = "\n".join(
            f"| {kind} | {n} | {n / len(rows):.1%} |" for kind, n in count.most_common()
        )
        title, what = ABOUT[name]
        card = CARD.format(title=title, what=what, table=table, digest=digests[name])
        (folder / "README.md").write_text(card, encoding="utf-8")
    return digests
