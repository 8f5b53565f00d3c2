"""Export of a merge against mergekit's linear method and against the naive way: time and memory.

Every form is a process of its own, from checkpoints on disk to a merged checkpoint on disk, its
interpreter's start included; the best of the rounds counts, taken in turn, so that what else the
machine does strikes all. Memory is the peak of anonymous memory (`RssAnon`): mapped weights are
evictable and do not count, for any form. Ours alone hashes its inputs, waits for the disk,
reopens what it wrote and proves it equal; `ours_steps` says what that costs.

    python -m benchmarks.export [--billions 0.15 0.6] [--dtype bf16 fp32] [--rounds 2]
                                [--threads N] [--mergekit PYTHON]

`PYTHON` is the interpreter of an environment in which mergekit is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.merge import ALPHA, DTYPES, write_model

NAIVE = """
import sys
from safetensors.torch import load_file, save_file
base, tuned, out = sys.argv[1:]
one, other = load_file(base), load_file(tuned)
merged = {name: (1 - ALPHA) * one[name] + ALPHA * other[name] for name in one}
save_file(merged, out, metadata={"format": "pt"})
""".replace("ALPHA", str(ALPHA))

STEPS = """
import json, os, sys, time
from ggez.merging import certificate, export
from ggez.types import Side
times = {}
def timed(owner, name, label):
    inner = getattr(owner, name)
    def run(*arguments, **options):
        start = time.perf_counter()
        try:
            return inner(*arguments, **options)
        finally:
            times[label] = times.get(label, 0) + time.perf_counter() - start
    setattr(owner, name, run)
timed(export, "_sources", "hash the inputs")
timed(export, "write_like", "blend, hash and write")
timed(certificate, "read_back", "reopen and hash")
timed(os, "fsync", "wait for the disk")
base, tuned, out = sys.argv[1:]
made = export.export(Side("base", base), Side("tuned", tuned), out, ALPHA)
times["all, without the interpreter's start"] = made.seconds
told = {label: round(value, 2) for label, value in times.items()}
print(json.dumps(told | {"peak bytes beyond what imports take": made.peak_bytes}))
""".replace("ALPHA", str(ALPHA))


def run(command: list[str]) -> tuple[float, int]:
    """Seconds and peak anonymous bytes of a process."""
    start, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, stdout=told, stderr=told)
        while process.poll() is None:
            peak = max(peak, _anonymous(process.pid))
            time.sleep(0.01)
        seconds = time.perf_counter() - start
        if process.returncode:
            told.seek(0)
            raise SystemExit(f"{' '.join(command[:3])}: {told.read()[-2000:].decode()}")
    return seconds, peak


def _anonymous(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:  # it has just ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) * 1024


def commands(base: Path, tuned: Path, work: Path, dtype: str, kit: str | None) -> dict[str, Any]:
    """Every form by its name, each writing to a place of that name."""
    folders, files = (
        [str(p) for p in pair] for pair in ((base.parent, tuned.parent), (base, tuned))
    )
    merge = ["-m", "ggez", "merge", *folders, "--alpha", str(ALPHA), "--out", str(work / "ours")]
    out = {
        "ours": [sys.executable, *merge],
        "naive": [sys.executable, "-c", NAIVE, *files, str(work / "naive")],
    }
    if kit:
        models = [
            {"model": folder, "parameters": {"weight": weight}}
            for folder, weight in zip(folders, (1 - ALPHA, ALPHA), strict=True)
        ]
        config = {"merge_method": "linear", "dtype": str(DTYPES[dtype])[6:], "models": models}
        (work / "kit.yaml").write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        script = ["-m", "mergekit.scripts.run_yaml", str(work / "kit.yaml"), str(work / "mergekit")]
        out["mergekit"] = [kit, *script]
    return out


def clear(place: Path) -> None:
    """Remove a result, and let its deletion reach the disk before the next form starts."""
    if place.is_dir():
        shutil.rmtree(place)
    place.unlink(missing_ok=True)
    os.sync()


def compare(billions: float, dtype: str, rounds: int, kit: str | None) -> dict[str, Any]:
    """All forms on one size and dtype."""
    with tempfile.TemporaryDirectory(prefix="ggez-export-") as name:
        work = Path(name)
        sides = [
            write_model(work / side, billions * 1e9, DTYPES[dtype], seed)
            for seed, side in enumerate(("base", "tuned"))
        ]
        weights = sides[0].stat().st_size
        forms = commands(*sides, work, dtype, kit)
        found: dict[str, list[tuple[float, int]]] = {form: [] for form in forms}
        for _ in range(rounds):
            for form, command in forms.items():
                clear(work / form)
                found[form].append(run(command))
        clear(work / "ours")
        steps = subprocess.run(
            [sys.executable, "-c", STEPS, *(str(s.parent) for s in sides), str(work / "ours")],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    best = {form: (min(t for t, _ in own), min(p for _, p in own)) for form, own in found.items()}
    ours = best["ours"]
    return {
        "billions": billions,
        "dtype": dtype,
        "weights_bytes": weights,
        "seconds": {form: round(seconds, 2) for form, (seconds, _) in best.items()},
        "peak_bytes": {form: peak for form, (_, peak) in best.items()},
        "peak_over_weights": {form: round(p / weights, 3) for form, (_, p) in best.items()},
        "seconds_over_ours": {form: round(s / ours[0], 2) for form, (s, _) in best.items()},
        "peak_over_ours": {form: round(p / ours[1], 2) for form, (_, p) in best.items()},
        "ours_steps": json.loads(steps.stdout),
        "load_average": os.getloadavg()[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--billions", type=float, nargs="+", default=[0.15, 0.6])
    parser.add_argument("--dtype", choices=DTYPES, nargs="+", default=["bf16", "fp32"])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, help="of every process; each its own if left out")
    parser.add_argument("--mergekit", metavar="PYTHON", help="compare with mergekit of that venv")
    given = parser.parse_args()
    if given.threads:
        os.environ["OMP_NUM_THREADS"] = str(given.threads)
    report = [
        compare(size, dtype, given.rounds, given.mergekit)
        for size in given.billions
        for dtype in given.dtype
    ]
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
