"""The judge: a fixed image-text model that says which thing of a list a picture shows.

It measures generations and is used for nothing else. A judge is an open_clip checkpoint folder
with `judge.json`: `names`, item id -> the phrases it is asked by. Its answer is a probability over
all names, so a picture of nothing known is a picture of no name in particular.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ggez.models.embedding import EmbeddingModel
from ggez.types import UserError

NAMES = "judge.json"


class Judge:
    """Reads pictures; knows `items`, in the order of its answers."""

    def __init__(self, folder: Path) -> None:
        try:
            told = json.loads((folder / NAMES).read_text(encoding="utf-8"))["names"]
        except (OSError, ValueError, KeyError):
            raise UserError(
                f"{folder / NAMES}: missing or not readable; restore it, or build the judge again"
            ) from None
        self.items: tuple[str, ...] = tuple(told)
        self._model = EmbeddingModel(folder)
        with torch.inference_mode():
            self._scale = float(self._model.model.logit_scale.exp())
        self._names = np.stack([self._name(phrases) for phrases in told.values()])

    def _name(self, phrases: Sequence[str]) -> np.ndarray:
        rows = self._model.encode_tokens(self._model.tokens(phrases))
        mean = rows.mean(0)
        return mean / np.linalg.norm(mean)

    def features(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """(N, D) unit rows."""
        return self._model.encode_pixels(torch.stack([self._model.pixels(p) for p in pictures]))

    def probabilities(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """(N, items) float32, rows that sum to 1: how likely each picture shows each item."""
        logits = self._scale * self.features(pictures) @ self._names.T
        odds = np.exp(logits - logits.max(1, keepdims=True))
        return odds / odds.sum(1, keepdims=True)

    def verdicts(self, pictures: Sequence[Image.Image]) -> list[str]:
        """The item each picture most likely shows."""
        return [self.items[i] for i in self.probabilities(pictures).argmax(1)]
