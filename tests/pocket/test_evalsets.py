"""The committed eval sets are what the drawings and tables make, to the byte."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from ggez.data import read_eval_set
from ggez.paths import EVAL_SETS
from ggez.pocket.evalsets import PICTURES, write_eval_sets
from ggez.pocket.world import HOME, read_world

ITEMS = read_world()


def test_they_are_made_again_with_the_same_bytes(tmp_path: Path) -> None:
    write_eval_sets(ITEMS, tmp_path, lambda *_: None)
    for name in PICTURES:
        made, there = (
            {
                str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
                for file in sorted((root / name).rglob("*"))
                if file.is_file()
            }
            for root in (tmp_path, EVAL_SETS)
        )
        odd = sorted(k for k in made.keys() | there.keys() if made.get(k) != there.get(k))
        assert not odd, (
            f"{len(odd)} files differ, e.g. {odd[0]}; python -m ggez pocket build --world"
        )


@pytest.mark.parametrize(("name", "least"), [("pocket-sea", 600), ("pocket-world", 1500)])
def test_they_are_large_enough_and_whole(name: str, least: int) -> None:
    test = read_eval_set(EVAL_SETS / name, "test")
    assert len(test.cases) >= least
    assert not test.warnings
    members = {item.id for item in ITEMS if (item.region == HOME) == (name == "pocket-sea")}
    for split, count in PICTURES[name].items():
        cases = read_eval_set(EVAL_SETS / name, split).cases
        assert Counter(case.item for case in cases) == dict.fromkeys(members, count)


@pytest.mark.parametrize("name", list(PICTURES))
def test_validation_and_test_share_no_query_and_no_picture(name: str) -> None:
    splits = [read_eval_set(EVAL_SETS / name, split) for split in ("validation", "test")]
    queries = [{q.text for case in split.cases for q in case.queries} for split in splits]
    assert not queries[0] & queries[1]
    pictures = [
        {
            hashlib.sha256(file.read_bytes()).hexdigest()
            for file in Path(s.root, s.split).glob("*.webp")
        }
        for s in splits
    ]
    assert not pictures[0] & pictures[1]


def test_a_card_says_its_limits_first_and_its_digests() -> None:
    for name in PICTURES:
        card = (EVAL_SETS / name / "README.md").read_text(encoding="utf-8")
        assert card.split("---", 2)[2].split("\n# ", 1)[1].split("\n\n")[1].startswith("**Limits")
        assert "license: cc0-1.0" in card
        for split in PICTURES[name]:
            assert read_eval_set(EVAL_SETS / name, split).digest in card
