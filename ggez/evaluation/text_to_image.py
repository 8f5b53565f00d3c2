"""The embedding family's primary task: text→image R@1 over galleries of equal size.

A gallery holds one picture of every item of *both* eval sets, so regional and global queries
search the same number of pictures and a thing competes with its look-alike. There are as many
galleries as the scarcest item has pictures; an item with more is cut, so that every item weighs
the same. Chance is 1 / (number of items).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ggez.data.galleries import first_of_each, gallery_count
from ggez.evaluation.metrics import ranks, recall_at, reciprocal
from ggez.types import Case, EvalSet, Text, UserError

VERSION = "text-to-image-1"
METRIC = "text→image R@1 (%)"


@dataclass(frozen=True)
class TextToImage:
    """The task over one split of a regional and a global eval set."""

    regional: EvalSet
    global_: EvalSet

    def __post_init__(self) -> None:
        here = {case.item for case in self.regional.cases}
        if both := here & {case.item for case in self.global_.cases}:
            raise UserError(
                f"item {sorted(both)[0]!r} is in {self.regional.name} and in {self.global_.name}; "
                "a global set must lie outside the region"
            )

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """The pictures of all galleries: the regional set's, then the global set's."""
        every = self.regional.cases + self.global_.cases
        return first_of_each(every, gallery_count(every))

    @cached_property
    def items(self) -> dict[str, list[int]]:
        """Picture indices of every item, in order."""
        out: dict[str, list[int]] = defaultdict(list)
        for number, case in enumerate(self.cases):
            out[case.item].append(number)
        return dict(out)

    @cached_property
    def queries(self) -> list[tuple[str, Text]]:
        """Distinct (item, query) in a stable order."""
        seen = {(case.item, query): None for case in self.cases for query in case.queries}
        return list(seen)

    @property
    def galleries(self) -> int:
        """How many galleries every query is put to."""
        return min(len(pictures) for pictures in self.items.values())

    @property
    def chance(self) -> float:
        """R@1 of a blind guess, in percent."""
        return 100.0 / len(self.items)

    @property
    def digest(self) -> str:
        """What the scores depend on besides the weights."""
        return f"{VERSION}:{self.regional.digest[:16]}:{self.global_.digest[:16]}"

    def measure(
        self,
        pictures: np.ndarray,
        encode_texts: Callable[[list[str]], np.ndarray],
    ) -> dict[str, Any]:
        """Per-item scores of one model.

        Args: pictures (P, D) unit rows in the order of `cases`; encode_texts -> (Q, D) unit rows.
        Returns {item: {"n", "r1", "r5", "mrr", "languages": {lang: [sum of r1, n]}}}, means
        over queries and galleries in 0-1.
        """
        names = list(self.items)
        column = {item: number for number, item in enumerate(names)}
        correct = np.array([column[item] for item, _ in self.queries])
        texts = encode_texts([query.text for _, query in self.queries])
        ranking = np.stack(
            [
                ranks(texts @ pictures[[self.items[item][g] for item in names]].T, correct)
                for g in range(self.galleries)
            ]
        )
        first, fifth, mrr = recall_at(ranking, 1), recall_at(ranking, 5), reciprocal(ranking)
        out: dict[str, Any] = {}
        for item in names:
            own = correct == column[item]
            languages: dict[str, list[float]] = {}
            for query in np.flatnonzero(own):
                entry = languages.setdefault(self.queries[query][1].lang, [0.0, 0])
                entry[0] += float(first[:, query].sum())
                entry[1] += self.galleries
            out[item] = {
                "n": int(own.sum()) * self.galleries,
                "r1": float(first[:, own].mean()),
                "r5": float(fifth[:, own].mean()),
                "mrr": float(mrr[:, own].mean()),
                "languages": languages,
            }
        return out
