"""From measured points to a choice of alpha: GRP, its argmax, and what the choice costs."""

from ggez.choosing.grp import (
    RETENTION_FLOOR,
    Choice,
    Point,
    alpha_98,
    alpha_kof,
    best_alpha,
    gain,
    grp,
    nearest_alpha,
    regret,
    retention,
)

__all__ = [
    "RETENTION_FLOOR",
    "Choice",
    "Point",
    "alpha_98",
    "alpha_kof",
    "best_alpha",
    "gain",
    "grp",
    "nearest_alpha",
    "regret",
    "retention",
]
