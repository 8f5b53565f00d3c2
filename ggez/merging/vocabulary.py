"""Vocabularies and the rows of embeddings: which row of tuned means the same token as base's.

Two tokenizers may give one token different ids, and embeddings are often padded beyond the
tokenizer. Rows are therefore paired by the token's string, never by their number.
"""

from __future__ import annotations

import filecmp
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ggez.models.folders import read_json
from ggez.types import UserError

FAST, BPE, ADDED, WORDPIECE = "tokenizer.json", "vocab.json", "added_tokens.json", "vocab.txt"

ROWS = (
    "embed_tokens.weight", "token_embedding.weight", "lm_head.weight", "lm_head.bias",
    "word_embeddings.weight", "wte.weight", "shared.weight",
)  # fmt: skip
"""How tensors end whose rows are tokens."""

Vocabulary = Mapping[str, int]
"""Token string -> row."""


@dataclass(frozen=True)
class Alignment:
    """Which rows of two embeddings are blended: `base[i]` with `tuned[i]`.

    `kept` rows of base have no counterpart and stay base's: tokens that tuned lacks, and
    padding. `lost` tokens exist in tuned only; base's tokenizer cannot write them.
    """

    base: tuple[int, ...]
    tuned: tuple[int, ...]
    kept: tuple[int, ...]
    lost: tuple[str, ...]

    @property
    def moved(self) -> int:
        """Pairs whose row numbers differ."""
        return sum(one != other for one, other in zip(self.base, self.tuned, strict=True))


def is_rows(name: str) -> bool:
    """Whether the rows of a tensor are tokens, by its name."""
    return name.endswith(ROWS)


def align_rows(base: Vocabulary, tuned: Vocabulary, base_rows: int, tuned_rows: int) -> Alignment:
    """Pair the rows of base's embedding with tuned's by token string. Pure.

    Tokens whose id lies beyond their embedding have no row. Where two strings share an id,
    the first in base's vocabulary speaks for the row.
    """
    pairs: dict[int, int] = {}
    for token, row in base.items():
        other = tuned.get(token)
        if row < base_rows and other is not None and other < tuned_rows:
            pairs.setdefault(row, other)
    ordered = sorted(pairs.items())
    return Alignment(
        base=tuple(row for row, _ in ordered),
        tuned=tuple(other for _, other in ordered),
        kept=tuple(row for row in range(base_rows) if row not in pairs),
        lost=tuple(sorted((token for token in tuned if token not in base), key=tuned.__getitem__)),
    )


def read_vocabulary(folder: Path) -> dict[str, int] | None:
    """The vocabulary of a folder's tokenizer, added tokens included; None where none is read.

    Read are tokenizer.json (BPE, WordPiece, WordLevel, Unigram), vocab.json and vocab.txt, the
    last two with added_tokens.json. A bare sentencepiece model is not.
    """
    if (folder / FAST).is_file():
        return _fast(folder / FAST)
    if (folder / BPE).is_file():
        found = _ids(folder / BPE, read_json(folder / BPE))
    elif (folder / WORDPIECE).is_file():
        try:
            # a token may hold a Unicode line separator, so only newlines end a line
            lines = (folder / WORDPIECE).read_text(encoding="utf-8").rstrip("\n").split("\n")
        except (OSError, ValueError) as error:
            raise UserError(f"{folder / WORDPIECE}: not readable ({error}); restore it") from None
        found = {token: row for row, token in enumerate(lines)}
    else:
        return None
    added = read_json(folder / ADDED) if (folder / ADDED).is_file() else {}
    return found | _ids(folder / ADDED, added)


def same_files(base: Path, tuned: Path) -> bool:
    """Whether two folders have the same tokenizer, byte for byte: nothing need be parsed then."""
    known = (FAST, BPE, ADDED, WORDPIECE)
    names = [name for name in known if (base / name).is_file() or (tuned / name).is_file()]
    return bool(names) and all(
        (base / name).is_file()
        and (tuned / name).is_file()
        and filecmp.cmp(base / name, tuned / name, shallow=False)
        for name in names
    )


def _fast(file: Path) -> dict[str, int]:
    body = read_json(file)
    model, added = body.get("model"), body.get("added_tokens") or []
    vocab: Any = model.get("vocab") if isinstance(model, dict) else None
    try:
        if isinstance(vocab, list):  # Unigram: pieces with scores, the row is the place
            vocab = {piece[0]: row for row, piece in enumerate(vocab)}
        added = {token["content"]: token["id"] for token in added}
    except (TypeError, KeyError, IndexError):
        raise UserError(f"{file}: its vocabulary is not in a known form; restore it") from None
    if not isinstance(vocab, dict):
        raise UserError(f"{file}: holds no vocabulary; restore it")
    return _ids(file, vocab | added)


def _ids(file: Path, vocab: dict[Any, Any]) -> dict[str, int]:
    for token, row in vocab.items():
        if not isinstance(token, str) or type(row) is not int or row < 0:
            raise UserError(f"{file}: token {str(token)[:40]!r} has no valid id; restore it")
    return vocab
