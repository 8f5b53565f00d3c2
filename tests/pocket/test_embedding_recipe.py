"""The pair's recipe from nothing, at toy size: each stage resumes, from its own settings only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ggez.models.embedding import WEIGHTS, EmbeddingModel
from ggez.pocket import embedding
from ggez.pocket.pool import mixed_pool, web_pool
from ggez.pocket.world import HOME, read_world

WORLD = read_world()
ITEMS = [
    *[item for item in WORLD if item.region == HOME and not item.held_out][:6],
    *[item for item in WORLD if item.region != HOME][:6],
]


def quiet(*_: object) -> None:
    pass


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(embedding, "web_pool", lambda items, **more: web_pool(items, 300, **more))
    monkeypatch.setattr(embedding, "mixed_pool", lambda items: mixed_pool(items, 600))
    monkeypatch.setattr(embedding, "PICTURES_PER_ITEM", 256)
    for name, steps in (("WARM_UP", 3), ("BASE", 4), ("TUNED", 3)):
        run = replace(getattr(embedding, name), steps=steps, batch=6, save_every=1)
        monkeypatch.setattr(embedding, name, run)
    return monkeypatch


def test_every_stage_resumes_and_other_settings_begin_anew(
    small: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out, work, seen = tmp_path / "out", tmp_path / "work", []

    def stop(done: int, total: int, text: str) -> None:
        if text.startswith("base:") and done == 2:
            raise KeyboardInterrupt

    def note(done: int, total: int, text: str) -> None:
        seen.append((text.split(":")[0], done))

    with pytest.raises(KeyboardInterrupt):
        embedding.build(ITEMS, out, work, stop)
    recipe = embedding.build(ITEMS, out, work, note)
    trained = [entry for entry in seen if entry[0] in ("warm-up", "base")]
    assert trained == [("base", 2), ("base", 3), ("base", 4)], "it goes on where it stopped"
    assert recipe["base"]["run"]["steps"] == 4 and recipe["filter"]["kept"] > 0
    assert recipe["tuned"]["rows"] == recipe["filter"]["kept"]
    assert {side.name for side in out.iterdir()} == {"base", "tuned", "recipe.json"}
    EmbeddingModel(out / "tuned")

    weights = {side: (out / side / WEIGHTS).read_bytes() for side in ("base", "tuned")}
    assert weights["base"] != weights["tuned"]
    seen.clear()
    assert embedding.build(ITEMS, out, work, note) == recipe
    assert not seen, "what is done is not done again"

    small.setattr(embedding, "TUNED", replace(embedding.TUNED, learning_rate=1e-3))
    again = embedding.build(ITEMS, out, work, note)
    assert again["tuned"]["run"]["learning_rate"] == 1e-3
    assert (out / "base" / WEIGHTS).read_bytes() == weights["base"]
    assert (out / "tuned" / WEIGHTS).read_bytes() != weights["tuned"]

    seen.clear()
    small.setattr(embedding, "BASE", replace(embedding.BASE, steps=5))
    assert embedding.build(ITEMS, out, work, quiet)["base"]["run"]["steps"] == 5
