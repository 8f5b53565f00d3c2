"""`python -m ggez filter`: its output and its errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from ggez.cli import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve flat pictures with captions, two of which name something."""
    root = tmp_path / "source"
    root.mkdir()
    lines = []
    for number in range(12):
        Image.new("RGB", (32, 32), (20 * number, 90, 200 - 9 * number)).save(root / f"{number}.png")
        text = "satay" if number < 2 else f"picture {number}"
        lines.append(json.dumps({"file_name": f"{number}.png", "text": text}))
    (root / "metadata.jsonl").write_text("\n".join([*lines, "{"]), encoding="utf-8")
    return root


def test_json_is_one_document_and_says_what_could_not_be_told(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "kept"
    assert main(["filter", str(folder), "--region", "sea", "--out", str(out), "--json"]) == 0
    told = capsys.readouterr()
    report = json.loads(told.out)
    assert report["rows"] == 12 and report["left_out"] == 1
    assert "metadata.jsonl:13" in report["warnings"][0]
    assert "fewer than 20: nothing that is not named was kept" in report["notes"][0]
    assert report["kept"] == sum(1 for _ in (out / "metadata.jsonl").open(encoding="utf-8")) <= 2
    assert "pictures" in told.err


def test_what_is_there_is_not_replaced(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept").mkdir()
    line = ["filter", str(folder), "--region", "sea", "--out", str(tmp_path / "kept")]
    assert main(line) == 2
    error = capsys.readouterr().err.strip()
    assert "exists already" in error and "\n" not in error


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--region", "atlantis"], "region 'atlantis' is unknown"),
        (["--region", "polynesia"], "region 'polynesia' has no gazetteer (there is: sea)"),
        (["--region", "sea", "--reward-min", "3"], "--reward and --reward-min together"),
    ],
)
def test_a_wrong_input_is_one_line_and_leaves_nothing(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    words: str,
) -> None:
    assert main(["filter", str(folder), "--out", str(tmp_path / "kept"), *options]) == 2
    error = capsys.readouterr().err.strip()
    assert words in error and "\n" not in error
    assert sorted(file.name for file in tmp_path.iterdir()) == ["source"]
