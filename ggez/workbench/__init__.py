"""Open pairs, jobs, caches: what the UI talks to. Importing this loads no torch."""

from ggez.workbench.workbench import Workbench

__all__ = ["Workbench"]
