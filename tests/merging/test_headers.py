"""Headers by our own few lines: what safetensors writes is read, what lies is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ggez.merging.headers import Header, read_headers, read_metadata, read_stored
from ggez.types import UserError

KINDS = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.int64: "I64",
    torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip


def write(file: Path, header: Any, data: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    file.write_bytes(size.to_bytes(8, "little") + text + data)
    return file


def entry(start: int, end: int, shape: Any = None, dtype: Any = "U8") -> dict[str, Any]:
    shape = [end - start] if shape is None else shape
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_every_dtype_shape_and_byte_range_is_what_safetensors_wrote(tmp_path: Path) -> None:
    file = tmp_path / "m.safetensors"
    tensors = {f"t.{kind}": torch.ones(3, 5).to(dtype) for dtype, kind in KINDS.items()}
    tensors |= {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 4)}
    save_file(tensors, file, metadata={"format": "pt"})
    stored = read_stored(file)
    content = file.read_bytes()
    assert {name: s.header for name, s in stored.items()} == {
        name: Header(tuple(t.shape), KINDS[t.dtype]) for name, t in tensors.items()
    }
    for name, tensor in tensors.items():
        raw = tensor.reshape(-1).view(torch.uint8).numpy().tobytes()
        assert content[stored[name].start : stored[name].end] == raw
        assert stored[name].header.nbytes == len(raw)
    assert read_metadata(file) == {"format": "pt"}


def test_metadata_may_be_absent(tmp_path: Path) -> None:
    assert read_metadata(write(tmp_path / "m.safetensors", {"a": entry(0, 1)}, b"1")) == {}


LIES = {
    "ends at byte": ({"a": entry(0, 9)}, 8),
    "overlaps": ({"a": entry(0, 4), "b": entry(3, 8)}, 8),
    "2 bytes before tensor b": ({"a": entry(0, 3), "b": entry(5, 8)}, 8),
    "1 bytes before tensor a": ({"a": entry(1, 8)}, 8),
    "3 bytes after the last": ({"a": entry(0, 5)}, 8),
    "tensor a has no valid byte range": ({"a": entry(8, 0, [8])}, 8),
    r"no valid byte range \(\[-8, 0": ({"a": entry(-8, 0)}, 8),
    r"valid byte range \(None": ({"a": {"dtype": "U8", "shape": []}}, 0),
    r"valid byte range \(\[0": ({"a": entry(0, 8) | {"data_offsets": [0]}}, 8),
    "a is F32 .3., that is 12 bytes, but has 8": ({"a": entry(0, 8, [3], "F32")}, 8),
    "no valid shape": ({"a": entry(0, 8, [-8])}, 8),
    r"valid shape \(\[True": ({"a": entry(0, 1, [True])}, 1),
    r"valid shape \(8": ({"a": entry(0, 8, 8)}, 8),
    "not described by an object": ({"a": [0, 8]}, 8),
}


@pytest.mark.parametrize("words", LIES)
def test_a_header_that_lies_is_refused_with_file_and_tensor(tmp_path: Path, words: str) -> None:
    header, size = LIES[words]
    file = write(tmp_path / "m.safetensors", header, bytes(size))
    with pytest.raises(UserError, match=words) as caught:
        read_headers(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ") and "\n" not in message
    with pytest.raises(SafetensorError), safe_open(file, framework="pt"):
        pass  # the library that will read the weights refuses the same files


def test_an_unknown_dtype_is_named_with_the_way_out(tmp_path: Path) -> None:
    file = write(tmp_path / "m.safetensors", {"a": entry(0, 8, dtype="Q4_K")}, bytes(8))
    with pytest.raises(UserError, match=r"tensor a has an unknown dtype 'Q4_K'; save it as F32"):
        read_headers(file)


@pytest.mark.parametrize(
    ("header", "length", "words"),
    [
        (b"{}", 3, "truncated: a header of 3 bytes in a file of 10"),
        (b"{}", 1 << 40, "not safetensors: its header would be"),
        (b"[1]", None, "no JSON object"),
        (b"\xff\xfe", None, "its header is no JSON"),
        (b"[" * 100_000, None, "its header is no JSON"),
        (b'{"a": 1, "a": 2}', None, "tensor a is in the header twice"),
    ],
)
def test_a_header_that_is_none_is_refused(
    tmp_path: Path, header: bytes, length: int | None, words: str
) -> None:
    with pytest.raises(UserError, match=words) as caught:
        read_headers(write(tmp_path / "m.safetensors", header, b"", length))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["line\nbreak", "a" * 3000, "ø/日本"])
def test_names_are_read_as_they_are_and_never_break_a_line(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / "m.safetensors", {name: entry(0, 4)}, bytes(4))
    assert list(read_headers(file)) == [name]
    with pytest.raises(UserError) as caught:
        read_headers(write(file, {name: entry(0, 5)}, bytes(4)))
    assert "\n" not in str(caught.value)


def test_a_file_that_may_not_be_read_is_one_line(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UserError) as caught:
            read_headers(place)
        assert str(place) in str(caught.value)
