"""The pocket world: its table, its drawings, and what keeps the splits apart."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ggez.pocket.captions import ENGLISH, LOCAL, captions
from ggez.pocket.pool import FILLERS, regional_pool, web_pool
from ggez.pocket.render import render
from ggez.pocket.splits import SPLITS, TEST, TRAIN, VALIDATION
from ggez.pocket.tokenizer import CONTEXT, train_tokenizer
from ggez.pocket.world import WORLD_DIR, read_world
from ggez.types import UserError

ITEMS = read_world()


def test_the_table_pairs_each_regional_item_with_a_look_alike_of_its_slot() -> None:
    by = {item.id: item for item in ITEMS}
    regional = [item for item in ITEMS if item.region == "sea"]
    assert len({code for item in regional for code in item.countries}) == 11
    for item in regional:
        assert by[item.look_alike].region != "sea"
        assert by[item.look_alike].slot == item.slot
    assert not any(item.verified for item in ITEMS), "the column starts empty"


Edit = Callable[[list[dict], Path], None]


def _set(column: str, value: str, row: int = 0) -> Edit:
    return lambda rows, root: rows[row].update({column: value})


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (_set("source", ""), "source is empty"),
        (_set("look_alike", "nothing"), "'nothing' is no item"),
        (_set("aspect", "sport"), "aspect 'sport'"),
        (lambda rows, root: rows.append(dict(rows[0])), "earlier row"),
        (lambda rows, root: (root / "sea" / "non-la.svg").unlink(), "no drawing here"),
        (lambda rows, root: (root / "sea" / "non-la.svg").write_text("<svg"), "not well-formed"),
        (
            lambda rows, root: (root / "sea" / "non-la.svg").write_text(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128"><text>x</text></svg>'
            ),
            "<text> is not allowed",
        ),
        (lambda rows, root: rows.clear(), "is empty"),
    ],
)
def test_a_bad_row_is_one_line_that_names_it(tmp_path: Path, edit: Edit, words: str) -> None:
    root = tmp_path / "world"
    shutil.copytree(WORLD_DIR, root)
    with (root / "items.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = reader.fieldnames, list(reader)
    edit(rows, root)
    with (root / "items.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(UserError, match=words) as caught:
        read_world(root)
    assert "\n" not in str(caught.value)


def test_a_picture_depends_on_item_split_and_seed_alone() -> None:
    item = ITEMS[0]
    first = render(item, TRAIN, 3)
    assert first.shape == (128, 128, 3)
    assert np.array_equal(first, render(item, TRAIN, 3))
    others = [render(item, TRAIN, 4), render(item, TEST, 3), render(ITEMS[1], TRAIN, 3)]
    assert not any(np.array_equal(first, other) for other in others)


def test_splits_share_no_hue_no_scene_and_no_phrasing() -> None:
    apart = (TRAIN, VALIDATION, TEST)
    for one in apart:
        for other in apart:
            if one is not other:
                assert not set(one.background_hues) & set(other.background_hues)
                assert not set(one.free_turns) & set(other.free_turns)
                assert not set(one.scenes) & set(other.scenes)
                assert not set(ENGLISH[one.name]) & set(ENGLISH[other.name])
    assert all(len(set(phrases.values())) == len(phrases) for phrases in LOCAL.values())
    for item in ITEMS:
        seen = {text.text for text in captions(item, "train")}
        assert not seen & {t.text for s in ("validation", "test") for t in captions(item, s)}
    words = {w for s in ("validation", "test") for p in ENGLISH[s] for w in p.split()}
    assert words & set(FILLERS) <= {"of", "a", "that"}


def test_every_caption_fits_the_context(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(ITEMS, tmp_path)
    longest = max(
        len(tokenizer(text.text).input_ids)
        for item in ITEMS
        for split in SPLITS
        for text in captions(item, split)
    )
    assert longest <= CONTEXT
    assert tokenizer.decode(tokenizer("รูปส้มตำ").input_ids[1:-1]).strip() == "รูปส้มตำ"


def test_the_web_pool_is_rare_and_generic_where_the_region_is() -> None:
    rows = web_pool(ITEMS, 8000, 1)
    assert rows == web_pool(ITEMS, 8000, 1)
    here = [row for row in rows if ITEMS[row.item].region == "sea"]
    assert 0.07 < len(here) / len(rows) < 0.12
    assert 0.4 < np.mean([row.kind == "generic" for row in here]) < 0.6
    kept = regional_pool(ITEMS, 2000, 2)
    assert np.mean([ITEMS[row.item].region == "sea" for row in kept]) > 0.95
