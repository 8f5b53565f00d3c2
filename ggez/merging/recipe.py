"""The recipe of a merge: all that is needed to make the same file again, without the weights.

Inputs are named by their place and by the SHA-256 of every weight file, so that a changed input
is noticed before anything is written.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from ggez.merging.checkpoint import Checkpoint
from ggez.merging.plan import Plan
from ggez.types import UserError

FILE = "recipe.json"
FORMAT = 1
PIECE = 1 << 20

Check = Callable[[], None]


@dataclass(frozen=True)
class Source:
    """One input: where it was found, its revision, and SHA-256 of each weight file in it."""

    place: str
    revision: str | None
    files: dict[str, str]


@dataclass(frozen=True)
class Recipe:
    """One merge. `alphas` holds the α of each component, `weights` the digest of the result."""

    base: Source
    tuned: Source
    alpha: float
    alphas: dict[str, float]
    parts: tuple[str, ...]
    method: str
    plan: str
    dtypes: dict[str, int]
    weights: str
    ggez: str
    torch: str

    def as_json(self) -> dict[str, Any]:
        """The document of `recipe.json`."""
        return {"format": FORMAT, **asdict(self)}


def versions() -> tuple[str, str]:
    """The versions of ggez and torch: the bits of a merge could depend on them."""
    try:
        own = version("ggez")
    except PackageNotFoundError:  # run from the repository
        own = "0.1.0"
    return own, torch.__version__


def weight_files(checkpoint: Checkpoint) -> dict[str, Path]:
    """Every weight file by its path inside the checkpoint."""
    return {
        inside(checkpoint, file): file for part in checkpoint.parts.values() for file in part.files
    }


def inside(checkpoint: Checkpoint, file: Path) -> str:
    """A file's path relative to its checkpoint; its name where the checkpoint is that file."""
    return file.name if file == checkpoint.root else file.relative_to(checkpoint.root).as_posix()


def source_of(
    checkpoint: Checkpoint, place: str, revision: str | None, check: Check = lambda: None
) -> Source:
    """Hash the weight files of an input. `check` is called often and may raise to stop."""
    files = {name: _file_digest(file, check) for name, file in weight_files(checkpoint).items()}
    root = checkpoint.root
    if root.parent.name == "snapshots":  # a Hub snapshot's folder is named by its commit
        revision = root.name
    return Source(place, revision, files)


def check_source(side: str, recorded: Source, found: Source, where: Path) -> None:
    """UserError naming the first weight file that is not the one the recipe recorded."""
    for name, digest in recorded.files.items():
        if name not in found.files:
            raise UserError(
                f"{where}: the recipe's {side} has {name}, which is not here; give the same "
                f"files with --{side}"
            )
        if found.files[name] != digest:
            raise UserError(
                f"{where / name if where.is_dir() else where}: not the {side} of the recipe "
                f"(SHA-256 {found.files[name][:12]}…, recorded {digest[:12]}…); give the "
                f"recorded files with --{side}"
            )
    if extra := sorted(found.files.keys() - recorded.files.keys()):
        raise UserError(
            f"{where / extra[0]}: the recipe's {side} has no such weight file; give the recorded "
            f"files with --{side}"
        )


def plan_digest(plan: Plan) -> str:
    """SHA-256 over what the plan decides for every tensor."""
    total = hashlib.sha256()
    for t in sorted(plan.tensors, key=lambda t: t.name):
        rows = [t.rows.base, t.rows.tuned] if t.rows else None
        body = [t.name, t.decision, t.component, str(t.header), t.like, rows]
        total.update(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
    return total.hexdigest()


def dtype_counts(checkpoint: Checkpoint) -> dict[str, int]:
    """How many tensors are stored in each dtype."""
    return dict(sorted(Counter(t.header.dtype for t in checkpoint.tensors.values()).items()))


def read_recipe(file: Path) -> Recipe:
    """A recipe from its file or from the folder it lies in, or UserError in one line."""
    file = file / FILE if file.is_dir() else file
    how = "give the recipe.json that `python -m ggez merge` wrote"
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file}: no such file; {how}") from None
    except (OSError, ValueError, RecursionError):
        raise UserError(f"{file}: not readable as JSON; {how}") from None
    if not isinstance(body, dict) or "format" not in body:
        raise UserError(f"{file}: not a recipe; {how}")
    if body.pop("format") != FORMAT:
        raise UserError(f"{file}: a recipe of another format; use the version of ggez it names")
    try:
        base, tuned = (_source(body.pop(side)) for side in ("base", "tuned"))
        recipe = Recipe(base=base, tuned=tuned, parts=tuple(body.pop("parts")), **body)
        alphas = {str(name): float(alpha) for name, alpha in recipe.alphas.items()}
        texts = (recipe.method, recipe.plan, recipe.weights, recipe.ggez, recipe.torch)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a text is expected")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{file}: a damaged recipe ({error}); {how}") from None
    return Recipe(**{**vars(recipe), "alphas": alphas})


def _source(body: Mapping[str, Any]) -> Source:
    files = {str(name): str(digest) for name, digest in body["files"].items()}
    revision = body["revision"]
    return Source(str(body["place"]), None if revision is None else str(revision), files)


def _file_digest(file: Path, check: Check) -> str:
    total = hashlib.sha256()
    buffer = bytearray(PIECE)
    with file.open("rb", buffering=0) as opened:
        while size := opened.readinto(buffer):
            check()
            total.update(memoryview(buffer)[:size])
    return total.hexdigest()
