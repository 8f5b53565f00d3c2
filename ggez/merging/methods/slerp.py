"""Spherical interpolation: a·θ_base + b·θ_tuned with two coefficients per tensor.

a = sin((1−α)·ω)/sin ω and b = sin(α·ω)/sin ω, where ω is the angle between the two tensors as
vectors (Shoemake 1985, "Animating rotation with quaternion curves"). Where the angle does not
say a direction (nearly parallel, nearly opposite, a zero or non-finite tensor, a scalar), the
tensor is blended linearly.

End points: α = 0 is base and α = 1 is tuned, bit for bit.
"""

from __future__ import annotations

import math

import torch

from ggez.merging.methods import linear
from ggez.merging.pieces import SERIAL, slices

NAME = "slerp"
ENDS = ("base", "tuned")
LINEAR = 0.0
PARALLEL = 1e-6
"""Radians. Below it slerp and linear differ by less than float64 can tell."""
OPPOSITE = math.pi - math.acos(0.9995)
"""Radians. Above it the way round is arbitrary and a and b grow without bound."""
CACHED = 1 << 18
"""Elements blended at a time on a CPU: what lies between two steps stays in its cache."""
LARGE = 1 << 24


def prepare(base: torch.Tensor, tuned: torch.Tensor) -> float:
    """The angle in radians, in float64, or `LINEAR`.

    Kahan's form 2·atan2(|u−v|, |u+v|) over unit vectors: a fine-tuned tensor lies so close to
    its base that an arc cosine would lose half of the digits.
    """
    one, other = _norm((base, 1.0)), _norm((tuned, 1.0))
    if not (math.isfinite(one) and math.isfinite(other) and one > 0 and other > 0):
        return LINEAR
    apart, together = (_norm((base, 1 / one), (tuned, sign / other)) for sign in (-1.0, 1.0))
    angle = 2 * math.atan2(apart, together)
    return angle if PARALLEL < angle < OPPOSITE else LINEAR


def blend(
    base: torch.Tensor,
    tuned: torch.Tensor,
    alpha: float,
    out: torch.Tensor,
    prepared: float | None = None,
) -> None:
    """Write the blend of two flat tensors of one floating dtype into `out` of the same shape.

    Computed as (a + b) · lerp(base, tuned, b/(a + b)), which has no cancellation; halves in
    float32, rounded once.
    """
    angle = prepare(base, tuned) if prepared is None else prepared
    if angle == LINEAR or alpha in (0, 1):
        linear.blend(base, tuned, alpha, out)
        return
    ours, theirs = (math.sin(share * angle) / math.sin(angle) for share in (1 - alpha, alpha))
    scale, weight = ours + theirs, theirs / (ours + theirs)
    size = CACHED if base.device.type == "cpu" else LARGE
    narrow = base.dtype.itemsize < 4
    if narrow:
        room = base.new_empty((2, min(size, base.numel())), dtype=torch.float32)
    for piece in slices(base.numel(), size):
        one, other, target = base[piece], tuned[piece], out[piece]
        if narrow:
            one, other = room[0, : one.numel()].copy_(one), room[1, : one.numel()].copy_(other)
            target.copy_(torch.lerp(one, other, weight, out=one).mul_(scale))
        else:
            torch.lerp(one, other, weight, out=target).mul_(scale)


def _norm(*parts: tuple[torch.Tensor, float]) -> float:
    """The length of a weighted sum of flat tensors, in float64.

    In pieces too small for more than one thread: the order of a sum is part of its result.
    """
    total = 0.0
    for piece in slices(parts[0][0].numel(), SERIAL):
        mixed = sum(tensor[piece].double() * weight for tensor, weight in parts)
        total += float(torch.as_tensor(mixed).square().sum())
    return math.sqrt(total)
