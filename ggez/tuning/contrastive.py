"""Contrastive fine-tuning of an image-text model, resumable to the bit.

The loss is CLIP's, except that a picture's positives are all captions of the
batch with the same text: with few distinct captions the off-diagonal ones would
otherwise be punished for being right (the soft targets of UniCL, arXiv 2204.03610).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class TuneConfig:
    """A run: `schedule` is "cosine" or "linear" (the paper's), both after `warmup` steps."""

    steps: int
    batch: int
    learning_rate: float
    weight_decay: float = 0.01
    warmup: int = 20
    schedule: str = "linear"
    seed: int = 0
    save_every: int = 200
    augment: bool = False


@dataclass(frozen=True)
class Pairs:
    """Captioned pictures: pixels (N, 3, H, W) uint8, tokens (M, L), which picture and caption.

    A batch takes at most one row of a `group`: in a pool of millions two pictures of one thing
    hardly ever meet in a batch and punish each other; in a small pool they always would.
    """

    pixels: np.ndarray
    tokens: torch.Tensor
    picture: np.ndarray
    caption: np.ndarray
    group: np.ndarray
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


def contrastive_loss(
    image: torch.Tensor, text: torch.Tensor, scale: torch.Tensor, caption: torch.Tensor
) -> torch.Tensor:
    """Symmetric soft-target cross-entropy; `caption` (B,) says which texts are the same."""
    logits = scale * image @ text.T
    same = (caption[:, None] == caption[None, :]).float()
    target = same / same.sum(1, keepdim=True)
    forward = functional.cross_entropy(logits, target)
    return (forward + functional.cross_entropy(logits.T, target)) / 2


def batch_rows(group: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """At most `size` row numbers in random order, no two of one group."""
    drawn = rng.permutation(len(group))
    _, first = np.unique(group[drawn], return_index=True)
    return drawn[np.sort(first)][:size]


def augmented(pixels: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
    """Light, colour cast, place, scale and a patch of one colour, at random per picture.

    Args: pixels (B, 3, H, W) float in 0-255. Never mirrored: a mirrored thing may be a lie.
    """
    count, _, height, width = pixels.shape

    def uniform(low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(*shape, generator=draw)

    place = torch.zeros(count, 2, 3)
    place[:, 0, 0] = place[:, 1, 1] = uniform(0.85, 1.25, count)
    place[:, :, 2] = uniform(-0.15, 0.15, count, 2)
    grid = functional.affine_grid(place, list(pixels.shape), align_corners=False)
    moved = functional.grid_sample(pixels, grid, padding_mode="reflection", align_corners=False)
    light, cast = uniform(0.5, 1.3, count, 1, 1, 1), uniform(0.8, 1.2, count, 3, 1, 1)
    moved = (moved * light * cast + uniform(-30, 40, count, 1, 1, 1)).clamp(0, 255)
    for picture in range(count):
        if float(torch.rand((), generator=draw)) < 0.4:
            size = int(uniform(0.1, 0.4, 1) * height)
            y, x = (int(uniform(0, side - size, 1)) for side in (height, width))
            moved[picture, :, y : y + size, x : x + size] = uniform(0, 255, 3, 1, 1)
    return moved


def learning_rate(config: TuneConfig, step: int) -> float:
    """The rate at a step (0-based)."""
    if step < config.warmup:
        return config.learning_rate * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    factor = (1 + math.cos(math.pi * done)) / 2 if config.schedule == "cosine" else 1 - done
    return config.learning_rate * factor


def run_key(model: nn.Module, pairs: Pairs, config: TuneConfig) -> str:
    """What a run depends on: only a state of the same run may be resumed."""
    total = hashlib.sha256(json.dumps(asdict(config)).encode())
    for value in model.state_dict().values():
        total.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    total.update(pairs.tokens.numpy().tobytes())
    for part in (pairs.picture, pairs.caption, pairs.group):
        total.update(part.tobytes())
    for picture in range(0, len(pairs.pixels), max(1, len(pairs.pixels) // 256)):
        total.update(np.ascontiguousarray(pairs.pixels[picture]).data)
    return total.hexdigest()


def tune(
    model: nn.Module, pairs: Pairs, config: TuneConfig, work: Path, progress: Progress
) -> list[float]:
    """Train `model` in place; returns the losses. Resumes from `work/state.pt` if it fits.

    Batches are a function of (seed, step), so a resumed run is the run.
    """
    work.mkdir(parents=True, exist_ok=True)
    state_file = work / "state.pt"
    key = run_key(model, pairs, config)
    decay = [p for n, p in model.named_parameters() if p.ndim >= 2 and "logit" not in n]
    other = [p for n, p in model.named_parameters() if not (p.ndim >= 2 and "logit" not in n)]
    optimiser = torch.optim.AdamW(
        [
            {"params": decay, "weight_decay": config.weight_decay},
            {"params": other, "weight_decay": 0},
        ],
        lr=config.learning_rate,
        betas=(0.9, 0.98),
    )
    start, losses = 0, []
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        if state["key"] == key:
            model.load_state_dict(state["model"])
            optimiser.load_state_dict(state["optimiser"])
            start, losses = state["step"], state["losses"]
    mean = torch.tensor(pairs.mean).view(1, 3, 1, 1) * 255
    std = torch.tensor(pairs.std).view(1, 3, 1, 1) * 255
    model.train()
    for step in range(start, config.steps):
        rng = np.random.default_rng([config.seed, step])
        rows = batch_rows(pairs.group, config.batch, rng)
        pixels = torch.from_numpy(np.ascontiguousarray(pairs.pixels[pairs.picture[rows]]))
        caption = torch.from_numpy(pairs.caption[rows])
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(config, step)
        floats = pixels.float()
        if config.augment:
            floats = augmented(floats, torch.Generator().manual_seed(config.seed * 10**6 + step))
        image, text, scale = model((floats - mean) / std, pairs.tokens[caption])[:3]
        loss = contrastive_loss(image, text, scale, caption)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))  # type: ignore[operator]
        losses.append(float(loss.detach()))
        progress(step + 1, config.steps, f"loss {np.mean(losses[-20:]):.3f}")
        if (step + 1) % config.save_every == 0 and step + 1 < config.steps:
            temporary = state_file.with_suffix(".tmp")
            torch.save(
                {
                    "key": key,
                    "model": model.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step + 1,
                    "losses": losses,
                },
                temporary,
            )
            temporary.replace(state_file)
    model.eval()
    return losses
