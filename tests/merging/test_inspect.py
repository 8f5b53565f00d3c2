"""`python -m ggez inspect BASE TUNED`: one document, readable text, exit 2 with one line."""

from __future__ import annotations

import json
import shutil
import time
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import tiny_checkpoints as tiny
import torch
from safetensors.torch import load_file, save_file

from ggez.cli import main
from ggez.merging.streaming import look


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("saved")
    for seed, shard in ((0, "1GB"), (1, "20KB")):
        tiny.clip(root / f"clip{seed}", seed, shard)
        tiny.sdxl(root / f"sdxl{seed}", seed)
    tiny.siglip(root / "siglip")
    return root


def run(capsys: pytest.CaptureFixture, *argv: object, code: int = 0) -> tuple[dict[str, Any], str]:
    assert main(["inspect", *map(str, argv), "--json"]) == code
    out, err = capsys.readouterr()
    return json.loads(out), err


def test_the_document_is_the_design_s(saved: Path, capsys: pytest.CaptureFixture) -> None:
    report, err = run(capsys, saved / "clip0", saved / "clip1")
    assert err == ""
    assert report["compatible"] is True
    assert set(report["counts"]) == {"merge", "shared", "copy", "align", "tied", "blocked"}
    total = len(load_file(saved / "clip0" / "model.safetensors"))
    assert sum(report["counts"].values()) == total
    assert sum(n for part in report["components"].values() for n in part.values()) == total
    assert (report["problems"], report["differences"], report["warnings"]) == ([], [], [])
    assert report["bytes"]["base"] == report["bytes"]["tuned"] > 0


def test_the_text_says_the_same(saved: Path, capsys: pytest.CaptureFixture) -> None:
    report, _ = run(capsys, saved / "sdxl0", saved / "sdxl1")
    assert main(["inspect", str(saved / "sdxl0"), str(saved / "sdxl1")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert lines[0].startswith("compatible: ")
    for decision, count in report["counts"].items():
        assert (f"{count} {decision}" in lines[0]) == (count > 0)
    assert any(line.split()[:1] == ["unet"] for line in lines)
    assert "live on a CPU" in out and "export" in out
    assert max(map(len, lines)) < 160


@pytest.mark.parametrize("as_json", [True, False])
def test_incompatible_is_exit_2_and_one_line_after_the_report(
    saved: Path, capsys: pytest.CaptureFixture, as_json: bool
) -> None:
    argv = ["inspect", str(saved / "clip0"), str(saved / "siglip")]
    assert main(argv + ["--json"] * as_json) == 2
    out, err = capsys.readouterr()
    assert err.startswith("error: ") and err.count("\n") == 1
    if as_json:
        report = json.loads(out)
        assert report["compatible"] is False
        assert report["counts"]["blocked"] == len(report["problems"]) > 0
        assert set(report["problems"][0]) == {"tensor", "base", "tuned", "problem", "fix"}
        assert all(report["problems"][0].values())
    else:
        assert out.startswith("NOT compatible: ")
        assert "memory" not in out


@pytest.mark.parametrize("place", ["absent", "someone/nothing", "empty"])
def test_what_cannot_be_opened_is_exit_2_without_a_document(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture, place: str
) -> None:
    (tmp_path / "empty").mkdir()
    where = place if "/" in place else str(tmp_path / place)
    for argv in ([where, saved / "clip0"], [saved / "clip0", where]):
        assert main(["inspect", *map(str, argv), "--json"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith(f"error: {where}") and err.count("\n") == 1


def test_differences_and_warnings_are_in_the_report(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    tuned = tmp_path / "tuned"
    shutil.copytree(saved / "sdxl1", tuned)
    file = tuned / "scheduler" / "scheduler_config.json"
    body = json.loads(file.read_text())
    file.write_text(json.dumps(body | {"prediction_type": "v_prediction"}))
    report, _ = run(capsys, saved / "sdxl0", tuned)
    assert report["differences"] == [
        {
            "where": "scheduler/scheduler_config.json", "key": "prediction_type",
            "base": "epsilon", "tuned": "v_prediction", "matters": True,
        }
    ]  # fmt: skip
    assert main(["inspect", str(saved / "sdxl0"), str(tuned)]) == 0
    assert "prediction_type: base epsilon, tuned v_prediction" in capsys.readouterr().out


def test_the_vae_can_be_asked_for(saved: Path, capsys: pytest.CaptureFixture) -> None:
    sides = saved / "sdxl0", saved / "sdxl1"
    assert set(run(capsys, *sides)[0]["components"]["vae"]) == {"copy"}
    assert "merge" in run(capsys, *sides, "--merge-vae")[0]["components"]["vae"]


# Values


def spoilt(saved: Path, folder: Path, name: str, row: int, value: float, **new: Any) -> Path:
    """CLIP of another seed in one file, with one value put in."""
    tiny.clip(folder, 1)
    state = load_file(folder / "model.safetensors")
    state[name].view(-1)[row] = value
    save_file(state | new, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("swapped", [False, True])
def test_values_names_the_tensor_and_the_side(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture, value: float, swapped: bool
) -> None:
    tuned = spoilt(saved, tmp_path / "t", "text_projection.weight", 17, value)
    sides = [saved / "clip0", tuned]
    sides = sides[::-1] if swapped else sides
    assert run(capsys, *sides)[0]["compatible"], "headers cannot know"
    report, err = run(capsys, *sides, "--values", code=2)
    problem = report["problems"][0]
    assert problem["tensor"] == "text_projection.weight"
    side = "base" if swapped else "tuned"
    kind = "NaN" if value != value else "infinite"
    assert problem[side] == f"F32 [8, 16] with 1 {kind} (first at element 17)"
    assert problem["problem"] == f"{side} cannot be averaged"
    assert report["counts"]["blocked"] == 1
    assert "text_projection.weight" in err.splitlines()[-1]


def test_masks_with_infinities_are_copied(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    mask = torch.full((4, 4), float("-inf")).triu(1)
    sides = [
        spoilt(saved, tmp_path / side, "logit_scale", 0, 2.0, attn_mask=mask + number)
        for number, side in enumerate("ab")
    ]
    report, _ = run(capsys, *sides, "--values")
    assert report["compatible"]
    assert report["warnings"] == ["1 masks with infinities are base's (first attn_mask)"]
    mask[0, 0] = float("nan")
    sides[1] = spoilt(saved, tmp_path / "c", "logit_scale", 0, 2.0, attn_mask=mask)
    assert run(capsys, *sides, "--values", code=2)[0]["problems"][0]["tensor"] == "attn_mask"


def test_values_that_do_not_fit_base_s_half_precision(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    tiny.clip(tmp_path / "half", 0, dtype=torch.float16)
    tuned = spoilt(saved, tmp_path / "t", "text_projection.weight", 0, -70000.0)
    problem = run(capsys, tmp_path / "half", tuned, "--values", code=2)[0]["problems"][0]
    assert problem["tuned"] == "F32 [8, 16] up to 70000"
    assert "does not fit base's F16" in problem["problem"]
    assert run(capsys, tuned, saved / "clip0", "--values")[0]["compatible"]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_values_are_counted_over_the_edges_of_pieces(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ggez.merging import streaming

    monkeypatch.setattr(streaming, "PIECE", 8)
    values = torch.arange(-13, 7, dtype=torch.float64)
    values[[7, 8, 19]] = torch.tensor([float("inf"), float("nan"), float("-inf")]).double()
    found = look(values.to(dtype).view(4, 5))
    assert (found.nan, found.infinite, found.first, found.largest) == (1, 2, 7, 13)
    assert look(torch.zeros(0, 3, dtype=dtype)) == streaming.Values(0, 0, None, 0)


# A 27B pair, from headers alone


BYTES = {torch.bfloat16: ("BF16", 2), torch.float32: ("F32", 4), torch.int64: ("I64", 8)}
SHARD = 5_000_000_000


def write_headers(folder: Path, state: dict[str, torch.Tensor], config: Any) -> int:
    """The files that save_pretrained would write, with holes in place of the weights."""
    config.save_pretrained(folder)
    shards: list[list[tuple[str, torch.Tensor]]] = [[]]
    taken = 0
    for name, tensor in state.items():
        size = tensor.numel() * BYTES[tensor.dtype][1]
        if taken + size > SHARD:
            shards.append([])
            taken = 0
        shards[-1].append((name, tensor))
        taken += size
    where: dict[str, str] = {}
    total = 0
    for number, entries in enumerate(shards, 1):
        file = f"model-{number:05}-of-{len(shards):05}.safetensors"
        header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        at = 0
        for name, tensor in entries:
            kind, size = BYTES[tensor.dtype]
            end = at + size * tensor.numel()
            header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [at, end]}
            where[name], at = file, end
        text = json.dumps(header).encode()
        with (folder / file).open("wb") as out:
            out.write(len(text).to_bytes(8, "little") + text)
            out.truncate(8 + len(text) + at)
        total += at
    index = {"metadata": {"total_size": total}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return total


def test_a_27b_gemma_pair_is_planned_from_headers_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    text = {
        "hidden_size": 5376, "intermediate_size": 21504, "num_hidden_layers": 62,
        "num_attention_heads": 32, "num_key_value_heads": 16, "head_dim": 128,
        "vocab_size": 262208,
    }  # fmt: skip
    image = {
        "hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27,
        "num_attention_heads": 16, "image_size": 896, "patch_size": 14,
        "vision_use_head": False,
    }  # fmt: skip
    config = Gemma3Config(text_config=text, vision_config=image)
    with torch.device("meta"):
        model = Gemma3ForConditionalGeneration(config).to(torch.bfloat16)
    state = {n: t for n, t in model.state_dict().items() if not n.endswith("lm_head.weight")}
    totals = [write_headers(tmp_path / side, state, config) for side in ("base", "tuned")]
    files = sorted(tmp_path.rglob("*.safetensors"))
    assert [len(list(f)) > 10 for _, f in groupby(files, key=lambda f: f.parent)] == [True, True]
    assert totals[0] > 54e9
    assert sum(file.stat().st_blocks for file in files) * 512 < 10e6
    began = time.perf_counter()
    report, err = run(capsys, tmp_path / "base", tmp_path / "tuned")
    assert time.perf_counter() - began < 10, "108 GB cannot be read in this time"
    assert (err, report["compatible"]) == ("", True)
    assert report["counts"]["merge"] == len(state)
    assert set(report["components"]) == {"vision tower", "projector", "language model"}
    size = report["bytes"]
    assert size["base"] == size["tuned"] == size["arena"] == totals[0]
    assert size["gpu"] == 3 * totals[0]
    assert size["compute"] == 2 * totals[0]
    assert 1.2 * 4e9 < size["export"] < 1.2 * SHARD * 1.01
