"""The blocks of a model, read off its tensors' names: the layers that can have an α of their own.

A block is the path down to the first numbered layer (`visual.transformer.resblocks.3`,
`text_model.encoder.layers.0`, `unet.down_blocks.1`) or to `mid_block`. What lies outside such
layers (embeddings, final norms, projections) belongs to its component alone, block "".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

LAYERS = frozenset(
    {
        *("resblocks", "layers", "layer", "blocks", "block", "h"),
        *("down_blocks", "up_blocks", "transformer_blocks", "single_transformer_blocks"),
    }
)
MIDDLE = "mid_block"


class Unit(NamedTuple):
    """The smallest part of a model with an α of its own; block "" is all outside the layers."""

    component: str
    block: str

    @property
    def label(self) -> str:
        """How it is named to people and as a key of α."""
        return self.block or self.component


def block_of(name: str) -> str:
    """The block a tensor belongs to, or "" outside of all layers."""
    parts = name.split(".")
    for index, part in enumerate(parts[:-1]):
        kind = part.rpartition("/")[2]  # a pipeline's component may be written "unet/..."
        if kind == MIDDLE:
            return ".".join(parts[: index + 1])
        if kind in LAYERS and _number(parts[index + 1]) is not None:
            return ".".join(parts[: index + 2])
    return ""


def covered(key: str, units: Iterable[Unit]) -> tuple[int, frozenset[Unit]]:
    """How specific a key is, and the units it means (none, if it is unknown).

    A key is a component (1), all layers of one kind such as `visual.transformer.resblocks` (2),
    a range of them with both ends, `visual.transformer.resblocks.0-5` (3), or a block (4).
    """
    ranks = {unit: rank for unit in units if (rank := _rank(key, unit))}
    return max(ranks.values(), default=0), frozenset(ranks)


def _rank(key: str, unit: Unit) -> int:
    if key == unit.component:
        return 1
    if key == unit.block:
        return 4 if unit.block else 0
    layers, _, last = unit.block.rpartition(".")
    number = _number(last)
    if number is None:
        return 0
    if key == layers:
        return 2
    head, _, tail = key.rpartition(".")
    first, _, end = tail.partition("-")
    low, high = _number(first), _number(end)
    if head != layers or low is None or high is None:
        return 0
    return 3 if low <= number <= high else 0


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None
