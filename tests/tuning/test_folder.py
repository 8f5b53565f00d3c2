"""Tuning on a folder of captioned pictures, as the regional filter writes it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ggez.models.embedding import EmbeddingModel, read_weights
from ggez.paths import ASSETS
from ggez.tuning.contrastive import TuneConfig
from ggez.tuning.folder import tune_folder
from ggez.types import UserError

BASE = ASSETS / "pocket" / "embedding" / "base"
CONFIG = TuneConfig(steps=3, batch=4, learning_rate=1e-4, warmup=1, save_every=1, seed=3)


def quiet(*_: object) -> None:
    pass


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for number in range(8):
        picture = Image.fromarray(rng.integers(0, 255, (40, 48, 3), dtype=np.uint8))
        picture.save(folder / f"{number}.png")
        group = ["tais", "non la", "pho"][number % 3]
        rows.append({"file_name": f"{number}.png", "text": f"a {group} {number}", "group": group})
    (folder / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


def test_the_tuned_side_is_a_checkpoint_of_the_same_kind(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "tuned"
    recipe = tune_folder(BASE, data, out, CONFIG, quiet)
    assert (recipe["rows"], recipe["pictures"], recipe["groups"]) == (8, 8, 3)
    assert json.loads((out / "recipe.json").read_text(encoding="utf-8")) == recipe
    before, after = read_weights(BASE), read_weights(out)
    assert before.keys() == after.keys()
    assert all(after[name].dtype == before[name].dtype for name in before)
    assert any(not torch.equal(after[name], before[name]) for name in before)
    row = EmbeddingModel(out).encode_tokens(EmbeddingModel(out).tokens(["nón lá"]))[0]
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_an_interrupted_run_goes_on(data: Path, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    tune_folder(BASE, data, whole, CONFIG, quiet)

    def interrupt(done: int, total: int, _: str) -> None:
        if (done, total) == (2, CONFIG.steps):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune_folder(BASE, data, parts, CONFIG, interrupt)
    assert not parts.exists()
    tune_folder(BASE, data, parts, CONFIG, quiet)
    one, other = read_weights(whole), read_weights(parts)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_bad_input_is_one_line(data: Path, tmp_path: Path) -> None:
    def line(base: Path, source: Path, out: Path) -> str:
        with pytest.raises(UserError) as caught:
            tune_folder(base, source, out, CONFIG, quiet)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "exists already" in line(BASE, data, data)
    assert "no such folder" in line(tmp_path / "nowhere", data, tmp_path / "out")
    assert "metadata.jsonl" in line(BASE, tmp_path, tmp_path / "out")
    rows = [json.dumps({"file_name": f"{n}.png", "text": f"{n}", "group": "pho"}) for n in range(3)]
    (data / "metadata.jsonl").write_text("\n".join(rows), encoding="utf-8")
    assert "about one thing" in line(BASE, data, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_groups_rows_of_one_caption_are_one(data: Path, tmp_path: Path) -> None:
    rows = [json.dumps({"file_name": f"{n}.png", "text": f"{n % 4}"}) for n in range(8)]
    (data / "metadata.jsonl").write_text("\n".join(rows), encoding="utf-8")
    recipe = tune_folder(BASE, data, tmp_path / "out", replace(CONFIG, steps=1), quiet)
    assert recipe["groups"] == 4
