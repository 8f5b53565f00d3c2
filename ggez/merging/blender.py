"""The merged value of one tensor at a time, in pieces, from both checkpoints on disk."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import torch

from ggez.merging.aligned import beside, keep, kept_spans
from ggez.merging.blocks import Unit, block_of
from ggez.merging.checkpoint import Checkpoint
from ggez.merging.methods import method as find_method
from ggez.merging.pieces import prepared_part, slices
from ggez.merging.plan import Plan, TensorPlan
from ggez.types import UserError

PIECE = 1 << 20
"""Elements blended at a time: all that is held in memory of a tensor, however large."""


class Blender:
    """Blends by the plan, with the functions and in the steps of the live merge."""

    def __init__(
        self,
        plan: Plan,
        base: Checkpoint,
        tuned: Checkpoint,
        alphas: Mapping[Unit, float],
        method: str,
    ) -> None:
        self._plans = {tensor.name: tensor for tensor in plan.tensors}
        self._base = base
        self._tuned = tuned
        self._alphas = alphas
        self._method = find_method(method)
        self._buffer = torch.empty(0, dtype=torch.uint8)

    def pieces(self, name: str) -> Iterator[torch.Tensor]:
        """The flat merged tensor in consecutive pieces; each is valid until the next is taken.

        What the plan does not know belongs to a part that is not merged: base's. UserError where
        an input of the blend holds NaN or infinity. A tensor that is the same on both sides
        passes as it is (an attention mask holds infinities), unless it has NaN.
        """
        plan = self._plans.get(name)
        plan = self._plans[plan.like] if plan and plan.like else plan
        if plan is None or plan.decision == "copy":
            yield self._base.read(name if plan is None else plan.name).reshape(-1)
            return
        mine = self._base.read(plan.name)
        theirs = beside(plan, mine, self._tuned.read(plan.name))
        flat, other = mine.reshape(-1), theirs.reshape(-1)
        if _same_bits(flat, other):
            for piece in slices(flat.numel(), PIECE):
                _refuse(name, "base and tuned", flat[piece], infinite=False)
            yield flat
        elif "mask" in name and not bool(torch.isfinite(flat).all()):
            yield flat  # an average of infinities is NaN
        else:
            yield from self._blended(plan, flat, other)

    def _blended(
        self, plan: TensorPlan, flat: torch.Tensor, other: torch.Tensor
    ) -> Iterator[torch.Tensor]:
        alpha = self._alphas[Unit(plan.component, block_of(plan.name))]
        prepared = self._method.prepare(flat, other)
        kept = kept_spans(plan, math.prod(plan.header.shape[1:]))
        for piece in slices(flat.numel(), PIECE):
            mine, theirs = flat[piece], other[piece]
            _refuse(plan.name, "base", mine)
            _refuse(plan.name, "tuned", theirs)
            out = self._room(mine)
            own = prepared_part(prepared, piece)
            self._method.blend(mine, theirs, alpha, out=out, prepared=own)
            within = [s for s in kept if s.start < piece.stop and s.stop > piece.start]
            keep(mine, out, within, piece.start)
            _refuse(plan.name, "the merge", out)
            yield out

    def _room(self, like: torch.Tensor) -> torch.Tensor:
        """One buffer for all pieces: fresh memory for each would cost more than the blend."""
        if self._buffer.nbytes < like.nbytes:
            self._buffer = torch.empty(like.nbytes, dtype=torch.uint8)
        return self._buffer[: like.nbytes].view(like.dtype)


def _refuse(name: str, side: str, flat: torch.Tensor, infinite: bool = True) -> None:
    if not flat.is_floating_point() or flat.numel() == 0:
        return
    ends = [float(end) for end in torch.aminmax(flat)]  # NaN passes through both
    if any(map(math.isnan, ends)) or (infinite and any(map(math.isinf, ends))):
        kind = "NaN" if any(map(math.isnan, ends)) else f"infinity as {str(flat.dtype)[6:]}"
        raise UserError(
            f"tensor {name}: {side} holds {kind}; repair that checkpoint, or tune it again in "
            "bfloat16 or float32"
        )


def _same_bits(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Equality of bits: 0.0 and -0.0 differ, NaN equals itself."""
    return torch.equal(one.view(torch.uint8), other.view(torch.uint8))
