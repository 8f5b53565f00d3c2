"""Exact retrieval in Explore: a new α and an α visited before, median and 95th percentile.

    python -m benchmarks.explore [PAIR]

Targets on two cores, over at least 200 pictures: at most 1 s and at most 100 ms.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ggez.paths import EVAL_SETS, PAIRS
from ggez.types import GRID
from ggez.workbench.open_pair import OpenPair
from ggez.workbench.pairs import read_pairs

COUNT = 20


def main(pair: str = "pocket-embedding") -> None:
    spec = read_pairs(PAIRS)[pair]
    query = spec.examples[0].text
    rng = np.random.default_rng(0)
    alphas = [a for a in rng.permutation(np.arange(1, 1000)) / 1000 if round(a, 4) not in GRID]
    with tempfile.TemporaryDirectory() as cache:  # nothing that was computed before helps
        opened = OpenPair(spec, EVAL_SETS, Path(cache))
        opened.exact(0.5, query)
        new = [seconds(opened, alpha, query) for alpha in alphas[:COUNT]]
        again = [seconds(opened, alpha, query) for alpha in alphas[:COUNT]]
    print(f"{pair}: {len(opened.shown)} pictures, {COUNT} α that no cache holds")
    for name, times in (("new α", new), ("visited α", again)):
        print(f"{name:<10} median {np.median(times):.3f} s, p95 {np.percentile(times, 95):.3f} s")


def seconds(opened: OpenPair, alpha: float, query: str) -> float:
    started = time.perf_counter()
    opened.exact(float(alpha), query)
    return time.perf_counter() - started


if __name__ == "__main__":
    main(*sys.argv[1:])
