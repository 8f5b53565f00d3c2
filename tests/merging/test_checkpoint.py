"""Every ecosystem's folder opens as one set of tensors, and what cannot be trusted is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_checkpoints as tiny
import torch
from safetensors.torch import load_file, save_file

from ggez.merging.checkpoint import open_checkpoint
from ggez.types import UserError


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("saved")
    tiny.clip(root / "clip")
    tiny.clip(root / "clip-shards", shard="20KB")
    tiny.siglip(root / "siglip", shard="15KB")
    tiny.siglip(root / "siglip2", two=True)
    tiny.gemma(root / "gemma", shard="10KB")
    tiny.open_clip_model(root / "vit")
    tiny.open_clip_model(root / "resnet", resnet=True)
    tiny.sdxl(root / "sdxl")
    tiny.sdxl(root / "sdxl-shards", shard="60KB")
    tiny.sdxl(root / "sdxl-fp16", variant="fp16")
    return root


def state_of(folder: Path) -> dict[str, torch.Tensor]:
    """What a folder's files hold, read by safetensors itself."""
    files = sorted(folder.glob("*.safetensors"))
    return {name: tensor for file in files for name, tensor in load_file(file).items()}


def refusal(where: str | Path, words: str, revision: str | None = None) -> str:
    with pytest.raises(UserError, match=words) as caught:
        open_checkpoint(where, revision)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "ecosystem", "files"),
    [
        ("clip", "transformers", 1),
        ("clip-shards", "transformers", 4),
        ("siglip", "transformers", 6),
        ("siglip2", "transformers", 1),
        ("gemma", "transformers", 6),
        ("vit", "open_clip", 1),
        ("resnet", "open_clip", 1),
    ],
)
def test_a_folder_opens_with_all_its_shards(
    saved: Path, name: str, ecosystem: str, files: int
) -> None:
    opened = open_checkpoint(saved / name)
    assert (opened.ecosystem, list(opened.parts), opened.root) == (ecosystem, [""], saved / name)
    part = opened.parts[""]
    assert (len(part.files) > 1) == (files > 1) == (part.index is not None)
    assert set(part.files) == set((saved / name).glob("*.safetensors"))
    expected = state_of(saved / name)
    assert opened.tensors.keys() == expected.keys()
    assert not opened.notes
    for tensor in expected:
        read = opened.read(tensor)
        assert read.dtype == expected[tensor].dtype
        assert torch.equal(read, expected[tensor])


def test_sharding_does_not_change_what_is_there(saved: Path) -> None:
    for one, other in (("clip", "clip-shards"), ("sdxl", "sdxl-shards")):
        sides = [open_checkpoint(saved / name) for name in (one, other)]
        headers = [{n: s.header for n, s in side.tensors.items()} for side in sides]
        assert headers[0] == headers[1]
        counts = [sum(len(p.files) for p in side.parts.values()) for side in sides]
        assert counts[0] < counts[1]


def test_a_pipeline_has_a_part_for_every_model_in_it(saved: Path) -> None:
    opened = open_checkpoint(saved / "sdxl-shards")
    assert opened.ecosystem == "diffusers"
    assert set(opened.parts) == {"vae", "unet", "text_encoder", "text_encoder_2"}
    assert len(opened.parts["unet"].files) > 1
    for name, part in opened.parts.items():
        expected = state_of(saved / "sdxl-shards" / name)
        assert part.tensors.keys() == expected.keys()
        for tensor in list(expected)[:5]:
            assert torch.equal(opened.read(f"{name}/{tensor}"), expected[tensor])


def test_a_lone_unet_folder_opens(saved: Path) -> None:
    opened = open_checkpoint(saved / "sdxl" / "unet")
    assert (opened.ecosystem, list(opened.parts)) == ("diffusers", [""])
    assert "conv_in.weight" in opened.tensors


def test_a_variant_is_taken_only_where_there_is_nothing_else(saved: Path, tmp_path: Path) -> None:
    opened = open_checkpoint(saved / "sdxl-fp16")
    assert len(opened.notes) == 4
    assert "unet: only the fp16 variant is here; it is taken" in " ".join(opened.notes)
    both = tmp_path / "both"
    shutil.copytree(saved / "sdxl", both)
    unet = "diffusion_pytorch_model.fp16.safetensors"
    shutil.copy(saved / "sdxl-fp16" / "unet" / unet, both / "unet" / unet)
    chosen = open_checkpoint(both)
    assert not chosen.notes
    assert chosen.parts["unet"].files[0].name == "diffusion_pytorch_model.safetensors"
    (both / "unet" / "diffusion_pytorch_model.safetensors").rename(
        both / "unet" / "diffusion_pytorch_model.ema.safetensors"
    )
    refusal(both, r"only variants are here \(ema, fp16\); keep one of them")


def test_a_sharded_variant_is_found_by_its_index(saved: Path, tmp_path: Path) -> None:
    tiny.sdxl(tmp_path / "v", shard="60KB", variant="fp16")
    opened = open_checkpoint(tmp_path / "v")
    assert len(opened.parts["unet"].files) > 1
    names = {n: s.header for n, s in opened.tensors.items()}
    assert names == {n: s.header for n, s in open_checkpoint(saved / "sdxl").tensors.items()}


def test_one_file_opens_and_its_tensors_are_mapped(saved: Path) -> None:
    file = saved / "clip" / "model.safetensors"
    opened = open_checkpoint(str(file))
    assert (opened.ecosystem, opened.root, opened.parts[""].files) == ("file", file, (file,))
    name = "text_model.embeddings.token_embedding.weight"
    ends = sorted((opened.read(name).data_ptr(), opened.read(name).data_ptr()))
    assert ends[0] == ends[1], "two reads of one tensor are one place in memory"
    with pytest.raises(UserError, match="there is no tensor nope"):
        opened.read("nope")


def test_open_clip_repositories_that_hold_both_libraries_weights(
    saved: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both"
    shutil.copytree(saved / "clip", both)
    shutil.copy(saved / "vit" / "open_clip_config.json", both)
    assert open_checkpoint(both).ecosystem == "transformers"
    shutil.copy(saved / "vit" / "open_clip_model.safetensors", both)
    opened = open_checkpoint(both)
    assert opened.ecosystem == "open_clip"
    assert opened.parts[""].files == (both / "open_clip_model.safetensors",)


@pytest.mark.parametrize("name", ["model.safetensors", "open_clip_pytorch_model.safetensors"])
def test_open_clip_under_its_other_names(saved: Path, tmp_path: Path, name: str) -> None:
    shutil.copy(saved / "vit" / "open_clip_config.json", tmp_path)
    shutil.copy(saved / "vit" / "open_clip_model.safetensors", tmp_path / name)
    assert open_checkpoint(tmp_path).ecosystem == "open_clip"


Spoil = Callable[[Path], object]


def edit_map(folder: Path, change: Callable[[dict[str, str]], object]) -> None:
    index = folder / "model.safetensors.index.json"
    body = json.loads(index.read_text())
    change(body["weight_map"])
    index.write_text(json.dumps(body))


def shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("model-*.safetensors"))


def move_into_another(folder: Path) -> None:
    first, second = shards(folder)[:2]
    state = load_file(first)
    save_file(load_file(second) | {"logit_scale": state["logit_scale"]}, second)


def say_another_shard(folder: Path) -> None:
    edit_map(folder, lambda m: m.update(logit_scale=shards(folder)[-1].name))


SPOILT: dict[str, Spoil] = {
    "this shard is missing; model.safetensors.index.json names it": lambda f: shards(f)[1].unlink(),
    "tensor logit_scale is in model-0000.-of-0000..safetensors as well": move_into_another,
    "tensor ghost is in no shard": lambda f: edit_map(f, lambda m: m.update(ghost=min(m.values()))),
    "tensor logit_scale is not in model": lambda f: edit_map(f, lambda m: m.pop("logit_scale")),
    "tensor logit_scale should be in model-0000": say_another_shard,
    "no file here": lambda f: edit_map(f, lambda m: m.update(logit_scale="../x.safetensors")),
    "no weight_map in this index": lambda f: edit_map(f, dict.clear),
    "truncated: tensor": lambda f: shards(f)[0].write_bytes(shards(f)[0].read_bytes()[:-1]),
    "not readable JSON": lambda f: (f / "model.safetensors.index.json").write_text("{"),
    "is here without its .index.json": lambda f: (f / "model.safetensors.index.json").unlink(),
    "both model.safetensors and model.safetensors.index": lambda f: shutil.copy(
        shards(f)[0], f / "model.safetensors"
    ),
}  # fmt: skip


@pytest.mark.parametrize("words", SPOILT)
def test_a_broken_sharded_checkpoint_is_refused(saved: Path, tmp_path: Path, words: str) -> None:
    shutil.copytree(saved / "clip-shards", tmp_path / "c")
    open_checkpoint(tmp_path / "c")
    SPOILT[words](tmp_path / "c")
    assert str(tmp_path / "c") in refusal(tmp_path / "c", words)


@pytest.mark.parametrize("ending", ["bin", "pt", "ckpt", "pth"])
def test_pickles_are_refused_with_the_way_out(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"pytorch_model.{ending}"
    torch.save({"a": torch.zeros(1)}, file)
    (tmp_path / "config.json").write_text("{}")
    for where in (file, tmp_path):
        assert str(file) in refusal(where, "pickle.*save_pretrained")


def test_a_pipeline_that_lacks_a_part_or_its_weights(saved: Path, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    shutil.copytree(saved / "sdxl", folder)
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.rename(folder / "vae" / "diffusion_pytorch_model.bin")
    refusal(folder, "vae/diffusion_pytorch_model.bin: only pickled weights")
    shutil.rmtree(folder / "vae")
    refusal(folder, "vae: model_index.json names this part but it is missing")
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {"vae": [None, None]}))
    assert "vae" not in open_checkpoint(folder).parts
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "X"}))
    refusal(folder, "no part that model_index.json names has weights")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ((), "no weights here; looked for model_index.json, model.safetensors"),
        (("README.md",), "no weights here"),
        (("adapter_config.json", "adapter_model.safetensors"), "a LoRA adapter"),
        (("weights.safetensors",), "no model.safetensors here, but weights.safetensors"),
        (("open_clip_config.json",), "looked for model_index.json, open_clip_model.safetensors"),
    ],
)
def test_a_wrong_folder_is_one_line(tmp_path: Path, files: tuple[str, ...], words: str) -> None:
    for name in files:
        (tmp_path / name).write_text("{}")
    assert str(tmp_path) in refusal(tmp_path, words)


def test_a_wrong_file_is_one_line(saved: Path, tmp_path: Path) -> None:
    refusal(shards(saved / "clip-shards")[0], "one shard of several; give the folder")
    (tmp_path / "a.txt").write_text("x")
    refusal(tmp_path / "a.txt", "not a .safetensors file")
    refusal(tmp_path / "absent.safetensors", "no such file or folder")
    refusal(saved / "clip", "a revision belongs to a Hub id", revision="main")


def test_a_hub_id_comes_from_the_cache_or_is_one_line(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal("someone/nothing", "not in the local Hub cache.*hf download someone/nothing")
    refusal("someone/nothing", "someone/nothing at revision v2", revision="v2")
    commit = "a" * 40
    repository = tmp_path / "models--someone--clip"
    shutil.copytree(saved / "clip-shards", repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    for revision in (None, "main", commit):
        opened = open_checkpoint("someone/clip", revision)
        assert opened.tensors.keys() == open_checkpoint(saved / "clip").tensors.keys()
    refusal("someone/clip", "hf download someone/clip --revision v2", revision="v2")
