"""The frozen dataclasses that cross rooms. Nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

GRID: tuple[float, ...] = tuple(round(step * 0.05, 2) for step in range(21))
"""The α at which previews are prepared and sweeps measure unless asked otherwise."""


class UserError(Exception):
    """The input is wrong: one line that says what, where and how to mend it. Exit code 2."""


@dataclass(frozen=True)
class Estimate:
    """A measured value with a two-sided 95 % interval; None bounds mean "too few to say"."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0

    def as_json(self) -> dict[str, Any]:
        """The design's `{"value", "low", "high", "n"}`."""
        return dict(vars(self))


@dataclass(frozen=True)
class Country:
    """A country by ISO 3166 codes and its UN M49 place."""

    iso3: str
    iso2: str
    name: str
    subregion: str


@dataclass(frozen=True)
class Region:
    """A named set of countries."""

    id: str
    name: str
    countries: tuple[Country, ...]


@dataclass(frozen=True)
class Text:
    """A caption or query in one language (ISO 639-3)."""

    lang: str
    text: str


@dataclass(frozen=True)
class Case:
    """One picture of an eval set with its queries. `item` is what it shows."""

    id: str
    file: str
    item: str
    name: str
    countries: tuple[str, ...]
    region: str
    aspect: str
    queries: tuple[Text, ...]
    local: tuple[Text, ...] = ()
    held_out: bool = False
    """True where the eval set says that the tuned side never saw this item."""


@dataclass(frozen=True)
class EvalSet:
    """One split of an eval set, read from its folder. `digest` covers metadata and pixels."""

    name: str
    split: str
    root: str
    cases: tuple[Case, ...]
    digest: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """One checkpoint of a pair: a display name and where it lies (folder or Hub id)."""

    name: str
    path: str
    revision: str | None = None


@dataclass(frozen=True)
class Example:
    """A query offered as a chip; `gloss` says in English what it means."""

    lang: str
    text: str
    gloss: str = ""


@dataclass(frozen=True)
class PublishedPoint:
    """A point taken from a publication, not measured here."""

    alpha: float
    regional: float
    global_: float
    grp: float | None = None


@dataclass(frozen=True)
class PairSpec:
    """A base and a tuned checkpoint with what is needed to compare them: one YAML file."""

    id: str
    title: str
    family: str
    region: str
    base: Side
    tuned: Side
    file: str
    regional_set: str | None = None
    global_set: str | None = None
    sweeps: str | None = None
    note: str = ""
    source: str = ""
    metric: str = ""
    chance: float = 0.0
    examples: tuple[Example, ...] = ()
    published: tuple[PublishedPoint, ...] = ()

    @property
    def readonly(self) -> bool:
        """True where only published numbers exist and nothing can be merged."""
        return bool(self.published)


@dataclass(frozen=True)
class SweepPoint:
    """What one α measures. Percentages 0-100 except `gain` and `retention` (ratios).

    The two ratios are None where the base scores nothing: then they mean nothing.
    """

    alpha: float
    regional: Estimate
    global_: Estimate
    global_all: Estimate
    grp: Estimate
    gain: Estimate | None
    retention: Estimate | None
    countries: dict[str, Estimate] = field(default_factory=dict)
    aspects: dict[str, Estimate] = field(default_factory=dict)
    languages: dict[str, Estimate] = field(default_factory=dict)
    metrics: dict[str, Estimate] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The design's JSON of a sweep point (`global_` is spelt `global`)."""
        # a status holds thousands of estimates: dataclasses.asdict copies each ten times as slowly
        return {name.rstrip("_"): _json(value) for name, value in vars(self).items()}


@dataclass(frozen=True)
class Sweep:
    """The measured quality of a pair at several α."""

    pair: str
    family: str
    region: str
    method: str
    split: str
    global_weight: float
    metric: str
    chance: float
    points: tuple[SweepPoint, ...]
    digests: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """The design's JSON of `sweep`."""
        out = dict(vars(self)) | {"digests": dict(self.digests)}
        return out | {"points": [point.as_json() for point in self.points]}


def _json(value: Any) -> Any:
    if isinstance(value, Estimate):
        return value.as_json()
    if isinstance(value, dict):
        return {name: entry.as_json() for name, entry in value.items()}
    return value
