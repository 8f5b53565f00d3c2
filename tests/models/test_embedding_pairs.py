"""Pairs of every supported class, opened from folders: what is merged is what the library reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import open_clip
import pytest
import tiny_embedding as tiny
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoProcessor

from ggez.types import PairSpec, Side, UserError
from ggez.workbench.open_pair import OpenPair

Pictures, Texts = Sequence[Image.Image], Sequence[str]
KINDS = (*tiny.TRANSFORMERS, *tiny.OPEN_CLIP)


def spec(base: Path | str, tuned: Path | str, revision: str | None = None) -> PairSpec:
    sides = Side("Base", str(base), revision), Side("Tuned", str(tuned))
    return PairSpec(
        "tiny", "Tiny", "embedding", "sea", *sides, "tiny.yaml", "near", "far"
    )  # fmt: skip


@pytest.fixture(scope="module")
def eval_sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("eval_sets")
    tiny.save_eval_sets(root)
    return root


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], tuple[Path, Path]]:
    """Base and tuned of a kind and dtype; base in shards, tuned in one file."""
    root = tmp_path_factory.mktemp("folders")

    def pair(kind: str, dtype: str) -> tuple[Path, Path]:
        base, tuned = (root / kind / dtype / side for side in ("base", "tuned"))
        if not base.is_dir():
            tiny.save(kind, base, 1, tiny.DTYPES[dtype], sharded=True)
            tiny.save(kind, tuned, 2, tiny.DTYPES[dtype])
            _freeze_statistics(base, tuned)
        return base, tuned

    return pair


def _freeze_statistics(base: Path, tuned: Path) -> None:
    """Tuning a ResNet with its BatchNorm frozen, as one does: a merge keeps base's statistics."""
    frozen = {
        name: value
        for file in base.glob("*.safetensors")
        for name, value in load_file(file).items()
        if "running_" in name
    }
    if frozen:
        file = tuned / "open_clip_model.safetensors"
        save_file(load_file(file) | frozen, file, metadata={"format": "pt"})


def by_the_library(
    kind: str, folder: Path, pictures: Pictures, texts: Texts
) -> tuple[np.ndarray, np.ndarray]:
    """Unit rows as a user of the library itself gets them, from its own calls."""
    read = _open_clip if kind in tiny.OPEN_CLIP else _transformers
    with torch.inference_mode():
        rows = [part / part.norm(dim=-1, keepdim=True) for part in read(folder, pictures, texts)]
    return rows[0].numpy(), rows[1].numpy()


def _transformers(folder: Path, pictures: Pictures, texts: Texts) -> list[torch.Tensor]:
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    processor = AutoProcessor.from_pretrained(folder)
    if model.config.model_type == "siglip" and "Gemma" in type(processor.tokenizer).__name__:
        texts = [text.lower() for text in texts]  # as SigLIP-2 was trained
    image = processor(images=list(pictures), return_tensors="pt")
    text = processor(
        text=list(texts), padding="max_length", max_length=tiny.CONTEXT, truncation=True,
        return_tensors="pt",
    )  # fmt: skip
    found = model.get_image_features(**image), model.get_text_features(**text)
    return [features.pooler_output for features in found]


def _open_clip(folder: Path, pictures: Pictures, texts: Texts) -> list[torch.Tensor]:
    name = f"local-dir:{folder}"
    model, _, preprocess = open_clip.create_model_and_transforms(name)
    tokenize = open_clip.get_tokenizer(name)
    model.eval()
    images = torch.stack([preprocess(picture) for picture in pictures])
    return [model.encode_image(images), model.encode_text(tokenize(list(texts)))]


def one_file(kind: str, folder: Path, out: Path) -> Path:
    """A copy whose weights are in one file: open_clip itself reads no shards."""
    if kind not in tiny.OPEN_CLIP:
        return folder
    shutil.copytree(folder, out)
    state = {}
    for shard in out.glob("*.safetensors*"):
        state |= load_file(shard) if shard.suffix == ".safetensors" else {}
        shard.unlink()
    save_file(state, out / "open_clip_model.safetensors", metadata={"format": "pt"})
    return out


@pytest.mark.parametrize("dtype", tiny.DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_both_ends_are_what_the_library_says_of_its_own_checkpoint(
    kind: str, dtype: str, folders: Callable, eval_sets: Path, tmp_path: Path
) -> None:
    base, tuned = folders(kind, dtype)
    opened = OpenPair(spec(base, tuned), eval_sets, tmp_path / "cache")
    task = opened.task("test")
    pictures = [Image.open(eval_sets / case.id).convert("RGB") for case in task.cases]
    base = one_file(kind, base, tmp_path / "one")
    ends = [by_the_library(kind, side, pictures, task.texts) for side in (base, tuned)]
    assert np.abs(ends[0][0] - ends[1][0]).max() > 0.1, "the two sides must differ"
    for alpha, end in ((0.0, ends[0]), (1.0, ends[1]), (0, ends[0])):
        for ours, theirs in zip(opened.encoded(alpha, "test"), end, strict=True):
            assert ours.dtype == np.float32
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", tiny.DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_merge_between_is_what_the_library_says_of_the_merged_weights(
    kind: str, dtype: str, folders: Callable, eval_sets: Path, tmp_path: Path
) -> None:
    base, tuned = folders(kind, dtype)
    opened = OpenPair(spec(base, tuned), eval_sets, tmp_path / "cache")
    ours = opened.encoded(0.3, "test")
    saved = tmp_path / "merged"
    shutil.copytree(tuned, saved)
    name = "open_clip_model" if kind in tiny.OPEN_CLIP else "model"
    assert {value.dtype for value in opened.live.tensors.values()} <= {
        tiny.DTYPES[dtype], torch.int64,
    }  # fmt: skip
    state = {name: value.clone() for name, value in opened.live.tensors.items()}
    save_file(state, saved / f"{name}.safetensors", metadata={"format": "pt"})
    pictures = [
        Image.open(eval_sets / case.id).convert("RGB") for case in opened.task("test").cases
    ]
    theirs = by_the_library(kind, saved, pictures, opened.task("test").texts)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_answers_previews_and_measures(
    kind: str, folders: Callable, eval_sets: Path, tmp_path: Path
) -> None:
    opened = OpenPair(spec(*folders(kind, "bf16")), eval_sets, tmp_path / "cache")
    preview = opened.preview("foto batik")
    assert preview["note"] == "", "a short query fits, whatever the padding"
    for index in (0, 9, 20):
        exact = opened.exact(index * 0.05, "foto batik")
        frame = preview["frames"][index]
        assert [r["id"] for r in exact["results"]] == [r["id"] for r in frame]
    scores = opened.measure(0.5, "validation")
    assert set(scores) == set(tiny.ITEMS)
    long = opened.preview("foto batik " * 25)["note"]
    assert "tokens of this query fit the model" in long


def test_the_head_is_one_component_and_moves_with_alpha(
    folders: Callable, eval_sets: Path, tmp_path: Path
) -> None:
    base, tuned = folders("siglip", "fp32")
    opened = OpenPair(spec(base, tuned), eval_sets, tmp_path / "cache")
    components = {t.name: t.component for t in opened.live.plan.tensors}
    assert {n for n, c in components.items() if c == "head"} == {"logit_scale", "logit_bias"}
    opened.encoded(1.0, "test")
    end = load_file(tuned / "model.safetensors")
    for name in ("logit_scale", "logit_bias"):
        assert torch.equal(getattr(opened.model.model, name).detach(), end[name])


def test_a_tuned_side_without_processor_or_config_is_enough(
    folders: Callable, eval_sets: Path, tmp_path: Path
) -> None:
    base, tuned = folders("clip", "fp32")
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(tuned / name, bare / name)
    opened = OpenPair(spec(base, bare), eval_sets, tmp_path / "cache")
    assert opened.exact(1, "durian")["results"]


def test_position_ids_of_an_old_release_on_one_side_do_no_harm(
    folders: Callable, eval_sets: Path, tmp_path: Path
) -> None:
    base, tuned = folders("clip", "fp32")
    old = tmp_path / "old"
    shutil.copytree(tuned, old)
    ids = {
        "text_model.embeddings.position_ids": torch.arange(tiny.CONTEXT)[None],
        "vision_model.embeddings.position_ids": torch.arange(5)[None],
    }
    state = load_file(old / "model.safetensors") | ids
    save_file(state, old / "model.safetensors", metadata={"format": "pt"})
    expected = OpenPair(spec(tuned, base), eval_sets, tmp_path / "one").encoded(0.4, "test")
    for sides, alpha in (((old, base), 0.4), ((base, old), 0.6)):
        found = OpenPair(spec(*sides), eval_sets, tmp_path / "two").encoded(alpha, "test")
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_a_hub_id_with_revision_is_one_line_when_offline(eval_sets: Path, tmp_path: Path) -> None:
    pair = spec("organisation/no-such-model", tmp_path, "0123abc")
    with pytest.raises(UserError) as caught:
        OpenPair(pair, eval_sets, tmp_path / "cache")
    line = str(caught.value)
    assert "\n" not in line
    for words in ("organisation/no-such-model", "0123abc", "offline", "hf download"):
        assert words in line


def test_an_empty_tuned_side_is_one_line(
    folders: Callable, eval_sets: Path, tmp_path: Path
) -> None:
    base, _ = folders("clip", "fp32")
    with pytest.raises(UserError, match=r"tiny.yaml: tuned.path is to be filled in"):
        OpenPair(spec(base, ""), eval_sets, tmp_path / "cache")


def test_two_architectures_are_one_line(folders: Callable, eval_sets: Path, tmp_path: Path) -> None:
    sides = folders("clip", "fp32")[0], folders("siglip", "fp32")[1]
    with pytest.raises(UserError) as caught:
        OpenPair(spec(*sides), eval_sets, tmp_path / "cache")
    assert "\n" not in str(caught.value)


def test_another_preprocessing_is_another_digest(
    folders: Callable, eval_sets: Path, tmp_path: Path
) -> None:
    base, tuned = folders("siglip2-naflex", "fp32")
    other = tmp_path / "other"
    shutil.copytree(base, other)
    file = next(
        f
        for f in (other / "preprocessor_config.json", other / "processor_config.json")
        if f.is_file()
    )
    settings = json.loads(file.read_text())
    settings.get("image_processor", settings)["max_num_patches"] = 8
    file.write_text(json.dumps(settings))
    one, two = (OpenPair(spec(b, tuned), eval_sets, tmp_path / "cache") for b in (base, other))
    assert one.digests["base"] == two.digests["base"]
    assert one.digests["processor"] != two.digests["processor"]
