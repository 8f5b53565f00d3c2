"""Checkpoint folders: where they lie (a folder or a Hub id) and the weights they hold.

Weights are safetensors, in one file or in the shards that an index names. Nothing else is read:
a pickle can run code.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from safetensors import SafetensorError
from safetensors.torch import load_file

from ggez.types import UserError

FETCHED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "README.md", "LICEN[CS]E*")
"""What is fetched of a Hub repository: configs, weights, tokenizers, licence; never code."""


def find_folder(path: str, revision: str | None = None) -> Path:
    """The folder of a checkpoint: `path` itself, or the Hub repository of that id.

    A repository that is not in the local cache is fetched, unless HF_HUB_OFFLINE is set. Raises
    UserError in one line if there is neither.
    """
    folder = Path(path)
    if path and folder.is_dir():
        return folder
    if folder.is_absolute() or path.count("/") != 1:
        raise UserError(
            f"{path}: no such folder, and no Hub id (organisation/model); mend the path"
        )
    name = f"{path} at revision {revision}" if revision else path
    try:
        return Path(snapshot_download(path, revision=revision, allow_patterns=list(FETCHED)))
    except GatedRepoError:
        why = "its owner asks you to accept a licence; accept it on the Hub and run `hf auth login`"
    except RevisionNotFoundError:
        why = "the repository has no such revision; mend `revision`"
    except (RepositoryNotFoundError, HFValidationError):
        why = "no such folder and no such Hub repository; mend the path"
    except LocalEntryNotFoundError:
        why = (
            "not in the local Hub cache, and the Hub cannot be reached (offline); fetch it with "
            f"`hf download {path}{f' --revision {revision}' if revision else ''}` where there is "
            "a network, or give a folder"
        )
    except (HfHubHTTPError, OSError) as error:
        why = f"the Hub did not answer ({first_line(error)}); try again, or give a folder"
    raise UserError(f"{name}: {why}")


def read_json(file: Path) -> dict[str, Any]:
    """A config file's mapping, or UserError in one line."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{file}: not readable JSON ({first_line(error)}); restore it") from None
    if not isinstance(body, dict):
        raise UserError(f"{file}: must hold a JSON object; restore it")
    return body


def weight_files(folder: Path, stems: Sequence[str]) -> list[Path]:
    """`<stem>.safetensors`, or every shard its index names, of the first stem that has any."""
    for stem in stems:
        single = folder / f"{stem}.safetensors"
        index = folder / f"{stem}.safetensors.index.json"
        if single.is_file():
            return [single]
        if index.is_file():
            return _shards(index)
    raise UserError(f"{folder}: {stems[0]}.safetensors is missing{_pickled(folder)}")


def _shards(index: Path) -> list[Path]:
    names = read_json(index).get("weight_map")
    if not isinstance(names, dict) or not names:
        raise UserError(f"{index}: has no weight_map; restore it")
    # a name, not a path: an index must not lead out of its folder
    files = [index.parent / name for name in sorted({Path(str(n)).name for n in names.values()})]
    for file in files:
        if not file.is_file():
            raise UserError(f"{file}: this shard is missing, {index.name} names it; fetch it again")
    return files


def _pickled(folder: Path) -> str:
    found = sorted(file.name for end in ("bin", "pt", "pth") for file in folder.glob(f"*.{end}"))
    if not found:
        return "; this folder holds no weights that can be read"
    return f"; {found[0]} may be a pickle, which is never opened: save the model as safetensors"


def read_tensors(files: list[Path]) -> dict[str, torch.Tensor]:
    """All tensors of all files in storage dtype, mapped from disk where torch can."""
    out: dict[str, torch.Tensor] = {}
    for file in files:
        try:
            out |= load_file(file)
        except (SafetensorError, OSError) as error:
            raise UserError(
                f"{file}: not a readable safetensors file ({first_line(error)}); fetch it again"
            ) from None
    return out


def first_line(error: BaseException) -> str:
    """What an exception says, in one short line."""
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
