"""Macro means and their intervals: a bootstrap over items, the same at every α.

Renders and phrasings of one item are not independent, so the item is the unit that is drawn.
Draws are stratified: a country (or world region) of at least `MIN_ITEMS` items is its own
stratum, the smaller ones are drawn together, for a stratum of one or two items would pretend to
have no variance at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ggez.types import Estimate

MIN_ITEMS = 8
DRAWS = 4000


@dataclass(frozen=True)
class Groups:
    """Items and the groups they count in.

    `weights` is (items, groups): an item shared by k groups counts 1/k in each.
    """

    items: tuple[str, ...]
    names: tuple[str, ...]
    weights: np.ndarray

    @classmethod
    def of(cls, members: dict[str, Sequence[str]]) -> Groups:
        """From {item: its groups}."""
        names = tuple(sorted({name for groups in members.values() for name in groups}))
        weights = np.zeros((len(members), len(names)))
        for row, groups in enumerate(members.values()):
            for name in groups:
                weights[row, names.index(name)] = 1 / len(groups)
        return cls(tuple(members), names, weights)

    def sizes(self) -> dict[str, int]:
        """Items of each group."""
        return dict(zip(self.names, (self.weights > 0).sum(0).tolist(), strict=True))

    def draws(self, rng: np.random.Generator, count: int = DRAWS) -> np.ndarray:
        """(count, items) how often each item is drawn; row 0 is every item once."""
        home = [self.names[int(np.argmax(row))] for row in self.weights]
        size = Counter(home)
        strata = np.array([name if size[name] >= MIN_ITEMS else "" for name in home])
        out = np.zeros((count, len(self.items)))
        for stratum in dict.fromkeys(strata.tolist()):
            members = np.flatnonzero(strata == stratum)
            out[:, members] = rng.multinomial(
                len(members), np.full(len(members), 1 / len(members)), size=count
            )
        out[0] = 1
        return out

    def means(self, values: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """(draws, groups) group means of `values` (items,); NaN where a group was not drawn."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return draws @ (self.weights * values[:, None]) / (draws @ self.weights)

    def macro(self, values: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """(draws,) unweighted mean over the groups drawn."""
        return np.nanmean(self.means(values, draws), axis=1)


def estimate(draws: np.ndarray, n: int, enough: bool = True) -> Estimate:
    """Row 0 is the value; the rest give the two-sided 95 % percentile interval."""
    value = float(draws[0])
    rest = draws[1:][np.isfinite(draws[1:])]
    if not enough or len(rest) < 100:
        return Estimate(value, None, None, n)
    low, high = np.percentile(rest, [2.5, 97.5])
    return Estimate(value, float(low), float(high), n)


def lower_bound(draws: np.ndarray) -> float:
    """One-sided 95 % lower bound."""
    rest = draws[1:][np.isfinite(draws[1:])]
    return float(np.percentile(rest, 5))
