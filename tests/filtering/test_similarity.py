"""Similarity on features whose truth is known: a world of things seen from two sides."""

from __future__ import annotations

import numpy as np

from ggez.filtering import similarity as module
from ggez.filtering.similarity import AGREES, neighbours, similarity

THINGS, REGIONAL, EACH, WIDTH = 40, 16, 24, 48


def world(noise: float, seed: int = 0) -> dict[str, np.ndarray]:
    """Rows of things, the first ones regional: half of these named; some captions are wrong."""
    rng = np.random.default_rng(seed)
    centres = unit(rng.normal(size=(THINGS, WIDTH)))
    thing = np.repeat(np.arange(THINGS), EACH)
    said = thing.copy()
    wrong = rng.random(len(thing)) < 0.1
    said[wrong] = rng.integers(THINGS, size=wrong.sum())
    named = (said < REGIONAL) & (rng.random(len(thing)) < 0.5)
    pictures = unit(centres[thing] + noise * rng.normal(size=(len(thing), WIDTH)))
    captions = unit(centres[said] + noise / 2 * rng.normal(size=(len(thing), WIDTH)))
    return {
        "pictures": pictures,
        "captions": captions,
        "thing": thing,
        "said": said,
        "named": named,
    }


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def judged(w: dict[str, np.ndarray]) -> module.Similarity:
    rows = np.arange(len(w["thing"]))
    things = [
        f"t{said}" if named else "" for said, named in zip(w["said"], w["named"], strict=True)
    ]
    return similarity(w["pictures"], w["captions"], rows, rows, things)


def test_unnamed_regional_rows_are_found_and_others_are_not() -> None:
    w = world(0.06)
    found = judged(w)
    assert found.support is not None
    open_rows = (w["thing"] == w["said"]) & ~w["named"]
    kept = open_rows & (found.agreement >= AGREES) & (found.support >= 0.8)
    here = w["thing"] < REGIONAL
    assert here[kept].mean() > 0.97
    assert kept[open_rows & here].mean() > 0.9


def test_wrong_captions_pass_no_more_often_than_chance_allows() -> None:
    for noise in (0.06, 0.2, 0.5):
        w = world(noise, seed=3)
        found = judged(w)
        wrong = w["thing"] != w["said"]
        assert (found.agreement[wrong] >= AGREES).mean() < 1 - AGREES + 0.1
        right = (found.agreement[~wrong] >= AGREES).mean()
        assert right > (found.agreement[wrong] >= AGREES).mean() + 0.2


def test_a_base_that_knows_nothing_keeps_hardly_anything_unnamed() -> None:
    w = world(0.06)
    rng = np.random.default_rng(1)
    w["pictures"] = unit(rng.normal(size=w["pictures"].shape))
    found = judged(w)
    kept = ~w["named"] & (found.agreement >= AGREES)
    if found.support is not None:
        kept &= found.support >= 0.8
    assert kept.mean() < 0.05


def test_like_is_a_row_that_names_what_the_picture_shows() -> None:
    w = world(0.06)
    found = judged(w)
    here = w["thing"] < REGIONAL
    like = found.like[here]
    assert (like >= 0).all()
    assert w["named"][like].all()
    assert (w["thing"][like] == w["thing"][here]).mean() > 0.9
    assert (like != np.flatnonzero(here)).all(), "a row is not its own witness"


def test_too_few_examples_leave_support_untold() -> None:
    w = world(0.06)
    w["named"][:] = False
    found = judged(w)
    assert found.support is None and found.picture is None
    assert (found.like == -1).all()


def test_one_caption_everywhere_is_no_chance_pair() -> None:
    w = world(0.06)
    rows = np.arange(len(w["thing"]))
    found = similarity(w["pictures"], w["captions"][:1], rows, 0 * rows, ["pho"] * len(rows))
    assert (found.agreement == 1).all()
    assert found.numbers["chance_pairs"] == 0


def test_neighbours_are_the_nearest_others() -> None:
    features = unit(np.random.default_rng(2).normal(size=(70, 8)))
    cosine = features @ features.T
    np.fill_diagonal(cosine, -2)
    wanted = [set(np.argsort(-line)[: module.NEIGHBOURS].tolist()) for line in cosine]
    for part, near, weight in neighbours(features):
        for number, line in enumerate(near, start=part.start):
            assert set(line.tolist()) == wanted[number]
        assert np.allclose(weight, np.exp(module.SHARPNESS * (
            np.take_along_axis(cosine[part], near, 1) - 1)), rtol=1e-3)  # fmt: skip


def test_one_row_has_no_neighbour() -> None:
    assert list(neighbours(np.ones((1, 4), dtype=np.float32))) == []
