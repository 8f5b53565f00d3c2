"""Copies are found, renders of one thing are not copies."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from ggez.filtering.duplicates import near_pairs, overlaps, print_of, repeats
from ggez.pocket.render import render
from ggez.pocket.splits import TRAIN
from ggez.pocket.world import read_world

ITEMS = read_world()[:3]
PICTURES = [Image.fromarray(render(item, TRAIN, seed)) for item in ITEMS for seed in range(24)]
PRINTS = [print_of(picture) for picture in PICTURES]


def saved(
    picture: Image.Image, size: tuple[int, int] = (128, 128), **options: object
) -> Image.Image:
    buffer = io.BytesIO()
    picture.resize(size).save(buffer, **options)  # type: ignore[arg-type]
    return Image.open(buffer).convert("RGB")


def test_renders_of_one_thing_are_not_near_copies() -> None:
    assert near_pairs(PRINTS, PRINTS) == [(i, i) for i in range(len(PRINTS))]


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((128, 128), {"format": "JPEG", "quality": 60}),
        ((128, 128), {"format": "WEBP", "quality": 50}),
        ((64, 64), {"format": "PNG"}),
        ((300, 280), {"format": "JPEG", "quality": 80}),
    ],
)
def test_a_copy_saved_again_is_near_its_original_alone(
    size: tuple[int, int], options: dict[str, object]
) -> None:
    copies = [print_of(saved(picture, size, **options)) for picture in PICTURES[::6]]
    assert near_pairs(copies, PRINTS) == [(i, 6 * i) for i in range(len(copies))]
    assert all(copy.digest != PRINTS[6 * i].digest for i, copy in enumerate(copies))


def test_the_sieve_loses_no_pair() -> None:
    rng = np.random.default_rng(0)
    base = rng.integers(0, 255, (40, 32, 32, 3), dtype=np.uint8)
    strength = np.linspace(0.4, 1.2, 40)[:, None, None, None]
    shift = strength * rng.integers(-18, 19, base.shape)
    moved = np.clip(base + shift, 0, 255).astype(np.uint8)
    left, right = ([print_of(Image.fromarray(p)) for p in some] for some in (base, moved))
    differences = [(np.abs(a.colours - b.colours)) for a in left for b in right]
    near = [d.mean() <= 4 and d.max() <= 40 for d in differences]
    wanted = [divmod(number, 40) for number, yes in enumerate(near) if yes]
    assert 5 < len(wanted) < 40, "some just near enough, some just not"
    assert near_pairs(left, right) == wanted


def test_the_digest_is_of_pixels_and_size_not_of_the_file() -> None:
    again = saved(PICTURES[0], format="PNG", compress_level=9)
    assert print_of(again).digest == PRINTS[0].digest
    flat, tall = Image.new("RGB", (8, 2)), Image.new("RGB", (2, 8))
    assert print_of(flat).digest != print_of(tall).digest


def test_a_row_repeats_only_with_the_same_caption() -> None:
    near = print_of(saved(PICTURES[0], format="JPEG", quality=70))
    prints = [PRINTS[0], PRINTS[1], near]
    rows = [(0, "pho"), (0, "a soup"), (1, "pho"), (0, "pho"), (2, "pho"), (2, "new")]
    assert repeats(prints, rows) == {3: (0, True), 4: (0, False)}


def test_overlap_says_which_picture_and_how() -> None:
    near = print_of(saved(PICTURES[5], format="JPEG", quality=70))
    found = overlaps([PRINTS[0], PRINTS[5]], ["set/a.webp", "set/b.webp"], [PRINTS[0], near])
    assert found == {
        0: "is the picture set/a.webp of an eval set",
        1: "is nearly the picture set/b.webp of an eval set",
    }
