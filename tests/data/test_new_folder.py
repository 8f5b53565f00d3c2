"""Folders that appear whole or not at all. Killed writers: tests/merging/test_export.py."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ggez.data.new_folder import new_folder
from ggez.types import UserError


def test_a_new_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with pytest.raises(RuntimeError), new_folder(out) as folder:
        (folder / "half").write_text("x")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with new_folder(out) as folder:
        (folder / "all").write_text("x")
        assert not out.exists()
    assert [file.name for file in out.parent.iterdir()] == ["out"]
    with pytest.raises(UserError, match="exists already"), new_folder(out):
        pass


def test_a_linked_file_may_be_read_only(tmp_path: Path) -> None:
    source = tmp_path / "picture.png"
    source.write_text("x")
    source.chmod(0o444)
    with new_folder(tmp_path / "out") as folder:
        os.link(source, folder / "picture.png")
    assert (tmp_path / "out" / "picture.png").read_text() == "x"


def test_a_disk_that_refuses_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError) as caught, new_folder(tmp_path / "file" / "out"):
        pass
    assert "\n" not in str(caught.value)
