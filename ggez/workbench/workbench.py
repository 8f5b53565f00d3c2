"""The workbench: what the UI and the command line talk to. Imports no torch until a pair opens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ggez.choosing import alpha_kof, best_alpha, grp
from ggez.choosing.recommend import recommend, ticks
from ggez.data import read_eval_set
from ggez.data.galleries import shown
from ggez.evaluation.scores import Scores, load_scores
from ggez.evaluation.sweep import run_sweep, summarise
from ggez.paths import EVAL_SETS, PAIRS, cache_dir
from ggez.regions import KofTable, find_region, global_weight
from ggez.types import GRID, Case, Estimate, EvalSet, PairSpec, Sweep, SweepPoint, UserError
from ggez.workbench.jobs import BACKGROUND, EXACT, PREVIEW, Jobs
from ggez.workbench.pairs import read_pairs

if TYPE_CHECKING:
    from ggez.workbench.open_pair import OpenPair

SPLITS = ("test", "validation")
Progress = Callable[[int, int, str], None]
log = logging.getLogger("ggez")


class Workbench:
    """Pairs, their open models, their sweeps and the queue of work on them.

    Everything that touches a model runs on one worker thread, exact requests first.
    """

    def __init__(
        self,
        pairs: Path = PAIRS,
        eval_sets: Path = EVAL_SETS,
        cache: Path | None = None,
        kof: Path | None = None,
    ) -> None:
        self.pairs = read_pairs(pairs)
        self.eval_sets = eval_sets
        self.cache = cache or cache_dir()
        self.kof = KofTable.read(kof)
        self.jobs = Jobs()
        self._open: dict[str, OpenPair] = {}
        self._opening: dict[str, Future[Any]] = {}
        self._status: dict[str, dict[str, Any]] = {}
        self._sweeps: dict[tuple[str, str], Sweep] = {}
        self._guard = threading.Lock()
        self._sets: dict[tuple[str, str], tuple[int, EvalSet]] = {}

    def close(self) -> None:
        """Stop the worker."""
        self.jobs.close()

    def spec(self, pair: object) -> PairSpec:
        """A pair by id, or UserError naming those there are."""
        if not isinstance(pair, str) or pair not in self.pairs:
            raise UserError(f"pair {str(pair)[:60]!r} is unknown; choose {', '.join(self.pairs)}")
        return self.pairs[pair]

    def global_weight(self, spec: PairSpec) -> float:
        """w of the pair's region."""
        return global_weight(find_region(spec.region), self.kof).value

    def cases(self, spec: PairSpec) -> tuple[Case, ...]:
        """The pictures that Explore searches, read without a model."""
        names = [name for name in (spec.regional_set, spec.global_set) if name]
        return shown(tuple(c for name in names for c in self.eval_set(name, "test").cases))

    def eval_set(self, name: str, split: str) -> EvalSet:
        """One split of an eval set; read again when its table has changed."""
        table = self.eval_sets / name / split / "metadata.jsonl"
        stamp = table.stat().st_mtime_ns if table.is_file() else 0
        known = self._sets.get((name, split))
        if known is None or known[0] != stamp:
            known = self._sets[name, split] = stamp, read_eval_set(self.eval_sets / name, split)
        return known[1]

    def warnings(self, spec: PairSpec) -> list[str]:
        """What was left out of the pair's eval sets, one line each."""
        names = [name for name in (spec.regional_set, spec.global_set) if name]
        sets = (self.eval_set(name, split) for name in names for split in SPLITS)
        return [line for one in sets for line in one.warnings]

    # -- opening and asking

    def prepare(self, pair: str) -> Future[Any]:
        """Open a pair and fill its caches in the background; returns the opening's future."""
        spec = self.spec(pair)
        with self._guard:
            if pair not in self._opening or self._opening[pair].cancelled():
                future = self.jobs.submit(PREVIEW, lambda: self._load(spec))
                self._opening[pair] = future
                future.add_done_callback(lambda done: self._opened(spec, done))
            return self._opening[pair]

    def exact(self, pair: Any, alpha: object, query: object) -> dict[str, Any]:
        """The top results at an α, asked for by a person."""
        self._explorable(pair)
        return self._ask(EXACT, pair, lambda opened: opened.exact(alpha, query))

    def preview(self, pair: Any, query: object) -> dict[str, Any]:
        """The top results at every α of the grid."""
        self._explorable(pair)
        return self._ask(PREVIEW, pair, lambda opened: opened.preview(query))

    def opened(self, pair: str) -> OpenPair:
        """The open pair, waiting for it."""
        self._explorable(pair)
        self.prepare(pair).result()
        return self._open[pair]

    def _explorable(self, pair: str) -> None:
        if self.spec(pair).readonly:
            raise UserError(f"{self.spec(pair).title}: published numbers only, nothing to merge")

    def _ask(self, priority: int, pair: str, work: Callable[[OpenPair], Any]) -> Any:
        opened = self.opened(pair)
        return self.jobs.submit(priority, lambda: work(opened)).result()

    def _load(self, spec: PairSpec) -> None:
        from ggez.workbench.open_pair import OpenPair

        self._open[spec.id] = OpenPair(spec, self.eval_sets, self.cache)

    def _opened(self, spec: PairSpec, done: Future[Any]) -> None:
        """Queue the gallery at every grid α, ends first, then any sweep that is not there."""
        if done.cancelled():
            return
        if error := done.exception():
            with self._guard:
                self._opening.pop(spec.id, None)  # a mended folder may be opened again
            self._status[spec.id] = _status("missing", message=str(error))
            return
        opened = self._open[spec.id]
        for alpha in sorted(GRID, key=lambda a: (a not in (0.0, 0.5, 1.0), a)):
            self.jobs.submit(BACKGROUND, partial(opened.gallery, alpha))
        self.jobs.submit(BACKGROUND, lambda: self._refresh_sweeps(opened))

    # -- sweeps

    def sweep_file(self, spec: PairSpec, split: str) -> Path:
        """Where this machine keeps a pair's scores."""
        return self.cache / "sweeps" / spec.id / f"{split}.json"

    def shipped_file(self, spec: PairSpec, split: str) -> Path | None:
        """Where the pair itself keeps them, if it does."""
        return Path(spec.sweeps) / f"{split}.json" if spec.sweeps else None

    def sweep(
        self,
        pair: str,
        split: str,
        progress: Progress,
        alphas: Sequence[float] = GRID,
        fresh: bool = False,
        out: Path | None = None,
    ) -> Sweep:
        """Measure what is not known yet and summarise. Blocking; for the command line."""
        spec = self.spec(pair)
        if spec.readonly:
            return published_sweep(spec, self.global_weight(spec))
        if split not in SPLITS:
            raise UserError(f"split {split!r} is unknown; choose one of {', '.join(SPLITS)}")
        opened = self.opened(pair)
        task, digests = opened.task(split), opened.sweep_digests(split)
        for line in (*task.regional.warnings, *task.global_.warnings):
            log.warning("%s", line)
        file = out or self.sweep_file(spec, split)
        shipped = self.shipped_file(spec, split)
        if not fresh and not file.exists() and shipped:
            known, _ = load_scores(shipped, digests)
            if known:
                known.save(file)
        scores = run_sweep(
            lambda alpha: opened.measure(alpha, split),
            alphas,
            digests,
            file,
            progress,
            fresh,
        )
        if out and split == "test":
            opened.keep_features(out.parent / "features")
        return summarise(scores, task, spec, self.global_weight(spec))

    def _known(self, opened: OpenPair, split: str) -> tuple[Scores | None, str]:
        digests, state = opened.sweep_digests(split), "missing"
        for file in (self.shipped_file(opened.spec, split), self.sweep_file(opened.spec, split)):
            if file is None:
                continue
            scores, found = load_scores(file, digests)
            if scores and len(scores.alphas) >= len(GRID):
                return scores, "ready"
            state = found if found != "ready" else "missing"
        return None, state

    def _refresh_sweeps(self, opened: OpenPair) -> None:
        """Use the sweeps that fit; measure the others in the background, one α at a time."""
        weight = self.global_weight(opened.spec)
        todo: list[tuple[str, float]] = []
        why = ""
        for split in SPLITS:
            scores, state = self._known(opened, split)
            if scores:
                task = opened.task(split)
                self._sweeps[opened.spec.id, split] = summarise(scores, task, opened.spec, weight)
            else:
                self._sweeps.pop((opened.spec.id, split), None)
                why = {
                    "stale": "The stored sweep belongs to other weights or pictures",
                    "broken": "The stored sweep cannot be read",
                }.get(state, "There is no stored sweep")
                todo += [(split, alpha) for alpha in GRID]
        self._status[opened.spec.id] = _status("ready")
        if not todo:
            return
        message = f"{why}; measuring it again"
        self._status[opened.spec.id] = _status("running", 0, len(todo), message)
        for number, (split, alpha) in enumerate(todo):
            job = partial(self._measure_one, opened, split, alpha, number, len(todo), message)
            self.jobs.submit(BACKGROUND, job)

    def _measure_one(
        self, opened: OpenPair, split: str, alpha: float, done: int, total: int, message: str
    ) -> None:
        spec = opened.spec
        try:
            scores = run_sweep(
                lambda a: opened.measure(a, split),
                [alpha],
                opened.sweep_digests(split),
                self.sweep_file(spec, split),
                lambda *_: None,
            )
        except (UserError, OSError) as error:
            self._status[spec.id] = _status("missing", message=f"The sweep stopped: {error}")
            return
        last = done + 1 == total
        self._status[spec.id] = _status("ready" if last else "running", done + 1, total, message)
        if len(scores.alphas) >= len(GRID):
            weight = self.global_weight(spec)
            self._sweeps[spec.id, split] = summarise(scores, opened.task(split), spec, weight)

    # -- what is known, without waiting for a model

    def known_sweeps(self, pair: Any) -> dict[str, Sweep | None]:
        """The sweeps at hand now; shipped ones show before the model is loaded."""
        spec = self.spec(pair)
        if spec.readonly:
            sweep = published_sweep(spec, self.global_weight(spec))
            return {"test": sweep, "validation": None}
        out: dict[str, Sweep | None] = {}
        for split in SPLITS:
            out[split] = self._sweeps.get((pair, split)) or self._shipped(spec, split)
        return out

    def _shipped(self, spec: PairSpec, split: str) -> Sweep | None:
        """A shipped sweep whose eval sets fit; its weights are checked once they are loaded."""
        from ggez.evaluation.text_to_image import TextToImage

        file = self.shipped_file(spec, split)
        if spec.id in self._open or file is None or not (spec.regional_set and spec.global_set):
            return None
        sets = (
            read_eval_set(self.eval_sets / n, split) for n in (spec.regional_set, spec.global_set)
        )
        task = TextToImage(*sets)
        scores, _ = load_scores(file, None)
        if scores is None or scores.digests.get("task") != task.digest:
            return None
        sweep = summarise(scores, task, spec, self.global_weight(spec))
        self._sweeps[spec.id, split] = sweep
        return sweep

    def status(self, pair: Any) -> dict[str, Any]:
        """State of the pair's sweeps: ready, running, missing or stale, with progress."""
        spec = self.spec(pair)
        if spec.readonly or all(self.known_sweeps(pair).values()):
            return _status("ready")
        return self._status.get(pair) or _status("running", message="Opening the pair")

    def ticks(self, pair: Any) -> list[dict[str, Any]]:
        """Marks on the α slider, from the sweeps at hand."""
        sweeps = self.known_sweeps(pair)
        spec = self.spec(pair)
        test, validation = sweeps["test"], sweeps["validation"]
        if spec.readonly and test:
            w = test.global_weight
            star = best_alpha(test.points, w)
            title = "most GRP among the published points"
            return [
                {"kind": "grp", "alpha": star, "label": "α*", "title": title},
                {
                    "kind": "kof",
                    "alpha": round(alpha_kof(w), 2),
                    "label": "α_KOF",
                    "title": "1 − w",
                },
            ]
        return ticks(recommend(validation, test)) if test and validation else []


def published_sweep(spec: PairSpec, weight: float) -> Sweep:
    """A sweep of published points: no intervals, GRP recomputed from the two qualities."""
    base = next((p for p in spec.published if p.alpha == 0), spec.published[0])
    return Sweep(
        pair=spec.id,
        family=spec.family,
        region=spec.region,
        method="linear",
        split="published",
        global_weight=weight,
        metric=spec.metric,
        chance=spec.chance,
        points=tuple(
            SweepPoint(
                alpha=p.alpha,
                regional=Estimate(p.regional),
                global_=Estimate(p.global_),
                global_all=Estimate(p.global_),
                grp=Estimate(grp(p.global_, p.regional, weight)),
                gain=Estimate(p.regional / base.regional - 1),
                retention=Estimate(p.global_ / base.global_),
            )
            for p in spec.published
        ),
        digests={},
    )


def _status(state: str, done: int = 0, total: int = 0, message: str = "") -> dict[str, Any]:
    return {"state": state, "done": done, "total": total, "message": message}
