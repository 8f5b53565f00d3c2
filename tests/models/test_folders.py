"""Checkpoint folders: what they hold decides who loads them; what is wrong is one line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import tiny_embedding as tiny
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from ggez.models.embedding import EmbeddingModel, component_of, read_weights, stored_files
from ggez.models.folders import find_folder
from ggez.types import UserError


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("saved")

    def folder(kind: str) -> Path:
        if not (root / kind).is_dir():
            tiny.save(kind, root / kind, 1, torch.float16, sharded=True)
        return root / kind

    return folder


def settings(folder: Path, name: str = "config.json", **changed: object) -> None:
    file = folder / name
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))


def without_tensor(folder: Path) -> None:
    index = folder / "model.safetensors.index.json"
    state = read_weights(folder)
    state.pop("text_model.encoder.layers.1.mlp.fc2.weight")
    index.unlink()
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def with_other_shape(folder: Path) -> None:
    state = read_weights(folder) | {"text_projection.weight": torch.zeros(3, 32)}
    (folder / "model.safetensors.index.json").unlink()
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def drop(*names: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        for name in names:
            for file in folder.glob(name):
                file.unlink()

    return spoil


def pickled(folder: Path) -> None:
    drop("*.safetensors*")(folder)
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")


CLIP_PROBLEMS: list[tuple[Callable[[Path], object], str]] = [
    (lambda f: settings(f, architectures=["CLIPForImageClassification"]), "CLIPForImageClass"),
    (lambda f: settings(f, model_type="blip", architectures=["BlipModel"]), "holds a BlipModel"),
    (lambda f: settings(f, model_type=None, architectures=None), "supported are CLIPModel"),
    (lambda f: settings(f, quantization_config={"load_in_4bit": True}), "quantised"),
    (lambda f: (f / "config.json").write_text("{"), "config.json: not readable JSON"),
    (lambda f: (f / "config.json").write_text("[]"), "config.json: must hold a JSON object"),
    (drop("config.json"), "this is no checkpoint folder"),
    (drop("preprocessor_config.json", "processor_config.json"), "the preprocessor is missing"),
    (drop("tokenizer.json", "vocab.json"), "the tokenizer is missing"),
    (drop("*.safetensors*"), "model.safetensors is missing; this folder holds no weights"),
    (drop("model-00002*"), "model-00002-of-"),
    (pickled, "pytorch_model.bin may be a pickle, which is never opened"),
    (without_tensor, "text_model.encoder.layers.1.mlp.fc2.weight is absent in the files"),
    (with_other_shape, "text_projection.weight is [3, 32] in the files and [24, 32] in the model"),
    (shutil.rmtree, "no such folder"),
]


@pytest.mark.parametrize(("spoil", "words"), CLIP_PROBLEMS, ids=[w for _, w in CLIP_PROBLEMS])
def test_a_transformers_folder_that_cannot_be_used_is_one_line(
    spoil: Callable[[Path], object], words: str, saved: Callable, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(saved("clip"), folder)
    spoil(folder)
    with pytest.raises(UserError) as caught:
        EmbeddingModel(folder)
    line = str(caught.value)
    assert words in line and str(folder) in line and "\n" not in line


CONFIG = "open_clip_config.json"
VIT = tiny.open_clip_config("open_clip-vit")
OPEN_CLIP_PROBLEMS: list[tuple[Callable[[Path], object], str]] = [
    (lambda f: settings(f, CONFIG, model_cfg=VIT | {"multimodal_cfg": {}}), "open_clip's CoCa"),
    (lambda f: settings(f, CONFIG, model_cfg=None), "has no model_cfg"),
    (lambda f: settings(f, CONFIG, model_cfg={"embed_dim": 3}), "open_clip cannot open"),
    (lambda f: settings(f, CONFIG, model_cfg=VIT | {"embed_dim": 20}), "[16, 24] in the files"),
    (drop("open_clip_model-00001*"), "this shard is missing"),
    (drop("*.safetensors*"), "open_clip_model.safetensors is missing"),
]


@pytest.mark.parametrize(
    ("spoil", "words"), OPEN_CLIP_PROBLEMS, ids=[w for _, w in OPEN_CLIP_PROBLEMS]
)
def test_an_open_clip_folder_that_cannot_be_used_is_one_line(
    spoil: Callable[[Path], object], words: str, saved: Callable, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(saved("open_clip-vit"), folder)
    spoil(folder)
    with pytest.raises(UserError) as caught:
        EmbeddingModel(folder)
    line = str(caught.value)
    assert words in line and str(folder) in line and "\n" not in line


def test_code_in_a_folder_is_not_run(saved: Callable, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(saved("clip"), folder)
    settings(folder, auto_map={"AutoModel": "evil.Evil", "AutoConfig": "evil.Evil"})
    mark = tmp_path / "was-run"
    (folder / "evil.py").write_text(f"open({str(mark)!r}, 'w')\n")
    EmbeddingModel(folder)
    settings(folder, model_type="evil", architectures=["Evil"])
    with pytest.raises(UserError, match="holds a Evil"):
        EmbeddingModel(folder)
    assert not mark.exists()


def test_all_shards_are_read(saved: Callable) -> None:
    for kind in ("siglip", "open_clip-resnet"):
        assert len(stored_files(saved(kind))) > 2
        own = EmbeddingModel(saved(kind)).model.state_dict()
        stored = read_weights(saved(kind))
        assert stored.keys() == own.keys()
        for name, value in stored.items():
            assert torch.equal(own[name], value.to(own[name].dtype)), name


def test_an_index_cannot_lead_out_of_its_folder(saved: Callable, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    shutil.copytree(saved("clip"), folder)
    file = folder / "model.safetensors.index.json"
    index = json.loads(file.read_text())
    shard = next(iter(index["weight_map"].values()))
    shutil.move(folder / shard, tmp_path / shard)
    index["weight_map"] = {n: f"../{s}" for n, s in index["weight_map"].items()}
    file.write_text(json.dumps(index))
    with pytest.raises(UserError, match="this shard is missing"):
        read_weights(folder)


def test_a_hub_repository_with_files_of_both_libraries_is_open_clip_s(
    saved: Callable, tmp_path: Path
) -> None:
    folder = tmp_path / "both"
    shutil.copytree(saved("clip"), folder)
    shutil.copytree(saved("open_clip-vit"), folder, dirs_exist_ok=True)
    assert "visual.class_embedding" in EmbeddingModel(folder).model.state_dict()
    drop("open_clip_model*")(folder)
    assert "visual_projection.weight" in EmbeddingModel(folder).model.state_dict()


@pytest.mark.parametrize("kind", [*tiny.TRANSFORMERS, *tiny.OPEN_CLIP])
def test_every_tensor_of_a_tower_is_that_tower_s(kind: str, saved: Callable) -> None:
    """A component is what its features depend on: break it, and they and no others change."""
    model = EmbeddingModel(saved(kind))
    pixels = model.pixels(Image.effect_noise((40, 24), 60))[None]
    tokens = model.tokens(["a photo of durian"])

    def features() -> tuple[bytes, bytes]:
        return model.encode_pixels(pixels).tobytes(), model.encode_tokens(tokens).tobytes()

    before = features()
    state = read_weights(saved(kind))
    parts: dict[str, list[str]] = {"image tower": [], "text tower": [], "head": []}
    for name in state:
        parts[component_of(name)].append(name)
    assert sorted(parts["head"]) in (["logit_scale"], ["logit_bias", "logit_scale"])
    for part, changed in (
        ("head", (False, False)), ("image tower", (True, False)), ("text tower", (False, True)),
    ):  # fmt: skip
        other = {n: state[n] * 0.5 for n in parts[part] if state[n].is_floating_point()}
        model.assign(other, list(other))
        assert tuple(a != b for a, b in zip(before, features(), strict=True)) == changed
        model.assign(state, parts[part])
        assert features() == before


def test_texts_are_read_as_the_class_was_trained(saved: Callable) -> None:
    """SigLIP: always the whole context. SigLIP-2: lower case, whichever class the folder has."""
    for kind in tiny.TRANSFORMERS:
        model = EmbeddingModel(saved(kind))
        assert model.tokens(["durian"]).shape == (1, tiny.CONTEXT)
        assert model.tokens(["durian " * 40, "foto"]).shape == (2, tiny.CONTEXT)
        if "siglip2" in kind:
            assert torch.equal(
                model.tokens(["A Photo of DURIAN"]), model.tokens(["a photo of durian"])
            )


def test_naflex_keeps_the_shape_of_a_picture(saved: Callable) -> None:
    model = EmbeddingModel(saved("siglip2-naflex"))
    wide, tall = (model.pixels(Image.new("RGB", size, "red")) for size in ((80, 20), (20, 80)))
    assert wide.shape == tall.shape == (256, 3 * 16 * 16 + 3)
    for pixels in (wide, tall):
        rows, columns = pixels[0, -2:].int().tolist()
        assert int(pixels[:, -3].sum()) == rows * columns
    assert wide[0, -2] == tall[0, -1] < wide[0, -1]


def test_what_is_stored_in_fp32_is_not_copied(saved: Callable) -> None:
    model = EmbeddingModel(saved("clip"))
    state = {n: v.clone().requires_grad_(False) for n, v in model.model.state_dict().items()}
    model.assign(state, list(state))
    places = {n: v.data_ptr() for n, v in model.model.state_dict().items()}
    assert places == {n: v.data_ptr() for n, v in state.items()}


def test_a_folder_or_a_cached_hub_repository_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_folder(str(tmp_path)) == tmp_path
    cache = tmp_path / "hub"
    snapshot = cache / "models--organisation--model" / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    refs = cache / "models--organisation--model" / "refs"
    refs.mkdir()
    (refs / "main").write_text("a" * 40)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    assert find_folder("organisation/model") == snapshot
    assert find_folder("organisation/model", "a" * 40) == snapshot


@pytest.mark.parametrize("path", ["/nowhere/at/all", "nowhere", "a/b/c", "", "./x"])
def test_a_place_that_is_none_is_one_line(path: str) -> None:
    with pytest.raises(UserError, match="no such folder") as caught:
        find_folder(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", ["a/b!", "--/..", "organisation/model"])
def test_a_hub_id_that_is_not_here_is_one_line(path: str) -> None:
    with pytest.raises(UserError) as caught:
        find_folder(path, "deadbeef")
    assert "\n" not in str(caught.value) and path in str(caught.value)


def test_weights_are_the_folder_s_own(saved: Callable) -> None:
    files = stored_files(saved("clip"))
    assert set(read_weights(saved("clip"))) == {n for file in files for n in load_file(file)}
