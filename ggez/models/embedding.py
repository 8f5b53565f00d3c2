"""The vision-language embedding family, as open_clip keeps it.

A checkpoint is a folder with `open_clip_config.json`, `open_clip_model.safetensors` and,
where the config names a Hub-style tokenizer, its tokenizer files: what open_clip itself opens
as `local-dir:` and what `push_to_hf_hub` writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from ggez.types import UserError

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"
IMAGE, TEXT, HEAD = "image tower", "text tower", "head"


def component_of(name: str) -> str:
    """Which part of the model a tensor belongs to; scale and bias of the logits move together."""
    if name in ("logit_scale", "logit_bias"):
        return HEAD
    return IMAGE if name.startswith("visual.") else TEXT


def check_folder(folder: Path) -> None:
    """Raise UserError in one line if this is no open_clip folder."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give a folder that holds {CONFIG}")
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise UserError(f"{folder}: {name} is missing; this is no open_clip checkpoint folder")


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The stored state in storage dtype."""
    try:
        return load_file(folder / WEIGHTS)
    except SafetensorError as error:
        raise UserError(
            f"{folder / WEIGHTS}: not a readable safetensors file ({error}); fetch it again"
        ) from None


def save_checkpoint(
    folder: Path, config: dict[str, Any], state: dict[str, torch.Tensor], dtype: torch.dtype
) -> None:
    """Write config and weights in open_clip's layout. Tokenizer files are the caller's."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    stored = {
        name: (value.to(dtype) if value.is_floating_point() else value).contiguous()
        for name, value in state.items()
    }
    save_file(stored, folder / WEIGHTS, metadata={"format": "pt"})


class EmbeddingModel:
    """One open_clip model that computes in fp32 on the CPU whatever its storage dtype."""

    def __init__(self, folder: Path) -> None:
        check_folder(folder)
        name = f"local-dir:{folder}"
        try:
            self.model, _, self._preprocess = open_clip.create_model_and_transforms(
                name, precision="fp32"
            )
            self._tokenizer = open_clip.get_tokenizer(name)
        except (ValueError, RuntimeError, KeyError, OSError, SafetensorError) as error:
            reason = (
                str(error).strip().splitlines()[0][:200] if str(error) else type(error).__name__
            )
            raise UserError(f"{folder}: open_clip cannot open this checkpoint: {reason}") from None
        self.model.eval().requires_grad_(False)
        self._targets = dict(self.model.state_dict())

    def assign(self, tensors: dict[str, torch.Tensor], names: Sequence[str]) -> None:
        """Cast the named stored tensors into the computing model."""
        for name in names:
            self._targets[name].copy_(tensors[name])

    def pixels(self, picture: Image.Image) -> torch.Tensor:
        """The model's own preprocessing: (3, H, W) float."""
        return self._preprocess(picture.convert("RGB"))

    def tokens(self, texts: Sequence[str]) -> torch.Tensor:
        """(N, context) token ids; longer texts are cut at the context."""
        return self._tokenizer(list(texts))

    @torch.inference_mode()
    def encode_pixels(self, pixels: torch.Tensor, batch: int = 64) -> np.ndarray:
        """(N, 3, H, W) -> unit rows (N, D) float32."""
        parts = [self.model.encode_image(part, normalize=True) for part in pixels.split(batch)]
        return torch.cat(parts).float().numpy()

    @torch.inference_mode()
    def encode_tokens(self, tokens: torch.Tensor, batch: int = 256) -> np.ndarray:
        """(N, context) -> unit rows (N, D) float32."""
        parts = [self.model.encode_text(part, normalize=True) for part in tokens.split(batch)]
        return torch.cat(parts).float().numpy()
