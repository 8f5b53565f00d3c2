"""Fine-tuning: a run that was interrupted ends where the uninterrupted one ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch

from ggez.merging.live import weights_digest
from ggez.tuning.contrastive import (
    Pairs,
    TuneConfig,
    augmented,
    batch_rows,
    contrastive_loss,
    learning_rate,
    tune,
)  # fmt: skip

CONFIG = TuneConfig(
    steps=6, batch=4, learning_rate=1e-3, warmup=2, save_every=2, seed=3, augment=True
)


def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return open_clip.CLIP(
        embed_dim=16,
        vision_cfg={"image_size": 16, "layers": 1, "width": 32, "head_width": 16, "patch_size": 8},
        text_cfg={"context_length": 8, "vocab_size": 20, "width": 32, "heads": 2, "layers": 1},
    )


def pairs() -> Pairs:
    rng = np.random.default_rng(0)
    return Pairs(
        pixels=rng.integers(0, 255, (12, 3, 16, 16), dtype=np.uint8),
        tokens=torch.from_numpy(rng.integers(1, 19, (6, 8))),
        picture=np.arange(12),
        caption=np.arange(12) % 6,
        group=np.arange(12) % 5,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
    )


def quiet(*_: object) -> None:
    pass


@pytest.mark.parametrize("stop", [1, 4, 5])
def test_a_resumed_run_is_the_run(tmp_path: Path, stop: int) -> None:
    whole, parts = model(), model()
    losses = tune(whole, pairs(), CONFIG, tmp_path / "whole", quiet)

    def interrupt(done: int, *_: object) -> None:
        if done == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(parts, pairs(), CONFIG, tmp_path / "parts", interrupt)
    resumed = model()
    assert tune(resumed, pairs(), CONFIG, tmp_path / "parts", quiet) == losses
    assert weights_digest(resumed.state_dict()) == weights_digest(whole.state_dict())
    assert weights_digest(whole.state_dict()) != weights_digest(model().state_dict())


def test_no_two_rows_of_a_group_meet_in_a_batch() -> None:
    group = np.repeat(np.arange(7), 5)
    for seed in range(20):
        rows = batch_rows(group, 6, np.random.default_rng(seed))
        assert len(rows) == len(set(group[rows].tolist())) == 6
    assert len(batch_rows(group, 50, np.random.default_rng(0))) == 7


def test_equal_captions_are_no_negatives() -> None:
    image = torch.nn.functional.normalize(torch.ones(2, 4), dim=1)
    same = contrastive_loss(image, image, torch.tensor(10.0), torch.tensor([1, 1]))
    assert float(same) == pytest.approx(np.log(2), abs=1e-5)


def test_the_rate_rises_then_falls_to_nothing() -> None:
    rates = [learning_rate(CONFIG, step) for step in range(7)]
    assert rates[0] < rates[1] == CONFIG.learning_rate
    assert rates[-1] == pytest.approx(0)


def test_a_run_of_another_config_does_not_resume_this_one(tmp_path: Path) -> None:
    other = replace(CONFIG, seed=4)
    tune(model(), pairs(), CONFIG, tmp_path / "shared", quiet)
    one, two = model(), model()
    losses = tune(one, pairs(), other, tmp_path / "shared", quiet)
    assert losses == tune(two, pairs(), other, tmp_path / "own", quiet)
    assert weights_digest(one.state_dict()) == weights_digest(two.state_dict())


def test_a_run_is_resumed_and_not_made_again(tmp_path: Path) -> None:
    steps: list[int] = []
    tune(model(), pairs(), CONFIG, tmp_path, quiet)
    tune(model(), pairs(), CONFIG, tmp_path, lambda done, *_: steps.append(done))
    assert steps == [5, 6], "the last save is at step 4"
    assert [file.name for file in tmp_path.iterdir()] == ["state.pt"]


def test_a_run_on_other_data_does_not_resume_this_one(tmp_path: Path) -> None:
    other = replace(pairs(), pixels=255 - pairs().pixels)
    tune(model(), pairs(), CONFIG, tmp_path / "shared", quiet)
    losses = tune(model(), other, CONFIG, tmp_path / "shared", quiet)
    assert losses == tune(model(), other, CONFIG, tmp_path / "own", quiet)


def test_augmenting_keeps_shape_and_range_and_follows_its_draw() -> None:
    pixels = torch.from_numpy(pairs().pixels).float()
    one, same, other = (augmented(pixels, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.shape == pixels.shape
    assert 0 <= float(one.min()) <= float(one.max()) <= 255
