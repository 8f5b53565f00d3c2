"""Macro means and their intervals: a bootstrap over items, the same at every α.

Renders and phrasings of one item are not independent, so the item is the unit that is drawn.
Draws are stratified: a country (or world region) of at least `MIN_ITEMS` items is its own
stratum, the smaller ones are drawn together, for a stratum of one or two items would pretend to
have no variance at all. Of a stratum of n items n - 1 are drawn: the spread of the drawn means is
then an unbiased estimate of the mean's own error, where n draws of n make it too small by 1/n.
Source: Rao and Wu (1988), J. Am. Stat. Assoc. 83(401):231-241.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ggez.types import Estimate

MIN_ITEMS = 8
DRAWS = 4000
FEWEST_DRAWS = 100
UNDEFINED = 0.01


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
                max(1, len(members) - 1), np.full(len(members), 1 / len(members)), size=count
            )
        out[0] = 1
        return out

    def means(self, values: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """(draws, groups) group means of `values` (items,); NaN where a group was not drawn."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return draws @ (self.weights * values[:, None]) / (draws @ self.weights)

    def shares(self, draws: np.ndarray) -> np.ndarray:
        """(draws, items) each item's share of the macro mean over the groups drawn; rows sum to 1.

        The macro mean is linear in the items' values once the draw is known, so that every α and
        every metric costs one matrix product: `shares @ values`.
        """
        held = draws @ self.weights
        with np.errstate(divide="ignore"):
            each = np.where(held > 0, 1 / held, 0) / (held > 0).sum(1, keepdims=True)
        return draws * (each @ self.weights.T)

    def macro(self, values: np.ndarray, draws: np.ndarray) -> np.ndarray:
        """(draws,) unweighted mean over the groups drawn; of (items, k) values (draws, k)."""
        return self.shares(draws) @ values


def estimates(draws: np.ndarray, n: int, enough: bool = True) -> list[Estimate]:
    """One estimate a column: row 0 is the value, the rest give the 95 % percentile interval.

    A draw may leave a column undefined: none of its items was drawn, or it is a ratio to nothing.
    Up to `UNDEFINED` such draws are left out; with more there is no interval.
    """
    low, high = _bounds(draws, (2.5, 97.5), enough)
    return [
        Estimate(_clean(value), _known(below), _known(above), n)
        for value, below, above in zip(draws[0], low, high, strict=True)
    ]


def estimate(draws: np.ndarray, n: int, enough: bool = True) -> Estimate:
    """`estimates` of one column (draws,)."""
    return estimates(draws[:, None], n, enough)[0]


def lower_bounds(draws: np.ndarray, enough: bool = True) -> list[float | None]:
    """One-sided 95 % lower bound of every column; None where there is none to give."""
    (low,) = _bounds(draws, (5.0,), enough)
    return [_known(bound) for bound in low]


def _known(bound: float) -> float | None:
    return None if np.isnan(bound) else _clean(bound)


def _clean(value: float) -> float:
    """Nine decimals: a product of matrices is not the same to the last bit in any order."""
    return round(float(value), 9) + 0.0  # and no -0.0


def _bounds(draws: np.ndarray, percents: tuple[float, ...], enough: bool) -> np.ndarray:
    """(percents, columns); NaN where there are too few draws or too many that are not finite."""
    out = np.full((len(percents), draws.shape[1]), np.nan)
    if not enough or len(draws) <= FEWEST_DRAWS:
        return out
    finite = np.isfinite(draws[1:])
    whole = finite.all(0)
    columns = np.ascontiguousarray(draws[1:, whole].T)
    out[:, whole] = np.percentile(columns, percents, axis=1, overwrite_input=True)
    for column in np.flatnonzero(~whole & (finite.mean(0) >= 1 - UNDEFINED)):
        out[:, column] = np.percentile(draws[1:, column][finite[:, column]], percents)
    return out
