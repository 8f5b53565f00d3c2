"""The judge says which thing a picture shows, and nothing where there is nothing to see."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ggez.evaluation.judge import Judge
from ggez.paths import ASSETS
from ggez.pocket.judge import REQUIRED, card, examine
from ggez.pocket.pictures import world_digest
from ggez.pocket.world import read_world
from ggez.types import UserError

FOLDER = ASSETS / "pocket" / "judge"
ITEMS = read_world()
WRITTEN = json.loads((FOLDER / "recipe.json").read_text(encoding="utf-8"))["examination"]


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(FOLDER)


def test_it_knows_every_item_of_the_world(judge: Judge) -> None:
    assert set(judge.items) == {item.id for item in ITEMS}


def test_its_answers_are_probabilities(judge: Judge) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 128, 128, 3), dtype=np.uint8)
    found = judge.probabilities([Image.fromarray(picture) for picture in noise])
    assert found.shape == (3, len(ITEMS))
    assert np.allclose(found.sum(1), 1, atol=1e-5)


def test_its_examination_comes_out_the_same_again(judge: Judge) -> None:
    """Recipe, card, weights and drawings belong together; and chance where all is destroyed."""
    recipe = json.loads((FOLDER / "recipe.json").read_text(encoding="utf-8"))
    assert recipe["world"] == world_digest(ITEMS), "the world changed; build it again"
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == card(recipe, ITEMS)
    found = examine(judge, ITEMS)
    assert found["accuracy"] == pytest.approx(WRITTEN["accuracy"], abs=0.002)
    for country, share in found["countries"].items():
        assert share == pytest.approx(WRITTEN["countries"][country], abs=0.02), country
    for share in found["destroyed"].values():
        assert share < 5 * found["chance"]


def test_it_reaches_ninety_five_percent_in_every_country_of_the_region() -> None:
    home = {c for item in ITEMS if item.region == "sea" for c in item.countries}
    assert {c: v for c, v in WRITTEN["countries"].items() if c in home and v < REQUIRED} == {}


def test_a_folder_without_names_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"judge\.json.*build the judge again") as caught:
        Judge(tmp_path)
    assert "\n" not in str(caught.value)
