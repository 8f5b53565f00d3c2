"""Embedding models as transformers keeps them: CLIP, SigLIP, SigLIP-2.

A checkpoint is a folder as `save_pretrained` writes it: config, safetensors (or shards),
preprocessor and tokenizer. SigLIP-2 comes in two classes: the fixed resolutions are a
`SiglipModel`, NaFlex (any aspect ratio) is a `Siglip2Model`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from transformers import AutoModel, AutoProcessor

from ggez.models.folders import first_line, read_json, weight_files
from ggez.types import UserError

CONFIG = "config.json"
STEMS = ("model",)
CLASSES = {"clip": "CLIPModel", "siglip": "SiglipModel", "siglip2": "Siglip2Model"}
TOKENIZERS = ("tokenizer.json", "vocab.json", "merges.txt", "spiece.model", "tokenizer.model")
PREPROCESSORS = ("preprocessor_config.json", "processor_config.json")
PROCESSOR = (CONFIG, *PREPROCESSORS, "tokenizer_config.json", *TOKENIZERS)


def check(folder: Path) -> None:
    """Raise UserError in one line if this folder's class is not supported or it lacks a part."""
    config = read_json(folder / CONFIG)
    kind = config.get("model_type")
    named = (config.get("architectures") or [CLASSES.get(str(kind), f"model_type {kind!r}")])[0]
    if CLASSES.get(str(kind)) != named:
        raise UserError(
            f"{folder}: holds a {named}; supported are {', '.join(CLASSES.values())} "
            "and open_clip's models"
        )
    if "quantization_config" in config:
        raise UserError(f"{folder}: the weights are quantised; use the checkpoint before that")
    weight_files(folder, STEMS)
    for part, names in (("preprocessor", PREPROCESSORS), ("tokenizer", TOKENIZERS)):
        if not any((folder / name).is_file() for name in names):
            raise UserError(
                f"{folder}: the {part} is missing ({names[0]}); copy it from the model that this "
                "one was tuned from"
            )


class Transformers:
    """A CLIP, SigLIP or SigLIP-2 in fp32 with its own processor."""

    def __init__(self, folder: Path) -> None:
        try:
            self.model = AutoModel.from_pretrained(
                folder,
                dtype=torch.float32,
                use_safetensors=True,
                ignore_mismatched_sizes=True,  # told by the caller, with the tensor's name
                trust_remote_code=False,
                local_files_only=True,
            )
            self._processor = AutoProcessor.from_pretrained(
                folder, trust_remote_code=False, local_files_only=True
            )
        except (ValueError, RuntimeError, KeyError, TypeError, OSError, ImportError) as error:
            raise UserError(
                f"{folder}: transformers cannot open this checkpoint: {first_line(error)}"
            ) from None
        self._tokenizer = self._processor.tokenizer
        config = self.model.config
        self._any_size = config.model_type == "siglip2"
        self._context = config.text_config.max_position_embeddings
        # SigLIP-2 learned from lower-cased text. Its NaFlex tokenizer does that, the Gemma
        # tokenizer of its fixed-resolution folders does not.
        self._lower = config.model_type == "siglip" and "Gemma" in type(self._tokenizer).__name__

    def pixels(self, picture: Image.Image) -> torch.Tensor:
        """(3, H, W); of NaFlex (patches, 3·P² + 3): patches, then whether there, rows, columns."""
        read = self._processor.image_processor(images=picture, return_tensors="pt")
        values = read["pixel_values"][0]
        if not self._any_size:
            return values
        there = read["pixel_attention_mask"][0][:, None]
        shape = read["spatial_shapes"][0].expand(len(values), 2)
        return torch.cat([values, there.to(values), shape.to(values)], dim=1)

    def tokens(self, texts: Sequence[str]) -> torch.Tensor:
        """(N, context), padded to the context as SigLIP was trained; CLIP does not mind."""
        read = self._tokenizer(
            self._clean(texts),
            padding="max_length",
            truncation=True,
            max_length=self._context,
            return_tensors="pt",
        )
        return read["input_ids"]

    def _clean(self, texts: Sequence[str]) -> list[str]:
        return [text.lower() if self._lower else text for text in texts]

    def length(self, text: str) -> tuple[int, int]:
        """Tokens of the whole text, and how many the model reads."""
        ids = self._tokenizer(self._clean([text]), add_special_tokens=False)["input_ids"][0]
        return len(ids), self._context - self._tokenizer.num_special_tokens_to_add()

    def image_features(self, pixels: torch.Tensor) -> torch.Tensor:
        """(N, D), not normalised."""
        if not self._any_size:
            return self.model.get_image_features(pixel_values=pixels).pooler_output
        return self.model.get_image_features(
            pixel_values=pixels[..., :-3].contiguous(),
            pixel_attention_mask=pixels[..., -3].int(),
            spatial_shapes=pixels[:, 0, -2:].long(),
        ).pooler_output

    def text_features(self, tokens: torch.Tensor) -> torch.Tensor:
        """(N, D), not normalised. Without a mask: SigLIP reads its padding, CLIP never sees it."""
        return self.model.get_text_features(input_ids=tokens).pooler_output
