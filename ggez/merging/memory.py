"""Memory and disk that a merge will need, predicted from headers."""

from __future__ import annotations

import math

from ggez.merging.checkpoint import Checkpoint
from ggez.merging.headers import BITS, FLOATING
from ggez.merging.plan import Plan

EXPORT_SLACK = 1.2
"""Peak of an export over its largest shard, at most."""

COMPUTE = "F32"
"""Dtype in which models compute on a CPU."""


def predict(
    plan: Plan, base: Checkpoint, tuned: Checkpoint, compute: str | None = COMPUTE
) -> dict[str, int]:
    """Bytes by purpose.

    - `base`, `tuned`: the weights as stored; `mapped`: both, page cache that can be evicted
    - `arena`: the blended weights of a live merge, in storage dtype
    - `converted`: tuned's weights that are held in base's dtype or rows, where those differ
    - `compute`: the model that computes, where that is in another dtype; `compute=None`: none
    - `live`: arena, converted and compute: what a live merge cannot do without
    - `gpu`: base, tuned and live resident on a GPU, in storage dtype
    - `export`: peak of an export; `output`: the tensors it writes
    """
    sides = [sum(s.header.nbytes for s in side.tensors.values()) for side in (base, tuned)]
    blended = [made for made in plan.tensors if made.decision in ("merge", "align")]
    arena = sum(made.header.nbytes for made in blended)
    converted = sum(made.header.nbytes for made in blended if made.tuned or made.rows)
    cast = [
        made.header.numel
        for made in plan.tensors
        if compute and made.header.dtype in FLOATING - {compute} and made.decision != "tied"
    ]
    copy = sum(cast) * BITS[compute or COMPUTE] // 8
    output = sum(made.header.nbytes for made in plan.tensors)
    shards = [file.stat().st_size for part in base.parts.values() for file in part.files]
    return {
        "base": sides[0],
        "tuned": sides[1],
        "mapped": sum(sides),
        "arena": arena,
        "converted": converted,
        "compute": copy,
        "live": arena + converted + copy,
        "gpu": 3 * output,
        "export": math.ceil(EXPORT_SLACK * max(shards)),
        "output": output,
    }
