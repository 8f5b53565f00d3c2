"""The card of an imported eval set: limits, source and licence first."""

from __future__ import annotations

from collections import Counter
from types import ModuleType
from typing import Any

from ggez.types import Region

CARD = """---
license: {licence}
task_categories: [image-text-to-text]
language: [{languages}]
pretty_name: {title}
---
# {title}

**Limits first.** {limits} {retrieval}

**Source and licence.** Pictures and captions of {name}, `{source}` on the Hub, split `{split}`;
licence `{licence}`. They are under that licence, not under this project's: read its terms
before you pass the set on.

{what} Pictures are byte for byte those of the source. Queries are the captions. An item is one
picture, so intervals cluster by picture. The half of an item is a hash of its name.

| split | pictures | queries |
|---|---|---|
{table}

| {kind} | pictures |
|---|---|
{places}

{left_out}

SHA-256 over every split's pictures and metadata: {digests}.

Made by:

    python -m ggez eval-set import {reader} FOLDER --split {split} --region {region} --out DIR
"""

RETRIEVAL = (
    "Captions may fit other pictures of the set as well; a model that finds one of those is "
    "counted wrong, so scores are lower than what a person would give. Nobody of this project "
    "has checked pictures or captions."
)


def card(
    title: str,
    source: ModuleType,
    split: str,
    home: Region,
    inside: bool,
    splits: dict[str, dict[str, Any]],
    places: dict[str, int],
    languages: set[str],
    left_out: Counter[str],
) -> str:
    """The text of a README.md. `splits` has pictures, queries and digest of each split."""
    return CARD.format(
        licence=source.LICENCE,
        languages=", ".join(f"'{lang}'" for lang in sorted(languages)),
        title=title,
        limits=source.LIMITS,
        retrieval=RETRIEVAL,
        name=source.TITLE,
        source=source.SOURCE,
        split=split,
        what=f"Pictures from {'inside' if inside else 'outside'} {home.name} ({home.id}).",
        table="\n".join(f"| {k} | {v['pictures']} | {v['queries']} |" for k, v in splits.items()),
        kind="country" if inside else "world region",
        places="\n".join(f"| {name} | {n} |" for name, n in places.items()),
        left_out=_left_out(left_out),
        digests="; ".join(f"{k} `{v['digest']}`" for k, v in splits.items()),
        reader=source.NAME,
        region=home.id,
    )


def _left_out(reasons: Counter[str]) -> str:
    if not reasons:
        return "No row of the source was left out."
    told = "; ".join(f"{n} because {why}" for why, n in reasons.most_common())
    return f"Rows of the source left out of both sets: {told}."
