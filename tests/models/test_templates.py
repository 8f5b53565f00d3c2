"""The templates of real pairs: readable, pinned, not read by the app, and harmless unfilled."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ggez.paths import EVAL_SETS, PAIRS
from ggez.types import UserError
from ggez.ui.state import pair_state
from ggez.workbench import Workbench
from ggez.workbench.pairs import read_pair, read_pairs, unfilled, whereabouts

TEMPLATES = sorted((PAIRS / "templates").glob("*.yaml"))


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.stem)
def test_a_template_names_a_pinned_base_and_leaves_tuned_open(file: Path) -> None:
    pair = read_pair(file)
    assert pair.id == file.stem
    assert pair.base.path.count("/") == 1
    assert pair.base.revision is not None and len(pair.base.revision) == 40
    assert pair.tuned.path == ""
    assert unfilled(pair) and whereabouts(pair) == "to be filled in"


def test_there_is_one_for_each_family_and_the_app_reads_none() -> None:
    families = [read_pair(file).family for file in TEMPLATES]
    assert sorted(families) == ["diffusion", "embedding", "vlm"]
    assert not {file.stem for file in TEMPLATES} & read_pairs(PAIRS).keys()


def test_an_unfilled_copy_is_listed_and_breaks_nothing(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    shutil.copy(PAIRS / "paper-vlm.yaml", pairs)
    for file in TEMPLATES:
        shutil.copy(file, pairs)
    bench = Workbench(pairs=pairs, eval_sets=EVAL_SETS, cache=tmp_path / "cache")
    for id_ in bench.pairs:
        state = pair_state(bench, id_)
        assert {entry["id"] for entry in state["pairs"]} == set(bench.pairs)
    with pytest.raises(UserError, match=r"tuned\.path is to be filled in") as caught:
        bench.opened("siglip2-so400m-sea")
    assert "\n" not in str(caught.value)
    bench.close()


GOOD = "id: x\ntitle: X\nfamily: embedding\nregion: sea\nbase: {name: B, path: /b}\n"


@pytest.mark.parametrize("tuned", ["", "{name: T}", "{name: T, path: }", "{name: T, path: ''}"])
def test_an_empty_tuned_side_is_to_be_filled_in(tmp_path: Path, tuned: str) -> None:
    (tmp_path / "x.yaml").write_text(f"{GOOD}tuned: {tuned}\n")
    (tmp_path / "y.yaml").write_text(
        f"{GOOD}tuned: {{name: T, path: /t}}\n".replace("id: x", "id: a")
    )
    (tmp_path / "z.yaml").write_text(
        f"{GOOD}tuned: {{name: T}}\npoints: [{{alpha: 0, regional: 1, global: 2}}]\n".replace(
            "id: x", "id: b"
        )
    )
    pairs = read_pairs(tmp_path)
    assert list(pairs) == ["a", "x", "b"], "to merge, to fill in, to read"
    assert [whereabouts(pair) for pair in pairs.values()] == [
        "files missing", "to be filled in", "here",
    ]  # fmt: skip
    assert pairs["x"].tuned.path == ""


def test_a_folder_is_here_and_a_hub_id_that_is_not_cached_is_missing(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    text = GOOD.replace("/b", "./b") + "tuned: {name: T, path: ./b}\n"
    (tmp_path / "x.yaml").write_text(text)
    assert whereabouts(read_pair(tmp_path / "x.yaml")) == "here"
    text = text.replace("T, path: ./b", "T, path: organisation/no-such-model, revision: 123")
    (tmp_path / "x.yaml").write_text(text)
    assert whereabouts(read_pair(tmp_path / "x.yaml")) == "files missing"
    assert read_pair(tmp_path / "x.yaml").tuned.revision == "123"
