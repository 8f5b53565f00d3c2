"""Regional fine-tuning of an open_clip checkpoint on a folder of captioned pictures.

The folder is in the Hub's ImageFolder form, as the regional filter writes it. Where rows have a
`group` (what the filter found a row to be about), a batch holds at most one row of each, so that
two pictures of one thing do not punish each other; without it, rows with one caption are a group.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ggez.data.image_folder import Captioned, load_picture, read_image_folder
from ggez.data.new_folder import new_folder
from ggez.models.embedding import CONFIG, WEIGHTS, EmbeddingModel, read_weights, save_checkpoint
from ggez.tuning.contrastive import Pairs, Progress, TuneConfig, tune
from ggez.types import UserError

RECIPE = "recipe.json"


def tune_folder(
    base: Path,
    data: Path,
    out: Path,
    config: TuneConfig,
    progress: Progress,
    work: Path | None = None,
) -> dict[str, Any]:
    """Tune a copy of the open_clip folder `base` on `data` into the new folder `out`.

    An interrupted run goes on from `work` (default: beside `out`). The weights are stored in
    base's dtype, with base's config and tokenizer; what was run stands in `recipe.json`, which
    is also returned. Raises UserError where `out` exists or `data` holds nothing usable.
    """
    if out.exists():
        raise UserError(f"{out}: exists already; remove it or choose another --out")
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    opened = EmbeddingModel(base)
    if not (base / CONFIG).is_file():
        raise UserError(f"{base}: only open_clip folders (with {CONFIG}) are tuned here")
    source = read_image_folder(data)
    rows = list(source)
    pairs = _pairs(rows, opened, progress)
    if len(np.unique(pairs.group)) < 2:
        raise UserError(f"{data}: every row is about one thing; contrast needs at least two")
    work = work or out.with_name(f"{out.name}.work")
    model = opened.model.requires_grad_(True)
    losses = tune(model, pairs, config, work, progress)
    stored = read_weights(base)
    dtype = next(value.dtype for value in stored.values() if value.is_floating_point())
    settings = json.loads((base / CONFIG).read_text(encoding="utf-8"))
    recipe = {
        "run": asdict(config),
        "rows": len(rows),
        "pictures": len(pairs.pixels),
        "groups": len(np.unique(pairs.group)),
        "left out": len(source.warnings),
        "data": hashlib.sha256(source.table.read_bytes()).hexdigest(),
        "base": hashlib.sha256((base / WEIGHTS).read_bytes()).hexdigest(),
        "loss": round(float(np.mean(losses[-50:])), 4),
        "seconds": round(time.perf_counter() - started, 1),
        "hardware": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "versions": {name: version(name) for name in ("torch", "open_clip_torch")},
    }
    with new_folder(out) as folder:
        save_checkpoint(folder, settings, model.state_dict(), dtype)
        for file in base.iterdir():
            if file.name not in (CONFIG, WEIGHTS, RECIPE, "README.md") and file.is_file():
                shutil.copyfile(file, folder / file.name)
        (folder / RECIPE).write_text(json.dumps(recipe, indent=1) + "\n", encoding="utf-8")
    return recipe


def _pairs(rows: Sequence[Captioned], opened: EmbeddingModel, progress: Progress) -> Pairs:
    """Every picture once, as the model reads it, in a byte a channel."""
    files = {row.file: None for row in rows}
    visual = opened.model.visual
    mean, std = (np.array(v).reshape(3, 1, 1) for v in (visual.image_mean, visual.image_std))
    pixels = []
    for number, file in enumerate(files):
        try:
            floats = opened.pixels(load_picture(file)).numpy()
        except ValueError as error:
            raise UserError(f"{file}: {error}; remove its rows or mend it") from None
        pixels.append(np.rint((floats * std + mean) * 255).clip(0, 255).astype(np.uint8))
        if number % 500 == 499 or number + 1 == len(files):
            progress(number + 1, len(files), "pictures")
    place = {file: number for number, file in enumerate(files)}
    texts = {text: number for number, text in enumerate(sorted({row.text for row in rows}))}
    groups = [str(row.row.get("group") or row.text) for row in rows]
    return Pairs(
        pixels=np.stack(pixels),
        tokens=opened.tokens(list(texts)),
        picture=np.array([place[row.file] for row in rows]),
        caption=np.array([texts[row.text] for row in rows]),
        group=np.unique(groups, return_inverse=True)[1],
        mean=_channels(mean),
        std=_channels(std),
    )


def _channels(values: np.ndarray) -> tuple[float, float, float]:
    red, green, blue = values.ravel().tolist()
    return red, green, blue
