"""Step 1 of GG-EZ: keep what is of the region, and say of every row why or why not."""

from ggez.filtering.run import run_filter

__all__ = ["run_filter"]
