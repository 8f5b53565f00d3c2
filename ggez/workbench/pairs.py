"""Read pair files: a base, a tuned checkpoint, and what is needed to compare them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ggez.types import Example, PairSpec, PublishedPoint, Side, UserError

FAMILIES = ("embedding", "diffusion", "vlm")
MISSING, TO_FILL_IN = "files missing", "to be filled in"


def read_pair(file: Path) -> PairSpec:
    """One pair file. Paths in it are relative to the file; bad input is one line."""
    try:
        body = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file}: no such pair file") from None
    except (yaml.YAMLError, ValueError, OSError) as error:
        line = str(error).replace("\n", " ")[:200]
        raise UserError(f"{file}: not valid YAML ({line})") from None
    if not isinstance(body, dict):
        raise UserError(f"{file}: must be a YAML mapping with id, family, region, base, tuned")
    if "tuned" in body and body["tuned"] is None:
        body["tuned"] = {"name": TO_FILL_IN}  # `tuned:` with nothing after it
    for key in ("id", "title", "family", "region", "base", "tuned"):
        if not body.get(key):
            raise UserError(f"{file}: {key} is missing; add a line `{key}: ...`")
    if body["family"] not in FAMILIES:
        raise UserError(
            f"{file}: family {body['family']!r} is unknown; choose one of {', '.join(FAMILIES)}"
        )
    try:
        return _pair(body, file)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{file}: entry {error} is missing or of the wrong kind") from None


def read_pairs(folder: Path) -> dict[str, PairSpec]:
    """All pair files of a folder by id; those that can be merged come first."""
    pairs = [read_pair(file) for file in sorted(folder.glob("*.yaml"))]
    pairs.sort(key=lambda pair: (pair.readonly, unfilled(pair)))
    out: dict[str, PairSpec] = {}
    for pair in pairs:
        if pair.id in out:
            raise UserError(f"{pair.file}: id {pair.id!r} is taken by {out[pair.id].file}")
        out[pair.id] = pair
    return out


def unfilled(pair: PairSpec) -> bool:
    """Whether a side is still to be filled in: a template's copy, nothing to open yet."""
    return not pair.readonly and not (pair.base.path and pair.tuned.path)


def whereabouts(pair: PairSpec) -> str:
    """`here`, `files missing` (a Hub id may be fetched on opening), or `to be filled in`."""
    if pair.readonly:
        return "here"
    if unfilled(pair):
        return TO_FILL_IN
    return "here" if all(map(_is_here, (pair.base, pair.tuned))) else MISSING


def _is_here(side: Side) -> bool:
    """Whether a folder exists, or a Hub repository is in the local cache. Opens no connection."""
    if Path(side.path).exists():
        return True
    # only for a Hub id, so that the list of pairs needs no library
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        snapshot_download(side.path, revision=side.revision, local_files_only=True)
    except (HFValidationError, LocalEntryNotFoundError):
        return False
    return True


def _pair(body: dict[str, Any], file: Path) -> PairSpec:
    def place(side: dict[str, Any]) -> Side:
        if not side["name"]:
            raise ValueError("name")
        path = str(side.get("path") or "")
        if path and (path.startswith(".") or Path(path).is_absolute()):
            path = str((file.parent / path).resolve())
        revision = side.get("revision")
        return Side(str(side["name"]), path, None if revision is None else str(revision))

    points = tuple(
        PublishedPoint(
            float(point["alpha"]),
            float(point["regional"]),
            float(point["global"]),
            None if point.get("grp") is None else float(point["grp"]),
        )
        for point in body.get("points") or ()
    )
    if not all(0 <= point.alpha <= 1 for point in points):
        raise ValueError("points: alpha")
    examples = tuple(
        Example(str(entry["lang"]), str(entry["text"]), str(entry.get("gloss") or ""))
        for entry in body.get("examples") or ()
    )
    sets = body.get("eval") or {}
    sweeps = body.get("sweeps")
    return PairSpec(
        id=str(body["id"]),
        title=str(body["title"]),
        family=str(body["family"]),
        region=str(body["region"]),
        base=place(body["base"]),
        tuned=place(body["tuned"]),
        file=str(file),
        regional_set=sets.get("regional"),
        global_set=sets.get("global"),
        sweeps=str((file.parent / sweeps).resolve()) if sweeps else None,
        note=str(body.get("note") or ""),
        source=str(body.get("source") or ""),
        metric=str(body.get("metric") or ""),
        chance=float(body.get("chance") or 0.0),
        examples=examples,
        published=points,
    )
