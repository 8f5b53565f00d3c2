"""Walk over a large flat tensor piece by piece, so that float64 work needs no float64 copy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

SERIAL = 1 << 14
"""Elements. PyTorch works on this many with one thread, so the order of a sum is fixed."""
WORK = 1 << 20
"""Elements per piece where the order does not matter."""


def slices(total: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most `size` that cover `total` elements."""
    return (slice(start, min(start + size, total)) for start in range(0, total, size))


def prepared_part(prepared: Any, piece: slice) -> Any:
    """What a method prepared, for a slice: a tensor is cut, anything else holds for all."""
    return prepared[piece] if isinstance(prepared, torch.Tensor) else prepared
