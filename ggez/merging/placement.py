"""Where base, tuned and live weights lie: on the CPU, on one GPU, or tuned streamed to the GPU.

The decision is a pure function of sizes. The streamed path (`Stager`) needs a CUDA device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from ggez.merging.methods import Method
from ggez.merging.pieces import prepared_part, slices
from ggez.merging.plan import Plan

GIB = 1 << 30
STAGE_BYTES = 64 << 20
"""One of the two buffers through which a streamed side reaches the GPU."""
WIDTH = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}


@dataclass(frozen=True)
class Placement:
    """A device for base and live; tuned is beside them or streamed from host memory."""

    device: str
    streamed: bool
    reason: str


CPU = Placement("cpu", False, "on the CPU: endpoints stay in their files, one model in memory")


def decide(
    merged: int, other: int, free: int | None, device: str = "cuda:0", room: int = 2 * GIB
) -> Placement:
    """Choose a placement; all sizes in bytes.

    `merged` is the size of the tensors to blend, `other` of those taken as they are, `free`
    what the GPU has left (None: there is no GPU), `room` what the model needs to compute.
    """
    if free is None:
        return CPU
    three = 3 * merged + other + room
    if three <= free:
        return Placement(device, False, f"on {device}: base, tuned and live, {_gb(three)}")
    two = 2 * merged + other + room + 2 * STAGE_BYTES
    if two <= free:
        return Placement(
            device,
            True,
            f"on {device}: base and live, {_gb(two)}; three copies need {_gb(three)} of "
            f"{_gb(free)}, so tuned is streamed from host memory",
        )
    return Placement("cpu", False, f"on the CPU: two copies need {_gb(two)} of {_gb(free)} free")


def place(plan: Plan, room: int = 2 * GIB) -> Placement:
    """`decide` for a plan and the memory that the first GPU has free now."""
    sizes = {"merged": 0, "other": 0}
    for tensor in plan.tensors:
        kind = "other" if tensor.decision in ("copy", "shared", "tied") else "merged"
        sizes[kind] += tensor.header.numel * WIDTH.get(tensor.header.dtype, 8)
    free = torch.cuda.mem_get_info(0)[0] if torch.cuda.is_available() else None
    return decide(sizes["merged"], sizes["other"], free, room=room)


class Stager:
    """Blends with tuned in pinned host memory: one piece is copied while the last is blended."""

    def __init__(self, device: str) -> None:
        self.stream = torch.cuda.Stream(device)
        self.buffers = [torch.empty(STAGE_BYTES, dtype=torch.uint8, device=device) for _ in "ab"]
        self.free = [torch.cuda.Event() for _ in self.buffers]
        self.turn = 0

    def blend(
        self,
        method: Method,
        base: torch.Tensor,
        tuned: torch.Tensor,
        alpha: float,
        out: torch.Tensor,
        prepared: Any,
    ) -> None:
        """`method.blend`, with `tuned` on the host and the others on the device."""
        compute = torch.cuda.current_stream(base.device)
        for piece in slices(tuned.numel(), STAGE_BYTES // tuned.element_size()):
            part, free = tuned[piece], self.free[self.turn]
            staged = self.buffers[self.turn][: part.nbytes].view(tuned.dtype)
            with torch.cuda.stream(self.stream):
                self.stream.wait_event(free)  # the blend that last read this buffer
                staged.copy_(part, non_blocking=True)
            compute.wait_stream(self.stream)
            own = prepared_part(prepared, piece)
            method.blend(base[piece], staged, alpha, out=out[piece], prepared=own)
            free.record(compute)
            self.turn ^= 1


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
