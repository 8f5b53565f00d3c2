"""Decide for every tensor what a merge will do, from headers alone.

| decision | what happens |
|---|---|
| merge | blended from base and tuned |
| shared | the same bytes on both sides: base's, not touched |
| copy | taken from base: integers, statistics, parts that are not merged |
| align | rows of embeddings blended by token string, the others base's |
| tied | follows another tensor (`like`), which is merged once |
| blocked | a problem that names both sides and the way out |
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ggez.merging.headers import FLOAT8, FLOATING, Header, read_headers
from ggez.merging.vocabulary import Alignment, is_rows
from ggez.types import UserError

__all__ = ["Component", "Header", "Plan", "Problem", "TensorPlan", "plan_merge", "read_headers"]

DECISIONS = ("merge", "shared", "copy", "align", "tied", "blocked")
Component = Callable[[str], str]

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
BUFFERS = {"I64", "I32", "BOOL"}
"""Dtypes of what a library makes anew when it loads, position ids above all."""

QUANTISED = (
    *(".absmax", ".quant_map", ".SCB", ".weight_format", ".qweight", ".qzeros", ".g_idx"),
    *(".nested_absmax", ".nested_quant_map", ".weight_scale", ".weight_scale_inv"),
    *(".input_scale", ".weight_packed", ".weight_zero_point", ".weight_shape"),
)
"""How the tensors of bitsandbytes, GPTQ, AWQ, fp8 and compressed-tensors end."""

DEQUANTISE = "give the checkpoint from before it was quantised, and quantise after merging"
UNTIE = "tie it on both sides or on neither (tie_word_embeddings), and save again"
ABSENT = "absent"


@dataclass(frozen=True)
class TensorPlan:
    """What happens to one tensor of the result, and why. `header` is base's, and the result's.

    `tuned` is the other side's header where it differs, `like` the tensor that a tied one
    follows, `rows` the pairs of an aligned one.
    """

    name: str
    decision: str
    component: str
    header: Header
    reason: str
    tuned: Header | None = None
    like: str | None = None
    rows: Alignment | None = None


@dataclass(frozen=True)
class Problem:
    """A tensor that stops the merge: both sides, what is wrong, the way out."""

    tensor: str
    base: str
    tuned: str
    problem: str
    fix: str

    def __str__(self) -> str:
        text = f"{self.tensor}: base {self.base}, tuned {self.tuned}: {self.problem}; {self.fix}"
        return " ".join(text.split())  # a name is the file's, and could hold a line break


@dataclass(frozen=True)
class Plan:
    """The decisions of a merge, ordered so that each component is contiguous.

    `warnings` are lines a user should read before merging; they stop nothing.
    """

    tensors: tuple[TensorPlan, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...] = ()

    @property
    def compatible(self) -> bool:
        """Whether the merge can run."""
        return not self.problems

    def counts(self) -> dict[str, int]:
        """Tensors per decision; "blocked" counts the problems."""
        out = dict.fromkeys(DECISIONS, 0) | {"blocked": len(self.problems)}
        for tensor in self.tensors:
            out[tensor.decision] += 1
        return out

    def require_compatible(self) -> Plan:
        """This plan, or UserError with the first problem in one line."""
        if self.problems:
            more = len(self.problems) - 1
            raise UserError(f"{self.problems[0]}" + (f" (and {more} more)" if more else ""))
        return self


@dataclass(frozen=True)
class Known:
    """What headers alone do not say, found by `preflight`. Each is by tensor name."""

    copied: Collection[str] = frozenset()
    """Components that are taken from base whole."""
    shared: Collection[str] = frozenset()
    tied: Mapping[str, str] | None = None
    """Tensor -> the one it follows. It may be absent on either side."""
    rows: Mapping[str, Alignment] | None = None


def plan_merge(
    base: Mapping[str, Header],
    tuned: Mapping[str, Header],
    component_of: Component,
    known: Known | None = None,
) -> Plan:
    """Plan from two headers. Integers are copied: an averaged position id is a wrong one.

    Dtypes may differ where both are floating point: the result has base's.
    """
    known = known or Known()
    tensors: list[TensorPlan] = []
    problems: list[Problem] = []
    left_out: list[str] = []
    for name in sorted(base.keys() | tuned.keys()):
        made = _decide(name, base.get(name), tuned.get(name), component_of(name), known)
        if isinstance(made, TensorPlan):
            tensors.append(made)
        elif isinstance(made, Problem):
            problems.append(made)
        else:
            left_out.append(name)
    tensors.sort(key=lambda t: (t.header.dtype, t.component, t.name))
    return Plan(tuple(tensors), _told_once(problems), tuple(_warnings(tensors, left_out)))


def _decide(
    name: str, one: Header | None, other: Header | None, component: str, known: Known
) -> TensorPlan | Problem | None:
    """A decision, a problem, or None for what only tuned has and the result leaves out."""
    sides = [header for header in (one, other) if header is not None]
    if any(_is_quantised(name, header) for header in sides):
        problem = "quantised weights are codes and cannot be averaged"
        return Problem(name, str(one or ABSENT), str(other or ABSENT), problem, DEQUANTISE)
    like = (known.tied or {}).get(name)
    if one is None or other is None:
        buffer = all(header.dtype in BUFFERS for header in sides)
        if like is None and component not in known.copied and not buffer:
            side = "base" if one is None else "tuned"
            own = name.endswith("lm_head.weight")
            fix = UNTIE if own else "both sides must be of one architecture"
            return Problem(
                name, str(one or ABSENT), str(other or ABSENT), f"missing in {side}", fix
            )
        if one is None:
            return None
    if like is not None:
        return TensorPlan(name, "tied", component, one, f"tied to {like}", other, like)
    if component in known.copied:
        return TensorPlan(name, "copy", component, one, f"{component} is taken from base")
    if other is None:
        return TensorPlan(name, "copy", component, one, "a buffer that tuned lacks: base's")
    return _decide_both(name, one, other, component, known)


def _decide_both(
    name: str, one: Header, other: Header, component: str, known: Known
) -> TensorPlan | Problem:
    rows = (known.rows or {}).get(name)
    if (one.dtype in FLOATING) != (other.dtype in FLOATING):
        return Problem(
            name, str(one), str(other), "dtypes differ, and one is not floating point",
            "save both in one dtype",
        )  # fmt: skip
    if one.shape != other.shape and rows is None:
        fix = "use checkpoints of one size"
        if is_rows(name) and one.shape[1:] == other.shape[1:]:
            fix = "put tokenizer.json of both sides beside the weights, to pair rows by token"
        return Problem(name, str(one), str(other), "shapes differ", fix)
    differs = other if other != one else None
    if one.dtype not in FLOATING:
        return TensorPlan(
            name, "copy", component, one, "not floating point: taken from base", differs
        )
    if rows is not None:
        reason = f"{len(rows.base)} rows by token, {len(rows.kept)} stay base's"
        return TensorPlan(name, "align", component, one, reason, differs, rows=rows)
    if name in known.shared:
        return TensorPlan(name, "shared", component, one, "the same bytes on both sides")
    if name.endswith(STATISTICS):
        return TensorPlan(name, "copy", component, one, "statistics are not averaged", differs)
    reason = f"floating point, {other.dtype} into {one.dtype}" if differs else "floating point"
    return TensorPlan(name, "merge", component, one, reason, differs)


def _is_quantised(name: str, header: Header) -> bool:
    packed = header.dtype in ("I8", "U8") and name.endswith(".weight")
    return header.dtype in FLOAT8 or packed or name.endswith(QUANTISED) or ".quant_state." in name


def _told_once(problems: list[Problem]) -> tuple[Problem, ...]:
    """Without what is missing only because the layer beside it is quantised."""
    layers = {p.tensor.rpartition(".")[0] for p in problems if p.fix == DEQUANTISE}
    return tuple(
        problem
        for problem in problems
        if problem.fix == DEQUANTISE
        or not problem.problem.startswith("missing")
        or problem.tensor.rpartition(".")[0] not in layers
    )


def _warnings(tensors: Iterable[TensorPlan], left_out: list[str]) -> Iterable[str]:
    tensors = list(tensors)
    statistics = [t.name for t in tensors if t.reason.startswith("statistics")]
    if statistics:
        yield (
            f"{len(statistics)} BatchNorm statistics are base's (first {statistics[0]}); "
            "recalibrate them on pictures after merging"
        )
    dtypes = {(t.header.dtype, t.tuned.dtype) for t in tensors if t.tuned is not None}
    for one, other in sorted(pair for pair in dtypes if pair[0] != pair[1]):
        yield f"base has tensors in {one} that tuned has in {other}; the result is in {one}"
    if left_out:
        yield f"{len(left_out)} tensors of tuned alone are left out (first {left_out[0]})"
