"""The parity certificate: an exported folder, reopened, holds the very weights that were computed.

`certificate.json` lists the SHA-256 of every tensor's bytes and one digest over all, defined as
`ggez.merging.live.weights_digest`: a live model of the same merge has the same digest. The seal
tells an edited certificate from an edited weight. It is a checksum, not a signature: who can
write the folder can write another certificate.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ggez.merging.checkpoint import Checkpoint, open_checkpoint
from ggez.merging.live import weights_digest
from ggez.merging.writer import raw_bytes
from ggez.types import UserError

FILE = "certificate.json"
MEANING = (
    "SHA-256 of each tensor's bytes, computed while merging and found again in the reopened "
    "files; digest: SHA-256 over name, dtype, shape and bytes of all, by name"
)

AGAIN = "export again from the recipe"

Visit = Callable[[str], None]


@dataclass(frozen=True)
class Certificate:
    """What the reopened files hold: SHA-256 per tensor and the digest over all.

    `opens` is what to open, inside the folder: "." or the one weight file.
    """

    tensors: dict[str, str]
    digest: str
    opens: str = "."

    def as_json(self) -> dict[str, Any]:
        """The document of `certificate.json`, sealed."""
        body = {
            "meaning": MEANING,
            "opens": self.opens,
            "equal": True,
            "count": len(self.tensors),
            "digest": self.digest,
            "tensors": self.tensors,
        }
        return {"seal": _seal(body), **body}


class _Hashed(Mapping[str, torch.Tensor]):
    """A checkpoint's tensors, read one at a time, each hashed on its way."""

    def __init__(self, checkpoint: Checkpoint, visit: Visit) -> None:
        self._checkpoint = checkpoint
        self._visit = visit
        self.hashes: dict[str, str] = {}

    def __getitem__(self, name: str) -> torch.Tensor:
        self._visit(name)
        tensor = self._checkpoint.read(name)
        self.hashes[name] = hashlib.sha256(raw_bytes(tensor)).hexdigest()
        return tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self._checkpoint.tensors)

    def __len__(self) -> int:
        return len(self._checkpoint.tensors)


def hash_tensors(
    checkpoint: Checkpoint, visit: Visit = lambda name: None, opens: str = "."
) -> Certificate:
    """Hash what a checkpoint holds, one tensor in memory at a time.

    `visit` is called with each name before it is read; what it raises ends the reading.
    """
    tensors = _Hashed(checkpoint, visit)
    digest = weights_digest(tensors)
    return Certificate(tensors.hashes, digest, opens)


def read_back(folder: Path, opens: str = ".", visit: Visit = lambda name: None) -> Certificate:
    """Open an exported folder anew and hash what its files hold."""
    return hash_tensors(open_checkpoint(folder / opens), visit, opens)


def difference(expected: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, str] | None:
    """The first tensor, by name, whose hash is not the expected one, and how it differs."""
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            return name, "missing in the files"
        if name not in expected:
            return name, "in the files but not in the certificate"
        if expected[name] != found[name]:
            return name, f"{str(expected[name])[:12]}… expected, {found[name][:12]}… found"
    return None


def verify_certificate(folder: str | Path, visit: Visit = lambda name: None) -> Certificate:
    """Reopen an exported folder and compare it with its certificate.

    UserError in one line names the first tensor that differs, and whether weights or
    certificate were changed since the export.
    """
    folder = Path(folder)
    stated = _read(folder / FILE)
    opens = str(stated.get("opens", "."))
    if opens != "." and (Path(opens).name != opens or opens == ".."):
        raise UserError(f"{folder / FILE}: names {opens[:80]!r}, which is no file of this folder")
    found = read_back(folder, opens, visit)
    sealed = stated.get("seal") == _seal({k: v for k, v in stated.items() if k != "seal"})
    blame = "the weights changed" if sealed else f"{FILE} was edited"
    if differs := difference(stated["tensors"], found.tensors):
        raise UserError(
            f"{folder}: tensor {differs[0]}: {differs[1]}; {blame} since the export: {AGAIN}"
        )
    if not sealed:
        raise UserError(f"{folder / FILE}: was edited since the export: {AGAIN}")
    if stated["digest"] != found.digest:
        raise UserError(
            f"{folder}: every tensor has its bytes but a dtype or shape changed since the export: "
            f"{AGAIN}"
        )
    return found


def _read(file: Path) -> dict[str, Any]:
    how = "give a folder that `python -m ggez merge` wrote"
    try:
        stated = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file}: no such file; {how}") from None
    except (OSError, ValueError, RecursionError):
        raise UserError(f"{file}: not readable as JSON; {how}") from None
    if not isinstance(stated, dict) or not (
        isinstance(stated.get("tensors"), dict) and isinstance(stated.get("digest"), str)
    ):
        raise UserError(f"{file}: has no tensors and digest, so it is no certificate; {how}")
    return stated


def _seal(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
