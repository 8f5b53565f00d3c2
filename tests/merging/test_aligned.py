"""Tuned as base lays it out: rows by token, base's dtype, no copy where none is needed."""

from __future__ import annotations

import pytest
import torch

from ggez.merging.aligned import beside, keep, kept_spans
from ggez.merging.plan import Header, TensorPlan
from ggez.merging.vocabulary import Alignment, align_rows


def planned(rows: Alignment | None) -> TensorPlan:
    return TensorPlan("e", "align" if rows else "merge", "t", Header((4, 2), "F32"), "", rows=rows)


BASE = torch.arange(8.0).view(4, 2)
TUNED = 100 + torch.arange(10.0).view(5, 2)


def test_without_alignment_it_is_tuned_itself() -> None:
    assert beside(planned(None), TUNED, TUNED) is TUNED


def test_rows_are_paired_by_token_and_the_rest_is_bases() -> None:
    rows = align_rows({"a": 0, "b": 1, "c": 3}, {"c": 0, "new": 1, "a": 4}, 4, 5)
    before = BASE.clone()
    got = beside(planned(rows), BASE, TUNED.half())
    assert got.dtype == torch.float32
    assert torch.equal(got, torch.stack([TUNED[4], BASE[1], BASE[2], TUNED[0]]))
    assert torch.equal(BASE, before)
    assert kept_spans(planned(rows), 2) == [slice(2, 6)]


def test_a_tuned_side_with_more_rows_in_the_same_order_is_a_view() -> None:
    names = {"a": 0, "b": 1, "c": 2, "d": 3}
    rows = align_rows(names, names | {"e": 4}, 4, 5)
    got = beside(planned(rows), BASE, TUNED)
    assert got.data_ptr() == TUNED.data_ptr()
    assert torch.equal(got, TUNED[:4])
    assert kept_spans(planned(rows), 2) == []


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_what_is_kept_is_kept_in_pieces_of_any_size(size: int) -> None:
    rows = Alignment((1,), (0,), (0, 2, 3), ())
    spans = kept_spans(planned(rows), 2)
    assert spans == [slice(0, 2), slice(4, 8)]
    flat, out = BASE.flatten(), torch.full((8,), -1.0)
    for start in range(0, 8, size):
        piece = slice(start, start + size)
        keep(flat[piece], out[piece], spans, start)
    assert out.tolist() == [0, 1, -1, -1, 4, 5, 6, 7]
