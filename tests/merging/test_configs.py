"""What lies beside the weights is compared: what matters is told, noise is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import tiny_checkpoints as tiny

from ggez.merging.checkpoint import open_checkpoint
from ggez.merging.configs import Difference, differences


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("saved")
    tiny.gemma(root / "gemma")
    tiny.clip(root / "clip")
    tiny.sdxl(root / "sdxl")
    return root


@pytest.fixture
def twins(saved: Path, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, Path]:
    """Two copies of one checkpoint."""
    sides = tmp_path / "base", tmp_path / "tuned"
    for side in sides:
        shutil.copytree(saved / request.param, side)
    return sides


def compare(base: Path, tuned: Path) -> list[Difference]:
    return differences(open_checkpoint(base), open_checkpoint(tuned))


def edit(file: Path, remove: tuple[str, ...] = (), **values: Any) -> None:
    body = json.loads(file.read_text()) if file.is_file() else {}
    body |= values
    file.write_text(json.dumps({key: value for key, value in body.items() if key not in remove}))


GEMMA = pytest.mark.parametrize("twins", ["gemma"], indirect=True)
CLIP = pytest.mark.parametrize("twins", ["clip"], indirect=True)
SDXL = pytest.mark.parametrize("twins", ["sdxl"], indirect=True)


@pytest.mark.parametrize("twins", ["gemma", "clip", "sdxl"], indirect=True)
def test_a_checkpoint_does_not_differ_from_itself(twins: tuple[Path, Path]) -> None:
    assert compare(*twins) == []


@GEMMA
def test_noise_is_no_difference(twins: tuple[Path, Path]) -> None:
    base, tuned = twins
    edit(base / "config.json", ("dtype",), torch_dtype="float32", _name_or_path="a")
    edit(tuned / "config.json", _name_or_path="b", transformers_version="4.50.0", nothing=None)
    # an older library leaves out what is the default
    edit(tuned / "config.json", ("boi_token_index", "tie_word_embeddings", "initializer_range"))
    assert compare(base, tuned) == []


@CLIP
def test_what_matters_comes_first_and_names_its_key(twins: tuple[Path, Path]) -> None:
    base, tuned = twins
    config = json.loads((tuned / "config.json").read_text())
    config["text_config"] |= {"hidden_act": "gelu", "attention_dropout": 0.1}
    (tuned / "config.json").write_text(json.dumps(config | {"dtype": "bfloat16"}))
    found = compare(base, tuned)
    assert found[0] == Difference(
        "config.json", "text_config.hidden_act", "quick_gelu", "gelu", True
    )
    assert {d.key: d.matters for d in found[1:]} == {
        "text_config.attention_dropout": False, "dtype": False,
    }  # fmt: skip
    assert found[0].as_json()["where"] == "config.json"


@SDXL
def test_a_scheduler_that_predicts_something_else_matters(twins: tuple[Path, Path]) -> None:
    base, tuned = twins
    edit(tuned / "scheduler" / "scheduler_config.json", prediction_type="v_prediction")
    # left out is the default of the class
    edit(tuned / "scheduler" / "scheduler_config.json", ("beta_schedule", "trained_betas"))
    assert compare(base, tuned) == [
        Difference(
            "scheduler/scheduler_config.json", "prediction_type", "epsilon", "v_prediction", True
        )
    ]


@SDXL
def test_another_class_of_a_part_matters(twins: tuple[Path, Path]) -> None:
    base, tuned = twins
    edit(tuned / "model_index.json", scheduler=["diffusers", "DDIMScheduler"])
    edit(tuned / "unet" / "config.json", _class_name="NoSuchModel")
    found = {(d.where, d.key, d.matters) for d in compare(base, tuned)}
    assert ("model_index.json", "scheduler", True) in found
    assert ("unet/config.json", "_class_name", True) in found


@CLIP
def test_image_processors_are_compared_in_every_spelling(twins: tuple[Path, Path]) -> None:
    base, tuned = twins
    old = {"crop_size": 224, "size": 224, "image_mean": [0.5], "feature_extractor_type": "X"}
    new = {"crop_size": {"height": 224, "width": 224}, "size": {"shortest_edge": 224}}
    new |= {"image_mean": [0.5], "do_convert_rgb": None, "image_processor_type": "YFast"}
    edit(base / "preprocessor_config.json", image_processor_type="Y", **old)
    edit(tuned / "processor_config.json", image_processor=new, processor_class="Z")
    assert compare(base, tuned) == []
    new["image_mean"] = [0.48]
    edit(tuned / "processor_config.json", image_processor=new)
    assert compare(base, tuned) == [Difference("processor", "image_mean", [0.5], [0.48], True)]


@GEMMA
def test_chat_templates_are_compared_wherever_they_lie(twins: tuple[Path, Path]) -> None:
    base, tuned = twins
    edit(base / "tokenizer_config.json", chat_template="{{ a }}")
    (tuned / "chat_template.jinja").write_text("{{ a }}")
    edit(tuned / "tokenizer_config.json", name_or_path="x")
    assert [d for d in compare(base, tuned) if d.where == "chat template"] == []
    (tuned / "chat_template.jinja").write_text("{{ b }}" * 100)
    found = compare(base, tuned)[0]
    assert (found.where, found.base, found.matters) == ("chat template", "{{ a }}", True)
    assert "700 characters" in found.tuned
    (tuned / "chat_template.jinja").unlink()
    edit(tuned / "chat_template.json", chat_template="{{ a }}")
    assert [d for d in compare(base, tuned) if d.where == "chat template"] == []


@CLIP
def test_tokenizers_are_compared_by_vocabulary_and_rules(twins: tuple[Path, Path]) -> None:
    base, tuned = twins
    tiny.tokenizer(base, tiny.vocabulary(5))
    tiny.tokenizer(tuned, tiny.vocabulary(5))
    body = json.loads((tuned / "tokenizer.json").read_text())
    (tuned / "tokenizer.json").write_text(json.dumps(body | {"truncation": {"max_length": 8}}))
    edit(base / "special_tokens_map.json", bos_token={"content": "<s>", "lstrip": False})
    edit(tuned / "tokenizer_config.json", bos_token="<s>", tokenizer_class="CLIPTokenizerFast")
    edit(base / "tokenizer_config.json", tokenizer_class="CLIPTokenizer", padding_side="left")
    assert [(d.key, d.matters) for d in compare(base, tuned)] == [("padding_side", False)]
    lower = {"normalizer": {"type": "Lowercase"}}
    (tuned / "tokenizer.json").write_text(json.dumps(body | lower))
    found = compare(base, tuned)
    assert found[0].where == "tokenizer.json" and found[0].key.startswith("normalizer")
    assert found[0].matters
    tiny.tokenizer(tuned, tiny.vocabulary(6))
    words = {d.where: d for d in compare(base, tuned)}["vocabulary"]
    assert words.base.startswith("12 (") and words.tuned.startswith("14 (") and words.matters


@CLIP
def test_merges_are_one_whether_spelt_as_pairs_or_as_text(twins: tuple[Path, Path]) -> None:
    for side, merges in zip(twins, (["a b"], [["a", "b"]]), strict=True):
        model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": merges}
        edit(side / "tokenizer.json", model=model)
    assert compare(*twins) == []
    edit(twins[1] / "tokenizer.json", model=model | {"merges": []})
    assert [d.key for d in compare(*twins)] == ["model.merges"]


@GEMMA
def test_generation_settings_matter_where_they_end_a_text(twins: tuple[Path, Path]) -> None:
    base, tuned = twins
    edit(tuned / "generation_config.json", temperature=0.2, eos_token_id=[1, 106])
    found = {d.key: d.matters for d in compare(base, tuned)}
    assert found == {"eos_token_id": True, "temperature": False}


@GEMMA
def test_a_file_on_one_side_alone_is_told(twins: tuple[Path, Path]) -> None:
    base, tuned = twins
    (tuned / "generation_config.json").unlink()
    (base / "tokenizer.model").write_bytes(b"\x0a\x03")
    assert [(d.where, d.base, d.tuned, d.matters) for d in compare(base, tuned)] == [
        ("generation_config.json", "here", "absent", False),
        ("tokenizer.model", "here", "absent", False),
    ]
    (tuned / "tokenizer.model").write_bytes(b"\x0a\x04")
    assert compare(base, tuned)[0].where == "tokenizer.model"


@CLIP
def test_files_alone_have_nothing_beside_them(twins: tuple[Path, Path]) -> None:
    edit(twins[1] / "config.json", projection_dim=9)
    files = [side / "model.safetensors" for side in twins]
    assert compare(*files) == []
    assert compare(*twins)
