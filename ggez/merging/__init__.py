"""Step 2 of GG-EZ: plan a merge from headers, hold it live in memory, blend by a method."""

from ggez.merging.live import LiveMerge
from ggez.merging.plan import Plan, Problem, TensorPlan, plan_merge, read_headers

__all__ = ["LiveMerge", "Plan", "Problem", "TensorPlan", "plan_merge", "read_headers"]
