"""What an export copies from base: configuration, tokenizer, processor, scheduler, licence."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ggez.merging.checkpoint import Checkpoint

WEIGHTS = {
    *(".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".ot"),
    *(".onnx", ".onnx_data", ".gguf", ".h5", ".msgpack", ".npz", ".tflite"),
}
"""Not copied: pickles run code, and any other weights here would be base's, unmerged."""


def files_beside(checkpoint: Checkpoint, own: Collection[str]) -> dict[str, Path]:
    """Path inside the checkpoint -> file, without those that the export itself writes (`own`)."""
    if checkpoint.ecosystem == "file":
        return {}
    indexes = {part.index for part in checkpoint.parts.values()}
    found: dict[str, Path] = {}
    for file in sorted(checkpoint.root.rglob("*")):
        name = file.relative_to(checkpoint.root)
        hidden = any(step.startswith(".") for step in name.parts)
        index = ".index." in file.name and file.suffix == ".json"
        if hidden or file.suffix.lower() in WEIGHTS or str(name) in own or not file.is_file():
            continue
        if not index or file in indexes:
            found[name.as_posix()] = file
    return found
