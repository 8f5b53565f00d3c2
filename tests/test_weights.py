"""The size rules of what is shipped: safetensors in fp16, small, and nothing that runs code."""

from __future__ import annotations

import subprocess
from pathlib import Path

from safetensors import safe_open

ROOT = Path(__file__).resolve().parents[1]
FILE_BYTES, ALL_BYTES = 15e6, 60e6
COUNTERS = {"I64", "I32", "BOOL"}  # indices and masks, which have no half precision
RUNS_CODE = {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".joblib"}
OTHER_WEIGHTS = {".h5", ".msgpack", ".npz", ".npy", ".onnx", ".gguf", ".tflite"}


def shipped() -> list[Path]:
    """Files that git tracks or would add; outside a checkout, all but hidden folders."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
        files = [ROOT / name for name in listed.split("\0") if name]
    else:
        tops = [path for path in ROOT.iterdir() if not path.name.startswith(".")]
        files = [file for top in tops for file in ([top] if top.is_file() else top.rglob("*"))]
    return sorted({file for file in files if file.is_file()})


SHIPPED = shipped()
POCKET = [file for file in SHIPPED if file.is_relative_to(ROOT / "assets" / "pocket")]
WEIGHTS = [file for file in POCKET if file.suffix == ".safetensors"]


def test_pocket_weights_are_safetensors() -> None:
    assert WEIGHTS, "assets/pocket holds no weights"
    # a gallery's features are measurements, not weights
    checked = [file for file in POCKET if file.parent.name != "features"]
    assert not [file for file in checked if file.suffix in OTHER_WEIGHTS]


def test_pocket_weights_are_half_precision() -> None:
    for file in WEIGHTS:
        with safe_open(file, framework="numpy") as opened:
            kinds = {opened.get_slice(name).get_dtype() for name in opened.keys()}  # noqa: SIM118
        assert "F16" in kinds and kinds <= {"F16"} | COUNTERS, (file, kinds)


def test_pocket_weights_are_small() -> None:
    sizes = {str(file.relative_to(ROOT)): file.stat().st_size for file in WEIGHTS}
    assert not {name: size for name, size in sizes.items() if size > FILE_BYTES}
    assert sum(sizes.values()) <= ALL_BYTES, sizes


def test_nothing_shipped_can_run_code() -> None:
    assert not [file for file in SHIPPED if file.suffix.lower() in RUNS_CODE]
