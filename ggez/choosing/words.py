"""A choice of α in one plain sentence, with its intervals, that claims no more than they show."""

from __future__ import annotations

import math

from ggez.choosing.grp import RETENTION_FLOOR
from ggez.types import SweepPoint

_LINE = f"{100 * RETENTION_FLOOR:.0f} %"


def choice_words(
    alpha: float, how: str, point: SweepPoint, reported: str, bound: float | None = None
) -> str:
    """What an α, and `how` it was come by, is worth by a point of the split that reports.

    `bound`, the one-sided 95 % lower bound of retention, is told in place of the two-sided
    interval: the claim of α₉₈ is one-sided.
    """
    lead = f"At α = {alpha:g}, {how},"
    if point.alpha != alpha:
        lead += f" by the nearest α that {reported} has, {point.alpha:g},"
    if point.alpha == 0:
        return f"{lead} the merge is base itself: nothing is gained and nothing is lost."
    return f"{lead} {_gain(point, reported)} and {_kept(point, bound)}."


def _gain(point: SweepPoint, reported: str) -> str:
    gain, what = point.gain, f"cultural quality on {reported} is"
    if gain is None:
        return (
            "base scores nothing in the region, so a gain in per cent means nothing; "
            f"{what} {point.regional.value:.1f}"
        )
    side = "below" if gain.value < 0 else "above"
    size = f"{abs(100 * gain.value):.1f} %"
    if gain.low is None or gain.high is None:
        if gain.value == 0:
            return f"{what} that of base (no interval: too few items or hits)"
        return f"{what} {size} {side} base (no interval: too few items or hits)"
    if gain.low <= 0 <= gain.high:
        return (
            f"{what} not shown to differ from base: {_signed(gain.value)} %"
            f" ({_signed(gain.low)} to {_signed(gain.high)})"
        )
    low, high = sorted((abs(gain.low), abs(gain.high)))
    return f"{what} {size} {side} base ({100 * low:.1f} to {100 * high:.1f})"


def _kept(point: SweepPoint, bound: float | None) -> str:
    kept = point.retention
    if kept is None:
        return "base scores nothing outside the region, so there is no global quality to keep"
    told = f"{100 * kept.value:.1f} % of global quality is kept"
    if bound is not None:
        told += f" (at least {_cut(bound)} % by a one-sided 95 % bound)"
        if bound >= RETENTION_FLOOR:
            return told
        return f"{told}, not shown to be {_LINE} or more"
    if kept.low is None or kept.high is None:
        return f"{told} (no interval: too few items or hits)"
    told += f" ({_cut(kept.low)} to {100 * kept.high:.1f})"
    if kept.high < RETENTION_FLOOR:
        return f"{told}, less than {_LINE}"
    return told if kept.low >= RETENTION_FLOOR else f"{told}, not shown to be {_LINE} or more"


def _cut(share: float) -> str:
    """In per cent, cut and not rounded: 0.9799 must not read as the 98 % it misses."""
    return f"{math.floor(1000 * share + 1e-9) / 10:.1f}"


def _signed(ratio: float) -> str:
    return f"{100 * ratio:+.1f}".replace("-", "−")
