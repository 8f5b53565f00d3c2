"""From measured points to a choice of alpha: GRP, its argmax, and what the choice costs."""

from ggez.choosing.grp import (
    RETENTION_FLOOR,
    Choice,
    Point,
    alpha_98,
    alpha_by_weight,
    alpha_kof,
    alpha_maximin,
    best_alpha,
    country_regrets,
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
    "alpha_by_weight",
    "alpha_kof",
    "alpha_maximin",
    "best_alpha",
    "country_regrets",
    "gain",
    "grp",
    "nearest_alpha",
    "regret",
    "retention",
]
