"""From evidence to a decision: one rule applies to each row, and says so in words."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ggez.filtering.gazetteer import Hit
from ggez.filtering.similarity import AGREES, Similarity, odds_times

NAMED_MIN = 0.1
"""Least `picture` of a row that names a regional thing: one in ten, or the name is taken for
something else's."""
SEEN_MIN = 0.8
"""Least `support` of a row that names nothing: odds of four to one."""
LANGUAGE_MIN, LANGUAGE_ODDS = 0.5, 4.0
"""A caption whose language has more than this share of its countries in the region multiplies the
odds by so much."""

RULES = {
    "named": "kept: names a regional thing, and the picture fits",
    "seen": "kept: names nothing, but shows what others name",
    "spoken": "kept: in a language of the region, and shows what others name",
    "unreadable": "dropped: the picture cannot be decoded",
    "evaluated": "dropped: a picture of an eval set, or nearly one",
    "duplicate": "dropped: repeats another row's picture and caption",
    "contradicted": "dropped: names a regional thing, but the picture does not fit",
    "mismatch": "dropped: names nothing regional, and picture and caption do not fit",
    "elsewhere": "dropped: names a thing of other countries",
    "nothing": "dropped: nothing points at the region strongly enough",
    "reward": "dropped: the reward model's score is too low",
}
"""Every rule with what it means; the first three keep a row."""


@dataclass(frozen=True)
class Decision:
    """What became of a row. `score` (0 to 1) is the lesser of its agreement and its support;
    a row that names a thing needs less support. `thing` is what the row is about, or ""."""

    kept: bool
    score: float
    rule: str
    reason: str
    thing: str = ""


def dropped(rule: str, reason: str, score: float = 0.0) -> Decision:
    """A row that is left out."""
    return Decision(False, score, rule, reason)


def decide(
    hits: list[tuple[Hit, ...]],
    languages: np.ndarray,
    found: Similarity,
    countries: Collection[str],
) -> list[Decision]:
    """Decisions of rows with their terms, language evidence (N,) and similarity."""
    support = found.support
    if support is not None:
        support = odds_times(support, np.where(languages > LANGUAGE_MIN, LANGUAGE_ODDS, 1.0))
    things = [thing_of(row, countries) for row in hits]
    out = []
    for number, row in enumerate(hits):
        agreement = float(found.agreement[number])
        backed = float(support[number]) if support is not None else 0.0
        score = round(min(agreement, backed if support is not None else agreement), 4)
        like = int(found.like[number])
        here, there = _split(row, countries)
        if here:
            named = _told(here[0])
            if agreement < AGREES:
                why = f"names {named}, but the picture does not look like this caption"
                out.append(dropped("contradicted", why, score))
            elif found.picture is not None and found.picture[number] < NAMED_MIN:
                why = f"names {named}, but pictures like this one have other captions"
                out.append(dropped("contradicted", why, score))
            else:
                why = f"names {named}, and the picture fits"
                out.append(Decision(True, score, "named", why, here[0].term.thing))
        elif there:
            out.append(dropped("elsewhere", f"names {_told(there[0])}, outside the region", score))
        elif agreement < AGREES:
            why = "names nothing of the region, and picture and caption do not fit"
            out.append(dropped("mismatch", why, score))
        elif support is not None and backed >= SEEN_MIN:
            thing = things[like] if like >= 0 else ""
            seen = f"looks like what others call {thing}" if thing else "looks regional"
            # The language decided only where the row would not have been kept without it.
            spoken = found.support is not None and found.support[number] < SEEN_MIN
            rule = "spoken" if spoken else "seen"
            said = "is in a language of the region, and" if spoken else "names nothing, but"
            out.append(Decision(True, score, rule, f"{said} {seen}", thing))
        else:
            out.append(dropped("nothing", "nothing points at the region strongly enough", score))
    return out


def thing_of(hits: tuple[Hit, ...], countries: Collection[str]) -> str:
    """The first thing of the region that a caption names, or ""."""
    here, _ = _split(hits, countries)
    return here[0].term.thing if here else ""


def _split(hits: tuple[Hit, ...], countries: Collection[str]) -> tuple[list[Hit], list[Hit]]:
    here = [hit for hit in hits if set(hit.term.countries) & set(countries)]
    return here, [hit for hit in hits if hit not in here]


def _told(hit: Hit) -> str:
    return f"{hit.term.term} ({', '.join(hit.term.countries)})"
