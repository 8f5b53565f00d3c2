"""The recipe of the judge, and the tests it has to pass before it may judge anything.

Another architecture than the pairs (a ResNet with attention pooling beside their transformers),
other seeds, other renders (the split `judge`: hues, scenes and phrasings of its own). It learns a
closed list, not a language: every step asks for the right item among all of them.
"""

from __future__ import annotations

import json
import platform
import shutil
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from ggez.evaluation.judge import NAMES, Judge
from ggez.models.embedding import save_checkpoint
from ggez.pocket.captions import captions
from ggez.pocket.pictures import Progress, picture_cache, world_digest
from ggez.pocket.render import VERSION, render_many
from ggez.pocket.splits import JUDGE, TEST, Split
from ggez.pocket.tokenizer import CONTEXT, train_tokenizer
from ggez.pocket.world import HOME, Item
from ggez.tuning.contrastive import augmented

PIXELS, RENDERS = 80, 256
MEAN = STD = (0.5, 0.5, 0.5)
SCALE = 20.0
"""Logits are this times a cosine."""


@dataclass(frozen=True)
class JudgeRun:
    """How it is trained.

    `dim_down`: share of disturbed pictures that lose detail, as generations do; `ramp`: part of
    the run in which disturbed pictures grow from none to all.
    """

    steps: int = 4000
    batch: int = 48
    learning_rate: float = 1.5e-3
    weight_decay: float = 0.05
    warmup: int = 60
    smoothing: float = 0.05
    ramp: float = 0.5
    dim_down: float = 0.4
    text_steps: int = 300
    seed: int = 77
    save_every: int = 200


RUN = JudgeRun()

REQUIRED = 0.95
"""The share of unseen renders it must name right, in every country of the home region."""

CARD = """---
license: apache-2.0
library_name: open_clip
---
# The pocket judge

**Limits first.** It knows the {items} drawn things of the pocket world and no photograph. {verdict}
Agreement with a reader on generated pictures has not been measured: there are none yet.

An open_clip ModifiedResNet with a small text tower, trained on the split `judge` of the renderer
(its own hues, scenes and phrasings) with seeds of its own; used for nothing but measuring
generations. `recipe.json` has the run and the whole examination.

On {pictures} renders of the test split it names {accuracy} right; destroyed, {ruined} (chance
{chance}). The recipe was chosen on validation renders; an earlier one had been changed after a look
at test renders, so this is not a wholly blind result.

| country | named right |
|---|---|
{rows}
"""


def config(vocabulary: int) -> dict[str, Any]:
    """The open_clip config: ModifiedResNet and a small text transformer."""
    return {
        "model_cfg": {
            "embed_dim": 128,
            "vision_cfg": {"image_size": PIXELS, "layers": [1, 2, 2, 1], "width": 24},
            "text_cfg": {
                "context_length": CONTEXT,
                "vocab_size": vocabulary,
                "hf_tokenizer_name": "tokenizer",
                "width": 64,
                "heads": 2,
                "layers": 1,
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


def build(
    items: Sequence[Item], out: Path, work: Path, progress: Progress, run: JudgeRun = RUN
) -> dict[str, Any]:
    """Train the judge into `out`, examine it, write its card; resumes from `work`."""
    started = time.perf_counter()
    pixels = picture_cache(items, JUDGE, RENDERS, PIXELS, work / "pictures", progress)
    work = work / world_digest(items)
    tokenizer = train_tokenizer(items, work / "tokenizer")
    phrases = [[text.text for text in captions(item, "judge")] for item in items]
    tokens = torch.stack(
        [
            tokenizer(p, return_tensors="pt", padding="max_length", max_length=CONTEXT).input_ids
            for p in phrases
        ]
    )
    torch.manual_seed(run.seed)
    settings = config(len(tokenizer))
    model = open_clip.CLIP(**settings["model_cfg"])
    _train(model, pixels, tokens, run, work, progress)
    save_checkpoint(out, settings, model.state_dict(), torch.float16)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(work / "tokenizer" / file, out / file)
    names = {item.id: said for item, said in zip(items, phrases, strict=True)}
    (out / NAMES).write_text(
        json.dumps({"names": names}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    report = {
        "world": world_digest(items),
        "run": asdict(run),
        "renders": RENDERS,
        "pixels": PIXELS,
        "parameters": sum(p.numel() for p in model.parameters()),
        "seconds": round(time.perf_counter() - started, 1),
        "hardware": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "versions": {name: version(name) for name in ("torch", "open_clip_torch", "resvg_py")},
        "examination": examine(Judge(out), items),
    }
    (out / "recipe.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (out / "README.md").write_text(card(report, items), encoding="utf-8")
    return report


def card(report: dict[str, Any], items: Sequence[Item]) -> str:
    """What the judge is, what it passed and what it did not."""
    found = report["examination"]
    home = {country for item in items if item.region == HOME for country in item.countries}
    shares = {c: v for c, v in found["countries"].items() if c in home}
    low = {c: v for c, v in shares.items() if v < REQUIRED}
    verdict = (
        f"**It may not judge yet**: {len(low)} of {len(shares)} countries are below {REQUIRED:.0%}."
        if low
        else f"Every country of the region reaches {REQUIRED:.0%}."
    )
    rows = "\n".join(f"| {country} | {share:.1%} |" for country, share in shares.items())
    ruined = ", ".join(f"{share:.1%} on {kind}" for kind, share in found["destroyed"].items())
    return CARD.format(
        verdict=verdict,
        rows=rows,
        ruined=ruined,
        accuracy=f"{found['accuracy']:.1%}",
        chance=f"{found['chance']:.1%}",
        pictures=found["pictures"],
        items=len(items),
    )


def examine(
    judge: Judge, items: Sequence[Item], split: Split = TEST, renders: int = 12
) -> dict[str, Any]:
    """Accuracy by country on renders of a split that shares no hue, scene or phrasing with the
    judge's own, and on the same pictures destroyed, where it must fall to chance.

    Shares in 0-1; a shared item counts in each of its countries.
    """
    jobs = [(item, split, 1000 + seed) for item in items for seed in range(renders)]
    pictures = [Image.fromarray(p) for p in render_many(jobs)]
    truth = np.repeat(np.arange(len(items)), renders)
    order = np.array([judge.items.index(item.id) for item in items])
    right = _answers(judge, pictures) == order[truth]
    by_country: dict[str, list[float]] = defaultdict(list)
    for number, item in enumerate(items):
        for country in item.countries:
            by_country[country].append(float(right[truth == number].mean()))
    rng = np.random.default_rng(5)
    destroyed = {
        "shuffled pixels": [_shuffled(p, rng) for p in pictures],
        "noise": [
            Image.fromarray(rng.integers(0, 256, (128, 128, 3), dtype=np.uint8)) for _ in pictures
        ],
    }
    item_right = {item.id: float(right[truth == n].mean()) for n, item in enumerate(items)}
    return {
        "pictures": len(pictures),
        "chance": 1 / len(items),
        "accuracy": float(right.mean()),
        "countries": {c: float(np.mean(v)) for c, v in sorted(by_country.items())},
        "worst_items": dict(sorted(item_right.items(), key=lambda pair: pair[1])[:12]),
        "destroyed": {
            kind: float((_answers(judge, some) == order[truth]).mean())
            for kind, some in destroyed.items()
        },
    }


def _answers(judge: Judge, pictures: Sequence[Image.Image]) -> np.ndarray:
    parts = [pictures[i : i + 256] for i in range(0, len(pictures), 256)]
    return np.concatenate([judge.probabilities(part).argmax(1) for part in parts])


def _shuffled(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    pixels = np.asarray(picture).reshape(-1, 3)
    return Image.fromarray(rng.permutation(pixels).reshape(picture.height, picture.width, 3))


def _train(
    model: open_clip.CLIP,
    pixels: np.ndarray,
    tokens: torch.Tensor,
    run: JudgeRun,
    work: Path,
    progress: Progress,
) -> None:
    """The image tower learns one free direction per item; the text tower then learns to say it.

    Disturbances come in step by step: with all of them from the start nothing is learnt for long.
    """
    torch.manual_seed(run.seed)
    count = len(tokens)
    width = int(model.text_projection.shape[1])
    directions = nn.Parameter(functional.normalize(torch.randn(count, width), dim=-1))
    optimiser = torch.optim.AdamW(
        [*model.visual.parameters(), directions],
        lr=run.learning_rate,
        weight_decay=run.weight_decay,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, run.learning_rate, total_steps=run.steps, pct_start=run.warmup / run.steps
    )
    shapes = [list(parameter.shape) for parameter in model.parameters()]
    key = json.dumps([asdict(run), VERSION, repr(JUDGE), shapes, pixels.shape, tokens.sum().item()])
    state_file, first = work / "judge-state.pt", 0
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        if state["key"] == key:
            model.load_state_dict(state["model"])
            directions.data.copy_(state["directions"])
            optimiser.load_state_dict(state["optimiser"])
            schedule.load_state_dict(state["schedule"])
            first = state["step"]
    model.train()
    recent: list[float] = []
    for step in range(first, run.steps):
        rng = np.random.default_rng([run.seed, step])
        draw = torch.Generator().manual_seed(run.seed * 10**6 + step)
        item = rng.integers(count, size=run.batch)
        rows = item * RENDERS + rng.integers(RENDERS, size=run.batch)
        batch = torch.from_numpy(pixels[rows]).float()
        disturbed = rng.random(run.batch) < min(1.0, step / (run.ramp * run.steps))
        some = torch.from_numpy(np.flatnonzero(disturbed))
        if len(some):
            batch = batch.index_copy(0, some, _dimmed(augmented(batch[some], draw), run, rng))
        image = functional.normalize(model.encode_image(batch / 127.5 - 1), dim=-1)
        logits = SCALE * image @ functional.normalize(directions, dim=-1).T
        target = torch.from_numpy(item)
        loss = functional.cross_entropy(logits, target, label_smoothing=run.smoothing)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        recent = [*recent[-49:], float((logits.argmax(1).numpy() == item).mean())]
        progress(step + 1, run.steps, f"judge: {100 * np.mean(recent):.0f} % right")
        if (step + 1) % run.save_every == 0:
            torch.save(
                {
                    "key": key,
                    "model": model.state_dict(),
                    "directions": directions.data,
                    "optimiser": optimiser.state_dict(),
                    "schedule": schedule.state_dict(),
                    "step": step + 1,
                },
                state_file,
            )
    _name(model, functional.normalize(directions.detach(), dim=-1), tokens, run, progress)
    with torch.no_grad():
        model.logit_scale.fill_(float(np.log(SCALE)))
    model.eval()


def _name(
    model: open_clip.CLIP,
    directions: torch.Tensor,
    tokens: torch.Tensor,
    run: JudgeRun,
    progress: Progress,
) -> None:
    """Teach the text tower to point where the image tower does. `tokens`: (items, phrases, L)."""
    count, phrases, _ = tokens.shape
    visual = {id(p) for p in model.visual.parameters()}
    text = [p for p in model.parameters() if id(p) not in visual]
    optimiser = torch.optim.AdamW(text, lr=1e-3, weight_decay=0.0)
    target = torch.arange(count)
    for step in range(run.text_steps):
        rng = np.random.default_rng([run.seed, run.steps + step])
        asked = tokens[target, torch.from_numpy(rng.integers(phrases, size=count))]
        said = functional.normalize(model.encode_text(asked), dim=-1)
        apart = functional.cross_entropy(SCALE * said @ directions.T, target)
        loss = apart + (1 - (said * directions).sum(-1)).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        progress(step + 1, run.text_steps, f"judge's names: {loss.item():.3f}")


def _dimmed(batch: torch.Tensor, run: JudgeRun, rng: np.random.Generator) -> torch.Tensor:
    """Some pictures made small and large again."""
    some = torch.from_numpy(np.flatnonzero(rng.random(len(batch)) < run.dim_down))
    if len(some):
        side = int(rng.integers(24, 56))
        small = functional.interpolate(batch[some], (side, side), mode="area")
        large = functional.interpolate(
            small, batch.shape[-2:], mode="bilinear", align_corners=False
        )
        batch = batch.index_copy(0, some, large)
    return batch
