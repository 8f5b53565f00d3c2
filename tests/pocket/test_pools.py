"""The pools: deterministic, labelled, and as noisy as their cards say."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from ggez.pocket.captions import generic
from ggez.pocket.pool import (
    MIXED_SHARES,
    RARITY,
    RELEVANT,
    WEB_PICTURES,
    misspelt,
    mixed_pool,
    named_pool,
    web_pool,
    write_pools,
)
from ggez.pocket.world import HOME, WORLD_DIR, read_world

ITEMS = read_world()
BY = {item.id: item for item in ITEMS}


def test_the_web_pool_is_rare_and_generic_where_the_region_is() -> None:
    rows = web_pool(ITEMS, 8000, 1)
    assert rows == web_pool(ITEMS, 8000, 1)
    here = [row for row in rows if BY[row.item].region == HOME]
    wanted = sum(item.region == HOME for item in ITEMS) * RARITY
    wanted /= wanted + sum(item.region != HOME for item in ITEMS)
    assert abs(len(here) / len(rows) - wanted) < 0.02
    assert 0.4 < np.mean([row.kind == "unnamed" for row in here]) < 0.6
    assert all(row.seed < WEB_PICTURES for row in rows)


def test_the_mixed_pool_holds_what_its_labels_say() -> None:
    rows = mixed_pool(ITEMS, 6000, 3)
    assert rows == mixed_pool(ITEMS, 6000, 3)
    shares = Counter(row.kind for row in rows)
    for kind, share in MIXED_SHARES.items():
        assert abs(shares[kind] / len(rows) - share) < 0.03, kind
    seen: set[tuple[str, int, str]] = set()
    for row in rows:
        item = BY[row.item]
        assert row.relevant == (row.kind in RELEVANT)
        assert not item.held_out
        assert row.seed >= WEB_PICTURES, "no picture of the web pool"
        if row.relevant:
            assert item.region == HOME
        if row.kind in ("homograph", "elsewhere", "elsewhere-unnamed"):
            assert item.region != HOME
        if row.kind == "unnamed":
            assert item.generic_caption in row.text
            assert item.english not in row.text
        if row.kind == "duplicate":
            assert (row.item, row.seed, row.text) in seen
        seen.add((row.item, row.seed, row.text))


def test_held_out_items_are_in_no_pool_that_a_side_is_tuned_on() -> None:
    items = [replace(item, held_out=item.id == "non-la") for item in ITEMS]
    for rows in (mixed_pool(items, 4000, 3), named_pool(items, 2000)):
        assert "non-la" not in {row.item for row in rows}
        assert not any("nón lá" in row.text or "non la" in row.text for row in rows)
    assert "non-la" in {row.item for row in web_pool(items, 8000, 1)}


def test_a_misspelling_changes_one_letter_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        wrong = misspelt("tumpeng rice", rng)
        assert wrong != "tumpeng rice" and abs(len(wrong) - 12) <= 1
    assert misspelt("pho", rng) == "phoo"


def test_the_written_pools_are_the_committed_ones(tmp_path: Path) -> None:
    digests = write_pools(ITEMS, tmp_path)
    for name, digest in digests.items():
        for file in ("rows.csv", "README.md"):
            there = WORLD_DIR / "pools" / name / file
            assert (tmp_path / name / file).read_bytes() == there.read_bytes(), (
                f"{there} is not what the tables say; run python -m ggez pocket build --world"
            )
        assert digest in (tmp_path / name / "README.md").read_text(encoding="utf-8")
    with (tmp_path / "mixed" / "rows.csv").open(encoding="utf-8", newline="") as file_:
        rows = list(csv.DictReader(file_))
    assert set(rows[0]) == {"item", "seed", "lang", "text", "kind", "relevant"}


def test_generic_captions_name_nothing() -> None:
    for item in ITEMS:
        for phrase in range(4):
            assert item.english.casefold() not in generic(item, phrase).text.casefold()
