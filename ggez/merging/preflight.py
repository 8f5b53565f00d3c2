"""The plan of two checkpoints: headers, and what lies beside them, before a weight is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ggez.merging.checkpoint import CONFIG, Checkpoint, Part, Stored
from ggez.merging.components import component_of
from ggez.merging.configs import filled
from ggez.merging.headers import Header
from ggez.merging.plan import ABSENT, DEQUANTISE, UNTIE, Known, Plan, Problem, plan_merge
from ggez.merging.streaming import same_bytes
from ggez.merging.vocabulary import Alignment, align_rows, is_rows, read_vocabulary, same_files
from ggez.models.folders import read_json

SMALL = 100_000_000
"""Bytes of a side up to which equal tensors are looked for without being asked."""

COPIED = ("vae", "safety_checker")
"""Parts of a pipeline that a merge takes from base unless asked."""

SPELLINGS = {"model", "module", "_orig_mod", "base_model", "vision_model"}
"""Steps in a tensor's name that come and go with the version that saved it."""


def plan_checkpoints(
    base: Checkpoint,
    tuned: Checkpoint,
    *,
    merge: Sequence[str] = (),
    compare: bool = False,
) -> Plan:
    """Plan a merge of two opened checkpoints.

    `merge` names parts that are otherwise copied ("vae"). `compare` reads both sides to find
    equal tensors; small checkpoints are compared anyway, and large ones when they are merged.
    """
    if ("" in base.parts) != ("" in tuned.parts):
        mine, theirs = (f"a {side.ecosystem} checkpoint" for side in (base, tuned))
        lone = Problem(
            "(all)", mine, theirs, "one is a pipeline, the other is not",
            "give two pipelines, or the same part of both",
        )  # fmt: skip
        return Plan((), (lone,))
    copied = [name for name in COPIED if name not in merge]
    problems: list[Problem] = []
    warnings: list[str] = []
    tied: dict[str, str] = {}
    rows: dict[str, Alignment] = {}
    sides: tuple[dict[str, Header], dict[str, Header]] = ({}, {})
    for name in dict.fromkeys([*base.parts, *tuned.parts]):
        one, other = base.parts.get(name), tuned.parts.get(name)
        if one is None:
            warnings.append(f"{name}: only tuned has this part; it is left out")
            continue
        if other is None and name not in copied:
            problems.append(_lone(name, one))
            continue
        if other is not None and (problem := _foreign(name, base, tuned)):
            problems.append(problem)
            continue
        for side, part in zip(sides, (one, other), strict=True):
            if part is not None:
                side.update({_full(name, t): s.header for t, s in part.tensors.items()})
        if other is not None and name not in copied:
            tied |= _ties(name, base, tuned, problems)
            rows |= _rows(name, base, tuned, warnings)
    total = max(sum(header.nbytes for header in side.values()) for side in sides)
    shared = _shared(base.tensors, tuned.tensors, compare or total <= SMALL)
    known = Known(copied, shared, tied, rows)
    plan = plan_merge(*sides, component_of(base), known)
    notes = (*base.notes, *tuned.notes)
    return replace(
        plan,
        problems=(*problems, *plan.problems),
        warnings=(*notes, *warnings, *plan.warnings),
    )


def _full(part: str, name: str) -> str:
    return f"{part}/{name}" if part else name


def _config(side: Checkpoint, part: str) -> dict[str, Any]:
    file = side.root / part / CONFIG
    return read_json(file) if file.is_file() else {}


def _class(side: Checkpoint, part: str) -> str:
    config = _config(side, part)
    names = config.get("architectures") or [config.get("_class_name") or side.ecosystem]
    return str(names[0])


def _lone(name: str, part: Part) -> Problem:
    return Problem(
        f"{name}/", f"{len(part.tensors)} tensors", ABSENT, "tuned lacks this part",
        f"save the whole pipeline, or copy base's {name} folder into it",
    )  # fmt: skip


def _foreign(part: str, base: Checkpoint, tuned: Checkpoint) -> Problem | None:
    """What forbids to compare two parts tensor by tensor: quantised, or another architecture."""
    place = f"{part}/" if part else "(all)"
    methods = [_quantised(_config(side, part)) for side in (base, tuned)]
    if any(methods):
        mine, theirs = (method or "not quantised" for method in methods)
        return Problem(
            f"{place}{CONFIG}" if part else CONFIG, mine, theirs,
            "quantised weights are codes and cannot be averaged", DEQUANTISE,
        )  # fmt: skip
    names = [set(side.parts[part].tensors) for side in (base, tuned)]
    common = len(names[0] & names[1])
    if names[0] != names[1] and _spelt(names[0]) == _spelt(names[1]):
        problem = "the same tensors under other names"
        fix = "load one side with the library that saved the other, and save it again"
    elif 2 * common < min(map(len, names)):
        problem = f"another architecture, {common} names in common"
        fix = "give two checkpoints of one model, as one library saves it"
    else:
        return None
    mine, theirs = (
        f"{len(own)} tensors of {_class(side, part)}"
        for own, side in zip(names, (base, tuned), strict=True)
    )
    return Problem(place, mine, theirs, problem, fix)


def _spelt(names: set[str]) -> set[tuple[str, ...]]:
    return {tuple(step for step in name.split(".") if step not in SPELLINGS) for name in names}


def _quantised(config: dict[str, Any]) -> str | None:
    """How a config says that its weights are quantised."""
    found = config.get("quantization_config") or config.get("compression_config")
    if not isinstance(found, dict):
        return None
    for bits in (4, 8):
        if found.get(f"load_in_{bits}bit") or found.get("bits") == bits:
            return f"{found.get('quant_method', 'bitsandbytes')} {bits} bit"
    return str(found.get("quant_method", "quantised"))


def _ties(
    part: str, base: Checkpoint, tuned: Checkpoint, problems: list[Problem]
) -> dict[str, str]:
    """Output embeddings that are the input's, by what the configs say.

    Where only one side stores them and its config says that they are its own, they are not
    tied, and the plan reports them missing.
    """
    names = [side.parts[part].tensors for side in (base, tuned)]
    found: dict[str, str] = {}
    for name, like in _heads([*names[0], *names[1]]):
        if not all(like in side for side in names):
            continue
        if not name.endswith("lm_head.weight"):  # an input embedding under its second name
            found[_full(part, name)] = _full(part, like)
            continue
        here = [name in side for side in names]
        says = [_says_tied(side, part) for side in (base, tuned)]
        if all(here) and set(says) == {True, False}:
            mine, theirs = ("tied" if tied else "its own" for tied in says)
            problem = f"one side ties it to {like}, the other does not"
            problems.append(Problem(_full(part, name), mine, theirs, problem, UNTIE))
        # both store it: tied only if both say so. One does: it is a copy unless it says no
        elif all(says) if all(here) else says[here.index(True)] is not False:
            found[_full(part, name)] = _full(part, like)
    return found


def _heads(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(output embedding or second name, the input embedding that it may be tied to)."""
    names = list(dict.fromkeys(names))
    inputs = ("embed_tokens.weight", "wte.weight", "word_embeddings.weight", "shared.weight")
    for name in names:
        if name.endswith("lm_head.weight"):
            own = [n for end in inputs for n in names if n.endswith(end)]
            yield from ((name, like) for like in own[:1])
        elif name.endswith("coder.embed_tokens.weight") and "shared.weight" in names:
            yield name, "shared.weight"


def _says_tied(side: Checkpoint, part: str) -> bool | None:
    config = _config(side, part)
    for place in (config, filled(config) if config else {}):
        for own in (place, place.get("text_config")):
            if isinstance(own, dict) and isinstance(own.get("tie_word_embeddings"), bool):
                return bool(own["tie_word_embeddings"])
    return None


def _tokenizer(side: Checkpoint, part: str) -> Path:
    return side.root / part.replace("text_encoder", "tokenizer")


def _rows(
    part: str, base: Checkpoint, tuned: Checkpoint, warnings: list[str]
) -> dict[str, Alignment]:
    """How the rows of embeddings pair, where the two vocabularies or their padding differ."""
    one, other = base.parts[part].tensors, tuned.parts[part].tensors
    names = [name for name in one if is_rows(name) and name in other]
    if not names:
        return {}
    places = [_tokenizer(side, part) for side in (base, tuned)]
    if same_files(*places) and all(one[n].header.shape == other[n].header.shape for n in names):
        return {}
    mine, theirs = (read_vocabulary(place) for place in places)
    if mine is None or theirs is None:
        if mine is not theirs:
            side = "base" if mine is None else "tuned"
            warnings.append(
                f"{_full(part, names[0])}: {side} has no tokenizer here; its vocabulary is taken "
                "to be the other's"
            )
        return {}
    found: dict[str, Alignment] = {}
    made: dict[tuple[int, int], Alignment] = {}
    for name in names:
        shapes = one[name].header.shape, other[name].header.shape
        if not all(shapes) or shapes[0][1:] != shapes[1][1:]:
            continue
        counts = shapes[0][0], shapes[1][0]
        if counts[0] == counts[1] and mine == theirs:
            continue
        if counts not in made:
            made[counts] = align_rows(mine, theirs, *counts)
            warnings += _about(_full(part, name), made[counts])
        found[_full(part, name)] = made[counts]
    return found


def _about(name: str, rows: Alignment) -> Iterator[str]:
    if 2 * len(rows.base) < len(rows.base) + len(rows.kept):
        yield (
            f"{name}: only {len(rows.base)} of {len(rows.base) + len(rows.kept)} rows have a "
            "token that both sides know; the vocabularies are hardly related"
        )
    if rows.lost:
        yield (
            f"{name}: {len(rows.lost)} tokens of tuned are not in base's vocabulary and are lost "
            f"(first {rows.lost[0]!r})"
        )


def _shared(base: dict[str, Stored], tuned: dict[str, Stored], read: bool) -> frozenset[str]:
    """Tensors that are the same bytes: in one file, or by reading both."""
    places = {file: _place(file) for file in {s.file for s in (*base.values(), *tuned.values())}}
    return frozenset(
        name
        for name, one in base.items()
        if (other := tuned.get(name)) is not None
        and (
            (places[one.file], one.start, one.end, one.header)
            == (places[other.file], other.start, other.end, other.header)
            or (read and same_bytes(one, other))
        )
    )


def _place(file: Path) -> tuple[int, int]:
    """What two paths to one file have in common, links included."""
    status = file.stat()
    return status.st_dev, status.st_ino
