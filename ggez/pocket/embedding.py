"""The recipe of `pocket-embedding`: a base from a web-like pool, a tuned side from a region.

Both are open_clip models of one small config. Seeds, sizes and rates stand here and
nowhere else; what was run is written beside the weights as `recipe.json`.
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
import open_clip
import torch

from ggez.filtering import run_filter
from ggez.models.embedding import WEIGHTS, save_checkpoint
from ggez.pocket.pictures import Progress, picture_cache, world_digest
from ggez.pocket.pool import PICTURES_PER_ITEM, Row, mixed_pool, web_pool
from ggez.pocket.pool_folder import write_rows
from ggez.pocket.render import VERSION
from ggez.pocket.splits import TRAIN
from ggez.pocket.tokenizer import CONTEXT, train_tokenizer
from ggez.pocket.world import HOME, Item
from ggez.tuning.contrastive import Pairs, TuneConfig, tune
from ggez.tuning.folder import RECIPE, tune_folder

PIXELS = 64
SEGMENTATIONS = 4
RENDERS = (VERSION, TRAIN)
"""What training renders depend on besides the world."""
MEAN = STD = (0.5, 0.5, 0.5)
WARM_UP = TuneConfig(
    steps=500, batch=64, learning_rate=1e-3, weight_decay=0.05, warmup=100, seed=10
)
BASE = TuneConfig(
    steps=3600,
    batch=64,
    learning_rate=1e-3,
    weight_decay=0.05,
    warmup=50,
    schedule="cosine",
    seed=11,
    augment=True,
)
TUNED = TuneConfig(
    steps=800, batch=64, learning_rate=4e-4, weight_decay=0.01, seed=12, augment=True
)


def config(vocabulary: int) -> dict[str, Any]:
    """The open_clip config of the pair."""
    return {
        "model_cfg": {
            "embed_dim": 128,
            "vision_cfg": {
                "image_size": PIXELS,
                "layers": 4,
                "width": 160,
                "head_width": 32,
                "patch_size": 8,
            },
            "text_cfg": {
                "context_length": CONTEXT,
                "vocab_size": vocabulary,
                "hf_tokenizer_name": "tokenizer",
                "width": 128,
                "heads": 4,
                "layers": 3,
                "pool_type": "eos",
                "eos_id": 2,
            },
        },
        "preprocess_cfg": {
            "mean": list(MEAN),
            "std": list(STD),
            "interpolation": "bicubic",
            "resize_mode": "squash",
        },
    }


def build(items: Sequence[Item], out: Path, work: Path, progress: Progress) -> dict[str, Any]:
    """Train both sides into `out/base` and `out/tuned`; every stage resumes from `work`.

    The base learns from the web pool; the tuned side is what `ggez tune` makes of it on what
    `ggez filter` keeps of the mixed pool.
    """
    cache = picture_cache(items, TRAIN, PICTURES_PER_ITEM, PIXELS, work / "pictures", progress)
    base, web, noisy = out / "base", web_pool(items), mixed_pool(items)
    learnt = work / _key(world_digest(items), RENDERS, config(0), WARM_UP, BASE, web)
    report = _base(items, web, cache, base, learnt, progress)
    mixed = work / _key(world_digest(items), RENDERS, noisy)
    if not mixed.exists():
        write_rows(items, noisy, mixed, _named(progress, "mixed pool"))
    after = learnt / _key(_digest(base / WEIGHTS), mixed.name, TUNED)
    if not (kept := after / "kept").exists():
        run_filter(mixed, HOME, kept, _named(progress, "filter"), base=base)
    if not (tuned := after / "tuned").exists():
        tune_folder(base, kept, tuned, TUNED, _named(progress, "tuned"))
    shutil.rmtree(out / "tuned", ignore_errors=True)
    shutil.copytree(tuned, out / "tuned", ignore=shutil.ignore_patterns(RECIPE))
    filtered = json.loads((kept / "report.json").read_text(encoding="utf-8"))
    recipe = report | {
        "filter": {key: filtered[key] for key in ("rows", "kept", "rules", "labels", "digests")},
        "tuned": json.loads((tuned / RECIPE).read_text(encoding="utf-8")),
        "world": world_digest(items),
        "items": [item.id for item in items],
        "hardware": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "versions": {name: version(name) for name in ("torch", "open_clip_torch", "resvg_py")},
    }
    (out / RECIPE).write_text(json.dumps(recipe, indent=1) + "\n", encoding="utf-8")
    return recipe


def _base(
    items: Sequence[Item],
    web: Sequence[Row],
    pixels: np.ndarray,
    out: Path,
    work: Path,
    progress: Progress,
) -> dict[str, Any]:
    """Train the base into `out`; returns what was run."""
    tokenizer = train_tokenizer(items, work / "tokenizer")
    settings = config(len(tokenizer))
    report: dict[str, Any] = {}
    torch.manual_seed(WARM_UP.seed)
    model = open_clip.CLIP(**settings["model_cfg"])
    stages = (
        # clean captions and pictures first: with noise from the start nothing is learnt for long
        ("warm-up", WARM_UP, web_pool(items, fillers=0.0)),
        ("base", BASE, web),
    )
    for stage, run, rows in stages:
        done = work / stage / "done.pt"
        if done.exists():
            state = torch.load(done, weights_only=True)
            model.load_state_dict(state["model"])
            report[stage] = state["report"]
            continue
        clock = time.perf_counter()
        pairs = _pairs(items, rows, pixels, tokenizer, work / stage / "tokens.pt")
        losses = tune(model, pairs, run, work / stage, _named(progress, stage))
        report[stage] = {
            "run": asdict(run),
            "rows": len(rows),
            "seconds": round(time.perf_counter() - clock, 1),
            "loss": round(float(np.mean(losses[-50:])), 4),
        }
        torch.save({"model": model.state_dict(), "report": report[stage]}, done)
    save_checkpoint(out, settings, model.state_dict(), torch.float16)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(work / "tokenizer" / file, out / file)
    return report | {"parameters": sum(p.numel() for p in model.parameters())}


def _pairs(
    items: Sequence[Item], rows: Sequence[Row], pixels: np.ndarray, tokenizer: Any, cache: Path
) -> Pairs:
    number = {item.id: n for n, item in enumerate(items)}
    texts = sorted({row.text for row in rows})
    index = {text: n for n, text in enumerate(texts)}
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        torch.save(_segmentations(texts, tokenizer), cache)
    tokens = torch.load(cache, weights_only=True)
    variant_of = np.random.default_rng(len(rows)).integers(SEGMENTATIONS, size=len(rows))
    return Pairs(
        pixels=pixels,
        tokens=tokens,
        picture=np.array([number[row.item] * PICTURES_PER_ITEM + row.seed for row in rows]),
        caption=np.array([index[row.text] for row in rows]) + variant_of * len(texts),
        group=np.array([number[row.item] for row in rows]),
        mean=MEAN,
        std=STD,
    )


def _segmentations(texts: list[str], tokenizer: Any) -> torch.Tensor:
    """Each text in several segmentations, so that a name is known whatever stands around it.

    BPE-dropout (arXiv 1910.13267) draws from a generator that cannot be seeded: the result is
    kept for a resumed run, and two builds agree in quality, not in bits.
    """
    bpe = tokenizer.backend_tokenizer.model
    variants = []
    for variant in range(SEGMENTATIONS):
        bpe.dropout = 0.1 if variant else None
        variants.append(
            tokenizer(
                texts,
                return_tensors="pt",
                padding="max_length",
                max_length=CONTEXT,
                truncation=True,
            ).input_ids
        )
    bpe.dropout = None
    return torch.cat(variants)


def _named(progress: Progress, stage: str) -> Progress:
    return lambda done, total, text: progress(done, total, f"{stage}: {text}")


def _key(*told: Any) -> str:
    """The name of a stage's folder: work done for other settings is never resumed."""
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
