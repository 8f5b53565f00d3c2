"""The embedding family's tasks. The primary one is text→image R@1 over galleries of equal size.

A gallery holds one picture of every item of *both* eval sets, so regional and global queries
search the same number of pictures and a thing competes with its look-alike. There are as many
galleries as the scarcest item has pictures; an item with more is cut, so that every item weighs
the same. Chance is 1 / (number of items).

Beside it, from the same two matrices of features:

- text→image R@5, R@10 and MRR over the galleries, and AP over the pictures of all galleries at
  once, where an item's every picture is relevant (AP is not cut at any rank);
- image→text over the queries of all items in all languages at once, where all queries of the
  picture's item are relevant; R@k means *any hit* among the first k;
- zero-shot acc@1: a class an item, its templates the item's English queries, or all its queries
  where none is English.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ggez.data.galleries import first_of_each, gallery_count
from ggez.evaluation.metrics import (
    average_precision,
    class_row,
    first_hit,
    ranked_relevance,
    ranks,
    recall_at,
    reciprocal,
    zero_shot_hits,
)
from ggez.types import Case, EvalSet, Text, UserError

VERSION = "text-to-image-2"
METRIC = "text→image R@1 (%)"
TEMPLATES = "eng"
"""The language of the queries that name a class of the zero-shot task."""

MEASURES: dict[str, str] = {
    "r1": "R@1",
    "r5": "R@5",
    "r10": "R@10",
    "mrr": "MRR",
    "ap": "mAP",
    "i2t_r1": "I2T_R@1",
    "i2t_r5": "I2T_R@5",
    "i2t_r10": "I2T_R@10",
    "i2t_mrr": "I2T_MRR",
    "i2t_ap": "I2T_mAP",
    "zero_shot": "zero_shot",
}
"""What is kept of every item (0-1), and the name its mean is reported by."""


@dataclass(frozen=True)
class TextToImage:
    """The tasks over one split of a regional and a global eval set."""

    regional: EvalSet
    global_: EvalSet

    def __post_init__(self) -> None:
        here = {case.item for case in self.regional.cases}
        if both := here & {case.item for case in self.global_.cases}:
            raise UserError(
                f"item {sorted(both)[0]!r} is in {self.regional.name} and in {self.global_.name}; "
                "a global set must lie outside the region"
            )
        for case in self.regional.cases + self.global_.cases:
            if not case.countries or not all(case.countries):
                raise UserError(
                    f"{case.id}: item {case.item!r} has an empty country; fill in `countries`"
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

    @cached_property
    def texts(self) -> list[str]:
        """What is asked, one text a query."""
        return [query.text for _, query in self.queries]

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

    def score(self, pictures: np.ndarray, texts: np.ndarray) -> dict[str, Any]:
        """Per-item scores of one model.

        Args: unit rows, pictures (P, D) in the order of `cases`, texts (Q, D) in that of `texts`.
        Returns {item: {"n", every key of `MEASURES`, "languages": {lang: [sum of r1, n]}}}, means
        in 0-1 over the item's queries and galleries, or over its pictures where a picture asks.
        Raises UserError where a feature is not finite: such a model has no scores.
        """
        self._finite(pictures, texts)
        names = list(self.items)
        column = {item: number for number, item in enumerate(names)}
        of_query = np.array([column[item] for item, _ in self.queries])
        of_picture = np.array([column[case.item] for case in self.cases])
        ranking = self.rankings(pictures, texts, np.tile(of_query, (self.galleries, 1)))
        first = recall_at(ranking, 1)
        measured = {
            "r1": _per_item(first.mean(0), of_query),
            "r5": _per_item(recall_at(ranking, 5).mean(0), of_query),
            "r10": _per_item(recall_at(ranking, 10).mean(0), of_query),
            "mrr": _per_item(reciprocal(ranking).mean(0), of_query),
        }
        scores, relevant = texts @ pictures.T, of_query[:, None] == of_picture
        measured["ap"] = _per_item(average_precision(ranked_relevance(scores, relevant)), of_query)
        for name, values in _image_to_text(scores.T, relevant.T):
            measured[name] = _per_item(values, of_picture)
        classes = np.stack([class_row(texts[rows]) for rows in self._templates()])
        hits = zero_shot_hits(pictures, classes, of_picture)
        measured["zero_shot"] = _per_item(hits, of_picture)
        languages = self._languages(first.sum(0))
        asked = np.bincount(of_query) * self.galleries
        return {
            item: {"n": int(asked[number])}
            | {name: float(values[number]) for name, values in measured.items()}
            | {"languages": languages[item]}
            for number, item in enumerate(names)
        }

    def rankings(self, pictures: np.ndarray, texts: np.ndarray, correct: np.ndarray) -> np.ndarray:
        """(galleries, Q) rank of the right picture of each gallery.

        Args: correct (galleries, Q), which item's picture is right, by its number.
        """
        return np.stack(
            [
                ranks(texts @ pictures[[rows[g] for rows in self.items.values()]].T, correct[g])
                for g in range(self.galleries)
            ]
        )

    def _templates(self) -> Iterator[list[int]]:
        """Rows of the queries that name each item."""
        rows: dict[str, list[int]] = defaultdict(list)
        english: dict[str, list[int]] = defaultdict(list)
        for number, (item, query) in enumerate(self.queries):
            rows[item].append(number)
            if query.lang == TEMPLATES:
                english[item].append(number)
        for item in self.items:
            yield english[item] or rows[item]

    def _languages(self, hits: np.ndarray) -> dict[str, dict[str, list[float]]]:
        out: dict[str, dict[str, list[float]]] = defaultdict(dict)
        for (item, query), hit in zip(self.queries, hits, strict=True):
            entry = out[item].setdefault(query.lang, [0.0, 0])
            entry[0] += float(hit)
            entry[1] += self.galleries
        return out

    def _finite(self, pictures: np.ndarray, texts: np.ndarray) -> None:
        whole = np.isfinite(pictures).all(1), np.isfinite(texts).all(1)
        for rows, kind, names in zip(
            whole, ("pictures", "texts"), ([c.id for c in self.cases], self.texts), strict=True
        ):
            if not rows.all():
                first = names[int(np.argmin(rows))]
                raise UserError(
                    f"the model gives NaN or infinity for {int((~rows).sum())} of {len(rows)} "
                    f"{kind}, first for {first!r}; a weight is broken or overflows: check both "
                    "checkpoints"
                )


def _per_item(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """(items,) means of `values` over what each item owns."""
    return np.bincount(owner, values) / np.bincount(owner)


def _image_to_text(scores: np.ndarray, relevant: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    ranked = ranked_relevance(scores, relevant)
    best = first_hit(ranked)
    for k in (1, 5, 10):
        yield f"i2t_r{k}", recall_at(best, k)
    yield "i2t_mrr", reciprocal(best)
    yield "i2t_ap", average_precision(ranked)
