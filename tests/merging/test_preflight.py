"""The plan of real checkpoints: shards, ties, vocabularies, parts, quantisation, architectures."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import tiny_checkpoints as tiny
import torch
from safetensors.torch import load_file, save_file

from ggez.merging.checkpoint import open_checkpoint
from ggez.merging.plan import Plan
from ggez.merging.preflight import plan_checkpoints


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs of the same class: base "NAME0" and tuned "NAME1", sharded differently."""
    root = tmp_path_factory.mktemp("saved")
    for seed, shard in ((0, "1GB"), (1, "20KB")):
        tiny.clip(root / f"clip{seed}", seed, shard)
        tiny.siglip(root / f"siglip{seed}", seed, shard)
        tiny.siglip(root / f"siglip2{seed}", seed, shard, two=True)
        tiny.gemma(root / f"gemma{seed}", seed, shard)
        tiny.open_clip_model(root / f"vit{seed}", seed)
        tiny.open_clip_model(root / f"resnet{seed}", seed, resnet=True)
        tiny.sdxl(root / f"sdxl{seed}", seed, "60KB" if seed else "1GB")
    return root


def plan(base: Path, tuned: Path, **asked: Any) -> Plan:
    return plan_checkpoints(open_checkpoint(base), open_checkpoint(tuned), **asked)


def pair(saved: Path, name: str, **asked: Any) -> Plan:
    return plan(saved / f"{name}0", saved / f"{name}1", **asked)


def decisions(made: Plan) -> dict[str, str]:
    return {tensor.name: tensor.decision for tensor in made.tensors}


def edit(file: Path, **values: Any) -> None:
    body = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(json.dumps(body | values))


def rewrite(folder: Path, change: Any, name: str = "model.safetensors") -> None:
    state = load_file(folder / name)
    save_file(change(state), folder / name, metadata={"format": "pt"})


def copies(saved: Path, tmp_path: Path, name: str) -> tuple[Path, Path]:
    """A base and a tuned in single files, free to change."""
    for side in (0, 1):
        shutil.copytree(saved / f"{name}0", tmp_path / str(side))
    noise = torch.Generator().manual_seed(1)
    rewrite(
        tmp_path / "1",
        lambda state: {n: t + torch.randn(t.shape, generator=noise) for n, t in state.items()},
    )
    return tmp_path / "0", tmp_path / "1"


DUAL = {"image tower", "text tower", "head"}
COMPONENTS = {
    "clip": DUAL,
    "siglip": DUAL,
    "siglip2": DUAL,
    "vit": DUAL,
    "resnet": DUAL,
    "gemma": {"vision tower", "projector", "language model"},
    "sdxl": {"unet", "vae", "text_encoder", "text_encoder_2"},
}


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_tensor_is_decided_whatever_the_sharding(saved: Path, name: str) -> None:
    made = pair(saved, name)
    assert made.compatible
    base, tuned = (open_checkpoint(saved / f"{name}{side}") for side in (0, 1))
    assert {t.name for t in made.tensors} == set(base.tensors)
    assert {t.component for t in made.tensors} == COMPONENTS[name]
    for tensor in made.tensors:
        one, other = base.read(tensor.name), tuned.read(tensor.name)
        if tensor.decision == "shared":
            assert torch.equal(one, other)
        if tensor.decision == "merge":
            assert one.is_floating_point() and not torch.equal(one, other)
    assert Counter(decisions(made).values())["merge"] >= 15


def test_components_of_known_tensors(saved: Path) -> None:
    where = {t.name: t.component for name in COMPONENTS for t in pair(saved, name).tensors}
    assert where["logit_scale"] == where["logit_bias"] == "head"
    assert where["vision_model.post_layernorm.weight"] == "image tower"
    assert where["visual_projection.weight"] == "image tower"
    assert where["text_projection.weight"] == "text tower"
    assert where["language_model.model.embed_tokens.weight"] == "language model"
    assert where["multi_modal_projector.mm_soft_emb_norm.weight"] == "projector"
    assert where["vision_tower.post_layernorm.weight"] == "vision tower"
    assert where["unet/conv_in.weight"] == "unet"


@pytest.mark.parametrize(
    ("names", "component"),
    [
        (["model.diffusion_model.x", "first_stage_model.y"], "vae"),
        (["model.diffusion_model.x", "conditioner.embedders.1.model.y"], "text_encoder_2"),
        (["model.visual.blocks.0.x", "model.language_model.y"], "language model"),
        (["model.language_model.x", "model.visual.merger.y"], "projector"),
        (["model.layers.0.x", "lm_head.y"], "model"),
    ],
)
def test_components_of_a_lone_file(tmp_path: Path, names: list[str], component: str) -> None:
    file = tmp_path / "m.safetensors"
    save_file({name: torch.zeros(2) for name in names}, file)
    made = {t.name: t.component for t in plan(file, file).tensors}
    # of a pair of names the later one is meant
    assert made[names[1]] == component


def test_a_vae_is_base_s_unless_asked_for(saved: Path) -> None:
    made = decisions(pair(saved, "sdxl"))
    assert {d for name, d in made.items() if name.startswith("vae/")} == {"copy"}
    asked = decisions(pair(saved, "sdxl", merge=("vae",)))
    assert {d for name, d in asked.items() if name.startswith("vae/")} == {"merge", "shared"}


def test_batch_norm_is_never_averaged(saved: Path, tmp_path: Path) -> None:
    name = "visual.bn1.running_mean"
    assert decisions(pair(saved, "resnet"))[name] == "shared"  # both fresh: zeros
    shutil.copytree(saved / "resnet1", tmp_path / "r")
    rewrite(
        tmp_path / "r",
        lambda s: {n: t + 1 if "running" in n or "batches" in n else t for n, t in s.items()},
        "open_clip_model.safetensors",
    )
    made = plan(saved / "resnet0", tmp_path / "r")
    touched = {d for n, d in decisions(made).items() if "running" in n or "batches" in n}
    assert touched == {"copy"}
    assert any("BatchNorm statistics are base's" in line for line in made.warnings)


def test_equal_tensors_are_found_where_one_may_read(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ggez.merging import preflight

    monkeypatch.setattr(preflight, "SMALL", 0)  # as if these were large
    assert pair(saved, "clip").counts()["shared"] == 0
    assert pair(saved, "clip", compare=True).counts()["shared"] > 10


def test_one_file_under_two_paths_is_shared_without_reading(
    saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ggez.merging import preflight

    monkeypatch.setattr(preflight, "same_bytes", None)
    monkeypatch.setattr(preflight, "SMALL", 0)
    (tmp_path / "link").mkdir()
    for file in (saved / "clip0").iterdir():
        if file.suffix == ".safetensors":
            os.link(file, tmp_path / "link" / file.name)
        else:
            (tmp_path / "link" / file.name).symlink_to(file)
    made = plan(saved / "clip0", tmp_path / "link")
    assert set(decisions(made).values()) == {"shared"}


# Ties


HEAD, EMBED = "language_model.lm_head.weight", "language_model.model.embed_tokens.weight"


def with_head(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return state | {HEAD: state[EMBED].clone()}


@pytest.mark.parametrize("sides", [(0,), (1,), (0, 1)])
def test_a_head_that_repeats_the_embedding_is_tied(
    saved: Path, tmp_path: Path, sides: tuple[int, ...]
) -> None:
    pair_ = copies(saved, tmp_path, "gemma")
    for side in sides:
        rewrite(pair_[side], with_head)
    made = plan(*pair_)
    assert made.compatible
    if 0 in sides:
        head = next(t for t in made.tensors if t.name == HEAD)
        assert (head.decision, head.like) == ("tied", EMBED)
    else:
        assert HEAD not in decisions(made)
        assert any(HEAD in line for line in made.warnings)
    assert decisions(made)[EMBED] == "merge"


def test_a_head_of_its_own_is_merged_or_named(saved: Path, tmp_path: Path) -> None:
    base, tuned = copies(saved, tmp_path, "gemma")

    def untie(folder: Path) -> None:
        rewrite(folder, lambda s: s | {HEAD: s[EMBED] * 2})
        text = json.loads((folder / "config.json").read_text())["text_config"]
        edit(
            folder / "config.json",
            tie_word_embeddings=False,
            text_config=text | {"tie_word_embeddings": False},
        )

    untie(tuned)
    problem = plan(base, tuned).problems[0]
    assert (problem.tensor, problem.base, problem.problem) == (HEAD, "absent", "missing in base")
    assert "tie_word_embeddings" in problem.fix
    rewrite(base, with_head)
    problem = plan(base, tuned).problems[0]
    assert (problem.tensor, problem.base, problem.tuned) == (HEAD, "tied", "its own")
    rewrite(base, lambda s: {n: t for n, t in s.items() if n != HEAD})
    untie(base)
    assert decisions(plan(base, tuned))[HEAD] == "merge"


@pytest.mark.parametrize("sides", [(0,), (1,), (0, 1)])
def test_a_second_name_of_t5_s_embedding_is_tied_whatever_its_head_is(
    tmp_path: Path, sides: tuple[int, ...]
) -> None:
    for side in (0, 1):
        state = {"shared.weight": torch.full((4, 2), float(side)), "x": torch.ones(2)}
        if side in sides:
            state["encoder.embed_tokens.weight"] = state["shared.weight"].clone()
        (tmp_path / str(side)).mkdir()
        save_file(state, tmp_path / str(side) / "model.safetensors")
        edit(tmp_path / str(side) / "config.json", tie_word_embeddings=False)
    made = plan(tmp_path / "0", tmp_path / "1")
    assert made.compatible
    expected = {"shared.weight": "merge", "x": "shared"}
    tied = {"encoder.embed_tokens.weight": "tied"} if 0 in sides else {}
    assert decisions(made) == expected | tied


# Vocabularies


def test_equal_vocabularies_merge_all_rows_with_their_padding(saved: Path, tmp_path: Path) -> None:
    sides = copies(saved, tmp_path, "gemma")
    for side in sides:
        tiny.tokenizer(side, tiny.vocabulary())
    made = plan(*sides)
    assert decisions(made)[EMBED] == "merge"


def test_an_added_token_shifts_nothing_and_is_told(saved: Path, tmp_path: Path) -> None:
    base, tuned = tmp_path / "base", tmp_path / "tuned"
    tokens = tiny.vocabulary()
    tiny.gemma(base, 0, vocab=64)
    tiny.gemma(tuned, 1, vocab=80)
    made = plan(base, tuned)
    assert "tokenizer.json of both sides" in made.problems[0].fix
    tiny.tokenizer(base, tokens)
    assert "tokenizer.json of both sides" in plan(base, tuned).problems[0].fix
    tiny.tokenizer(tuned, tokens, {"<Songkran>": len(tokens)})
    made = plan(base, tuned)
    assert made.compatible
    rows = next(t for t in made.tensors if t.name == EMBED).rows
    assert rows is not None
    assert rows.base == rows.tuned == tuple(range(len(tokens)))
    assert rows.kept == tuple(range(len(tokens), 64))
    assert any("1 tokens of tuned" in w and "'<Songkran>'" in w for w in made.warnings)


def test_rows_are_paired_by_string_where_ids_moved(saved: Path, tmp_path: Path) -> None:
    base, tuned = copies(saved, tmp_path, "gemma")
    tokens = tiny.vocabulary()
    moved = dict(zip(reversed(tokens), tokens.values(), strict=True))
    tiny.tokenizer(base, tokens)
    tiny.tokenizer(tuned, moved)
    rows = next(t for t in plan(base, tuned).tensors if t.name == EMBED).rows
    assert rows is not None
    for one, other in zip(rows.base, rows.tuned, strict=True):
        words = [next(w for w, row in v.items() if row == at)
                 for v, at in ((tokens, one), (moved, other))]  # fmt: skip
        assert words[0] == words[1]
    assert rows.moved == len(tokens)


def test_hardly_related_vocabularies_are_told(saved: Path, tmp_path: Path) -> None:
    base, tuned = copies(saved, tmp_path, "gemma")
    tiny.tokenizer(base, tiny.vocabulary())
    tiny.tokenizer(tuned, {f"x{n}": n for n in range(60)})
    assert any("hardly related" in line for line in plan(base, tuned).warnings)


def test_a_tokenizer_on_one_side_alone_is_told(saved: Path, tmp_path: Path) -> None:
    base, tuned = copies(saved, tmp_path, "gemma")
    tiny.tokenizer(base, tiny.vocabulary())
    made = plan(base, tuned)
    assert made.compatible
    assert any("tuned has no tokenizer here" in line for line in made.warnings)


def test_each_text_encoder_of_a_pipeline_has_its_own_tokenizer(saved: Path, tmp_path: Path) -> None:
    tuned = tmp_path / "tuned"
    shutil.copytree(saved / "sdxl1", tuned)
    place = tuned / "tokenizer_2"
    shutil.rmtree(place)
    tiny.tokenizer(place, tiny.vocabulary(25))
    made = decisions(plan(saved / "sdxl0", tuned))
    ends = "embeddings.token_embedding.weight"
    found = {name.partition("/")[0]: d for name, d in made.items() if name.endswith(ends)}
    assert found == {"text_encoder": "merge", "text_encoder_2": "align"}


# What is blocked


@pytest.mark.parametrize("names", [("clip", "siglip"), ("vit", "clip"), ("gemma", "clip")])
def test_another_architecture_is_one_problem(saved: Path, names: tuple[str, str]) -> None:
    for one, other in (names, names[::-1]):
        made = plan(saved / f"{one}0", saved / f"{other}1")
        assert not made.compatible
        first = made.problems[0]
        if "another architecture" in first.problem:
            assert len(made.problems) == 1
            assert "tensors of" in first.base and "tensors of" in first.tuned
        assert "\n" not in str(first)


def test_a_pipeline_and_a_model_are_one_problem(saved: Path) -> None:
    made = plan(saved / "sdxl0", saved / "clip1")
    assert [p.problem for p in made.problems] == ["one is a pipeline, the other is not"]
    assert (made.problems[0].base, made.problems[0].tuned) == (
        "a diffusers checkpoint", "a transformers checkpoint",
    )  # fmt: skip


def test_a_pipeline_without_a_part(saved: Path, tmp_path: Path) -> None:
    tuned = tmp_path / "tuned"
    shutil.copytree(saved / "sdxl1", tuned)
    for name in ("vae", "text_encoder_2"):
        shutil.rmtree(tuned / name)
        edit(tuned / "model_index.json", **{name: [None, None]})
    made = plan(saved / "sdxl0", tuned)
    assert [(p.tensor, p.tuned) for p in made.problems] == [("text_encoder_2/", "absent")]
    assert {d for n, d in decisions(made).items() if n.startswith("vae/")} == {"copy"}
    other = plan(tuned, saved / "sdxl0")
    assert other.compatible
    assert "text_encoder_2: only tuned has this part; it is left out" in other.warnings


@pytest.mark.parametrize(
    "renamed",
    [
        lambda n: f"module.{n}",
        lambda n: f"model.{n}",
        lambda n: n.replace("vision_tower.", "vision_tower.vision_model."),
    ],
)
def test_other_spellings_of_names_are_one_problem(
    saved: Path, tmp_path: Path, renamed: Any
) -> None:
    base, tuned = copies(saved, tmp_path, "gemma")
    rewrite(tuned, lambda state: {renamed(name): t for name, t in state.items()})
    made = plan(base, tuned)
    assert [p.problem for p in made.problems] == ["the same tensors under other names"]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, "bitsandbytes 4 bit"),
        ({"load_in_8bit": True}, "bitsandbytes 8 bit"),
        ({"quant_method": "gptq", "bits": 4}, "gptq 4 bit"),
        ({"quant_method": "awq", "bits": 4}, "awq 4 bit"),
        ({"quant_method": "fp8"}, "fp8"),
    ],
)
@pytest.mark.parametrize("side", [0, 1])
def test_a_quantised_side_is_refused_by_its_config(
    saved: Path, tmp_path: Path, config: dict[str, Any], words: str, side: int
) -> None:
    sides = copies(saved, tmp_path, "clip")
    edit(sides[side] / "config.json", quantization_config=config)
    made = plan(*sides)
    texts = made.problems[0].base, made.problems[0].tuned
    assert (texts[side], texts[1 - side]) == (words, "not quantised")
    assert "before it was quantised" in made.problems[0].fix
    assert len(made.problems) == 1


def test_fp8_weights_are_refused_by_their_dtype(saved: Path, tmp_path: Path) -> None:
    base, tuned = copies(saved, tmp_path, "clip")
    name = "text_projection.weight"
    rewrite(tuned, lambda s: s | {name: s[name].to(torch.float8_e4m3fn)})
    problem = plan(base, tuned).problems[0]
    assert (problem.tensor, problem.base, problem.tuned) == (
        name, "F32 [8, 16]", "F8_E4M3 [8, 16]",
    )  # fmt: skip


def test_another_size_names_tensor_shapes_and_dtypes(saved: Path, tmp_path: Path) -> None:
    tiny.clip(tmp_path / "big", 1, image_size=64)
    made = plan(saved / "clip0", tmp_path / "big")
    assert [str(problem) for problem in made.problems] == [
        "vision_model.embeddings.position_embedding.weight: base F32 [5, 16], tuned F32 [17, 16]: "
        "shapes differ; use checkpoints of one size"
    ]


def test_dtypes_may_differ_between_the_sides(saved: Path, tmp_path: Path) -> None:
    tiny.clip(tmp_path / "half", 1, dtype=torch.bfloat16)
    made = plan(saved / "clip0", tmp_path / "half")
    assert made.compatible
    assert made.counts()["merge"] == len(made.tensors)
    assert any("the result is in F32" in line for line in made.warnings)


def test_a_note_of_opening_is_a_warning_of_the_plan(saved: Path, tmp_path: Path) -> None:
    tiny.sdxl(tmp_path / "fp16", 1, variant="fp16")
    made = plan(saved / "sdxl0", tmp_path / "fp16")
    assert made.compatible
    assert any("only the fp16 variant is here" in line for line in made.warnings)


def test_a_name_with_a_line_break_is_told_in_one_line(tmp_path: Path) -> None:
    for side, shape in (("a", 2), ("b", 3)):
        save_file({"x\ny": torch.zeros(shape)}, tmp_path / f"{side}.safetensors")
    made = plan(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    assert "\n" not in str(made.problems[0])
