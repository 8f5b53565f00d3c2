"""The certificate: what tampering it finds, and how it says so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from ggez.merging.certificate import FILE, hash_tensors, verify_certificate
from ggez.merging.checkpoint import open_checkpoint
from ggez.merging.export import export
from ggez.merging.headers import read_stored
from ggez.merging.live import weights_digest
from ggez.types import Side, UserError

WEIGHTS = "one.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An exported folder of one weight file."""
    for seed, name in enumerate(("one", "two")):
        torch.manual_seed(seed)
        state = {"a.weight": torch.randn(8, 4), "b.bias": torch.randn(3).half()}
        save_file(state | {"ids": torch.arange(5)}, tmp_path / f"{name}.safetensors")
    base, tuned = (Side(n, str(tmp_path / f"{n}.safetensors")) for n in ("one", "two"))
    export(base, tuned, tmp_path / "out", 0.3)
    return tmp_path / "out"


def test_it_lists_what_the_file_holds(folder: Path) -> None:
    stated = json.loads((folder / FILE).read_text())
    state = load_file(folder / WEIGHTS)
    assert stated["equal"] is True and stated["count"] == len(state) == len(stated["tensors"])
    for name, tensor in state.items():
        assert stated["tensors"][name] == hashlib.sha256(tensor.numpy().tobytes()).hexdigest()
    assert stated["digest"] == weights_digest(state)
    assert verify_certificate(folder).digest == stated["digest"]


def test_the_digest_does_not_depend_on_the_layout(folder: Path, tmp_path: Path) -> None:
    state = load_file(folder / WEIGHTS)
    (tmp_path / "again").mkdir()
    save_file(dict(reversed(state.items())), tmp_path / "again" / WEIGHTS, metadata={"k": "v"})
    again = hash_tensors(open_checkpoint(tmp_path / "again" / WEIGHTS))
    assert again == hash_tensors(open_checkpoint(folder / WEIGHTS))


@pytest.mark.parametrize("name", ["a.weight", "b.bias", "ids"])
def test_one_flipped_bit_of_a_weight(folder: Path, name: str) -> None:
    place = read_stored(folder / WEIGHTS)[name].end - 1
    body = bytearray((folder / WEIGHTS).read_bytes())
    body[place] ^= 1
    (folder / WEIGHTS).write_bytes(body)
    with pytest.raises(UserError, match=f"tensor {name}: .*the weights changed") as error:
        verify_certificate(folder)
    assert "\n" not in str(error.value)


def drop(state: dict[str, torch.Tensor]) -> None:
    del state["b.bias"]


def add(state: dict[str, torch.Tensor]) -> None:
    state["b.bias2"] = torch.zeros(1)


def swap(state: dict[str, torch.Tensor]) -> None:
    state["a.weight"] = state["a.weight"].flip(0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drop, "tensor b.bias: missing in the files"),
        (add, "tensor b.bias2: in the files but not in the certificate"),
        (swap, "tensor a.weight: "),
    ],
)
def test_tensors_that_changed(folder: Path, change: Callable[[Any], None], says: str) -> None:
    state = load_file(folder / WEIGHTS)
    change(state)
    save_file(state, folder / WEIGHTS)
    with pytest.raises(UserError, match=f"{says}.*the weights changed"):
        verify_certificate(folder)


def test_a_reshaped_weight_has_equal_bytes_and_is_found(folder: Path) -> None:
    state = load_file(folder / WEIGHTS)
    state["a.weight"] = state["a.weight"].reshape(4, 8)
    save_file(state, folder / WEIGHTS)
    with pytest.raises(UserError, match="a dtype or shape changed"):
        verify_certificate(folder)


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    stated = json.loads((folder / FILE).read_text())
    change(stated)
    (folder / FILE).write_text(json.dumps(stated))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c["tensors"].update({"a.weight": "0" * 64}), "tensor a.weight: .*was edited"),
        (lambda c: c["tensors"].update({"a.weight": None}), "tensor a.weight: .*was edited"),
        (lambda c: c["tensors"].pop("ids"), "tensor ids: .*was edited"),
        (lambda c: c["tensors"].update(ghost="0" * 64), "tensor ghost: missing.*was edited"),
        (lambda c: c.update(digest="0" * 64), "certificate.json: was edited"),
        (lambda c: c.update(count=7), "certificate.json: was edited"),
        (lambda c: c.update(equal=False), "certificate.json: was edited"),
        (lambda c: c.pop("tensors"), "no certificate"),
    ],
)
def test_an_edited_certificate(
    folder: Path, change: Callable[[dict[str, Any]], object], says: str
) -> None:
    edit(folder, change)
    with pytest.raises(UserError, match=says) as error:
        verify_certificate(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("place", ["../two.safetensors", "/etc/hosts", "..", ""])
def test_it_opens_nothing_outside_its_folder(folder: Path, place: str) -> None:
    edit(folder, lambda stated: stated.update(opens=place))
    with pytest.raises(UserError):
        verify_certificate(folder)


@pytest.mark.parametrize("text", [None, "", "[1]", "{}", "\udcff", "{" * 50_000])
def test_no_certificate(folder: Path, text: str | None) -> None:
    (folder / FILE).unlink()
    if text is not None:
        (folder / FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"certificate.json: .*give a folder that"):
        verify_certificate(folder)


def test_a_weight_file_that_is_gone_or_cut(folder: Path) -> None:
    body = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(body[:-3])
    with pytest.raises(UserError, match="truncated"):
        verify_certificate(folder)
    (folder / WEIGHTS).unlink()
    with pytest.raises(UserError, match=r"one\.safetensors"):
        verify_certificate(folder)
