"""Time until a new α is live, against the memory roofline, naive merging, and merging by files.

One run on synthetic weights: every form is timed in turn in each round and its best round
counts, so that what else the machine does strikes all of them. On a busy machine compare the CPU
times, with one thread: waiting does not count in them. Endpoints are mapped from files for our
form and for the naive one; the roofline has them in memory.

    python -m benchmarks.merge [--billions 0.15] [--dtype fp32|bf16|fp16] [--rounds 7]
                               [--threads N] [--mergekit PYTHON]

Sizes go up to 2.6 (needs 5 times the weights in memory for the peers, and 2 on disk). `PYTHON`
is the interpreter of an environment in which mergekit is installed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from ggez.merging import LiveMerge, plan_merge, read_headers
from ggez.merging.steps import anonymous_bytes

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
ALPHA = 0.37


def shapes(parameters: float) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes of a decoder as mergekit's Llama has them, of about this many parameters."""
    width, vocabulary = (768, 32000) if parameters < 1e9 else (2048, 64000)
    layer = 12 * width * width
    layers = max(1, round((parameters - 2 * vocabulary * width) / layer))
    yield "model.embed_tokens.weight", (vocabulary, width)
    for number in range(layers):
        at = f"model.layers.{number}"
        for name in "qkvo":
            yield f"{at}.self_attn.{name}_proj.weight", (width, width)
        for name, shape in (("gate", (8, 3)), ("up", (8, 3)), ("down", (3, 8))):
            sides = [width * part // 3 for part in shape]
            yield f"{at}.mlp.{name}_proj.weight", (sides[0], sides[1])
        yield f"{at}.input_layernorm.weight", (width,)
        yield f"{at}.post_attention_layernorm.weight", (width,)
    yield "model.norm.weight", (width,)
    yield "lm_head.weight", (vocabulary, width)


def write_model(folder: Path, parameters: float, dtype: torch.dtype, seed: int) -> Path:
    """A checkpoint folder that mergekit accepts; tuned is base moved by a hundredth."""
    folder.mkdir()
    names = dict(shapes(parameters))
    state = {}
    for number, (name, shape) in enumerate(names.items()):
        weight = torch.randn(shape, generator=torch.Generator().manual_seed(number)) * 0.02
        if seed:
            other = torch.Generator().manual_seed(10_000 * seed + number)
            weight += torch.randn(shape, generator=other) * 2e-4
        state[name] = weight.to(dtype)
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    vocabulary, width = names["model.embed_tokens.weight"]
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": width,
        "vocab_size": vocabulary, "intermediate_size": width * 8 // 3,
        "num_attention_heads": width // 64, "num_key_value_heads": width // 64,
        "num_hidden_layers": sum(name.endswith("input_layernorm.weight") for name in names),
        "torch_dtype": str(dtype).removeprefix("torch."),
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder / "model.safetensors"


class Model(torch.nn.Module):
    """Parameters under the checkpoint's names, for load_state_dict."""

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        super().__init__()
        for name, tensor in state.items():
            own = torch.nn.Parameter(torch.empty_like(tensor), requires_grad=False)
            self.register_parameter(name.replace(".", "/"), own)


def best(forms: dict[str, Callable[[], Any]], rounds: int) -> dict[str, tuple[float, float]]:
    """Seconds of wall and of CPU of each form's best rounds, after one that does not count."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in forms}
    for _ in range(rounds + 1):
        for name, form in forms.items():
            wall, cpu = time.perf_counter(), time.process_time()
            form()
            times[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: (min(wall for wall, _ in own[1:]), min(cpu for _, cpu in own[1:]))
        for name, own in times.items()
    }


def in_memory(base: Path, tuned: Path, rounds: int) -> dict[str, Any]:
    """Live merges, the roofline and the naive form."""
    plan = plan_merge(read_headers(base), read_headers(tuned), lambda _: "model")
    one, other = load_file(base), load_file(tuned)
    start, before = time.perf_counter(), anonymous_bytes()
    live = LiveMerge(plan, one, other)
    opened = time.perf_counter() - start
    moves = iter(range(1, 10**6))

    def move(merged: LiveMerge) -> None:
        merged.merge(next(moves) / 10**6 + 0.25)  # each move is to a new α

    move(live)
    after = anonymous_bytes()
    spherical = LiveMerge(plan, one, other, "slerp")
    flats = [torch.cat([t.reshape(-1) for t in side.values()]) for side in (one, other)]
    out = torch.empty_like(flats[0])
    model = Model(one)

    def naive() -> None:
        alpha = ALPHA
        merged = {
            name.replace(".", "/"): (1 - alpha) * one[name] + alpha * other[name] for name in one
        }
        model.load_state_dict(merged)

    seconds = best(
        {
            "roofline": lambda: torch.add(*flats, out=out),
            "live_linear": lambda: move(live),
            "live_slerp": lambda: move(spherical),
            "naive_state_dict": naive,
        },
        rounds,
    )
    moved = 3 * out.nbytes
    return {
        "weights_bytes": out.nbytes,
        "open_ms": round(1000 * opened),
        "anonymous_bytes_over_weights": (
            round((after - before) / out.nbytes, 3) if after and before is not None else None
        ),
        "ms": {name: round(1000 * wall, 1) for name, (wall, _) in seconds.items()},
        "cpu_ms": {name: round(1000 * cpu, 1) for name, (_, cpu) in seconds.items()},
        "roofline_gb_per_s": round(moved / seconds["roofline"][0] / 1e9, 1),
        "live_gb_per_s": round(moved / seconds["live_linear"][0] / 1e9, 1),
    }


def by_files(base: Path, tuned: Path, work: Path) -> float:
    """Seconds to see a new α by merging to a file and loading it: the least that files cost."""
    start = time.perf_counter()
    one, other = load_file(base), load_file(tuned)
    merged = {name: torch.lerp(one[name], other[name], ALPHA) for name in one}
    save_file(merged, work / "merged.safetensors")
    with (work / "merged.safetensors").open("rb") as written:
        os.fsync(written.fileno())  # a file that is only in the page cache is not yet saved
    Model(one).load_state_dict(
        {name.replace(".", "/"): t for name, t in load_file(work / "merged.safetensors").items()}
    )
    return time.perf_counter() - start


def by_mergekit(python: str, base: Path, tuned: Path, work: Path, dtype: str) -> float:
    """Seconds of a mergekit run with its linear method, start of the interpreter included."""
    config = work / "mergekit.yaml"
    config.write_text(
        "merge_method: linear\n"
        f"dtype: {str(DTYPES[dtype]).removeprefix('torch.')}\n"
        "models:\n"
        f"  - {{model: {base.parent}, parameters: {{weight: {1 - ALPHA}}}}}\n"
        f"  - {{model: {tuned.parent}, parameters: {{weight: {ALPHA}}}}}\n",
        encoding="utf-8",
    )
    command = [python, "-m", "mergekit.scripts.run_yaml", str(config), str(work / "mergekit")]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--billions", type=float, default=0.15, help="parameters (0.15)")
    parser.add_argument("--dtype", choices=DTYPES, default="fp32")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, help="PyTorch's own choice if left out")
    parser.add_argument("--mergekit", metavar="PYTHON", help="compare with mergekit of that venv")
    given = parser.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory(prefix="ggez-merge-") as name:
        work = Path(name)
        size, dtype = given.billions * 1e9, DTYPES[given.dtype]
        base, tuned = (write_model(work / s, size, dtype, n) for n, s in enumerate(("b", "t")))
        found = in_memory(base, tuned, given.rounds)
        files = min(by_files(base, tuned, work) for _ in range(2))
        kit = (
            by_mergekit(given.mergekit, base, tuned, work, given.dtype) if given.mergekit else None
        )
    ms, linear = found["ms"], found["ms"]["live_linear"]
    ms["write_and_load_a_file"] = round(1000 * files)
    if kit is not None:
        ms["mergekit_to_disk"] = round(1000 * kit)
    report = {
        "parameters": found["weights_bytes"] // dtype.itemsize,
        "dtype": given.dtype,
        "threads": torch.get_num_threads(),
        "load_average": os.getloadavg()[0],
        **found,
        "times_live_linear": {name: round(value / linear, 2) for name, value in ms.items()},
        "times_live_linear_by_cpu": {
            name: round(value / found["cpu_ms"]["live_linear"], 2)
            for name, value in found["cpu_ms"].items()
        },
    }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
