"""Embedding models as open_clip keeps them.

A checkpoint is a folder with `open_clip_config.json`, `open_clip_model.safetensors` (or its
shards) and, where the config names a Hub-style tokenizer, its tokenizer files: what open_clip
itself opens as `local-dir:` and what `push_to_hf_hub` writes. The model, its preprocessing and its
tokenizer are built by open_clip; the weights are read here, because open_clip would read the
first of several shards, and a pickle where there is one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import open_clip
import torch
from PIL import Image
from safetensors.torch import save_file

from ggez.models.folders import first_line, read_json, weight_files
from ggez.types import UserError

CONFIG = "open_clip_config.json"
WEIGHTS = "open_clip_model.safetensors"
STEMS = ("open_clip_model", "open_clip_pytorch_model", "model")
PROCESSOR = (CONFIG, "tokenizer.json", "vocab.json", "merges.txt", "spiece.model")


def check(folder: Path) -> None:
    """Raise UserError in one line if open_clip's class for this folder is not supported."""
    config = read_json(folder / CONFIG).get("model_cfg")
    if not isinstance(config, dict):
        raise UserError(f"{folder / CONFIG}: has no model_cfg; restore it")
    if "multimodal_cfg" in config:
        raise UserError(f"{folder}: holds open_clip's CoCa; supported are its CLIP models")
    weight_files(folder, STEMS)


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


class OpenClip:
    """An open_clip model in fp32, its weights still to be given, and its own processing."""

    def __init__(self, folder: Path) -> None:
        name = f"local-dir:{folder}"
        try:
            with _untold("Multiple checkpoints found", "initialized randomly"):
                self.model, _, self._preprocess = open_clip.create_model_and_transforms(
                    name, precision="fp32", load_weights=False, pretrained_text=False
                )
            self._tokenizer = open_clip.get_tokenizer(name)
        except (ValueError, RuntimeError, KeyError, TypeError, OSError, ImportError) as error:
            raise UserError(
                f"{folder}: open_clip cannot open this checkpoint: {first_line(error)}"
            ) from None

    def pixels(self, picture: Image.Image) -> torch.Tensor:
        """(3, H, W)."""
        return self._preprocess(picture)

    def tokens(self, texts: Sequence[str]) -> torch.Tensor:
        """(N, context)."""
        return self._tokenizer(list(texts))

    def length(self, text: str) -> tuple[int, int]:
        """Tokens of the whole text, and how many the model reads."""
        own = self._tokenizer
        if isinstance(own, open_clip.SimpleTokenizer):
            return len(own.encode(text)), own.context_length - 2
        ids = own.tokenizer(own.clean_fn(text), add_special_tokens=False)["input_ids"]
        return len(ids), own.context_length - own.tokenizer.num_special_tokens_to_add()

    def image_features(self, pixels: torch.Tensor) -> torch.Tensor:
        """(N, D), not normalised."""
        return self.model.encode_image(pixels)

    def text_features(self, tokens: torch.Tensor) -> torch.Tensor:
        """(N, D), not normalised."""
        return self.model.encode_text(tokens)


@contextmanager
def _untold(*words: str) -> Iterator[None]:
    """Without the log lines that have any of these words: they are not true here."""

    def others(record: logging.LogRecord) -> bool:
        return not any(part in record.getMessage() for part in words)

    root = logging.getLogger()
    root.addFilter(others)
    try:
        yield
    finally:
        root.removeFilter(others)
