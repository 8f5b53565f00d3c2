"""Rows of embeddings pair by token string, whatever their numbers and padding."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import tiny_checkpoints as tiny

from ggez.merging.vocabulary import align_rows, is_rows, read_vocabulary, same_files
from ggez.types import UserError


def test_rows_pair_by_string_and_the_rest_stays_base_s() -> None:
    base = {"a": 0, "b": 1, "c": 2, "d": 3}
    tuned = {"d": 0, "b": 1, "new": 2, "a": 3}
    rows = align_rows(base, tuned, base_rows=6, tuned_rows=4)
    assert list(zip(rows.base, rows.tuned, strict=True)) == [(0, 3), (1, 1), (3, 0)]
    assert rows.kept == (2, 4, 5)  # a token that tuned lacks, and two rows of padding
    assert rows.lost == ("new",)
    assert rows.moved == 2


def test_every_row_of_base_is_paired_or_kept_exactly_once() -> None:
    rng = random.Random(0)
    for _ in range(200):
        words = [str(n) for n in range(12)]
        sides = [
            dict(zip(rng.sample(words, 8), rng.sample(range(10), 8), strict=True)) for _ in "ab"
        ]
        counts = rng.randint(1, 14), rng.randint(1, 14)
        rows = align_rows(*sides, *counts)
        assert sorted((*rows.base, *rows.kept)) == list(range(counts[0]))
        for one, other in zip(rows.base, rows.tuned, strict=True):
            names = [
                {t for t, row in side.items() if row == at}
                for side, at in zip(sides, (one, other), strict=True)
            ]
            assert names[0] & names[1]
            assert other < counts[1]


def test_a_token_beyond_its_embedding_has_no_row() -> None:
    rows = align_rows({"a": 0, "far": 9}, {"a": 7, "far": 0}, 2, 2)
    assert (rows.base, rows.kept, rows.lost) == ((), (0, 1), ())


def test_equal_vocabularies_of_other_padding_pair_all_tokens() -> None:
    tokens = tiny.vocabulary()
    rows = align_rows(tokens, tokens, 64, 56)
    assert rows.base == rows.tuned == tuple(range(len(tokens)))
    assert rows.kept == tuple(range(len(tokens), 64))


@pytest.mark.parametrize("name", ["lm_head.weight", "text/x.embed_tokens.weight", "shared.weight"])
def test_names_of_embeddings(name: str) -> None:
    assert is_rows(name)
    assert not is_rows(name.replace(".weight", ".scale"))
    assert not is_rows("text_model.embeddings.position_embedding.weight")


def test_vocabularies_are_read_from_every_form(tmp_path: Path) -> None:
    tokens = tiny.vocabulary(3)
    added = {"<new>": len(tokens)}
    tiny.tokenizer(tmp_path / "fast", tokens, added)
    assert read_vocabulary(tmp_path / "fast") == tokens | added

    from tokenizers import Tokenizer, models

    unigram = tmp_path / "unigram"
    unigram.mkdir()
    pieces = [("<unk>", 0.0), ("▁a", -1.0), ("b", -2.0)]
    Tokenizer(models.Unigram(pieces, unk_id=0)).save(str(unigram / "tokenizer.json"))
    assert read_vocabulary(unigram) == {"<unk>": 0, "▁a": 1, "b": 2}

    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "vocab.json").write_text(json.dumps(tokens))
    (slow / "added_tokens.json").write_text(json.dumps(added))
    assert read_vocabulary(slow) == tokens | added

    words = tmp_path / "words"
    words.mkdir()
    (words / "vocab.txt").write_text("[PAD]\nx\u2028y\nนก\n", encoding="utf-8")
    assert read_vocabulary(words) == {"[PAD]": 0, "x\u2028y": 1, "นก": 2}
    assert read_vocabulary(tmp_path) is None


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "{}",
        '{"model": {"vocab": 3}}',
        '{"model": {"vocab": [1]}}',
        '{"model": {"vocab": {"a": "0"}}}',
        '{"model": {"vocab": {"a": -1}}}',
        '{"model": {"vocab": {"a": 0}}, "added_tokens": [{"id": 1}]}',
    ],
)
def test_a_broken_tokenizer_is_one_line(tmp_path: Path, body: str) -> None:
    (tmp_path / "tokenizer.json").write_text(body)
    with pytest.raises(UserError) as caught:
        read_vocabulary(tmp_path)
    assert "tokenizer.json" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_same_files_are_the_same_bytes_of_the_same_names(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    assert not same_files(one, other)  # no tokenizer is no evidence
    tiny.tokenizer(one, tiny.vocabulary(3))
    assert not same_files(one, other)
    tiny.tokenizer(other, tiny.vocabulary(3))
    assert same_files(one, other)
    (one / "added_tokens.json").write_text("{}")
    assert not same_files(one, other) and not same_files(other, one)
    (one / "added_tokens.json").unlink()
    text = (one / "tokenizer.json").read_text()
    (other / "tokenizer.json").write_text(text.replace('"a"', '"A"'))
    assert not same_files(one, other)
