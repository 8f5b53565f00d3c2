"""What headers cannot say, read from the weights piece by piece: sameness, NaN and infinity."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from ggez.merging.checkpoint import Checkpoint, Stored
from ggez.merging.headers import Header
from ggez.merging.pieces import slices
from ggez.merging.plan import Plan, Problem, TensorPlan

PIECE = 1 << 22
"""Bytes, or elements, held in memory at once."""

LARGEST = {"F16": 65504.0}
"""Largest finite value of the dtypes that overflow in practice."""

Progress = Callable[[int, int, str], None]


def same_bytes(one: Stored, other: Stored) -> bool:
    """Whether two stored tensors are equal byte for byte. Reads up to the first difference."""
    if one.header != other.header:
        return False
    with one.file.open("rb") as first, other.file.open("rb") as second:
        first.seek(one.start)
        second.seek(other.start)
        left = one.end - one.start
        while left:
            size = min(left, PIECE)
            if first.read(size) != second.read(size):
                return False
            left -= size
    return True


@dataclass(frozen=True)
class Values:
    """Counts of a tensor's values that are no numbers, where the first is, and its largest."""

    nan: int
    infinite: int
    first: int | None
    largest: float


def look(tensor: torch.Tensor) -> Values:
    """Count NaN and infinities of a floating tensor, piece by piece."""
    nan = infinite = 0
    first: int | None = None
    largest = 0.0
    flat = tensor.reshape(-1)
    for piece in slices(flat.numel(), PIECE):
        values = flat[piece]
        low, high = (float(end) for end in torch.aminmax(values))
        if math.isfinite(low) and math.isfinite(high):
            largest = max(largest, abs(low), abs(high))
            continue
        finite = torch.isfinite(values)
        nan += int(torch.isnan(values).sum())
        infinite += int(torch.isinf(values).sum())
        if first is None:
            first = piece.start + int(torch.argmin(finite.to(torch.uint8)))
        if finite.any():
            largest = max(largest, float(values[finite].abs().max()))
    return Values(nan, infinite, first, largest)


def check_values(
    plan: Plan, base: Checkpoint, tuned: Checkpoint, progress: Progress | None = None
) -> Plan:
    """The plan with what the weights themselves say: problems, and masks that are copied.

    Reads every tensor that is to be blended, on both sides.
    """
    tensors: list[TensorPlan] = []
    problems: list[Problem] = []
    masks: list[str] = []
    for done, made in enumerate(plan.tensors, 1):
        found: Problem | None = None
        if made.decision in ("merge", "align"):
            sides = [look(side.read(made.name)) for side in (base, tuned)]
            found = _problem(made, *sides)
            if found and "mask" in made.name and not sides[0].nan and not sides[1].nan:
                made = replace(made, decision="copy", reason="a mask that holds infinities")
                masks.append(made.name)
                found = None
        if found:
            problems.append(found)
        else:
            tensors.append(made)
        if progress:
            progress(done, len(plan.tensors), made.name)
    warnings = list(plan.warnings)
    if masks:
        warnings.append(f"{len(masks)} masks with infinities are base's (first {masks[0]})")
    return Plan(tuple(tensors), (*plan.problems, *problems), tuple(warnings))


def _problem(made: TensorPlan, base: Values, tuned: Values) -> Problem | None:
    headers = made.header, made.tuned or made.header
    mine, theirs = (_text(h, values) for h, values in zip(headers, (base, tuned), strict=True))
    broken = [side for side, v in (("base", base), ("tuned", tuned)) if v.nan or v.infinite]
    if broken:
        problem = f"{' and '.join(broken)} cannot be averaged"
        fix = "repair that checkpoint, or tune it again in BF16 or F32"
        return Problem(made.name, mine, theirs, problem, fix)
    limit = LARGEST.get(made.header.dtype, math.inf)
    if tuned.largest > limit:
        return Problem(
            made.name, str(headers[0]), f"{headers[1]} up to {tuned.largest:g}",
            f"tuned does not fit base's {made.header.dtype}", "save base in BF16 or F32",
        )  # fmt: skip
    return None


def _text(header: Header, values: Values) -> str:
    kinds = ((values.nan, "NaN"), (values.infinite, "infinite"))
    counts = [f"{count} {kind}" for count, kind in kinds if count]
    if not counts:
        return str(header)
    return f"{header} with {' and '.join(counts)} (first at element {values.first})"
