"""Galleries of equal size: each takes one picture of every item."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from ggez.types import Case

SHOWN = 200
"""The fewest pictures that Explore searches while α moves, where there are so many."""


def gallery_count(cases: Iterable[Case]) -> int:
    """How many galleries there are: as many as the scarcest item has pictures."""
    return min(Counter(case.item for case in cases).values())


def first_of_each(cases: Iterable[Case], count: int) -> tuple[Case, ...]:
    """The first `count` pictures of every item, in their order."""
    seen: Counter[str] = Counter()
    out = []
    for case in cases:
        seen[case.item] += 1
        if seen[case.item] <= count:
            out.append(case)
    return tuple(out)


def shown(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Whole galleries until they hold `SHOWN` pictures, or all that there are."""
    if not cases:
        return ()
    wanted = math.ceil(SHOWN / len({case.item for case in cases}))
    return first_of_each(cases, min(wanted, gallery_count(cases)))
