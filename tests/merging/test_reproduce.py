"""A recipe makes the same folder again, or says in one line why it cannot."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_checkpoints as tiny
import torch
from safetensors.torch import load_file, save_file

from ggez import cli
from ggez.merging.certificate import verify_certificate
from ggez.merging.export import export, reproduce
from ggez.types import Side, UserError


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with base (one file), tuned (shards) and an export of both."""
    root = tmp_path_factory.mktemp("reproduce")
    tiny.clip(root / "base", 0)
    tiny.clip(root / "tuned", 1, shard="16KB")
    components = {"text tower": 0.8, "vision_model.encoder.layers.1": 0}
    sides = (Side(name, str(root / name)) for name in ("base", "tuned"))
    export(*sides, root / "out", 0.3, components=components)
    return root


def contents(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_the_folder_is_the_same_byte_for_byte(pair: Path, tmp_path: Path) -> None:
    first = reproduce(pair / "out/recipe.json", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(pair / "out")
    reproduce(tmp_path / "again", tmp_path / "third")  # a folder is as good as its recipe
    assert contents(tmp_path / "third") == contents(pair / "out")
    assert verify_certificate(tmp_path / "third") == first.certificate


def test_the_recipe_is_small_and_complete(pair: Path) -> None:
    text = (pair / "out/recipe.json").read_text()
    made = json.loads(text)
    shards = list((pair / "tuned").glob("*.safetensors"))
    assert len(text) < 1500 + 120 * len(shards)
    assert set(made["tuned"]["files"]) == {file.name for file in shards} and len(shards) > 1
    assert made["alpha"] == 0.3 and made["alphas"]["text tower"] == 0.8
    assert made["alphas"]["vision_model.encoder.layers.1"] == 0
    assert made["dtypes"]["F32"] > 50 and made["method"] == "linear"
    assert made["ggez"] and made["torch"] == torch.__version__


def test_inputs_that_moved(pair: Path, tmp_path: Path, capsys: Any) -> None:
    for name in ("base", "tuned"):
        shutil.copytree(pair / name, tmp_path / name)
    recipe = json.loads((pair / "out/recipe.json").read_text())
    for side in ("base", "tuned"):
        recipe[side]["place"] = f"gone/away/{side}"
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    arguments = ["reproduce", str(tmp_path / "recipe.json"), "--out", str(tmp_path / "out")]
    assert cli.main(arguments) == 2
    assert "gone/away/base: no such" in capsys.readouterr().err
    moved = ["--base", str(tmp_path / "base"), "--tuned", str(tmp_path / "tuned")]
    assert cli.main([*arguments, *moved, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["digests"]["weights"] == recipe["weights"]
    assert contents(tmp_path / "out").keys() == contents(pair / "out").keys()


def change_a_weight(folder: Path) -> str:
    file = sorted(folder.glob("*.safetensors"))[-1]
    state = load_file(file)
    name = next(name for name, value in state.items() if value.is_floating_point())
    state[name].view(-1)[0] += 1
    save_file(state, file, metadata={"format": "pt"})
    return file.name


def save_in_one_file(folder: Path) -> str:
    state: dict[str, torch.Tensor] = {}
    for file in folder.glob("*.safetensors*"):
        state |= load_file(file) if file.suffix == ".safetensors" else {}
        file.unlink()
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    return "model-00001-of-"


@pytest.mark.parametrize(
    ("side", "change", "says"),
    [
        ("base", change_a_weight, "not the base of the recipe"),
        ("tuned", change_a_weight, "not the tuned of the recipe"),
        ("tuned", save_in_one_file, "which is not here"),
    ],
)
def test_another_input_is_named_before_anything_is_written(
    pair: Path, tmp_path: Path, side: str, change: Callable[[Path], str], says: str
) -> None:
    folder = Path(shutil.copytree(pair / side, tmp_path / side))
    file = change(folder)
    steps: list[str] = []
    with pytest.raises(UserError, match=says) as error:
        reproduce(
            pair / "out", tmp_path / "out", **{side: str(folder)},
            progress=lambda done, total, text: steps.append(text),
        )  # fmt: skip
    assert file in str(error.value) and "\n" not in str(error.value)
    assert not steps
    assert [entry.name for entry in tmp_path.iterdir()] == [side]


def altered(pair: Path, tmp_path: Path, **changes: Any) -> Path:
    body = json.loads((pair / "out/recipe.json").read_text()) | changes
    file = tmp_path / "altered.json"
    file.write_text(json.dumps(body))
    return file


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"alpha": 0.31, "alphas": {}}, "the merged weights are not those of the recipe"),
        ({"weights": "0" * 64}, "the merged weights are not those of the recipe"),
        ({"plan": "0" * 64}, "this version plans the merge otherwise"),
        ({"method": "magic"}, "'magic' is unknown"),
        ({"alphas": {"nose": 0.5}}, "'nose' is unknown"),
        ({"alpha": "x"}, "α must be a number"),
        ({"alphas": {"text tower": []}}, "a damaged recipe"),
        ({"base": {"place": "x"}}, "a damaged recipe"),
        ({"base": 5}, "a damaged recipe"),
        ({"parts": 5}, "a damaged recipe"),
        ({"parts": ["unet"]}, "part 'unet' is not in both"),
        ({"method": 5}, "a damaged recipe"),
        ({"extra": 5}, "a damaged recipe"),
        ({"format": 99}, "another format"),
    ],
)
def test_an_altered_recipe(pair: Path, tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says) as error:
        reproduce(altered(pair, tmp_path, **changes), tmp_path / "out")
    assert "\n" not in str(error.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["altered.json"]


@pytest.mark.parametrize("text", [None, "", "[]", "{}", "\x00"])
def test_no_recipe(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "recipe.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UserError, match=r"recipe.json: .*give the recipe\.json that"):
        reproduce(tmp_path if text is None else file, tmp_path / "out")


def test_places_are_kept_as_they_were_given(pair: Path, tmp_path: Path) -> None:
    here = Path.cwd()
    os.chdir(pair)
    try:
        done = export(Side("base", "base"), Side("tuned", "./tuned"), tmp_path / "out", 0.5)
    finally:
        os.chdir(here)
    assert (done.recipe.base.place, done.recipe.tuned.place) == ("base", "./tuned")
    assert str(pair) not in (tmp_path / "out/recipe.json").read_text()
    assert str(pair) not in (tmp_path / "out/README.md").read_text()
