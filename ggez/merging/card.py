"""The model card of an exported merge: what it is, how good it was measured to be, how to redo it.

Front matter follows https://huggingface.co/docs/hub/model-cards. Only Hub ids are listed as
`base_model`: a local folder's name could be somebody else's model there.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ggez.merging.checkpoint import Checkpoint
from ggez.merging.hub import is_hub_id
from ggez.merging.methods import method as find_method
from ggez.merging.plan import Plan
from ggez.merging.recipe import Recipe, Source
from ggez.types import UserError

FILE = "README.md"
LIBRARIES = {"transformers": "transformers", "diffusers": "diffusers", "open_clip": "open_clip"}
NUMBERS = ("regional", "global", "grp", "gain", "retention")
FRONT = re.compile(r"\A\ufeff?---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Licence:
    """What both sides say about their licence; `warning` is set where they disagree."""

    base: str | None
    tuned: str | None

    @property
    def agreed(self) -> str | None:
        """The licence that both sides state."""
        return self.base if self.base == self.tuned else None

    @property
    def warning(self) -> str | None:
        """One line where both state a licence and the two differ."""
        if self.base is None or self.tuned is None or self.agreed:
            return None
        return (
            f"licence conflict: base is {self.base}, tuned is {self.tuned}; the merge holds "
            "weights of both, so settle which terms hold before you publish it"
        )

    def text(self) -> str:
        """A sentence for the card."""
        if self.warning:
            return f"**Warning:** {self.warning}."
        if self.agreed:
            return f"Both checkpoints state {self.agreed}."
        stated = f"base states {self.base}" if self.base else f"tuned states {self.tuned}"
        if self.base is None and self.tuned is None:
            return "Neither checkpoint states a licence in its card. Ask before you publish."
        return f"Only {stated}; the other has no licence in its card. Ask before you publish."


def licence_of(base: Checkpoint, tuned: Checkpoint) -> Licence:
    """Read the licences from the front matter of both cards."""
    return Licence(*(_licence(checkpoint.root) for checkpoint in (base, tuned)))


def read_evidence(file: Path) -> dict[str, Any]:
    """A sweep's JSON, checked for what the card shows. UserError in one line."""
    how = "give the output of `python -m ggez sweep PAIR --json`"
    try:
        sweep = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file}: no such file; {how}") from None
    except (OSError, ValueError, RecursionError):
        raise UserError(f"{file}: not readable as JSON; {how}") from None
    try:
        for key in ("pair", "method", "split", "metric"):
            str(sweep[key])
        float(sweep["global_weight"]), float(sweep["chance"]), dict(sweep["digests"])
        for point in sweep["points"]:
            float(point["alpha"])
            for name in NUMBERS:
                _percent(point[name], 1)
        sweep["points"][0]
    except (KeyError, TypeError, ValueError, IndexError):
        raise UserError(f"{file}: not a sweep with points; {how}") from None
    return dict(sweep)


def check_evidence(
    sweep: Mapping[str, Any], file: Path, method: str, weights: Mapping[str, str]
) -> None:
    """UserError where a sweep was measured with another method or on other weights."""
    if sweep["method"] != method:
        raise UserError(
            f"{file}: measured with method {sweep['method']}, and this merge is {method}; sweep "
            "with the same method"
        )
    for side, digest in weights.items():
        stated = sweep["digests"].get(side)
        if stated != digest:
            raise UserError(
                f"{file}: measured on another {side} (digest {str(stated)[:12]}…, this one has "
                f"{digest[:12]}…); sweep these checkpoints"
            )


def card(
    recipe: Recipe,
    plan: Plan,
    ecosystem: str,
    licence: Licence,
    sweep: Mapping[str, Any] | None = None,
) -> str:
    """README.md of the exported folder."""
    how = " ".join((inspect.getdoc(find_method(recipe.method)) or recipe.method).split())
    counts = ", ".join(f"{number} {what}" for what, number in plan.counts().items() if number)
    blocks = [
        f"---\n{_front(recipe, ecosystem, licence)}---",
        f"# {_name(recipe.base)} and {_name(recipe.tuned)}, merged at α = {recipe.alpha:g}",
        "Weights between a base checkpoint and one tuned for a region, made with GG-EZ Explorer. "
        "α is the share of the tuned one: 0 is base, 1 is tuned.",
        _table(
            ("side", "checkpoint", "revision"),
            [(side, _shown(s), s.revision or "") for side, s in _sides(recipe)],
        ),
        f"**Method:** {recipe.method}. {how}",
        *_components(recipe),
        f"**Tensors:** {counts}. Names, shapes, dtypes and shards are base's, and so are "
        "configuration, tokenizer and processor.",
        "## Quality",
        *_quality(recipe, sweep),
        "## Digests",
        f"`certificate.json` holds the SHA-256 of every tensor, found again in the reopened files. "
        f"Over all weights: `{recipe.weights}`. Plan: `{recipe.plan}`.",
        _table(
            ("side", "weight file", "SHA-256"),
            [(s, f, f"`{d}`") for s, src in _sides(recipe) for f, d in src.files.items()],
        ),
        "## Make it again",
        "```bash\npython -m ggez reproduce recipe.json --out again\n```",
        f"It checks the inputs' digests first and the result's last. Made with ggez "
        f"{recipe.ggez} and torch {recipe.torch}; give `--base` and `--tuned` where the "
        "checkpoints lie elsewhere.",
        "## Licence",
        licence.text(),
    ]
    return "\n\n".join(blocks) + "\n"


def _front(recipe: Recipe, ecosystem: str, licence: Licence) -> str:
    front: dict[str, Any] = {}
    if ids := [source.place for _, source in _sides(recipe) if _on_hub(source)]:
        front |= {"base_model": ids, "base_model_relation": "merge"}
    if ecosystem in LIBRARIES:
        front["library_name"] = LIBRARIES[ecosystem]
    if licence.warning:
        front |= {"license": "other", "license_name": "conflict-see-below"}
    elif licence.agreed:
        front["license"] = licence.agreed
    front["tags"] = ["merge", "ggez"]
    return yaml.safe_dump(front, sort_keys=False, allow_unicode=True)


def _components(recipe: Recipe) -> list[str]:
    if set(recipe.alphas.values()) <= {recipe.alpha}:
        return []
    rows = [(name, f"{alpha:g}") for name, alpha in recipe.alphas.items()]
    return [_table(("component", "α"), rows)]


def _quality(recipe: Recipe, sweep: Mapping[str, Any] | None) -> list[str]:
    if sweep is None:
        return ["Not measured: no sweep was given when this was exported."]
    points = sorted(sweep["points"], key=lambda point: float(point["alpha"]))
    nearest = min(points, key=lambda point: abs(float(point["alpha"]) - recipe.alpha))
    at = float(nearest["alpha"])
    if set(recipe.alphas.values()) - {recipe.alpha}:
        exact = (
            "The components of this merge have their own α, and the sweep has one α for all: "
            f"**nothing below was measured on these weights.** Nearest row: α = {at:g}."
        )
    elif abs(at - recipe.alpha) < 5e-5:
        exact = f"Measured at exactly this α ({at:g}), on these weights."
    else:
        exact = (
            f"**Not measured at this α ({recipe.alpha:g}).** The nearest measured one is {at:g}; "
            "nothing is interpolated."
        )
    rows = [
        (
            f"{float(point['alpha']):g}" + (" (nearest)" if point is nearest else ""),
            *(_percent(point[name], 1) for name in NUMBERS[:3]),
            *(_percent(point[name], 100) for name in NUMBERS[3:]),
        )
        for point in points
        if point is nearest or float(point["alpha"]) in (0, 1)
    ]
    return [
        exact,
        f"Pair {_line(sweep['pair'])}, {_line(sweep['split'])} split, {_line(sweep['metric'])} "
        f"(chance {float(sweep['chance']):g}), weight of global quality "
        f"{float(sweep['global_weight']):.3f}. Brackets: 95 % intervals. Gain and retention are "
        "against base, in %.",
        _table(("α", *NUMBERS), rows),
        "The whole sweep is in `evidence.json`.",
    ]


def _percent(estimate: Mapping[str, Any] | None, scale: float) -> str:
    if estimate is None:  # a ratio to a base that scores nothing
        return "n/a"
    text = f"{scale * float(estimate['value']):.1f}"
    if estimate["low"] is None or estimate["high"] is None:
        return text
    return f"{text} [{scale * float(estimate['low']):.1f}, {scale * float(estimate['high']):.1f}]"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(_line(cell) for cell in line) + " |" for line in lines)


def _line(text: object) -> str:
    return " ".join(str(text).replace("|", "\\|").split())


def _sides(recipe: Recipe) -> tuple[tuple[str, Source], ...]:
    return (("base", recipe.base), ("tuned", recipe.tuned))


def _on_hub(source: Source) -> bool:
    return is_hub_id(source.place) and source.revision is not None


def _shown(source: Source) -> str:
    """A Hub id, or the last name of a local place: the rest of its path is nobody's business."""
    return source.place if _on_hub(source) else f"local: {_name(source)}"


def _name(source: Source) -> str:
    return _line(Path(source.place).name)


def _licence(root: Path) -> str | None:
    readme = root / FILE
    try:
        found = FRONT.match(readme.read_text(encoding="utf-8"))
        front = yaml.safe_load(found[1]) if found else None
    except (OSError, ValueError, yaml.YAMLError):
        return None
    if not isinstance(front, dict):
        return None
    stated = front.get("license")
    if isinstance(stated, list):
        stated = stated[0] if stated else None
    if stated == "other" and front.get("license_name"):
        stated = front["license_name"]
    return str(stated) if stated else None
