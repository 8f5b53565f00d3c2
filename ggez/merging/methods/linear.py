"""Linear interpolation: θ(α) = (1−α)·θ_base + α·θ_tuned (WiSE-FT, arXiv 2109.01903).

End points: α = 0 is base and α = 1 is tuned, bit for bit.
"""

from __future__ import annotations

from typing import Any

import torch

NAME = "linear"
ENDS = ("base", "tuned")


def prepare(base: torch.Tensor, tuned: torch.Tensor) -> None:
    """Nothing: the same two weights serve every tensor."""


def blend(
    base: torch.Tensor,
    tuned: torch.Tensor,
    alpha: float,
    out: torch.Tensor,
    prepared: Any = None,
) -> None:
    """Write the blend of two flat tensors of one floating dtype into `out` of the same shape.

    `lerp` computes in the wider type and rounds once, so it is exact at both ends and
    closer to the true value than `(1-a)*x + a*y` in half precision. The ends are copied all
    the same: it is as fast, and NaN or inf on the other side cannot leak in.
    """
    if alpha == 0:
        out.copy_(base)
    elif alpha == 1:
        out.copy_(tuned)
    else:
        torch.lerp(base, tuned, alpha, out=out)
