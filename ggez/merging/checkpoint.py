"""Open a checkpoint of any ecosystem as one set of named tensors, from headers alone.

A transformers folder, a diffusers pipeline folder, an open_clip folder, one safetensors file,
or a Hub id. How a side is sharded does not matter: two sides are compared by tensor names.
Safetensors only: a pickle runs code when it is opened.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from ggez.merging.headers import Header, Stored, read_headers, read_stored
from ggez.merging.hub import is_hub_id
from ggez.models.folders import find_folder, read_json
from ggez.types import UserError

__all__ = ["Checkpoint", "Header", "Part", "Stored", "open_checkpoint", "read_headers"]

PIPELINE = "model_index.json"
OPEN_CLIP = "open_clip_config.json"
CONFIG = "config.json"
STEMS = {
    "transformers": ("model",),
    "diffusers": ("diffusion_pytorch_model", "model"),
    "open_clip": ("open_clip_model", "open_clip_pytorch_model", "model"),
}
"""How each ecosystem calls its weights, before `.safetensors`; the first found is taken."""

PICKLES = (".bin", ".pt", ".ckpt", ".pth", ".pkl")
SHARD = re.compile(r"^(?P<stem>.+)-\d{5}-of-\d{5}\.safetensors$")
CONVERT = (
    "open it once where you trust it and save it again with save_pretrained or safetensors' "
    "save_file"
)


@dataclass(frozen=True)
class Part:
    """A folder (or file) of weights; "" for a plain checkpoint, "unet", "vae"... of a pipeline."""

    name: str
    files: tuple[Path, ...]
    index: Path | None
    tensors: dict[str, Stored]


@dataclass(frozen=True)
class Checkpoint:
    """What is stored and where. `notes` are lines a user should know (a variant was taken)."""

    root: Path
    ecosystem: str
    parts: dict[str, Part]
    notes: tuple[str, ...] = ()
    _opened: dict[Path, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def tensors(self) -> dict[str, Stored]:
        """Every tensor by its full name: `unet/conv_in.weight`, no slash for part ""."""
        return {
            f"{part.name}/{name}" if part.name else name: stored
            for part in self.parts.values()
            for name, stored in part.tensors.items()
        }

    def read(self, name: str) -> torch.Tensor:
        """One tensor in storage dtype, mapped from its file, not copied."""
        part, slash, short = name.partition("/")
        found = self.parts.get(part if slash and part in self.parts else "")
        stored = found.tensors.get(short if found and found.name else name) if found else None
        if found is None or stored is None:
            raise UserError(f"{self.root}: there is no tensor {name}")
        inside = short if found.name else name
        try:
            if stored.file not in self._opened:
                self._opened[stored.file] = safe_open(stored.file, framework="pt")
            return self._opened[stored.file].get_tensor(inside)
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{stored.file}: tensor {name} cannot be read ({error}); fetch it again"
            ) from None


def open_checkpoint(where: str | Path, revision: str | None = None) -> Checkpoint:
    """The checkpoint at a folder, a safetensors file, or a Hub id `org/name` with revision.

    Raises UserError in one line, with file and tensor, for what is absent, broken or pickled.
    """
    path = Path(where).expanduser()
    if not path.exists():
        if not is_hub_id(str(where)):
            raise UserError(
                f"{where}: no such file or folder; give a checkpoint's folder, a .safetensors "
                "file, or a Hub id org/name"
            )
        path = find_folder(str(where), revision)
    elif revision is not None:
        raise UserError(f"{where}: a revision belongs to a Hub id, and this is here on disk")
    return _open_folder(path) if path.is_dir() else _open_file(path)


def _open_file(file: Path) -> Checkpoint:
    if file.suffix in PICKLES:
        raise UserError(f"{file}: a pickle, which may run code; {CONVERT}")
    if file.suffix != ".safetensors":
        raise UserError(f"{file}: not a .safetensors file; give one, or a checkpoint's folder")
    if SHARD.match(file.name):
        raise UserError(f"{file}: one shard of several; give the folder {file.parent}")
    return Checkpoint(file, "file", {"": Part("", (file,), None, read_stored(file))})


def _open_folder(folder: Path) -> Checkpoint:
    if (folder / PIPELINE).is_file():
        return _open_pipeline(folder)
    ecosystem = _ecosystem(folder)
    found = _find_part("", folder, STEMS[ecosystem])
    if found is None:
        raise _nothing(folder, STEMS[ecosystem])
    part, notes = found
    return Checkpoint(folder, ecosystem, {"": part}, notes)


def _ecosystem(folder: Path) -> str:
    """Whose names to look for. Hub repositories of open_clip often hold transformers' as well."""
    if not (folder / OPEN_CLIP).is_file():
        lone = any(folder.glob("diffusion_pytorch_model*.safetensors*"))  # a unet on its own
        return "diffusers" if lone else "transformers"
    own = any(folder.glob("open_clip_*model*.safetensors"))
    both = "model_type" in read_json(folder / CONFIG) if (folder / CONFIG).is_file() else False
    return "transformers" if both and not own else "open_clip"


def _open_pipeline(folder: Path) -> Checkpoint:
    """Every folder that the pipeline's index names; those without weights are passed over."""
    parts: dict[str, Part] = {}
    notes: list[str] = []
    for name, value in read_json(folder / PIPELINE).items():
        if name.startswith("_") or not isinstance(value, list) or not any(value):
            continue
        place = folder / name
        if not place.is_dir():
            raise UserError(f"{place}: {PIPELINE} names this part but it is missing; fetch it")
        found = _find_part(name, place, STEMS["diffusers"])
        if found is not None:
            parts[name] = found[0]
            notes += found[1]
        elif (place / CONFIG).is_file():  # a model; schedulers and processors name theirs otherwise
            raise _nothing(place, STEMS["diffusers"])
    if not parts:
        raise UserError(f"{folder}: no part that {PIPELINE} names has weights; check the folder")
    return Checkpoint(folder, "diffusers", parts, tuple(notes))


def _find_part(
    name: str, folder: Path, stems: Sequence[str]
) -> tuple[Part, tuple[str, ...]] | None:
    """The weights of a folder under the first stem that has any; None where none has."""
    for stem in stems:
        single, index = folder / f"{stem}.safetensors", folder / f"{stem}.safetensors.index.json"
        if single.is_file() and index.is_file():
            raise UserError(
                f"{folder}: both {single.name} and {index.name} are here, and loaders differ in "
                "which they take; remove the stale one"
            )
        notes: tuple[str, ...] = ()
        if not single.is_file() and not index.is_file():
            variant = _variant(folder, stem)
            if variant is None:
                continue
            single = folder / f"{stem}.{variant}.safetensors"
            index = folder / f"{stem}.safetensors.index.{variant}.json"
            notes = (f"{folder}: only the {variant} variant is here; it is taken",)
        if single.is_file():
            return Part(name, (single,), None, read_stored(single)), notes
        return _sharded(name, index), notes
    return None


def _variant(folder: Path, stem: str) -> str | None:
    """The one variant that is here, such as fp16; UserError where there are several."""
    pattern = re.compile(
        rf"^{re.escape(stem)}\.(?:([\w-]+)\.safetensors|safetensors\.index\.([\w-]+)\.json)$"
    )
    # a shard of a variant is model.fp16-00001-of-00002.safetensors, found by its index
    matches = [pattern.match(f.name) for f in folder.iterdir() if not SHARD.match(f.name)]
    variants = sorted({m[1] or m[2] for m in matches if m})
    if len(variants) > 1:
        raise UserError(
            f"{folder}: only variants are here ({', '.join(variants)}); keep one of them"
        )
    return variants[0] if variants else None


def _sharded(name: str, index: Path) -> Part:
    """All shards that an index names, checked against it in both directions."""
    where = read_json(index).get("weight_map")
    if not isinstance(where, dict) or not where:
        raise UserError(f"{index}: no weight_map in this index; fetch it again")
    for tensor, shard in where.items():
        if not isinstance(shard, str) or Path(shard).name != shard:
            raise UserError(f"{index}: tensor {tensor} is in {str(shard)[:80]!r}, no file here")
    files = tuple(index.parent / shard for shard in sorted(set(where.values())))
    found: dict[str, Stored] = {}
    for file in files:
        if not file.is_file():
            raise UserError(f"{file}: this shard is missing; {index.name} names it, fetch it")
        for tensor, stored in read_stored(file).items():
            if tensor in found:
                raise UserError(f"{file}: tensor {tensor} is in {found[tensor].file.name} as well")
            if tensor not in where:
                raise UserError(f"{file}: tensor {tensor} is not in {index.name}; fetch both again")
            found[tensor] = stored
    for tensor, shard in where.items():
        if tensor not in found:
            raise UserError(f"{index}: tensor {tensor} is in no shard; fetch {shard} again")
        if found[tensor].file.name != shard:
            raise UserError(
                f"{index}: tensor {tensor} should be in {shard} but is in "
                f"{found[tensor].file.name}; fetch both again"
            )
    return Part(name, files, index, found)


def _nothing(folder: Path, stems: Sequence[str]) -> UserError:
    """Why a folder has no weights that can be opened, and what to do."""
    files = sorted(file.name for file in folder.iterdir() if file.is_file())
    if "adapter_config.json" in files:
        return UserError(
            f"{folder}: a LoRA adapter, not a whole checkpoint; fuse it into its base first "
            "(merge_and_unload of peft) and save that"
        )
    if shards := [name for name in files if SHARD.match(name)]:
        return UserError(f"{folder}: {shards[0]} is here without its .index.json; fetch that too")
    if others := [name for name in files if name.endswith(".safetensors")]:
        looked = " or ".join(f"{stem}.safetensors" for stem in stems)
        return UserError(
            f"{folder}: no {looked} here, but {others[0]}; rename it, or give that file itself"
        )
    if pickles := [name for name in files if Path(name).suffix in PICKLES]:
        return UserError(
            f"{folder / pickles[0]}: only pickled weights, which may run code; {CONVERT}"
        )
    looked = ", ".join(f"{stem}.safetensors (or its .index.json)" for stem in stems)
    return UserError(f"{folder}: no weights here; looked for {PIPELINE}, {looked}")
