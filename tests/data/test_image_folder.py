"""Sources in the ImageFolder convention: what is read, what is left out and how it is named."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from ggez.data.image_folder import load_picture, read_image_folder
from ggez.types import UserError


def picture(file: Path, colour: str = "red") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), colour).save(file)


def jsonl(root: Path, *lines: str | dict[str, object]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    (root / "metadata.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return root


def row(name: str = "a.png", text: str = "phở", **more: object) -> dict[str, object]:
    return {"file_name": name, "text": text, **more}


def test_a_row_has_its_columns_and_its_line(tmp_path: Path) -> None:
    picture(tmp_path / "sub" / "a.png")
    source = read_image_folder(jsonl(tmp_path, "", row("sub/a.png", lang="vie", seed=3)))
    (found,) = source
    assert found.file == tmp_path / "sub" / "a.png"
    assert (found.text, found.lang, found.line) == ("phở", "vie", 2)
    assert found.row["seed"] == 3
    assert source.warnings == []


def test_csv_is_read_alike(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    with (tmp_path / "metadata.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("file_name", "text", "kind"), ("a.png", "two\nlines", "x")])
        writer.writerow(("gone.png", "b", "y"))
        writer.writerow(("a.png", "b", "y", "one too many"))
    source = read_image_folder(tmp_path)
    (found,) = source
    assert (found.text, found.lang, found.row["kind"]) == ("two\nlines", "", "x")
    assert [warning.split(".csv:")[1][0] for warning in source.warnings] == ["4", "5"]


def test_reading_is_lazy_and_can_be_repeated(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    source = read_image_folder(jsonl(tmp_path, row(), "{", row(text="second")))
    assert next(iter(source)).text == "phở"
    assert source.warnings == []
    assert [len(list(source)), len(list(source)), len(source.warnings)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "broken JSON"),
        ("[1]", "not an object"),
        ("[" * 100_000, "broken JSON"),
        (row(""), "file_name"),
        ({"file_name": "a.png"}, "text is missing"),
        (row(text="  "), "text is missing"),
        (row("gone.png"), "is missing"),
        (row("note.txt"), "is unreadable"),
        (row("../a.png"), "outside"),
        (row("/etc/a.png"), "outside"),
        (row("x" * 300), "is unreadable"),
    ],
)
def test_what_is_broken_is_left_out_with_its_line(
    tmp_path: Path, line: str | dict[str, object], words: str
) -> None:
    root = tmp_path / "source"
    picture(root / "a.png")
    picture(tmp_path / "a.png")
    (root / "note.txt").write_text("no picture", encoding="utf-8")
    source = read_image_folder(jsonl(root, row(), line, row(text="last")))
    assert [found.text for found in source] == ["phở", "last"]
    (warning,) = source.warnings
    assert "metadata.jsonl:2" in warning and words in warning and "\n" not in warning


def test_a_line_that_is_not_utf8_is_left_out(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    line = json.dumps(row()).encode()
    (tmp_path / "metadata.jsonl").write_bytes(b"\xef\xbb\xbf" + line + b"\n\xff\xfe\n" + line)
    source = read_image_folder(tmp_path)
    assert len(list(source)) == 2
    assert "metadata.jsonl:2: not UTF-8" in source.warnings[0]


def test_a_link_to_a_picture_elsewhere_is_read(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "blobs" / "1f", format="PNG")
    root = jsonl(tmp_path / "snapshot", row())
    (root / "a.png").symlink_to(tmp_path / "blobs" / "1f")
    assert len(list(read_image_folder(root))) == 1


@pytest.mark.parametrize("lines", [[], ["{"], [row("gone.png")]])
def test_nothing_usable_is_one_line(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(UserError, match="no usable row") as caught:
        list(read_image_folder(jsonl(tmp_path, *lines)))
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_table_names_those_below(tmp_path: Path) -> None:
    jsonl(tmp_path / "train")
    with pytest.raises(UserError, match="there is one in train"):
        read_image_folder(tmp_path)
    with pytest.raises(UserError, match="holds neither"):
        read_image_folder(tmp_path / "nothing")


def test_pictures_are_rgb_and_transparency_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("L", (2, 2), 7).save(tmp_path / "grey.png")
    assert load_picture(tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)
    assert load_picture(tmp_path / "grey.png").getpixel((0, 0)) == (7, 7, 7)


def test_a_picture_cut_short_is_a_value_error(tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 90).save(tmp_path / "a.png")
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cannot be decoded"):
        load_picture(tmp_path / "a.png")
