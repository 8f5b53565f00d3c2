"""The command line: exit codes, one line for bad input, one document with --json."""

from __future__ import annotations

import json

import pytest

from ggez.cli import main, parse_alphas
from ggez.types import GRID


@pytest.mark.parametrize(
    "argv",
    [
        ["sweep", "no-such-pair"],
        ["sweep", "pocket-embedding", "--split", "train"],
        ["sweep", "pocket-embedding", "--alphas", "0:2:0.1"],
        ["sweep", "pocket-embedding", "--alphas", "zero"],
        ["recommend", "paper-siglip2"],
        ["regions", "atlantis"],
        ["regions", "--kof", "no-such-file.csv"],
        ["pocket", "build"],
        ["pocket", "build", "--family", "audio"],
    ],
)
def test_bad_input_is_one_line_and_exit_2(argv: list[str], capsys: pytest.CaptureFixture) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_json_is_one_document(capsys: pytest.CaptureFixture) -> None:
    assert main(["regions", "sea", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert main(["sweep", "paper-siglip2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["global_weight"] == pytest.approx(0.434, abs=5e-4)
    assert [point["alpha"] for point in document["points"]] == [0, 0.25, 0.5, 0.75, 1]


def test_alphas() -> None:
    assert parse_alphas(None) == GRID
    assert tuple(parse_alphas("0:1:0.05")) == GRID
    assert parse_alphas("1,0.3") == [0.0, 0.3, 1.0]
