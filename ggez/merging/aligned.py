"""Tuned as base lays it out: in base's dtype, and for aligned embeddings in base's rows.

Shared by the live merge and by all that must agree with it bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ggez.merging.pieces import slices
from ggez.merging.plan import TensorPlan

ROWS = 1024
"""Rows moved at a time."""


def beside(tensor: TensorPlan, base: torch.Tensor, tuned: torch.Tensor) -> torch.Tensor:
    """`tuned` with base's shape and dtype. Itself or a view of it where it lies so already.

    Rows without a counterpart are base's.
    """
    rows = tensor.rows
    if rows is None:
        return tuned.to(base.dtype)
    if not rows.kept and not rows.moved:
        return tuned[: base.shape[0]].to(base.dtype)
    out = base.detach().clone()
    for part in slices(len(rows.base), ROWS):  # so that one copy of the tensor is all it takes
        out[list(rows.base[part])] = tuned[list(rows.tuned[part])].to(base.dtype)
    return out


def kept_spans(tensor: TensorPlan, width: int) -> list[slice]:
    """The parts of a flat aligned tensor that stay base's, whatever the method.

    `width` is the number of elements of a row. Neighbouring rows make one span.
    """
    spans: list[slice] = []
    for row in tensor.rows.kept if tensor.rows is not None else ():
        if spans and spans[-1].stop == row * width:
            spans[-1] = slice(spans[-1].start, (row + 1) * width)
        else:
            spans.append(slice(row * width, (row + 1) * width))
    return spans


def keep(base: torch.Tensor, out: torch.Tensor, spans: Sequence[slice], start: int = 0) -> None:
    """Copy base's spans into `out`; both are the piece of a flat tensor that begins at `start`."""
    for span in spans:
        own = slice(max(span.start - start, 0), max(span.stop - start, 0))
        out[own] = base[own].to(out.dtype)
