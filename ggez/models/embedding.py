"""The vision-language embedding family: one interface over open_clip and transformers.

What the folder holds decides who loads it. Each library encodes with its own model, its own
preprocessing and its own tokenizer; here is only what they have in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image

from ggez.models import embedding_open_clip, embedding_transformers
from ggez.models.embedding_open_clip import CONFIG, WEIGHTS, save_checkpoint
from ggez.models.folders import read_tensors, weight_files
from ggez.models.lora import is_adapter, merge_adapter
from ggez.types import UserError

__all__ = [
    "CONFIG",
    "HEAD",
    "IMAGE",
    "TEXT",
    "WEIGHTS",
    "EmbeddingModel",
    "bind",
    "check_folder",
    "component_of",
    "is_adapter",
    "processor_files",
    "read_adapted",
    "read_weights",
    "save_checkpoint",
    "stored_files",
]

IMAGE, TEXT, HEAD = "image tower", "text tower", "head"
_IMAGE = ("visual.", "vision_model.", "visual_projection.")


def component_of(name: str) -> str:
    """Which part of the model a tensor belongs to; scale and bias of the logits move together."""
    if name in ("logit_scale", "logit_bias"):
        return HEAD
    return IMAGE if name.startswith(_IMAGE) else TEXT


class Engine(Protocol):
    """A model in its own library."""

    model: torch.nn.Module

    def pixels(self, picture: Image.Image) -> torch.Tensor: ...
    def tokens(self, texts: Sequence[str]) -> torch.Tensor: ...
    def length(self, text: str) -> tuple[int, int]: ...
    def image_features(self, pixels: torch.Tensor) -> torch.Tensor: ...
    def text_features(self, tokens: torch.Tensor) -> torch.Tensor: ...


def _is_open_clip(folder: Path) -> bool:
    """Whose folder it is. Hub repositories of open_clip often hold transformers' files as well."""
    if not (folder / CONFIG).is_file():
        return False
    return (
        any(folder.glob("open_clip_*model*.safetensors"))
        or not (folder / embedding_transformers.CONFIG).is_file()
    )


def check_folder(folder: Path) -> None:
    """Raise UserError in one line if this is no checkpoint of a supported class."""
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; give one that holds a checkpoint")
    if _is_open_clip(folder):
        return embedding_open_clip.check(folder)
    if (folder / embedding_transformers.CONFIG).is_file():
        return embedding_transformers.check(folder)
    if is_adapter(folder):
        raise UserError(f"{folder}: a LoRA adapter; it can only be a pair's tuned side")
    raise UserError(
        f"{folder}: holds neither {CONFIG} (open_clip) nor {embedding_transformers.CONFIG} "
        "(transformers); this is no checkpoint folder"
    )


def stored_files(folder: Path) -> list[Path]:
    """The safetensors files of a checkpoint, all shards."""
    ecosystem = embedding_open_clip if _is_open_clip(folder) else embedding_transformers
    return weight_files(folder, ecosystem.STEMS)


def processor_files(folder: Path) -> list[Path]:
    """The files that decide how pictures and texts are read, those that are there."""
    ecosystem = embedding_open_clip if _is_open_clip(folder) else embedding_transformers
    return [folder / name for name in ecosystem.PROCESSOR if (folder / name).is_file()]


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """The stored state in storage dtype, from all shards."""
    return read_tensors(stored_files(folder))


def read_adapted(base: Path, adapter: Path) -> dict[str, torch.Tensor]:
    """The tuned state that a LoRA adapter makes of `base`, under base's names.

    Merged in the base's storage dtype, as PEFT does it on a model that is loaded in that dtype.
    """
    model, stored = EmbeddingModel(base).model, read_weights(base)
    own = model.state_dict().keys()
    bind(model, {name: value for name, value in stored.items() if name in own})
    return stored | merge_adapter(model, adapter)


class EmbeddingModel:
    """One image-text model that computes in fp32 on the CPU whatever its storage dtype."""

    def __init__(self, folder: Path) -> None:
        check_folder(folder)
        self._engine: Engine
        stored = read_weights(folder)
        if _is_open_clip(folder):
            self._engine = embedding_open_clip.OpenClip(folder)
            _require_complete(folder, stored, self._engine.model)
            # what may be missing here was checked: buffers the model makes itself
            self._engine.model.load_state_dict(stored, strict=False)
        else:
            self._engine = embedding_transformers.Transformers(folder)
            _require_complete(folder, stored, self._engine.model)
        self.model = self._engine.model
        self.model.eval().requires_grad_(False)

    def assign(self, tensors: Mapping[str, torch.Tensor], names: Sequence[str]) -> None:
        """Give the computing model the named stored tensors.

        What is stored in fp32 is used where it lies, without a copy; the rest is cast. Buffers
        that old releases stored and the model makes itself (position ids) are passed over.
        """
        targets = dict(self.model.state_dict())
        known = [name for name in names if name in targets]
        bind(self.model, {n: tensors[n] for n in known if tensors[n].dtype == targets[n].dtype})
        for name in known:
            if tensors[name].dtype != targets[name].dtype:
                targets[name].copy_(tensors[name])

    def pixels(self, picture: Image.Image) -> torch.Tensor:
        """What the model reads of one picture, by its own preprocessing; stack for a batch."""
        return self._engine.pixels(picture.convert("RGB"))

    def tokens(self, texts: Sequence[str]) -> torch.Tensor:
        """(N, context) token ids; longer texts are cut at the context."""
        return self._engine.tokens(texts)

    def length(self, text: str) -> tuple[int, int]:
        """(tokens of the whole text, tokens that the model reads), start and end not counted."""
        return self._engine.length(text)

    @torch.inference_mode()
    def encode_pixels(self, pixels: torch.Tensor, batch: int = 64) -> np.ndarray:
        """A stack of `pixels` -> unit rows (N, D) float32."""
        return _unit([self._engine.image_features(part) for part in pixels.split(batch)])

    @torch.inference_mode()
    def encode_tokens(self, tokens: torch.Tensor, batch: int = 256) -> np.ndarray:
        """(N, context) -> unit rows (N, D) float32."""
        return _unit([self._engine.text_features(part) for part in tokens.split(batch)])


def _unit(parts: list[torch.Tensor]) -> np.ndarray:
    return torch.nn.functional.normalize(torch.cat(parts), dim=-1).float().numpy()


def bind(model: torch.nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Let the model's parameters and buffers be these very tensors, whatever their dtype."""
    own = dict(model.named_parameters()) | dict(model.named_buffers())
    for name, value in tensors.items():
        own[name].data = value


def _require_complete(
    folder: Path, stored: Mapping[str, torch.Tensor], model: torch.nn.Module
) -> None:
    """Raise UserError if model and files do not have the same tensors.

    A library that fills a gap with random weights gives answers that look plausible.
    """
    wanted = model.state_dict()
    for name in sorted(wanted.keys() | stored.keys()):
        has, needs = stored.get(name), wanted.get(name)
        if needs is None and has is not None and not has.is_floating_point():
            continue  # position ids: old releases stored them, the model makes them itself
        if has is None or needs is None or has.shape != needs.shape:
            raise UserError(
                f"{folder}: tensor {name} is {_shape(has)} in the files and {_shape(needs)} in "
                "the model that the config describes; restore config and weights of one checkpoint"
            )


def _shape(tensor: torch.Tensor | None) -> str:
    return "absent" if tensor is None else str(list(tensor.shape))
