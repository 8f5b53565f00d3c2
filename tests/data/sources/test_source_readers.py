"""The contract of every reader in the folder, on small files of the Hub's schemas."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from snapshots import SAMPLES, jpeg, write_snapshot

from ggez.data.sources import reader, readers
from ggez.data.sources.record import Record
from ggez.data.sources.shards import BATCH
from ggez.regions import country
from ggez.types import UserError

Make = Callable[..., Path]


@pytest.fixture(params=readers())
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def read(name: str, folder: Path) -> list[Record]:
    return list(reader(name).read(folder, SAMPLES[name].split))


def fails(name: str, folder: Path, split: str | None = None) -> str:
    with pytest.raises(UserError) as caught:
        list(reader(name).read(folder, split or SAMPLES[name].split))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_three_are_found_and_an_unknown_one_names_them() -> None:
    assert {"cvqa", "xm3600", "sea-vl"} <= set(readers())
    with pytest.raises(UserError, match="cvqa, sea-vl, xm3600"):
        reader("../cvqa")


def test_a_reader_says_what_it_reads(name: str) -> None:
    found = reader(name)
    assert name == found.NAME
    for text in (found.TITLE, found.SOURCE, found.LICENCE, found.LIMITS, found.__doc__):
        assert text.strip()
    assert "item" in found.__doc__
    assert set(found.COLUMNS) <= set(SAMPLES[name].schema.names)
    assert found.LICENCE.lower() == found.LICENCE


def test_every_row_is_read_in_order_over_files_and_row_groups(name: str, snapshot: Make) -> None:
    folder, sample = snapshot(name), SAMPLES[name]
    files = sorted((folder / "data").iterdir())
    assert [pq.read_metadata(file).num_row_groups for file in files] == [2, 2]
    found = read(name, folder)
    assert [record.id for record in found] == [row[sample.id] for row in sample.rows]
    assert [record.image for record in found] == [row["image"]["bytes"] for row in sample.rows]
    assert found[0].where == f"{files[0]}:1"
    last = len(found) - (len(found) + 1) // 2
    assert found[-1].where == f"{files[1]}:{last}"


def test_a_record_has_codes_that_exist_and_no_warning(name: str, snapshot: Make) -> None:
    for record in read(name, snapshot(name)):
        assert record.warnings == ()
        assert record.item
        for code in record.countries + record.candidates:
            assert country(code).iso2 == code
        assert not (record.countries and record.candidates)
        texts = record.texts
        if record.question:
            texts += (record.question.text, *record.question.options)
        assert texts
        assert all(len(text.lang) == 3 and text.text for text in texts)


def test_each_column_that_is_missing_is_named_with_its_file(name: str, snapshot: Make) -> None:
    for column in reader(name).COLUMNS:
        line = fails(name, snapshot(name, drop=column))
        assert repr(column) in line.split("(found")[0]
        assert "-00000-of-00002.parquet" in line


def test_an_empty_value_never_stops_the_reading(name: str, snapshot: Make) -> None:
    sample = SAMPLES[name]
    full = read(name, snapshot(name))
    for column in set(reader(name).COLUMNS) - {"image"}:
        rows = [dict(row) for row in sample.rows]
        rows[1][column] = None
        found = read(name, snapshot(name, rows))
        assert len(found) == len(rows)
        assert found[1].item
        assert set(found[1].countries) <= set(full[1].countries)
        assert found[0] == full[0]
        assert all("\n" not in line and ":2: column " in line for line in found[1].warnings)


def test_a_split_that_is_not_there_names_those_that_are(name: str, snapshot: Make) -> None:
    line = fails(name, snapshot(name), "nonsense")
    assert "data/nonsense-*.parquet" in line
    assert f"splits are: {SAMPLES[name].split}" in line
    assert "splits are" in fails(name, snapshot(name), "*")
    assert "no such folder" in fails(name, Path("nowhere"))


def test_a_file_that_is_missing_is_named(name: str, snapshot: Make) -> None:
    folder = snapshot(name)
    gone = folder / "data" / f"{SAMPLES[name].split}-00000-of-00002.parquet"
    gone.unlink()
    assert str(gone) in fails(name, folder)


def test_a_file_that_is_no_parquet_is_named_before_the_first_row(name: str, snapshot: Make) -> None:
    folder = snapshot(name)
    last = folder / "data" / f"{SAMPLES[name].split}-00001-of-00002.parquet"
    last.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 196442225\n")
    with pytest.raises(UserError, match="Git LFS pointer") as caught:
        reader(name).read(folder, SAMPLES[name].split)
    assert str(last) in str(caught.value)


@pytest.mark.parametrize(
    "broken", [b"", b"<html>not found</html>", None], ids=["empty", "a page", "null"]
)
def test_a_broken_picture_is_named_by_file_row_and_column(
    name: str, snapshot: Make, broken: bytes | None
) -> None:
    rows = [dict(row) for row in SAMPLES[name].rows]
    rows[-1]["image"] = {"bytes": broken, "path": None}
    line = fails(name, snapshot(name, rows))
    assert "-00001-of-00002.parquet:" in line
    assert "column 'image'" in line


def test_a_picture_that_is_null_as_a_whole_is_named(name: str, snapshot: Make) -> None:
    rows = [dict(row) for row in SAMPLES[name].rows]
    rows[0]["image"] = None
    assert ".parquet:1: column 'image'" in fails(name, snapshot(name, rows))


@pytest.mark.parametrize("place", ["", "data"])
def test_files_may_lie_in_data_or_beside_the_card(name: str, tmp_path: Path, place: str) -> None:
    sample = SAMPLES[name]
    made = write_snapshot(tmp_path / "made", sample.split, sample.schema, sample.rows, shards=1)
    (tmp_path / "other" / place).mkdir(parents=True)
    # the suffix that older uploads have
    target = tmp_path / "other" / place / f"{sample.split}-00000-of-00001-e922aa4a36d6fa72.parquet"
    next((made / "data").iterdir()).rename(target)
    assert len(read(name, tmp_path / "other")) == len(sample.rows)


def test_a_set_never_lies_whole_in_memory(name: str, tmp_path: Path) -> None:
    sample, size, count = SAMPLES[name], 100_000, 320
    rows: list[dict[str, Any]] = []
    for number in range(count):
        # what follows a JPEG's end is no part of it, and random bytes are not compressed away
        heavy = {"bytes": jpeg(number) + os.urandom(size), "path": None}
        rows.append(sample.rows[number % len(sample.rows)] | {"image": heavy})
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / f"{sample.split}-00000-of-00001.parquet"
    table = pa.Table.from_pylist(rows, schema=sample.schema)
    pq.write_table(table, file, row_group_size=16)
    del rows, table
    before, most, seen = pa.total_allocated_bytes(), 0, 0
    for _ in reader(name).read(tmp_path, sample.split):
        most = max(most, pa.total_allocated_bytes() - before)
        seen += 1
    assert seen == count
    assert most < 4 * BATCH * size < size * count / 2
