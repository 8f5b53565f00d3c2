"""An open embedding pair: endpoints, live merge, gallery, caches. The only room with a model in it.

Nothing here is shared between people but the weights: every call names its α, and merge and use
happen in one call under the pair's lock.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from ggez.data import read_eval_set
from ggez.data.galleries import shown
from ggez.evaluation.scores import alpha_key
from ggez.evaluation.text_to_image import TextToImage
from ggez.merging import LiveMerge, Plan, plan_merge
from ggez.merging.checkpoint import open_checkpoint
from ggez.merging.live import check_alpha, weights_digest
from ggez.merging.preflight import plan_checkpoints
from ggez.models import embedding
from ggez.models.embedding import TEXT, EmbeddingModel
from ggez.models.folders import find_folder
from ggez.types import GRID, PairSpec, UserError
from ggez.workbench.lookup import clean_query, meant_item

TOP = 8
SHOWN = "shown"
State = dict[str, torch.Tensor]
KEEP_ALPHAS = 96
"""Galleries kept in memory: the grid and the latest others (0.1 MB each)."""


class OpenPair:
    """A pair whose weights are in memory. Thread-safe."""

    def __init__(self, spec: PairSpec, eval_sets: Path, cache: Path) -> None:
        for name, side in (("base", spec.base), ("tuned", spec.tuned)):
            if not side.path:
                raise UserError(
                    f"{spec.file}: {name}.path is to be filled in with a folder or a Hub id"
                )
        if not (spec.regional_set and spec.global_set):
            raise UserError(f"{spec.file}: eval.regional and eval.global are needed to explore")
        self.spec = spec
        self._eval_sets = eval_sets
        self._cache = cache / "features"
        # a pair may bring the features of its gallery: the page is then usable at once
        self._shipped = Path(spec.sweeps) / "features" if spec.sweeps else None
        self._lock = threading.RLock()
        base, plan, states = _open_sides(spec)
        self.live = LiveMerge(plan, *states)
        self.model = EmbeddingModel(base)
        self.model.assign(self.live.tensors, list(self.live.tensors))
        self.digests = {
            "base": weights_digest(states[0]),
            "tuned": weights_digest(states[1]),
            "processor": _processor_digest(base),
        }
        self._tasks: dict[str, TextToImage] = {}
        self._pixels: dict[str, torch.Tensor] = {}
        self._features: OrderedDict[str, np.ndarray] = OrderedDict()
        task = self.task("test")
        self.shown = shown(task.regional.cases + task.global_.cases)

    def task(self, split: str) -> TextToImage:
        """The primary task on one split."""
        with self._lock:
            if split not in self._tasks:
                names = self.spec.regional_set, self.spec.global_set
                self._tasks[split] = TextToImage(
                    *(read_eval_set(self._eval_sets / str(name), split) for name in names)
                )
            return self._tasks[split]

    def sweep_digests(self, split: str) -> dict[str, str]:
        """What a sweep of this split depends on."""
        return self.digests | {"task": self.task(split).digest}

    def gallery(self, alpha: float) -> np.ndarray:
        """(P, D) unit rows of the pictures Explore shows; from memory, disk, or the model."""
        key = alpha_key(alpha)
        with self._lock:
            if key in self._features:
                self._features.move_to_end(key)
                return self._features[key]
            file = self._cache / self.features_name(alpha)
            features = self._stored(file)
            if features is None:
                self._merge(alpha)
                features = self.model.encode_pixels(self._pixels_of(SHOWN))
                if round(alpha, 4) in GRID:
                    _write(file, features)
            self._features[key] = features = features.astype(np.float32)
            while len(self._features) > KEEP_ALPHAS:
                self._features.popitem(last=False)
            return features

    def measure(self, alpha: float, split: str) -> dict[str, Any]:
        """Per-item scores of every metric at an α, over all galleries of a split."""
        return self.task(split).score(*self.encoded(alpha, split))

    def encoded(self, alpha: float, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Unit rows of a split's pictures and queries at an α: (P, D), (Q, D)."""
        with self._lock:
            self._merge(alpha)
            pictures = self.model.encode_pixels(self._pixels_of(split))
            return pictures, self.model.encode_tokens(self.model.tokens(self.task(split).texts))

    @contextmanager
    def exchanged(self) -> Iterator[None]:
        """Base and tuned with their sides changed, to check that the curve is then mirrored."""
        with self._lock:
            straight, ends = self.live, []
            for alpha in (0.0, 1.0):
                straight.merge(alpha)
                ends.append({name: value.clone() for name, value in straight.tensors.items()})
            base, tuned = ends
            self.live = LiveMerge(_laid_out(straight.plan), tuned, base, straight.method)
            try:
                yield
            finally:
                self.live = straight
                self.model.assign(straight.tensors, list(straight.tensors))

    @property
    def ends_at_tuned(self) -> bool:
        """Whether α = 1 is the tuned checkpoint bit for bit: nothing is copied or converted."""
        return all(
            t.decision != "copy" and not t.tuned and not t.rows for t in self.live.plan.tensors
        )

    def end_digests(self) -> dict[str, str]:
        """Digests of the live weights at α = 0 and 1."""
        out = {}
        with self._lock:
            for side, alpha in (("base", 0.0), ("tuned", 1.0)):
                self._merge(alpha)
                out[side] = self.live.digest()
        return out

    def exact(self, alpha: object, query: object) -> dict[str, Any]:
        """The top results at an α. One locked call: merge and use."""
        value, text = check_alpha(alpha), clean_query(query)
        started = time.perf_counter()
        with self._lock:
            pictures = self.gallery(value)
            self._merge(value)
            row = self.model.encode_tokens(self.model.tokens([text]))[0]
            weights = self.live.digest()
        return {
            "alpha": value,
            "query": text,
            "results": self._top(pictures @ row),
            "relevant": self.relevant(text),
            "weights": weights[:12],
            "ms": round(1000 * (time.perf_counter() - started)),
        }

    def preview(self, query: object) -> dict[str, Any]:
        """The top results at every α of the grid, for a client to draw from while dragging."""
        text = clean_query(query)
        frames = []
        with self._lock:
            tokens = self.model.tokens([text])
            for alpha in GRID:
                pictures = self.gallery(alpha)
                self._merge(alpha, only=TEXT)
                frames.append(self._top(pictures @ self.model.encode_tokens(tokens)[0]))
        return {
            "query": text,
            "relevant": self.relevant(text),
            "frames": frames,
            "note": self._note(text),
        }

    def relevant(self, text: str) -> list[str] | None:
        """Ids of the pictures that show what the query means; None if no eval set knows."""
        item = meant_item(text, self.shown)
        return None if item is None else [case.id for case in self.shown if case.item == item]

    def _merge(self, alpha: float, only: str | None = None) -> None:
        changed = self.live.merge(alpha, only=only)
        if changed:
            self.model.assign(self.live.tensors, changed)

    def _top(self, scores: np.ndarray) -> list[dict[str, Any]]:
        order = np.argsort(-scores, kind="stable")[:TOP]
        return [{"id": self.shown[i].id, "score": round(float(scores[i]), 4)} for i in order]

    def _note(self, text: str) -> str:
        used, room = self.model.length(text)
        size = len(text.encode())
        if used > room:
            return (
                f"Only the first {room} tokens of this query fit the model; the rest is not read."
            )
        if size >= 6 and used > 0.85 * size:
            return "The model has hardly seen these words or this script; expect noise."
        return ""

    def _pixels_of(self, part: str) -> torch.Tensor:
        """Pictures as the model reads them: a split's galleries, or what is shown."""
        if part not in self._pixels:
            cases = self.shown if part == SHOWN else self.task(part).cases
            self._pixels[part] = torch.stack(
                [self.model.pixels(_open(self._eval_sets / case.id)) for case in cases]
            )
        return self._pixels[part]

    def features_name(self, alpha: float) -> str:
        """The file name of the gallery's features: a digest of all they depend on."""
        shown_ = "|".join(case.id for case in self.shown)
        parts = [*self.digests.values(), self.task("test").digest, shown_, alpha_key(alpha)]
        return f"{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:32]}.npy"

    def keep_features(self, folder: Path) -> None:
        """Write the gallery's features at every grid α to `folder`, replacing what is there."""
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.npy"):
            old.unlink()
        for alpha in GRID:
            file = folder / self.features_name(alpha)
            _write(file, self.gallery(alpha).astype(np.float16))

    def _stored(self, file: Path) -> np.ndarray | None:
        shipped = _read(self._shipped / file.name) if self._shipped else None
        return shipped if shipped is not None else _read(file)


def _open(file: Path) -> Image.Image:
    try:
        with Image.open(file) as picture:
            return picture.convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise UserError(f"{file}: not a readable picture ({error}); replace it") from None


def _open_sides(spec: PairSpec) -> tuple[Path, Plan, tuple[State, State]]:
    """The base's folder, the plan, and both states in storage dtype, mapped from their files."""
    one = open_checkpoint(spec.base.path, spec.base.revision)
    embedding.check_folder(one.root)
    base = {name: one.read(name) for name in one.tensors}
    folder = find_folder(spec.tuned.path, spec.tuned.revision)
    if embedding.is_adapter(folder):
        headers = {name: stored.header for name, stored in one.tensors.items()}
        plan = plan_merge(headers, headers, embedding.component_of)
        return one.root, plan, (base, embedding.read_adapted(one.root, folder))
    other = open_checkpoint(folder)
    tuned = {name: other.read(name) for name in other.tensors}
    return one.root, plan_checkpoints(one, other), (base, tuned)


def _laid_out(plan: Plan) -> Plan:
    """The plan for two ends of a merge: both already lie in base's rows and dtype."""
    tensors = tuple(
        replace(t, tuned=None, rows=None, decision="merge" if t.decision == "align" else t.decision)
        for t in plan.tensors
    )
    return replace(plan, tensors=tensors)


def _processor_digest(folder: Path) -> str:
    total = hashlib.sha256()
    for file in embedding.processor_files(folder):
        total.update(file.read_bytes())
    return total.hexdigest()


def _read(file: Path) -> np.ndarray | None:
    try:
        return np.load(file)
    except (OSError, ValueError):
        return None


def _write(file: Path, features: np.ndarray) -> None:
    """Best effort: without a cache folder everything is computed again."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{threading.get_ident()}.tmp.npy")
        np.save(temporary, features)
        temporary.replace(file)
    except OSError:
        pass
