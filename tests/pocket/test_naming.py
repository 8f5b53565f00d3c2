"""The blind naming quiz: written, answered, scored."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from ggez.pocket.naming import DECOYS, score, write_quiz
from ggez.pocket.world import read_world
from ggez.types import UserError

ITEMS = read_world()


def test_a_quiz_can_be_written_answered_and_scored(tmp_path: Path) -> None:
    out = tmp_path / "quiz"
    files = write_quiz(out)
    with Path(files["questions"]).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(ITEMS)
    assert Image.open(out / "001.png").size == (64, 64)
    with DECOYS.open(encoding="utf-8", newline="") as file:
        slot_of = {row["english"]: row["slot"] for row in csv.DictReader(file)}
    assert not slot_of.keys() & {item.english for item in ITEMS}
    slot_of |= {item.english: item.slot for item in ITEMS}
    key = json.loads(Path(files["key"]).read_text(encoding="utf-8"))
    for question in key.values():
        item = next(item for item in ITEMS if item.id == question["item"])
        asked = {question[letter] for letter in "abcd"}
        assert len(asked) == 4
        assert question[question["right"]] == item.english
        assert {slot_of[name] for name in asked} == {item.slot}
        mate = next((i for i in ITEMS if i.id == item.look_alike and i.slot == item.slot), None)
        assert mate is None or mate.english in asked
    answers = tmp_path / "answers.csv"
    answers.write_text("number,answer\n" + "".join(f"{r['number']},a\n" for r in rows))
    found = score(out, answers, tmp_path / "table.csv")
    assert found["asked"] == len(ITEMS) and 0 < found["right"] < len(ITEMS)
    assert len((tmp_path / "table.csv").read_text().splitlines()) == len(ITEMS) + 1
    for text in ("number,answer\n001,e\n", "number,answer\n999,a\n", "x\n"):
        answers.write_text(text)
        with pytest.raises(UserError):
            score(out, answers)
