"""The workbench: what the UI and the command line talk to. Imports no torch until a pair opens."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ggez.choosing import alpha_by_weight, best_alpha
from ggez.choosing.recommend import recommend, ticks
from ggez.data import read_eval_set
from ggez.data.galleries import shown
from ggez.evaluation.scores import load_scores
from ggez.evaluation.summary import summarise, summary
from ggez.evaluation.sweep import run_sweep
from ggez.paths import EVAL_SETS, PAIRS, cache_dir
from ggez.regions import KofTable, find_region, global_weight
from ggez.types import GRID, Case, EvalSet, PairSpec, Sweep, UserError
from ggez.workbench.jobs import BACKGROUND, EXACT, PREVIEW, Jobs
from ggez.workbench.pairs import read_pairs
from ggez.workbench.published import published_sweep, published_ticks
from ggez.workbench.sweeps import SPLITS, Run, Sweeps, status

if TYPE_CHECKING:
    from ggez.evaluation.summary import Summary
    from ggez.workbench.open_pair import OpenPair

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
        self._stamps: dict[str, tuple[Any, ...]] = {}
        self.sweeps = Sweeps(self.jobs, self.cache, self.global_weight)
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
                self._stamps[pair] = self._stamp(spec)
                future = self.jobs.submit(PREVIEW, lambda: self._load(spec))
                self._opening[pair] = future
                if self.sweeps.current(pair) is None:
                    self.sweeps.begin(pair)  # now, so that it can be cancelled before it is open
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

    def _alone(self, pair: str) -> OpenPair:
        """The open pair with nothing queued behind it: the command line fills no caches."""
        self._explorable(pair)
        if pair not in self._open:
            self._load(self.spec(pair))
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
            self.sweeps.stopped(spec.id, str(error))
            return
        opened = self._open[spec.id]
        for alpha in sorted(GRID, key=lambda a: (a not in (0.0, 0.5, 1.0), a)):
            self.jobs.submit(BACKGROUND, partial(self._fill, opened, alpha))
        if run := self.sweeps.current(spec.id):
            self.jobs.submit(BACKGROUND, lambda: self.sweeps.plan(opened, run))
        else:
            self.jobs.submit(BACKGROUND, lambda: self.sweeps.adopt(opened))

    def _fill(self, opened: OpenPair, alpha: float) -> None:
        if self._open.get(opened.spec.id) is opened:
            opened.gallery(alpha)

    def _stamp(self, spec: PairSpec) -> tuple[Any, ...]:
        """Names, times and sizes of the files a sweep depends on: cheap to compare."""
        sides = [side.path for side in (spec.base, spec.tuned) if side.path]
        files = [file for path in sides for file in _files(Path(path))]
        for name in (spec.regional_set, spec.global_set):
            files += [self.eval_sets / str(name) / split / "metadata.jsonl" for split in SPLITS]
        return tuple(_seen(file) for file in files)

    def _watch(self, spec: PairSpec) -> None:
        """Open a pair again whose weights or eval sets have changed on disk."""
        opening = self._opening.get(spec.id)
        if spec.id not in self._stamps or (opening and not opening.done()):
            return
        if self._stamp(spec) == self._stamps[spec.id]:
            return
        with self._guard:
            if self._opening.get(spec.id) is not opening:
                return  # somebody else was first
            self._opening.pop(spec.id, None)
        message = "The weights or an eval set changed on disk; opening them again"
        self.sweeps.forget(spec.id, status("running", message=message))
        self.prepare(spec.id)

    # -- sweeps

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
        opened = self._alone(pair)
        task, digests = opened.task(split), opened.sweep_digests(split)
        for line in (*task.regional.warnings, *task.global_.warnings):
            log.warning("%s", line)
        file = out or self.sweeps.file(spec, split)
        shipped = self.sweeps.shipped(spec, split)
        if not fresh and shipped and load_scores(file, digests)[0] is None:
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

    def sanity(self, pair: str, sweep: Sweep, out: Path | None = None) -> dict[str, Any] | None:
        """Checks of a sweep that was just measured; None for published points. Blocking."""
        from ggez.evaluation import sanity

        spec = self.spec(pair)
        if spec.readonly:
            return None
        opened, split = self._alone(pair), sweep.split
        task, w = opened.task(split), sweep.global_weight
        file = out or self.sweeps.file(spec, split)
        scores, state = load_scores(file, opened.sweep_digests(split))
        if scores is None:
            raise UserError(f"{file}: the sweep to check is {state}; measure it again")
        ends = opened.digests, opened.end_digests(), opened.ends_at_tuned
        checks = {"endpoints": sanity.check_endpoints(*ends)}
        with opened.exchanged():
            features = {
                alpha: opened.encoded(sanity.opposite(alpha), split)
                for alpha in sanity.checked_alphas(scores)
            }
        checks |= sanity.check_swapped(scores, task, features)
        chosen = best_alpha(sweep.points, w)
        checks["arg_max"] = sanity.check_arg_max(scores, task, w, chosen)
        return {"ok": all(check["ok"] for check in checks.values()), **checks}

    def measure(self, pair: Any) -> None:
        """Measure a pair's sweeps again behind the page, even where stored ones fit."""
        self._explorable(pair)
        self._watch(self.spec(pair))
        run = self.sweeps.begin(pair, again=True)
        self.prepare(pair).add_done_callback(lambda done: self._measure(pair, run, done))

    def _measure(self, pair: str, run: Run, done: Future[Any]) -> None:
        if not done.cancelled() and done.exception() is None:
            opened = self._open[pair]
            self.jobs.submit(BACKGROUND, lambda: self.sweeps.plan(opened, run))

    def cancel(self, pair: Any) -> None:
        """Stop measuring a pair; what is measured is kept."""
        self._explorable(pair)
        self.sweeps.cancel(pair)

    # -- what is known, without waiting for a model

    def known_sweeps(self, pair: Any, weight: float | None = None) -> dict[str, Sweep | None]:
        """The sweeps at hand now, at w; shipped ones show before the model is loaded."""
        spec = self.spec(pair)
        w = self.global_weight(spec) if weight is None else weight
        if spec.readonly:
            return {"test": published_sweep(spec, w), "validation": None}
        out: dict[str, Sweep | None] = {}
        for split in SPLITS:
            known = self.sweeps.summaries.get((pair, split)) or self._shipped(spec, split)
            out[split] = known.at(w) if known else None
        return out

    def _shipped(self, spec: PairSpec, split: str) -> Summary | None:
        """A shipped sweep whose eval sets fit; its weights are checked once they are loaded."""
        from ggez.evaluation.text_to_image import TextToImage

        file = self.sweeps.shipped(spec, split)
        if spec.id in self._open or file is None or not (spec.regional_set and spec.global_set):
            return None
        sets = (self.eval_set(name, split) for name in (spec.regional_set, spec.global_set))
        task = TextToImage(*sets)
        scores, _ = load_scores(file, None)
        if scores is None or scores.digests.get("task") != task.digest:
            return None
        made = summary(scores, task, spec, self.global_weight(spec))
        self.sweeps.summaries[spec.id, split] = made
        return made

    def status(self, pair: Any) -> dict[str, Any]:
        """State of the pair's sweeps with progress: ready, running, cancelled or missing.

        Looks whether weights or eval sets have changed on disk, and opens the pair again if so.
        """
        spec = self.spec(pair)
        if spec.readonly:
            return status("ready")
        self._watch(spec)
        told = self.sweeps.told(pair)
        if told and told["state"] in ("running", "cancelled"):
            return told
        if all(self.known_sweeps(pair).values()):
            return status("ready")
        return told or status("running", message="Opening the pair")

    def weighed(self, pair: Any, weight: object = None) -> dict[str, Any]:
        """What hangs on w, at the region's own or at another: sweeps, ticks, recommendation."""
        spec = self.spec(pair)
        w = self.global_weight(spec) if weight is None else check_weight(weight)
        sweeps = self.known_sweeps(pair, w)
        test, validation = sweeps["test"], sweeps["validation"]
        advice = recommend(validation, test) if test and validation else None
        marks: list[dict[str, Any]] = ticks(advice) if advice else []
        if spec.readonly and test:
            marks = published_ticks(test)
        return {"globalWeight": w, "sweeps": sweeps, "ticks": marks, "recommendation": advice}

    def alpha_by_weight(self, pair: Any) -> list[dict[str, float]]:
        """α* at every w, from validation, or from published points; empty without them."""
        sweeps = self.known_sweeps(pair)
        chosen = sweeps["test"] if self.spec(pair).readonly else sweeps["validation"]
        return alpha_by_weight(chosen.points) if chosen else []


def check_weight(weight: object) -> float:
    """w as a float in [0, 1], or UserError in one line. 0 is a value, not an absence."""
    number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not number or not 0 <= weight <= 1:  # type: ignore[operator]
        raise UserError(f"w must be a number from 0 to 1, not {str(weight)[:40]!r}")
    return float(weight)  # type: ignore[arg-type]


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _seen(file: Path) -> tuple[str, int, int]:
    try:
        found = file.stat()
    except OSError:
        return str(file), 0, 0
    return str(file), found.st_mtime_ns, found.st_size
