"""Reward functions that tests name as `module:function`."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image


def length(pictures: Sequence[Image.Image], captions: Sequence[str]) -> list[float]:
    assert all(picture.mode == "RGB" for picture in pictures)
    return [float(len(caption)) for caption in captions]


def broken(pictures: Sequence[Image.Image], captions: Sequence[str]) -> list[float]:
    raise ZeroDivisionError("no\nscale")


def short(pictures: Sequence[Image.Image], captions: Sequence[str]) -> list[float]:
    return [1.0] * (len(captions) - 1)


NUMBER = 3
