"""Decide for every tensor what a merge will do, from file headers alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from ggez.types import UserError

FLOATING = {"F64", "F32", "F16", "BF16"}
Component = Callable[[str], str]


@dataclass(frozen=True)
class Header:
    """Shape and safetensors dtype of one stored tensor."""

    shape: tuple[int, ...]
    dtype: str

    def __str__(self) -> str:
        return f"{self.dtype} {list(self.shape)}"

    @property
    def numel(self) -> int:
        """Number of elements."""
        total = 1
        for size in self.shape:
            total *= size
        return total


@dataclass(frozen=True)
class TensorPlan:
    """What happens to one tensor: "merge" or "copy" (from base), and why."""

    name: str
    decision: str
    component: str
    header: Header
    reason: str


@dataclass(frozen=True)
class Problem:
    """A tensor that stops the merge: both sides, what is wrong, the way out."""

    tensor: str
    base: str
    tuned: str
    problem: str
    fix: str

    def __str__(self) -> str:
        return f"{self.tensor}: base {self.base}, tuned {self.tuned}: {self.problem}; {self.fix}"


@dataclass(frozen=True)
class Plan:
    """The decisions of a merge, ordered so that each component is contiguous."""

    tensors: tuple[TensorPlan, ...]
    problems: tuple[Problem, ...]

    @property
    def compatible(self) -> bool:
        """Whether the merge can run."""
        return not self.problems

    def counts(self) -> dict[str, int]:
        """Tensors per decision; "blocked" counts the problems."""
        out = {"merge": 0, "copy": 0, "blocked": len(self.problems)}
        for tensor in self.tensors:
            out[tensor.decision] += 1
        return out

    def require_compatible(self) -> Plan:
        """This plan, or UserError with the first problem in one line."""
        if self.problems:
            more = len(self.problems) - 1
            raise UserError(f"{self.problems[0]}" + (f" (and {more} more)" if more else ""))
        return self


def read_headers(file: Path) -> dict[str, Header]:
    """Names, shapes and dtypes of a safetensors file, without reading a weight."""
    if not file.exists():
        raise UserError(f"{file}: no such file; check the checkpoint's folder")
    try:
        with safe_open(file, framework="pt") as opened:
            return {
                name: Header(tuple(opened.get_slice(name).get_shape()), _dtype(opened, name))
                for name in opened.keys()  # noqa: SIM118 (not a mapping)
            }
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{file}: not a readable safetensors file ({error}); fetch it again"
        ) from None


def plan_merge(
    base: Mapping[str, Header], tuned: Mapping[str, Header], component_of: Component
) -> Plan:
    """Plan from two headers. Integers are copied: an averaged position id is a wrong one."""
    tensors, problems = [], []
    for name in sorted(base.keys() | tuned.keys()):
        one, other = base.get(name), tuned.get(name)
        if one is None or other is None:
            side = "base" if one is None else "tuned"
            problems.append(
                Problem(
                    name, str(one or "absent"), str(other or "absent"), f"missing in {side}",
                    "both sides must be of one architecture",
                )
            )  # fmt: skip
        elif one.shape != other.shape:
            problems.append(
                Problem(name, str(one), str(other), "shapes differ", "use checkpoints of one size")
            )
        elif one.dtype != other.dtype:
            problems.append(
                Problem(name, str(one), str(other), "dtypes differ", "save both in one dtype")
            )
        else:
            merge = one.dtype in FLOATING
            reason = "floating point" if merge else "not floating point: taken from base"
            tensors.append(
                TensorPlan(name, "merge" if merge else "copy", component_of(name), one, reason)
            )
    tensors.sort(key=lambda t: (t.header.dtype, t.component, t.name))
    return Plan(tuple(tensors), tuple(problems))


def _dtype(opened: object, name: str) -> str:
    return opened.get_slice(name).get_dtype()  # type: ignore[attr-defined]
