"""`inspect`: the merge plan of two checkpoints as a JSON document and as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ggez.merging.checkpoint import open_checkpoint
from ggez.merging.configs import differences
from ggez.merging.memory import predict
from ggez.merging.plan import DECISIONS
from ggez.merging.preflight import plan_checkpoints
from ggez.merging.streaming import Progress, check_values

SHOWN = 10
"""Problems, differences and warnings that the text shows of each kind."""


def inspect_pair(
    base: str | Path,
    tuned: str | Path,
    revisions: tuple[str | None, str | None] = (None, None),
    *,
    merge: Sequence[str] = (),
    compare: bool = False,
    values: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The design's JSON of `inspect`, with `components`, `differences` and `warnings`.

    Reads headers only, unless `compare` (find equal tensors) or `values` (find NaN and
    infinity) ask for the weights. UserError where a side cannot be opened at all.
    """
    one, other = open_checkpoint(base, revisions[0]), open_checkpoint(tuned, revisions[1])
    plan = plan_checkpoints(one, other, merge=merge, compare=compare)
    if values:
        plan = check_values(plan, one, other, progress)
    components: dict[str, dict[str, int]] = {}
    for made in sorted(plan.tensors, key=lambda t: (t.component, DECISIONS.index(t.decision))):
        own = components.setdefault(made.component, {})
        own[made.decision] = own.get(made.decision, 0) + 1
    return {
        "compatible": plan.compatible,
        "counts": plan.counts(),
        "components": components,
        "problems": [vars(problem) for problem in plan.problems],
        "differences": [difference.as_json() for difference in differences(one, other)],
        "warnings": list(plan.warnings),
        "bytes": predict(plan, one, other),
    }


def format_plan(report: dict[str, Any]) -> str:
    """The same for people."""
    head = "compatible" if report["compatible"] else "NOT compatible"
    lines = [f"{head}: {_counts(report['counts'])}"]
    lines += [f"  {name:<20} {_counts(own)}" for name, own in report["components"].items()]
    lines += _some("problems", [_problem(entry) for entry in report["problems"]])
    matter = [entry for entry in report["differences"] if entry["matters"]]
    lines += _some("differences that matter (the merge takes base's)", map(_difference, matter))
    if quiet := len(report["differences"]) - len(matter):
        lines.append(f"and {quiet} differences that do not matter (--json lists them)")
    lines += _some("warnings", report["warnings"])
    if report["compatible"]:
        size = {name: _size(number) for name, number in report["bytes"].items()}
        lines += [
            "memory",
            f"  live on a CPU  {size['live']} (arena {size['arena']}, computing copy "
            f"{size['compute']}); {size['mapped']} of files mapped, evictable",
            f"  live on a GPU  {size['gpu']}",
            f"  export         {size['export']} at its peak, {size['output']} on disk",
        ]
    return "\n".join(lines)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def first_problem(report: dict[str, Any]) -> str:
    """The first problem of an incompatible pair, in one line."""
    first, *others = report["problems"]
    return _problem(first) + (f" (and {len(others)} more)" if others else "")


def _some(title: str, entries: Any) -> list[str]:
    found = list(entries)
    if not found:
        return []
    more = [f"  … and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return [title, *(f"  {entry}" for entry in found[:SHOWN]), *more]


def _problem(entry: dict[str, str]) -> str:
    sides = f"base {entry['base']}, tuned {entry['tuned']}"
    # a tensor's name is the file's, and could hold a line break
    return " ".join(f"{entry['tensor']}: {sides}: {entry['problem']}; {entry['fix']}".split())


def _difference(entry: dict[str, Any]) -> str:
    where = " ".join(part for part in (entry["where"], entry["key"]) if part)
    base, tuned = (" ".join(str(entry[side]).split()) for side in ("base", "tuned"))
    return f"{where}: base {base}, tuned {tuned}"


def _size(number: int) -> str:
    """Bytes in decimal units, as disks are sold."""
    value, unit = float(number), "B"
    for larger in ("kB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
