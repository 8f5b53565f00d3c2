"""Pictures that are there twice: the same pixels, or nearly.

A picture is described by the mean colours of a 16x16 grid. Two are near copies where these differ
by at most `MEAN` on average and `MOST` anywhere: saved again as JPEG or WebP, or resized, a
picture stays well within; two renders or two photographs of one thing do not. A crop, a mirror
image or another brightness is not seen. Colours rather than a hash of edges, because in flat
drawings the sign of a small difference is noise; and rather than a model's features, because those
are made to be equal for two pictures of one thing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial import cKDTree

from ggez.data.image_folder import load_picture
from ggez.filtering.reward import Progress

GRID = 16
MEAN, MOST = 4.0, 40.0
"""Levels of 255. A copy saved as JPEG of quality 30 differs by about 2 and 12."""


@dataclass(frozen=True)
class Print:
    """What a picture is recognised by: their number, a digest of them, (768,) mean colours."""

    pixels: int
    digest: str
    colours: np.ndarray


def print_of(picture: Image.Image) -> Print:
    """The print of a decoded RGB picture; its digest covers size and pixels, not the file."""
    told = hashlib.sha256(f"{picture.width}x{picture.height}".encode())
    told.update(picture.tobytes())
    small = picture.resize((GRID, GRID), Image.Resampling.BOX)
    colours = np.asarray(small, dtype=np.int16).ravel()
    return Print(picture.width * picture.height, told.hexdigest(), colours)


def near_pairs(prints: Sequence[Print], others: Sequence[Print]) -> list[tuple[int, int]]:
    """All (i, j) with prints[i] and others[j] near copies, same pixels included, in order."""
    if not prints or not others:
        return []
    left, right = (np.stack([p.colours for p in some]) for some in (prints, others))
    # The quarters' mean colours cannot differ by more than the grid's: a sieve that loses nothing.
    coarse = [_quarters(some) for some in (left, right)]
    found = cKDTree(coarse[0]).query_ball_tree(cKDTree(coarse[1]), r=12 * MEAN + 1e-6, p=1)
    out = []
    for i, near in enumerate(found):
        for j in sorted(near):
            difference = np.abs(left[i] - right[j])
            if difference.mean() <= MEAN and difference.max() <= MOST:
                out.append((i, j))
    return out


def evaluated(root: Path, progress: Progress) -> tuple[list[str], list[Print]]:
    """Every picture below a folder of eval sets: its name there and its print."""
    known = Image.registered_extensions()
    files = sorted(file for file in root.rglob("*") if file.suffix.lower() in known)
    names, prints = [], []
    for number, file in enumerate(files, start=1):
        try:
            prints.append(print_of(load_picture(file)))
        except ValueError:
            continue  # a picture that nobody can open is in no evaluation either
        names.append(file.relative_to(root).as_posix())
        progress(number, len(files), "pictures of eval sets")
    return names, prints


def overlaps(prints: Sequence[Print], names: Sequence[str], of: Sequence[Print]) -> dict[int, str]:
    """Which prints are, or nearly are, a picture of an eval set: index -> in words."""
    out: dict[int, str] = {}
    for i, j in near_pairs(prints, of):
        if prints[i].digest == of[j].digest:
            out[i] = f"is the picture {names[j]} of an eval set"
        else:
            out.setdefault(i, f"is nearly the picture {names[j]} of an eval set")
    return out


def repeats(
    prints: Sequence[Print], rows: Iterable[tuple[int, str]]
) -> dict[int, tuple[int, bool]]:
    """Rows (print, folded caption) that repeat an earlier one: number -> (the other, same pixels).

    The same picture with another caption is no repetition: it says something new.
    """
    near: dict[int, list[int]] = {i: [] for i in range(len(prints))}
    for i, j in near_pairs(prints, prints):
        near[i].append(j)
    first: dict[tuple[int, str], int] = {}
    out: dict[int, tuple[int, bool]] = {}
    for number, (picture, caption) in enumerate(rows):
        others = [first[key] for j in near[picture] if (key := (j, caption)) in first]
        if (same := first.get((picture, caption))) is not None:
            out[number] = (same, True)
        elif others:
            out[number] = (min(others), False)
        else:
            first[picture, caption] = number
    return out


def _quarters(colours: np.ndarray) -> np.ndarray:
    half = GRID // 2
    cells = colours.reshape(-1, 2, half, 2, half, 3).astype(np.float64)
    return cells.mean(axis=(2, 4)).reshape(len(colours), 12)
