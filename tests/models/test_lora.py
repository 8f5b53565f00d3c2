"""LoRA adapters: merged to what PEFT merges to, and refused in one line where they do not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_embedding as tiny
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModel

from ggez.models.embedding import EmbeddingModel, check_folder, read_adapted, read_weights
from ggez.types import PairSpec, Side, UserError
from ggez.workbench.open_pair import OpenPair

ATTENTION = ["q_proj", "v_proj"]
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "rslora": {"use_rslora": True},
    "patterns": {
        "rank_pattern": {"vision_model.*q_proj": 2}, "alpha_pattern": {"text_model.*v_proj": 5},
    },
    "whole modules and biases": {"modules_to_save": ["visual_projection"], "bias": "lora_only"},
    "embeddings and convolutions": {
        "target_modules": ["token_embedding", "patch_embedding", "fc1", "text_projection"],
    },
    "dora": {"use_dora": True},
}  # fmt: skip


@pytest.fixture(scope="module")
def base_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    root = tmp_path_factory.mktemp("bases")

    def base(kind: str, dtype: str) -> Path:
        folder = root / kind / dtype
        if not folder.is_dir():
            tiny.save(kind, folder, 1, tiny.DTYPES[dtype], sharded=True)
        return folder

    return base


def save_adapter(model: torch.nn.Module, folder: Path, **settings: Any) -> Path:
    """An adapter as training leaves it: every part of it away from its first value."""
    torch.manual_seed(5)
    config = {"r": 4, "lora_alpha": 8, "target_modules": ATTENTION} | settings
    adapted = get_peft_model(model, LoraConfig(**config))
    with torch.no_grad():
        for name, value in adapted.named_parameters():
            if value.requires_grad:
                spread = 0.02 if "magnitude" in name else 0.2
                value.add_(torch.randn_like(value) * spread)
    adapted.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("dtype", tiny.DTYPES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_tuned_state_is_what_peft_merges_to(
    variant: str, dtype: str, base_of: Callable, tmp_path: Path
) -> None:
    base = base_of("clip", dtype)
    kind = tiny.DTYPES[dtype]
    model = AutoModel.from_pretrained(base, dtype=kind)
    adapter = save_adapter(model, tmp_path / "adapter", **VARIANTS[variant])
    fresh = AutoModel.from_pretrained(base, dtype=kind)
    expected = PeftModel.from_pretrained(fresh, adapter).merge_and_unload().state_dict()
    before = {name: value.clone() for name, value in read_weights(base).items()}
    found = read_adapted(base, adapter)
    assert found.keys() == expected.keys() == before.keys()
    moved = 0
    for name, value in expected.items():
        assert found[name].dtype == before[name].dtype == kind
        assert torch.equal(found[name], value.to(kind)), name
        moved += not torch.equal(value, before[name])
    assert moved >= 3
    again = read_weights(base)
    assert all(torch.equal(value, again[name]) for name, value in before.items())


def test_fan_in_fan_out_is_transposed_as_peft_does(tmp_path: Path) -> None:
    from transformers.pytorch_utils import Conv1D

    from ggez.models.lora import merge_adapter

    def model() -> torch.nn.Module:
        torch.manual_seed(3)
        return torch.nn.Sequential(Conv1D(6, 4), Conv1D(3, 6))

    settings = {"target_modules": ["0", "1"], "fan_in_fan_out": True}
    adapter = save_adapter(model(), tmp_path / "adapter", **settings)
    expected = PeftModel.from_pretrained(model(), adapter).merge_and_unload().state_dict()
    found = merge_adapter(model(), adapter)
    assert all(torch.equal(found[name], value) for name, value in expected.items())
    assert not torch.equal(found["0.weight"], model().state_dict()["0.weight"])


def test_an_adapter_of_open_clip_s_model(base_of: Callable, tmp_path: Path) -> None:
    base = base_of("open_clip-vit", "fp16")
    model = EmbeddingModel(base).model
    adapter = save_adapter(model, tmp_path / "adapter", target_modules=["c_fc", "out_proj"])
    found, before = read_adapted(base, adapter), read_weights(base)
    moved = {name for name in before if not torch.equal(found[name], before[name])}
    assert len(moved) == 8
    assert all(name.endswith(("c_fc.weight", "attn.out_proj.weight")) for name in moved)


def test_a_pair_with_an_adapter_ends_in_the_merged_model(base_of: Callable, tmp_path: Path) -> None:
    base = base_of("siglip2-naflex", "bf16")
    model = AutoModel.from_pretrained(base, dtype=torch.bfloat16)
    adapter = save_adapter(model, tmp_path / "adapter")
    tiny.save_eval_sets(tmp_path / "sets")
    pair = PairSpec(
        "tiny", "Tiny", "embedding", "sea", Side("Base", str(base)), Side("LoRA", str(adapter)),
        "tiny.yaml", "near", "far",
    )  # fmt: skip
    opened = OpenPair(pair, tmp_path / "sets", tmp_path / "cache")
    assert len(opened.live.shared) == len(opened.live.tensors) - 8, "only what it adapts moves"
    _, texts = opened.encoded(1.0, "test")
    fresh = AutoModel.from_pretrained(base, dtype=torch.bfloat16)
    merged = PeftModel.from_pretrained(fresh, adapter).merge_and_unload().float()
    tokens = opened.model.tokens(opened.task("test").texts)
    with torch.inference_mode():
        rows = merged.get_text_features(input_ids=tokens).pooler_output
    expected = torch.nn.functional.normalize(rows, dim=-1).numpy()
    np.testing.assert_allclose(texts, expected, rtol=0, atol=1e-6)
    assert np.abs(opened.encoded(0.0, "test")[1] - texts).max() > 0.01


def change(folder: Path, **settings: Any) -> None:
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))


def drop_one(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    state = load_file(file)
    state.pop(next(name for name in state if "lora_B" in name))
    save_file(state, file)


def add_one(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    name = "base_model.model.text_model.encoder.layers.9.self_attn.q_proj.lora_A.weight"
    save_file(load_file(file) | {name: torch.zeros(4, 32)}, file)


def with_nan(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    state = load_file(file)
    next(value for name, value in state.items() if "lora_B" in name)[0, 0] = float("nan")
    save_file(state, file)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: change(folder, peft_type="IA3"), "type IA3; supported is LORA"),
        (lambda folder: change(folder, peft_type=None), "type None; supported is LORA"),
        (lambda folder: change(folder, target_modules=["qkv"]), "does not fit its base"),
        (lambda folder: change(folder, r=2), "does not fit its base"),
        (drop_one, "lora_B"),
        (add_one, "layers.9"),
        (with_nan, "NaN"),
        (lambda folder: (folder / "adapter_model.safetensors").unlink(), "save the adapter as"),
        (lambda folder: (folder / "adapter_config.json").write_text("{"), "not readable JSON"),
        (
            lambda folder: (folder / "adapter_model.safetensors").write_bytes(b"12345678"),
            "not a readable safetensors",
        ),
    ],
)
def test_an_adapter_that_cannot_be_merged_is_one_line(
    spoil: Callable[[Path], object], words: str, base_of: Callable, tmp_path: Path
) -> None:
    base = base_of("clip", "fp32")
    adapter = save_adapter(AutoModel.from_pretrained(base), tmp_path / "adapter")
    spoil(adapter)
    with pytest.raises(UserError) as caught:
        read_adapted(base, adapter)
    line = str(caught.value)
    assert words in line and str(adapter) in line and "\n" not in line


def test_an_adapter_of_another_base_is_one_line(base_of: Callable, tmp_path: Path) -> None:
    adapter = save_adapter(AutoModel.from_pretrained(base_of("clip", "fp32")), tmp_path / "adapter")
    with pytest.raises(UserError, match="does not fit its base") as caught:
        read_adapted(base_of("open_clip-vit", "fp32"), adapter)
    assert "\n" not in str(caught.value)


def test_a_pickled_adapter_is_never_opened(base_of: Callable, tmp_path: Path) -> None:
    base = base_of("clip", "fp32")
    adapter = save_adapter(AutoModel.from_pretrained(base), tmp_path / "adapter")
    (adapter / "adapter_model.safetensors").unlink()
    (adapter / "adapter_model.bin").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(UserError, match="save the adapter as safetensors"):
        read_adapted(base, adapter)


def test_an_adapter_is_no_base(base_of: Callable, tmp_path: Path) -> None:
    base = base_of("clip", "fp32")
    adapter = save_adapter(AutoModel.from_pretrained(base), tmp_path / "adapter")
    with pytest.raises(UserError, match="only be a pair's tuned side"):
        check_folder(adapter)
