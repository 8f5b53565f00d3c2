"""Eval sets and the readers of the field's data sets."""

from ggez.data.eval_set import read_eval_set

__all__ = ["read_eval_set"]
