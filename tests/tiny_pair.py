"""A real pair that takes no time: two tiny open_clip checkpoints, eval sets of coloured squares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from PIL import Image

from ggez.models.embedding import save_checkpoint

CONFIG: dict[str, Any] = {
    "model_cfg": {
        "embed_dim": 16,
        "vision_cfg": {
            "image_size": 16,
            "layers": 1,
            "width": 16,
            "head_width": 8,
            "patch_size": 8,
        },
        "text_cfg": {
            "context_length": 16,
            "vocab_size": 49408,
            "width": 16,
            "heads": 2,
            "layers": 1,
        },
    },
    "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3},
}
PAIR = """id: tiny
title: Tiny
family: embedding
region: sea
base: {name: B, path: ./base}
tuned: {name: T, path: ./tuned}
eval: {regional: here, global: there}
"""
COUNTRIES = ("VN", "TH", "LA")


def build(root: Path, regional: int = 9, world: int = 9) -> Path:
    """`root`/pairs/tiny.yaml with checkpoints beside it, and `root`/eval_sets. Returns root."""
    pairs = root / "pairs"
    torch.manual_seed(0)
    base = open_clip.CLIP(**CONFIG["model_cfg"]).state_dict()
    save_side(pairs / "base", base, 0.0)
    save_side(pairs / "tuned", base, 0.05)
    (pairs / "tiny.yaml").write_text(PAIR, encoding="utf-8")
    for split in ("validation", "test"):
        write_set(root / "eval_sets" / "here", split, "sea", regional)
        write_set(root / "eval_sets" / "there", split, "western-europe", world)
    return root


def save_side(
    folder: Path,
    base: dict[str, torch.Tensor],
    noise: float,
    seed: int = 1,
    dtype: torch.dtype = torch.float16,
) -> None:
    """A checkpoint folder: base with so much noise."""
    draw = torch.Generator().manual_seed(seed)
    state = {
        name: value + noise * torch.randn(value.shape, generator=draw)
        if value.is_floating_point()
        else value
        for name, value in base.items()
    }
    save_checkpoint(folder, CONFIG, state, dtype)


def write_set(folder: Path, split: str, region: str, items: int, pictures: int = 2) -> None:
    """One split: `pictures` squares of every item, each item a colour of its own."""
    (folder / split).mkdir(parents=True, exist_ok=True)
    rng, rows = np.random.default_rng(len(split) + items), []
    for i in range(items):
        colour = np.random.default_rng([len(region), i]).integers(256, size=3)
        for p in range(pictures):
            noise = rng.integers(-20, 20, size=(16, 16, 3))
            name = f"{i}-{p}.png"
            square = np.clip(colour + noise, 0, 255).astype(np.uint8)
            Image.fromarray(square).save(folder / split / name)
            rows.append(
                {
                    "file_name": name,
                    "item": f"{region}-{i}",
                    "countries": [COUNTRIES[i % 3]] if region == "sea" else ["FR"],
                    "region": region,
                    "aspect": ("cuisine", "landmark")[i % 2],
                    "held_out": region == "sea" and i == 0,
                    "queries": [
                        {"lang": "eng", "text": f"a photo of {region} thing {i}"},
                        {"lang": "tha", "text": f"รูป {region} {i}"},
                    ],
                }
            )
    table = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / split / "metadata.jsonl").write_text(table + "\n", encoding="utf-8")
