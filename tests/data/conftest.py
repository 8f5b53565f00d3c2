"""Snapshots of data sets, as a download leaves them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from snapshots import SAMPLES, write_snapshot


@pytest.fixture
def snapshot(tmp_path: Path) -> Callable[..., Path]:
    """`snapshot(name, rows=None, drop=None)`: a folder with the sample of a reader."""

    def make(name: str, rows: list[dict[str, Any]] | None = None, drop: str = "") -> Path:
        sample = SAMPLES[name]
        schema = pa.schema([field for field in sample.schema if field.name != drop])
        mine = [{k: v for k, v in row.items() if k != drop} for row in rows or sample.rows]
        return write_snapshot(tmp_path / f"snapshot-{name}", sample.split, schema, mine)

    return make
