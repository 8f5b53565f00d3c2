"""Export a merge to a folder that base's own ecosystem opens, one tensor in memory at a time.

Every tensor is blended by the functions that the live merge uses, from the same endpoints, so
the file equals the live weights bit for bit; the certificate proves it from the reopened files.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ggez.data.new_folder import new_folder
from ggez.merging import card, certificate, recipe
from ggez.merging.alphas import alpha_of_units, check_alpha, summary
from ggez.merging.blender import Blender
from ggez.merging.blocks import Unit, block_of
from ggez.merging.certificate import Certificate
from ggez.merging.checkpoint import Checkpoint, Part, open_checkpoint
from ggez.merging.configs import differences
from ggez.merging.copied import files_beside
from ggez.merging.plan import Plan
from ggez.merging.preflight import plan_checkpoints
from ggez.merging.recipe import Recipe, Source
from ggez.merging.steps import Cancel, Progress, Steps
from ggez.merging.writer import check_space, raw_bytes, write_like
from ggez.types import Side, UserError

EVIDENCE = "evidence.json"
OWN = {card.FILE, certificate.FILE, recipe.FILE, EVIDENCE}


@dataclass(frozen=True)
class Exported:
    """What an export made. `peak_bytes` is anonymous memory beyond what was held before."""

    out: Path
    recipe: Recipe
    certificate: Certificate
    warnings: tuple[str, ...]
    seconds: float
    peak_bytes: int | None

    def as_json(self) -> dict[str, Any]:
        """The design's JSON of `merge`."""
        made = self.recipe
        return {
            "out": str(self.out),
            "alpha": made.alpha,
            "alphas": made.alphas,
            "method": made.method,
            "digests": {
                "weights": made.weights,
                "plan": made.plan,
                "base": made.base.files,
                "tuned": made.tuned.files,
            },
            "certificate": {"equal": True, "tensors": len(self.certificate.tensors)},
            "warnings": list(self.warnings),
            "seconds": round(self.seconds, 3),
            "peak_bytes": self.peak_bytes,
        }


def export(
    base: Side,
    tuned: Side,
    out: str | Path,
    alpha: float,
    *,
    method: str = "linear",
    components: Mapping[str, float] | None = None,
    parts: Sequence[str] = (),
    evidence: Path | None = None,
    progress: Progress | None = None,
    cancel: Cancel = None,
    recorded: Recipe | None = None,
) -> Exported:
    """Merge two checkpoints at α into the new folder `out`.

    `components` gives single components their own α, `parts` restricts the merge to these parts
    of a pipeline (the others are base's), `evidence` is a sweep's JSON for the card. `progress`
    is called with (done, total, text); `cancel` is asked between tensors. With `recorded`, the
    inputs must be those of that recipe, and the result too.

    `out` appears whole or not at all. UserError in one line where it exists already, the disk is
    too small, the plan has problems or an input holds NaN or infinity; Cancelled when stopped.
    """
    begun = time.perf_counter()
    out = Path(out).expanduser()
    one, other = (open_checkpoint(side.path, side.revision) for side in (base, tuned))
    _check_place(out, one, other)
    plan = plan_of(one, other, parts).require_compatible()
    units, alphas = _alphas(plan, alpha, components or {})
    copied = files_beside(one, OWN)
    sides = (one, other) if evidence else ()
    steps = Steps(progress, cancel, 2 * len(one.tensors) + sum(len(s.tensors) for s in sides))
    check_space(out.parent, _needed(one, copied))
    sweep = _evidence(evidence, method, one, other, steps) if evidence else None
    blend = Blender(plan, one, other, units, method)

    with new_folder(out) as work:
        sources = _sources(base, tuned, one, other, steps)
        if recorded is not None:
            _check_inputs(recorded, sources, one, other, plan)
            sources = recorded.base, recorded.tuned  # where they came from, wherever they lie now
        for name, file in copied.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, work / name)
        computed: dict[str, str] = {}
        for part in one.parts.values():
            for file in part.files:
                target = work / recipe.inside(one, file)
                target.parent.mkdir(parents=True, exist_ok=True)
                data = _stream(part, file, blend, computed, steps)
                write_like(target, file, data)
        opens = one.root.name if one.ecosystem == "file" else "."
        proof = certificate.read_back(work, opens, lambda name: steps.step(f"checking {name}"))
        if differs := certificate.difference(computed, proof.tensors):
            raise UserError(
                f"{out}: tensor {differs[0]} came back from the disk changed ({differs[1]}); "
                "the disk is not to be trusted, choose another --out"
            )
        if recorded is not None and recorded.weights != proof.digest:
            raise UserError(
                f"{out}: the merged weights are not those of the recipe (made with ggez "
                f"{recorded.ggez}, torch {recorded.torch}; here {_here()}); use those versions"
            )
        made = Recipe(
            *sources,
            check_alpha(alpha),
            alphas,
            tuple(parts),
            method,
            recipe.plan_digest(plan),
            recipe.dtype_counts(one),
            proof.digest,
            *recipe.versions(),
        )
        licence = card.licence_of(one, other)
        text = card.card(made, plan, one.ecosystem, licence, sweep)
        (work / card.FILE).write_text(text, encoding="utf-8")
        _write_json(work / certificate.FILE, proof.as_json())
        _write_json(work / recipe.FILE, made.as_json())
        if sweep is not None:
            _write_json(work / EVIDENCE, sweep)
        steps.check()

    warnings = tuple(_warnings(plan, one, other, licence))
    return Exported(out, made, proof, warnings, time.perf_counter() - begun, steps.peak_bytes)


def reproduce(
    file: str | Path,
    out: str | Path,
    *,
    base: str | None = None,
    tuned: str | None = None,
    evidence: Path | None = None,
    progress: Progress | None = None,
    cancel: Cancel = None,
) -> Exported:
    """Export again what a recipe (or the folder it lies in) describes, with the same digests.

    `base` and `tuned` are where the inputs lie now, if not where they were. UserError in one
    line names the input file that changed, or says that the result is another.
    """
    recorded = recipe.read_recipe(Path(file))
    return export(
        _side("base", recorded.base, base),
        _side("tuned", recorded.tuned, tuned),
        out,
        recorded.alpha,
        method=recorded.method,
        components=recorded.alphas,
        parts=recorded.parts,
        evidence=evidence,
        progress=progress,
        cancel=cancel,
        recorded=recorded,
    )


def _stream(
    part: Part,
    file: Path,
    blend: Blender,
    computed: dict[str, str],
    steps: Steps,
) -> Iterator[memoryview]:
    """The bytes of a file's tensors in the file's own order; their hashes go to `computed`."""
    stored = [(entry.start, entry.end, name) for name, entry in part.tensors.items()
              if entry.file == file]  # fmt: skip
    for _, _, short in sorted(stored):
        name = f"{part.name}/{short}" if part.name else short
        steps.step(name)
        own = hashlib.sha256()
        for piece in blend.pieces(name):
            steps.weigh()
            data = raw_bytes(piece)
            own.update(data)
            yield data
        computed[name] = own.hexdigest()


def _check_place(out: Path, *inputs: Checkpoint) -> None:
    for checkpoint in inputs:
        if checkpoint.root.is_dir() and checkpoint.root.resolve() in out.resolve().parents:
            raise UserError(
                f"{out}: lies inside the checkpoint {checkpoint.root}; choose an --out elsewhere"
            )


def plan_of(base: Checkpoint, tuned: Checkpoint, parts: Sequence[str]) -> Plan:
    """The plan of a merge, of these parts of a pipeline alone where any are named."""
    for name in parts:
        if name not in base.parts or name not in tuned.parts:
            there = ", ".join(filter(None, base.parts)) or "none: it is no pipeline"
            raise UserError(f"part {name!r} is not in both checkpoints; base has {there}")
    if parts:
        base, tuned = (
            replace(side, parts={name: side.parts[name] for name in parts})
            for side in (base, tuned)
        )
    return plan_checkpoints(base, tuned, merge=tuple(parts))


def _warnings(
    plan: Plan, base: Checkpoint, tuned: Checkpoint, licence: card.Licence
) -> Iterator[str]:
    yield from plan.warnings
    matter = [found for found in differences(base, tuned) if found.matters]
    if matter:
        first = matter[0]
        sides = (" ".join(str(side).split())[:80] for side in (first.base, first.tuned))
        yield (
            f"{len(matter)} settings differ and base's are taken (first {first.where} "
            f"{first.key}: base {next(sides)}, tuned {next(sides)}); `inspect` lists them"
        )
    if licence.warning:
        yield licence.warning


def _alphas(
    plan: Plan, alpha: float, components: Mapping[str, float]
) -> tuple[dict[Unit, float], dict[str, float]]:
    """The α of every unit of the plan, and the same in short, for the recipe."""
    units = tuple(dict.fromkeys(Unit(t.component, block_of(t.name)) for t in plan.tensors))
    given = dict.fromkeys((unit.component for unit in units), check_alpha(alpha)) | {**components}
    found = alpha_of_units(given, units, units)
    return found, summary(found, units)


def _needed(one: Checkpoint, copied: Mapping[str, Path]) -> int:
    """Bytes that the export will take on disk."""
    files = (*recipe.weight_files(one).values(), *copied.values())
    return sum(file.stat().st_size for file in files)


def _sources(
    base: Side, tuned: Side, one: Checkpoint, other: Checkpoint, steps: Steps
) -> tuple[Source, Source]:
    return (
        recipe.source_of(one, base.path, base.revision, steps.check),
        recipe.source_of(other, tuned.path, tuned.revision, steps.check),
    )


def _check_inputs(
    recorded: Recipe, sources: tuple[Source, Source], one: Checkpoint, other: Checkpoint, plan: Plan
) -> None:
    recipe.check_source("base", recorded.base, sources[0], one.root)
    recipe.check_source("tuned", recorded.tuned, sources[1], other.root)
    if recorded.plan != recipe.plan_digest(plan):
        raise UserError(
            f"the inputs are those of the recipe, but this version plans the merge otherwise "
            f"(made with ggez {recorded.ggez}, here {_here()}); use that version"
        )


def _evidence(
    file: Path, method: str, one: Checkpoint, other: Checkpoint, steps: Steps
) -> dict[str, Any]:
    sweep = card.read_evidence(file)
    weights = {
        side: certificate.hash_tensors(
            checkpoint, lambda name: steps.step(f"evidence: {name}")
        ).digest
        for side, checkpoint in (("base", one), ("tuned", other))
    }
    card.check_evidence(sweep, file, method, weights)
    return sweep


def _side(name: str, source: Source, given: str | None) -> Side:
    """Where to look: as given, else as recorded, by revision where the place is a Hub id."""
    if given:
        return Side(name, given)
    here = Path(source.place).expanduser().exists()
    return Side(name, source.place, None if here else source.revision)


def _here() -> str:
    return "ggez {}, torch {}".format(*recipe.versions())


def _write_json(file: Path, body: Mapping[str, Any]) -> None:
    text = json.dumps(body, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")
