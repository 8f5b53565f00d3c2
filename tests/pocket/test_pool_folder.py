"""A pool as a folder: every row, every picture once, the very pixels of the renderer."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ggez.data.image_folder import read_image_folder
from ggez.pocket.pool import mixed_pool
from ggez.pocket.pool_folder import file_name, write_pool_folder, write_rows
from ggez.pocket.render import render
from ggez.pocket.splits import TRAIN
from ggez.pocket.world import read_world
from ggez.types import UserError

ITEMS = read_world()
ROWS = mixed_pool(ITEMS, 80, 2)


def test_rows_and_pictures_are_the_pool_s(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    out = tmp_path / "pool"
    report = write_rows(ITEMS, ROWS, out, lambda done, total, text: told.append((done, total)))
    wanted = {(row.item, row.seed) for row in ROWS}
    assert report == {"rows": 80, "pictures": len(wanted), "out": str(out)}
    assert told[-1] == (len(wanted), len(wanted))
    assert len(list(out.rglob("*.png"))) == len(wanted)
    source = read_image_folder(out)
    found = [
        (r.row["item"], r.row["seed"], r.lang, r.text, r.row["kind"], r.row["relevant"])
        for r in source
    ]
    assert found == [(r.item, r.seed, r.lang, r.text, r.kind, int(r.relevant)) for r in ROWS]
    assert source.warnings == []
    by_id = {item.id: item for item in ITEMS}
    for item, seed in sorted(wanted)[:5]:
        picture = np.asarray(Image.open(out / file_name(item, seed)))
        assert np.array_equal(picture, render(by_id[item], TRAIN, seed))


def test_a_picture_stands_once_however_many_rows_it_has(tmp_path: Path) -> None:
    rows = [ROWS[0], ROWS[0], ROWS[1]]
    write_rows(ITEMS, rows, tmp_path / "pool", lambda *_: None, size=32)
    files = Counter(row.file for row in read_image_folder(tmp_path / "pool"))
    assert sorted(files.values()) == [1, 2]


def test_another_pool_or_a_folder_that_exists_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="choose: mixed, web"):
        write_pool_folder("named", tmp_path / "pool", lambda *_: None)
    with pytest.raises(UserError, match="exists already"):
        write_rows(ITEMS, ROWS, tmp_path, lambda *_: None)
