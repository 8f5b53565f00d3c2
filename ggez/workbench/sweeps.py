"""The sweeps of open pairs: those at hand, and the one that is being measured behind the page.

Measuring is one background job an α, each queued by the last, so that a person waits for one α at
most and a cancelled measuring ends after the α in hand. What is measured is kept: a sweep that
fits today's digests goes on where it stopped. A sweep that is measured *again* goes to a file of
its own and takes the old one's place when it is whole.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ggez.evaluation.scores import Scores, alpha_key, load_scores
from ggez.evaluation.summary import Summary, summary
from ggez.evaluation.sweep import run_sweep
from ggez.types import GRID, PairSpec, UserError
from ggez.workbench.jobs import BACKGROUND, Jobs

if TYPE_CHECKING:
    from ggez.workbench.open_pair import OpenPair

SPLITS = ("test", "validation")
_WHY = {
    "stale": "The stored sweep belongs to other weights or pictures",
    "broken": "The stored sweep cannot be read",
    "missing": "There is no stored sweep",
}


@dataclass(eq=False)
class Run:
    """One measuring of a pair: what is left of it, and how far it is."""

    again: bool = False
    planned: bool = False
    todo: deque[tuple[str, float, Path]] = field(default_factory=deque)
    done: int = 0
    total: int = 0
    message: str = ""


def status(state: str, done: int = 0, total: int = 0, message: str = "") -> dict[str, Any]:
    """What the page is told of a pair's sweeps."""
    return {"state": state, "done": done, "total": total, "message": message}


class Sweeps:
    """Summaries by (pair, split), and at most one run a pair. Thread-safe."""

    def __init__(self, jobs: Jobs, cache: Path, weight: Callable[[PairSpec], float]) -> None:
        self._jobs = jobs
        self._cache = cache
        self._weight = weight
        self._guard = threading.Lock()
        self._runs: dict[str, Run] = {}
        self._status: dict[str, dict[str, Any]] = {}
        self.summaries: dict[tuple[str, str], Summary] = {}

    # -- files

    def file(self, spec: PairSpec, split: str) -> Path:
        """Where this machine keeps a pair's scores."""
        return self._cache / "sweeps" / spec.id / f"{split}.json"

    def shipped(self, spec: PairSpec, split: str) -> Path | None:
        """Where the pair itself keeps them, if it does."""
        return Path(spec.sweeps) / f"{split}.json" if spec.sweeps else None

    def known(self, opened: OpenPair, split: str) -> tuple[Scores | None, str]:
        """A whole stored sweep that fits, or why there is none."""
        digests, state = opened.sweep_digests(split), "missing"
        for file in (self.file(opened.spec, split), self.shipped(opened.spec, split)):
            if file is None:
                continue
            scores, found = load_scores(file, digests)
            if scores and _whole(scores):
                return scores, "ready"
            state = found if found in ("stale", "broken") else state
        return None, state

    # -- measuring

    def begin(self, pair: str, again: bool = False) -> Run:
        """A new run in place of whatever ran; `again` measures even what is known."""
        with self._guard:
            run = self._runs[pair] = Run(again)
            if again:
                self._status[pair] = status("running", message="Measuring again")
        return run

    def current(self, pair: str) -> Run | None:
        """The run of a pair, if one is under way."""
        return self._runs.get(pair)

    def plan(self, opened: OpenPair, run: Run) -> None:
        """Use the sweeps that fit and queue the measuring of the others. On the worker."""
        spec = opened.spec
        if run.planned or self._runs.get(spec.id) is not run:
            return
        run.planned = True
        states = []
        for split in SPLITS:
            scores, state = self.known(opened, split)
            file = self.file(spec, split)
            if scores:
                self._adopt(opened, split, scores)
                if not run.again:
                    continue
                file = file.with_name(f"{split}.again.json")
            else:
                self.summaries.pop((spec.id, split), None)
                states.append(state)
            kept, _ = load_scores(file, opened.sweep_digests(split))
            have = set(kept.points) if kept else set()
            left = [alpha for alpha in GRID if alpha_key(alpha) not in have]
            # a run that was stopped just before its end still has its last α to take over from
            run.todo.extend((split, alpha, file) for alpha in left or GRID[-1:])
            run.done += len(GRID) - len(left or GRID[-1:])
            run.total += len(GRID)
        run.message = f"{_WHY[states[-1]]}; measuring it again" if states else "Measuring again"
        self._go_on(opened, run)

    def adopt(self, opened: OpenPair) -> None:
        """Use the sweeps that fit and measure nothing: measuring was cancelled before. On the
        worker."""
        whole = True
        for split in SPLITS:
            scores, _ = self.known(opened, split)
            if scores:
                self._adopt(opened, split, scores)
            whole &= scores is not None
        with self._guard:
            if whole and opened.spec.id not in self._runs:
                self._status[opened.spec.id] = status("ready")

    def cancel(self, pair: str) -> None:
        """Stop a pair's measuring; the α in hand is finished and kept."""
        with self._guard:
            run = self._runs.pop(pair, None)
            if run is None:
                return
            message = "Cancelled before anything was measured"
            if run.total:
                message = f"Cancelled at {run.done} of {run.total} α; what is measured is kept"
            self._status[pair] = status("cancelled", run.done, run.total, message)

    def forget(self, pair: str, state: dict[str, Any]) -> None:
        """Drop what is known of a pair, for its files have changed."""
        with self._guard:
            self._runs.pop(pair, None)
            for split in SPLITS:
                self.summaries.pop((pair, split), None)
            self._status[pair] = state

    def stopped(self, pair: str, message: str) -> None:
        """The pair cannot be measured, and why."""
        with self._guard:
            self._runs.pop(pair, None)
            self._status[pair] = status("missing", message=message)

    def told(self, pair: str) -> dict[str, Any] | None:
        """The status of a pair, once there is one."""
        return self._status.get(pair)

    def _go_on(self, opened: OpenPair, run: Run) -> None:
        """Tell how far the run is and queue its next α."""
        pair = opened.spec.id
        with self._guard:
            if self._runs.get(pair) is not run:
                return
            if not run.todo:
                del self._runs[pair]
                self._status[pair] = status("ready")
                return
            self._status[pair] = status("running", run.done, run.total, run.message)
        self._jobs.submit(BACKGROUND, partial(self._step, opened, run))

    def _step(self, opened: OpenPair, run: Run) -> None:
        spec = opened.spec
        if self._runs.get(spec.id) is not run:
            return
        split, alpha, file = run.todo.popleft()
        try:
            scores = run_sweep(
                lambda a: opened.measure(a, split),
                [alpha],
                opened.sweep_digests(split),
                file,
                lambda *_: None,
            )
            if _whole(scores) and self._runs.get(spec.id) is run:
                if file != self.file(spec, split):
                    file.replace(self.file(spec, split))
                self._adopt(opened, split, scores)
        except (UserError, OSError) as error:
            if self._runs.get(spec.id) is run:
                self.stopped(spec.id, f"The sweep stopped: {error}")
            return
        run.done += 1
        self._go_on(opened, run)

    def _adopt(self, opened: OpenPair, split: str, scores: Scores) -> None:
        spec = opened.spec
        made = summary(scores, opened.task(split), spec, self._weight(spec))
        self.summaries[spec.id, split] = made


def _whole(scores: Scores) -> bool:
    return all(alpha_key(alpha) in scores.points for alpha in GRID)
