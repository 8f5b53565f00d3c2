"""Exports of the real classes: opened by their own loaders, equal to an independent merge."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_checkpoints as tiny
import torch
import yaml
from safetensors.torch import load_file, save_file

from ggez import cli
from ggez.merging.certificate import hash_tensors, verify_certificate
from ggez.merging.checkpoint import Checkpoint, open_checkpoint
from ggez.merging.export import export, plan_of
from ggez.merging.headers import read_stored
from ggez.merging.live import LiveMerge, weights_digest
from ggez.merging.methods import method as find_method
from ggez.merging.steps import Cancelled
from ggez.types import Side, UserError

ROOT = Path(__file__).resolve().parents[2]
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
KINDS = ("clip", "siglip", "gemma", "sdxl", "vit", "resnet")


def build(kind: str, folder: Path, seed: int, shard: str) -> Path:
    if kind in ("vit", "resnet"):
        tiny.open_clip_model(folder, seed, resnet=kind == "resnet")
    else:
        getattr(tiny, kind)(folder, seed, shard)
    return folder


def cast(folder: Path, dtype: torch.dtype) -> None:
    """Store every float of a folder in `dtype`, as a library would have saved it."""
    for file in folder.rglob("*.safetensors"):
        state = load_file(file)
        state = {k: v.to(dtype) if v.is_floating_point() else v for k, v in state.items()}
        save_file(state, file, metadata={"format": "pt"})
    for file in folder.rglob("config.json"):
        config = json.loads(file.read_text())
        if "dtype" in config:
            file.write_text(json.dumps(config | {"dtype": str(dtype)[6:]}))


def loaded(kind: str, folder: Path, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The state of a folder as the ecosystem's own loader gives it."""
    if kind in ("vit", "resnet"):
        import open_clip

        precision = {"torch.float32": "fp32", "torch.float16": "pure_fp16"}.get(str(dtype))
        model = open_clip.create_model(f"local-dir:{folder}", precision=precision or "pure_bf16")
        return model.state_dict()
    if kind == "sdxl":
        from diffusers import DiffusionPipeline

        pipeline = DiffusionPipeline.from_pretrained(folder, torch_dtype=dtype)
        models = {n: m for n, m in pipeline.components.items() if isinstance(m, torch.nn.Module)}
        return {f"{n}/{k}": v for n, m in models.items() for k, v in m.state_dict().items()}
    from transformers import AutoModel, Gemma3ForConditionalGeneration

    family: Any = Gemma3ForConditionalGeneration if kind == "gemma" else AutoModel
    model, info = family.from_pretrained(folder, dtype=dtype, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert not info["mismatched_keys"]
    return model.state_dict()


def ulp(value: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Distance between neighbours of `dtype` at `value` (float64)."""
    info = torch.finfo(dtype)
    _, exponent = torch.frexp(value.abs().clamp(min=info.smallest_normal))
    return torch.ldexp(torch.full_like(value, info.eps), exponent - 1)


def bits(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def live_of(one: Checkpoint, other: Checkpoint, alpha: Any, method: str = "linear") -> LiveMerge:
    plan = plan_of(one, other, ())
    sides = ({name: side.read(name) for name in side.tensors} for side in (one, other))
    live = LiveMerge(plan, *sides, method=method)
    live.merge(alpha)
    return live


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Side, Side]]:
    """(kind, dtype) -> a base in one file and a tuned one in many, or the other way round."""
    root = tmp_path_factory.mktemp("checkpoints")

    def pair(kind: str, dtype: torch.dtype = torch.float32, flip: bool = False) -> Any:
        sides = []
        for seed, (name, shard) in enumerate((("base", "1GB"), ("tuned", "16KB"))):
            plain = root / kind / name
            if not plain.exists():
                build(kind, plain, seed, shard)
            folder = root / f"{kind}-{str(dtype)[6:]}" / name
            if not folder.exists():
                shutil.copytree(plain, folder)
                cast(folder, dtype)
            sides.append(folder)
        sides = sides[::-1] if flip else sides
        return tuple(Side(n, str(f)) for n, f in zip(("base", "tuned"), sides, strict=True))

    return pair


MATRIX = [(kind, "fp32", False) for kind in KINDS] + [
    *[("clip", "fp16", True), ("clip", "bf16", False), ("gemma", "bf16", True)],
    *[("siglip", "bf16", True), ("sdxl", "fp16", True), ("vit", "fp16", False)],
    *[("resnet", "fp16", False), ("vit", "bf16", False)],
]


@pytest.mark.parametrize(("kind", "name", "flip"), MATRIX)
def test_equals_an_independent_merge(
    made: Any, tmp_path: Path, kind: str, name: str, flip: bool
) -> None:
    dtype, alpha = DTYPES[name], 0.3
    base, tuned = made(kind, dtype, flip)
    out = tmp_path / "out"
    done = export(base, tuned, out, alpha)
    one, other, result = (loaded(kind, Path(p), dtype) for p in (base.path, tuned.path, out))
    assert result.keys() == one.keys()
    # torch.lerp takes its weight in the dtype that it computes in: float32 but for float64
    exact = float(torch.tensor(alpha, dtype=torch.float32)) if name == "fp32" else alpha
    blended = 0
    for key, got in result.items():
        x, y = one[key], other[key]
        statistics = key.endswith(("running_mean", "running_var"))
        if not x.is_floating_point() or key.startswith("vae/") or statistics:
            assert torch.equal(bits(got), bits(x)), key
            continue
        assert got.dtype == dtype
        x, y = x.double(), y.double()
        right = (1 - exact) * x + exact * y
        allowed = ulp(torch.maximum(x.abs(), y.abs()), dtype)
        assert ((got.double() - right).abs() <= allowed).all(), key
        blended += int(not torch.equal(x, y))
    assert blended > 10
    live = live_of(*map(open_checkpoint, (base.path, tuned.path)), alpha)
    reopened = open_checkpoint(out)
    assert {*live.tensors} == {*reopened.tensors}
    for key, value in live.tensors.items():
        assert torch.equal(bits(value), bits(reopened.read(key))), key
    assert live.digest() == done.certificate.digest == done.recipe.weights
    assert verify_certificate(out) == done.certificate


@pytest.mark.parametrize("kind", ["clip", "sdxl", "gemma"])
def test_layout_is_bases_and_the_ends_are_exact(made: Any, tmp_path: Path, kind: str) -> None:
    base, tuned = made(kind, flip=True)  # base in shards
    for alpha, side in ((0, base), (1, tuned)):
        export(base, tuned, out := tmp_path / str(alpha), alpha)
        source, target = open_checkpoint(base.path), open_checkpoint(out)
        end = open_checkpoint(side.path)
        names = sorted(p.relative_to(base.path) for p in Path(base.path).rglob("*.safetensors"))
        assert names == sorted(p.relative_to(out) for p in out.rglob("*.safetensors"))
        for file in names:
            before, after = read_stored(Path(base.path, file)), read_stored(out / file)
            assert [(n, s.header, s.start) for n, s in before.items()] == [
                (n, s.header, s.start) for n, s in after.items()
            ]
            if alpha == 0:
                assert Path(base.path, file).read_bytes() == (out / file).read_bytes()
        for name in source.tensors:
            kept = name.startswith("vae/") or not source.read(name).is_floating_point()
            expected = source if kept else end
            assert torch.equal(bits(target.read(name)), bits(expected.read(name))), name


def test_ties_are_kept(made: Any, tmp_path: Path) -> None:
    from transformers import Gemma3ForConditionalGeneration

    base, tuned = made("gemma")
    export(base, tuned, tmp_path / "out", 0.5)
    assert not [n for n in open_checkpoint(tmp_path / "out").tensors if "lm_head" in n]
    model = Gemma3ForConditionalGeneration.from_pretrained(tmp_path / "out")
    assert model.lm_head.weight is model.get_input_embeddings().weight


def test_a_head_that_one_side_repeats_follows_the_embedding(made: Any, tmp_path: Path) -> None:
    base, tuned = made("gemma")
    repeated = Path(shutil.copytree(base.path, tmp_path / "repeated"))
    state = load_file(repeated / "model.safetensors")
    embedding = next(n for n in state if n.endswith("embed_tokens.weight"))
    state["lm_head.weight"] = state[embedding].clone()
    save_file(state, repeated / "model.safetensors", metadata={"format": "pt"})
    export(Side("base", str(repeated)), tuned, out := tmp_path / "out", 0.5)
    after = load_file(out / "model.safetensors")
    assert torch.equal(after["lm_head.weight"], after[embedding])
    assert not torch.equal(after[embedding], state[embedding])


def test_rows_are_paired_by_token(tmp_path: Path) -> None:
    one, other = tmp_path / "base", tmp_path / "tuned"
    tiny.clip(one, 0, vocab=60)
    tiny.clip(other, 1, vocab=64)
    tokens = tiny.vocabulary()
    tiny.tokenizer(one, tokens)
    moved = dict(zip(tokens, [*range(10), *reversed(range(10, len(tokens)))], strict=True))
    tiny.tokenizer(other, dict(sorted(moved.items(), key=lambda item: item[1])))
    export(Side("base", str(one)), Side("tuned", str(other)), out := tmp_path / "out", 0.25)
    name = "text_model.embeddings.token_embedding.weight"
    x, y, z = (load_file(f / "model.safetensors")[name] for f in (one, other, out))
    assert z.shape == x.shape
    for token, row in tokens.items():
        right = torch.lerp(x[row], y[moved[token]], 0.25)
        assert torch.equal(z[row], right), token
    assert torch.equal(z[len(tokens) :], x[len(tokens) :])
    live = live_of(open_checkpoint(one), open_checkpoint(other), 0.25)
    assert live.digest() == verify_certificate(out).digest


def test_tuned_in_another_dtype_is_rounded_to_bases(made: Any, tmp_path: Path) -> None:
    base, _ = made("clip", torch.bfloat16)
    _, tuned = made("clip")
    export(base, tuned, tmp_path / "out", 1)
    end, out = open_checkpoint(tuned.path), open_checkpoint(tmp_path / "out")
    for name in out.tensors:
        if out.read(name).is_floating_point():
            assert torch.equal(out.read(name), end.read(name).bfloat16())


@pytest.mark.parametrize("method", ["linear", "slerp"])
def test_components_and_blocks_have_their_own_alpha(made: Any, tmp_path: Path, method: str) -> None:
    base, tuned = made("vit")
    own = {"text tower": 0.0, "visual.transformer.resblocks.0": 0.9}
    done = export(base, tuned, tmp_path / "out", 0.4, method=method, components=own)
    one, other = open_checkpoint(base.path), open_checkpoint(tuned.path)
    live = live_of(one, other, {"image tower": 0.4, "head": 0.4, **own}, method)
    assert live.digest() == done.certificate.digest
    out = open_checkpoint(tmp_path / "out")
    assert torch.equal(out.read("ln_final.weight"), one.read("ln_final.weight"))
    name = "visual.transformer.resblocks.0.mlp.c_fc.weight"
    expected = torch.empty(one.read(name).numel())
    find_method(method).blend(
        one.read(name).reshape(-1), other.read(name).reshape(-1), 0.9, out=expected
    )
    assert torch.equal(out.read(name).reshape(-1), expected)
    with pytest.raises(UserError, match=r"'tail' is unknown; this pair has .*text tower"):
        export(base, tuned, tmp_path / "no", 0.4, components={"tail": 0.1})


def test_only_the_named_parts_are_merged(made: Any, tmp_path: Path) -> None:
    base, tuned = made("sdxl")
    export(base, tuned, tmp_path / "out", 1, parts=["vae", "text_encoder"])
    one, other, out = map(open_checkpoint, (base.path, tuned.path, tmp_path / "out"))
    for name in out.tensors:
        merged = name.startswith(("vae/", "text_encoder/")) and out.read(name).is_floating_point()
        assert torch.equal(out.read(name), (other if merged else one).read(name)), name
    with pytest.raises(UserError, match=r"part 'nose' is not in both .*unet"):
        export(base, tuned, tmp_path / "no", 1, parts=["nose"])


def test_a_lone_file(tmp_path: Path) -> None:
    for seed, name in enumerate(("one", "two")):
        torch.manual_seed(seed)
        # an odd byte before the floats leaves them unaligned in the file
        state = {"a": torch.tensor([True]), "b": torch.randn(3, 5), "c": torch.zeros(0, 4)}
        save_file(state | {"d": torch.tensor(float(seed))}, tmp_path / f"{name}.safetensors")
    sides = (Side("base", str(tmp_path / f"{n}.safetensors")) for n in ("one", "two"))
    export(*sides, tmp_path / "out", 0.5)
    assert load_file(tmp_path / "out/one.safetensors")["d"] == 0.5
    assert len(verify_certificate(tmp_path / "out").tensors) == 4


def test_what_is_copied_and_what_is_not(made: Any, tmp_path: Path) -> None:
    base, tuned = made("clip")
    folder = Path(shutil.copytree(base.path, tmp_path / "base"))
    for name in ("LICENSE", "tokenizer.json", "sub/notes.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(
            "kept" if name != "tokenizer.json" else '{"model": {"vocab": {}}}'
        )
    left = ("README.md", "pytorch_model.bin", "optimizer.pt", ".cache/x", "model.gguf")
    left += ("model.fp16.safetensors", "pytorch_model.bin.index.json", "certificate.json")
    for name in left:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"base's own")
    export(Side("base", str(folder)), tuned, out := tmp_path / "out", 0.5)
    found = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()}
    assert found == {
        *("LICENSE", "tokenizer.json", "sub/notes.txt", "config.json", "model.safetensors"),
        *("README.md", "certificate.json", "recipe.json"),
    }
    assert "merge" in (out / "README.md").read_text()


def nothing_at(out: Path) -> bool:
    return not out.exists() and not list(out.parent.glob(f".{out.name}.partial-*"))


@pytest.mark.parametrize("side", ["base", "tuned"])
@pytest.mark.parametrize(("value", "kind"), [(float("nan"), "NaN"), (float("-inf"), "infinity")])
def test_a_value_that_is_no_number_is_refused(
    made: Any, tmp_path: Path, side: str, value: float, kind: str
) -> None:
    sides = {s.name: s for s in made("vit")}
    folder = Path(shutil.copytree(sides[side].path, tmp_path / side))
    state = load_file(folder / "open_clip_model.safetensors")
    state["ln_final.bias"][3] = value
    save_file(state, folder / "open_clip_model.safetensors")
    sides[side] = Side(side, str(folder))
    with pytest.raises(UserError, match=f"ln_final.bias: {side} holds {kind}") as error:
        export(sides["base"], sides["tuned"], tmp_path / "out", 0.5)
    assert "\n" not in str(error.value)
    assert nothing_at(tmp_path / "out")


def test_an_equal_mask_of_infinities_passes(tmp_path: Path) -> None:
    mask = torch.full((4, 4), float("-inf")).triu(1)
    for seed, name in enumerate(("one", "two")):
        save_file(
            {"attn_mask": mask, "w": torch.full((2,), float(seed))},
            tmp_path / f"{name}.safetensors",
        )
    sides = (Side("base", str(tmp_path / f"{n}.safetensors")) for n in ("one", "two"))
    export(*sides, tmp_path / "out", 0.5)
    assert torch.equal(load_file(tmp_path / "out/one.safetensors")["attn_mask"], mask)


def test_an_incompatible_pair_is_refused(made: Any, tmp_path: Path) -> None:
    (base, _), (_, tuned) = made("clip"), made("siglip")
    with pytest.raises(UserError):
        export(base, tuned, tmp_path / "deep/out", 0.5)
    assert not (tmp_path / "deep").exists()


def test_places_that_are_refused(made: Any, tmp_path: Path) -> None:
    base, tuned = made("vit")
    for there in (tmp_path, Path(base.path)):
        with pytest.raises(UserError, match="exists already"):
            export(base, tuned, there, 0.5)
    with pytest.raises(UserError, match="lies inside the checkpoint"):
        export(base, tuned, Path(tuned.path) / "out", 0.5)
    with pytest.raises(UserError, match="α must lie between"):
        export(base, tuned, tmp_path / "out", 1.5)


def test_a_small_disk_is_noticed_before(made: Any, tmp_path: Path, monkeypatch: Any) -> None:
    base, tuned = made("vit")
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6, 1000))
    with pytest.raises(UserError, match=r"needs .* MB and the disk has 0.0 MB free"):
        export(base, tuned, tmp_path / "new/out", 0.5)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_while_writing_leaves_nothing(
    made: Any, tmp_path: Path, monkeypatch: Any, code: int
) -> None:
    base, tuned = made("vit")
    write, written = os.write, 0

    def limited(descriptor: int, data: Any) -> int:
        nonlocal written
        written += len(data)
        if written > 20_000:
            raise OSError(code, os.strerror(code))
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", limited)
    with pytest.raises(UserError, match="nothing is left") as error:
        export(base, tuned, tmp_path / "new/deep/out", 0.5)
    monkeypatch.undo()
    assert ("filled up" in str(error.value)) == (code == errno.ENOSPC)
    assert not (tmp_path / "new").exists()
    export(base, tuned, tmp_path / "new/deep/out", 0.5)


def test_progress(made: Any, tmp_path: Path) -> None:
    base, tuned = made("vit")
    told: list[tuple[int, int, str]] = []
    export(base, tuned, tmp_path / "all", 0.5, progress=lambda *step: told.append(step))
    count = len(open_checkpoint(base.path).tensors)
    assert [step[0] for step in told] == list(range(1, 2 * count + 1))
    assert {step[1] for step in told} == {2 * count}


@pytest.mark.parametrize("stop_at", [5, 60])
def test_cancel_by_an_event_or_a_function(made: Any, tmp_path: Path, stop_at: int) -> None:
    base, tuned = made("vit")
    count = len(open_checkpoint(base.path).tensors)
    assert 5 < count < 60 < 2 * count  # in writing and in checking
    event = threading.Event()
    done: list[int] = []

    def progress(step: int, total: int, text: str) -> None:
        done.append(step)
        if step == stop_at:
            event.set()

    with pytest.raises(Cancelled, match="nothing is left"):
        export(base, tuned, tmp_path / "out", 0.5, progress=progress, cancel=event)
    assert done[-1] == stop_at
    assert nothing_at(tmp_path / "out")
    asked = iter([False] * stop_at)
    with pytest.raises(Cancelled, match="nothing is left"):
        export(base, tuned, tmp_path / "out", 0.5, cancel=lambda: next(asked, True))
    assert nothing_at(tmp_path / "out")


def test_ctrl_c_leaves_nothing(made: Any, tmp_path: Path) -> None:
    base, tuned = made("vit")

    def press(done: int, total: int, text: str) -> None:
        if done == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(base, tuned, tmp_path / "out", 0.5, progress=press)
    assert nothing_at(tmp_path / "out")


def test_terminated_by_the_command_line(
    made: Any, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    base, tuned = made("vit")
    out = tmp_path / "out"

    def terminate(done: int, total: int, text: str) -> None:
        if done == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(cli, "_bar", terminate)
    code = cli.main(["merge", base.path, tuned.path, "--alpha", "0.5", "--out", str(out)])
    assert code == 130
    assert capsys.readouterr().err.strip() == f"stopped; nothing is left at {out}"
    assert nothing_at(out)


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


KILLED = """
import os, signal, sys
from ggez.merging.export import export
from ggez.types import Side
base, tuned, out = sys.argv[1:]
def kill(done, total, text):
    if done == 20:
        os.kill(os.getpid(), signal.SIGKILL)
export(Side("base", base), Side("tuned", tuned), out, 0.5, progress=kill)
"""


def test_killed_in_the_middle(made: Any, tmp_path: Path) -> None:
    base, tuned = made("clip", flip=True)
    out = tmp_path / "out"
    assert run(KILLED, base.path, tuned.path, out).returncode == -signal.SIGKILL
    assert not out.exists()
    assert list(tmp_path.glob(".out.partial-*"))
    export(base, tuned, out, 0.5)  # the next one clears up
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


MEASURED = """
import re, sys, threading, time
from ggez.merging.export import export
from ggez.types import Side

def anonymous():
    text = open("/proc/self/smaps_rollup").read()
    return int(re.search(r"^Anonymous: +(\\d+) kB", text, re.M)[1]) * 1024

def watch():
    global peak
    while not stop.is_set():
        peak = max(peak, anonymous())
        time.sleep(0.002)

small, large, out = sys.argv[1:]
sides = {
    folder: [Side(n, f"{folder}/{n}.safetensors") for n in ("base", "tuned")]
    for folder in (small, large)
}
export(*sides[small], out + "/small", 0.3)
before, peak, stop = anonymous(), 0, threading.Event()
thread = threading.Thread(target=watch)
thread.start()
made = export(*sides[large], out + "/large", 0.3)
stop.set()
thread.join()
print(peak - before, made.peak_bytes)
"""


def test_memory_is_far_below_one_tensor(tmp_path: Path) -> None:
    rows = {"small": 8, "large": 4096}
    for size, count in rows.items():
        (tmp_path / size).mkdir()
        for seed, name in enumerate(("base", "tuned")):
            torch.manual_seed(seed)
            state = {k: torch.randn(count, 4096).bfloat16() for k in "abc"}
            save_file(state, tmp_path / size / f"{name}.safetensors")
    tensor = rows["large"] * 4096 * 2
    done = run(MEASURED, tmp_path / "small", tmp_path / "large", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    peak, reported = map(int, done.stdout.split())
    assert peak < tensor, f"{peak} bytes for tensors of {tensor}"
    assert reported < tensor


def test_memory_of_aligned_rows_is_one_copy(tmp_path: Path) -> None:
    count, words = 16_384, [f"word{i}" for i in range(16_000)]
    sides = []
    for seed, name in enumerate(("base", "tuned")):
        tokens = dict(zip(words[:: -1 if seed else 1], range(len(words)), strict=True))
        folder = tiny.tokenizer(tmp_path / name, tokens)
        state = {"embed_tokens.weight": torch.full((count, 1024), float(seed + 1)).bfloat16()}
        save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text("{}")
        sides.append(Side(name, str(folder)))
    shard = (tmp_path / "base/model.safetensors").stat().st_size
    done = export(*sides, tmp_path / "out", 0.5)
    merged = load_file(tmp_path / "out/model.safetensors")["embed_tokens.weight"]
    assert (merged[: len(words)] == 1.5).all() and (merged[len(words) :] == 1).all()
    assert done.peak_bytes is None or done.peak_bytes <= 1.2 * shard


def test_the_command_line(made: Any, tmp_path: Path, capsys: Any) -> None:
    base, tuned = made("sdxl")
    out = str(tmp_path / "out")
    arguments = ["merge", base.path, tuned.path, "--alpha", "0", "--out", out, "--json"]
    assert cli.main([*arguments, "--component", "unet=0.5"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"out", "alpha", "method", "digests", "certificate", "seconds", "peak_bytes"} <= {*told}
    assert told["alpha"] == 0 and told["alphas"]["unet"] == 0.5 and told["method"] == "linear"
    assert told["certificate"] == {"equal": True, "tensors": len(open_checkpoint(out).tensors)}
    assert told["digests"]["weights"] == hash_tensors(open_checkpoint(out)).digest
    for wrong, line in (
        (["--alpha", "2"], "α must lie"), (["--alpha", "x"], "α must be a number"),
        (["--alpha", "0", "--method", "magic"], "choose one of"),
        (["--alpha", "0"], "exists already"),
    ):  # fmt: skip
        assert cli.main(["merge", base.path, tuned.path, *wrong, "--out", out]) == 2
        printed = capsys.readouterr().err.strip().splitlines()
        assert len(printed) == 1 and line in printed[0]


def front(folder: Path) -> tuple[dict[str, Any], str]:
    _, text, body = (folder / "README.md").read_text().split("---\n", 2)
    return yaml.safe_load(text), body


@pytest.mark.parametrize(
    ("licences", "stated", "says"),
    [
        (("mit", "mit"), "mit", "Both checkpoints state mit"),
        (("mit", "gemma"), "other", "licence conflict: base is mit, tuned is gemma"),
        (("mit", None), None, "Only base states mit"),
        ((None, None), None, "Neither checkpoint states a licence"),
    ],
)
def test_licences(
    made: Any, tmp_path: Path, capsys: Any, licences: Any, stated: str | None, says: str
) -> None:
    folders = []
    for side, licence in zip(made("vit"), licences, strict=True):
        folder = Path(shutil.copytree(side.path, tmp_path / side.name))
        if licence:
            (folder / "README.md").write_text(f"---\nlicense: {licence}\n---\n# A model\n")
        folders.append(str(folder))
    out = tmp_path / "out"
    assert cli.main(["merge", *folders, "--alpha", "0.5", "--out", str(out)]) == 0
    head, body = front(out)
    assert head.get("license") == stated and says in body
    assert ("licence conflict" in capsys.readouterr().err) == (stated == "other")
    assert head["library_name"] == "open_clip" and "merge" in head["tags"]
    assert "base_model" not in head  # no Hub ids here, and a folder's name is not one


def test_hub_ids_are_the_base_models(made: Any, tmp_path: Path, monkeypatch: Any) -> None:
    cache = tmp_path / "hub"
    for side in made("clip"):
        folder = cache / f"models--org--{side.name}"
        shutil.copytree(side.path, folder / "snapshots/0123abc")
        (folder / "refs").mkdir()
        (folder / "refs/main").write_text("0123abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub._snapshot_download.constants.HF_HUB_CACHE", str(cache))
    done = export(Side("base", "org/base"), Side("tuned", "org/tuned"), tmp_path / "out", 0.5)
    head, body = front(tmp_path / "out")
    assert head["base_model"] == ["org/base", "org/tuned"]
    assert head["base_model_relation"] == "merge"
    assert done.recipe.base.revision == "0123abc" and "0123abc" in body


def sweep_of(digests: dict[str, str], **changes: Any) -> dict[str, Any]:
    def estimate(value: float) -> dict[str, Any]:
        return {"value": value, "low": value * 0.9, "high": value * 1.1, "n": 9}

    points = [
        {
            "alpha": alpha, "regional": estimate(50 + 10 * alpha), "global": estimate(60),
            "grp": estimate(55), "gain": estimate(0.2 * alpha), "retention": estimate(1),
        }
        for alpha in (0, 0.3, 0.5, 1)
    ]  # fmt: skip
    return {
        "pair": "p", "family": "embedding", "region": "sea", "method": "linear", "split": "test",
        "global_weight": 0.434, "metric": "R@1 (%)", "chance": 2.5, "points": points,
        "digests": digests,
    } | changes  # fmt: skip


def test_evidence_in_the_card(made: Any, tmp_path: Path) -> None:
    base, tuned = made("vit")
    digests = {
        side.name: weights_digest(load_file(Path(side.path) / "open_clip_model.safetensors"))
        for side in (base, tuned)
    }
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps(sweep_of(digests)))

    def text(alpha: float, **options: Any) -> str:
        out = tmp_path / f"{alpha}-{len(options)}"
        export(base, tuned, out, alpha, evidence=file, **options)
        assert json.loads((out / "evidence.json").read_text())["pair"] == "p"
        return (out / "README.md").read_text()

    exact = text(0.3)
    assert "Measured at exactly this α (0.3)" in exact
    assert "| 0.3 (nearest) | 53.0 [47.7, 58.3] |" in exact and "| 6.0 [5.4, 6.6] |" in exact
    assert "**Not measured at this α (0.42).** The nearest measured one is 0.5" in text(0.42)
    assert "nothing below was measured on these weights" in text(0.3, components={"head": 0.1})

    other = digests | {"tuned": "0" * 64}
    for wrong, line in (
        (sweep_of(other), "measured on another tuned"),
        (sweep_of(digests, method="slerp"), "measured with method slerp"),
        (sweep_of(digests, points=[]), "not a sweep"), ([1], "not a sweep"),
    ):  # fmt: skip
        file.write_text(json.dumps(wrong))
        with pytest.raises(UserError, match=line):
            export(base, tuned, tmp_path / "no", 0.3, evidence=file)
        assert nothing_at(tmp_path / "no")
