"""A reward model as a filter's last word: any callable that scores pictures with captions.

The paper keeps what UnifiedReward scores 3 or more. Nothing is called unless it is named, as
`module:function`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol

from PIL import Image

from ggez.data.image_folder import load_picture
from ggez.types import UserError

BATCH = 32

Progress = Callable[[int, int, str], None]


class Reward(Protocol):
    """Scores of RGB pictures with their captions, one for each, higher is better."""

    def __call__(  # noqa: D102
        self, pictures: Sequence[Image.Image], captions: Sequence[str]
    ) -> Sequence[float]: ...


def load_reward(name: str) -> Reward:
    """The callable that `module:function` names. Raises UserError where there is none."""
    module, _, function = name.partition(":")
    how = "write module:function, with the module on PYTHONPATH"
    if not module or not function:
        raise UserError(f"reward {name!r} names no function; {how}")
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise UserError(f"reward {name!r} cannot be imported ({error}); {how}") from None
    if not callable(found):
        raise UserError(f"reward {name!r} is no function; {how}")
    return found


def rewards(
    reward: Reward, files: Sequence[Path], captions: Sequence[str], progress: Progress
) -> Iterator[float]:
    """A score for each picture with its caption. Raises UserError where the callable fails."""
    for start in range(0, len(files), BATCH):
        some = captions[start : start + BATCH]
        pictures = [load_picture(file) for file in files[start : start + BATCH]]
        try:
            scores = [float(score) for score in reward(pictures, some)]
        except Exception as error:
            # It is foreign code: whatever it raises, its user needs the line, not our traceback.
            told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise UserError(f"the reward function failed on {files[start]}: {told}") from None
        if len(scores) != len(some) or any(math.isnan(score) for score in scores):
            raise UserError(
                f"the reward function gave {len(scores)} scores for {len(some)} pictures or no "
                "number; it must return one number for each"
            )
        yield from scores
        progress(start + len(some), len(files), "rewards")
