"""Read what people give as α: one value, or values by component and block."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from ggez.merging.blocks import Unit, covered
from ggez.types import UserError

Alphas = float | Mapping[str, float]


def check_alpha(alpha: object) -> float:
    """α as a float in [0, 1], or UserError in one line. 0 is a value, not an absence."""
    try:
        if isinstance(alpha, bool) or str(getattr(alpha, "dtype", "")).endswith("bool"):
            raise TypeError
        value = float(alpha)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise UserError(f"α must be a number from 0 to 1, not {str(alpha)[:40]!r}") from None
    if not math.isfinite(value) or not 0 <= value <= 1:
        raise UserError(f"α must lie between 0 (base) and 1 (tuned), not {value:g}")
    return value + 0.0  # -0.0 is written 0


def alpha_of_units(
    alphas: object, known: Iterable[Unit], needed: Iterable[Unit]
) -> dict[Unit, float]:
    """The α of every known unit that `alphas` names; each needed one must be named.

    A single value holds for all. In a mapping the more specific key wins: a block over a range,
    a narrow range over a wide one, that over all layers, those over their component. UserError
    in one line for a bad key or value, a unit without α, and ranges that contradict each other.
    """
    units = tuple(dict.fromkeys(known))
    if not isinstance(alphas, Mapping):
        return dict.fromkeys(units, check_alpha(alphas))
    meant: dict[str, tuple[int, frozenset[Unit]]] = {}
    for key in alphas:
        if not isinstance(key, str):
            raise UserError(f"α is given by name of a component or block, not by {str(key)[:40]!r}")
        meant[key] = covered(key, units)
        if not meant[key][1]:
            raise UserError(f"component or block {key[:80]!r} is unknown; {_there_are(units)}")
    values = {key: check_alpha(value) for key, value in alphas.items()}
    found: dict[Unit, tuple[str, float]] = {}
    for key in sorted(meant, key=lambda key: (meant[key][0], -len(meant[key][1]))):
        rank, own = meant[key]
        for unit in own:
            before, value = found.get(unit, (key, values[key]))
            same_reach = meant[before][0] == rank and len(meant[before][1]) == len(own)
            if same_reach and value != values[key]:
                raise UserError(f"α of {unit.label!r} is given twice, by {before!r} and {key!r}")
            found[unit] = key, values[key]
    for unit in needed:
        if unit not in found:
            part = "component" if not unit.block else "block"
            raise UserError(
                f"{part} {unit.label!r} has no α; give it, or its component "
                f"{unit.component!r}, a value"
            )
    return {unit: value for unit, (_, value) in found.items()}


def summary(alphas: Mapping[Unit, float], units: Iterable[Unit]) -> dict[str, float]:
    """α by component; a component whose units differ is told block by block.

    What it returns for all units is a mapping that gives the same α again.
    """
    out: dict[str, float] = {}
    of_component: dict[str, list[Unit]] = {}
    for unit in dict.fromkeys(units):
        of_component.setdefault(unit.component, []).append(unit)
    for component, own in of_component.items():
        values = {alphas[unit] for unit in own if unit in alphas}
        if len(values) == 1 and all(unit in alphas for unit in own):
            out[component] = values.pop()
        else:
            out |= {unit.label: alphas[unit] for unit in own if unit in alphas}
    return out


def _there_are(units: Iterable[Unit]) -> str:
    components = ", ".join(dict.fromkeys(unit.component for unit in units))
    blocks = [unit.block for unit in units if unit.block]
    return f"this pair has {components}" + (f" and blocks such as {blocks[0]}" if blocks else "")
