"""What the instrument is given: plain JSON of a pair, its sweeps, pictures and examples."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from ggez.regions import country, find_region
from ggez.types import GRID, Case, PairSpec, UserError
from ggez.ui.languages import language_name
from ggez.workbench import Workbench

PLOTLY = "/ggez/plotly.min.js"


def pair_state(bench: Workbench, pair: str | None) -> dict[str, Any]:
    """Everything the instrument shows of a pair, without waiting for its model."""
    listed = [
        {"id": p.id, "title": p.title, "family": p.family, "readonly": p.readonly}
        for p in bench.pairs.values()
    ]
    if not listed:
        raise UserError("there is no pair file in assets/pairs; add one (README, bring your own)")
    spec = bench.spec(pair if pair is not None else listed[0]["id"])
    region = find_region(spec.region)
    try:
        pictures, trouble = gallery(bench, spec), ""
    except UserError as error:
        pictures, trouble = {}, str(error)
    status = bench.status(spec.id) if not trouble else _missing(trouble)
    weighed = weighed_state(bench, spec.id) if not trouble else _nothing(bench.global_weight(spec))
    first = spec.examples[0].text if spec.examples else ""
    return {
        "plotlyUrl": PLOTLY,
        "pairs": listed,
        "pair": {
            "id": spec.id,
            "title": spec.title,
            "family": spec.family,
            "region": {"id": region.id, "name": region.name},
            "base": {"name": spec.base.name},
            "tuned": {"name": spec.tuned.name},
            "readonly": spec.readonly,
            "note": spec.note,
            "source": spec.source,
        },
        "grid": list(GRID),
        "split": "test",
        "sweepStatus": status,
        **weighed,
        "alphaByWeight": _by_weight(bench, spec.id) if not trouble else [],
        "examples": [
            {"lang": e.lang, "langName": language_name(e.lang), "text": e.text, "gloss": e.gloss}
            for e in spec.examples
        ],
        "pictures": pictures,
        "notice": trouble or notice(bench, spec),
        "preview": None,
        "initial": {"alpha": 0.5, "query": first},
    }


def status_state(bench: Workbench, pair: Any) -> dict[str, Any]:
    """What changes while a sweep is being measured."""
    status = bench.status(pair)
    state = weighed_state(bench, pair)
    del state["globalWeight"]  # the page may be at another w
    return {"sweepStatus": status, **state, "alphaByWeight": _by_weight(bench, pair)}


def weighed_state(bench: Workbench, pair: Any, weight: object = None) -> dict[str, Any]:
    """What hangs on w: at the region's own, or at another."""
    weighed = bench.weighed(pair, weight)
    sweeps = {split: s.as_json() if s else None for split, s in weighed["sweeps"].items()}
    return weighed | {"sweeps": sweeps}


def _by_weight(bench: Workbench, pair: Any) -> list[dict[str, float]]:
    return [{"w": row["w"], "alpha": row["alpha"]} for row in bench.alpha_by_weight(pair)]


def _nothing(weight: float) -> dict[str, Any]:
    sweeps = {"test": None, "validation": None}
    return {"globalWeight": weight, "sweeps": sweeps, "ticks": [], "recommendation": None}


def gallery(bench: Workbench, spec: PairSpec) -> dict[str, Any]:
    """The test gallery's pictures by id, as the instrument names them."""
    if spec.readonly:
        return {}
    return {case.id: _picture(case, spec.region) for case in bench.cases(spec)}


def notice(bench: Workbench, spec: PairSpec) -> str:
    """What is wrong with the pair's eval sets, in one line; empty if nothing is."""
    found = bench.warnings(spec)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{found[0]}{more}" if found else ""


def picture_key(case_id: str) -> str:
    """The opaque name a picture is served under."""
    return hashlib.sha256(case_id.encode()).hexdigest()[:20]


def picture_files(bench: Workbench) -> dict[str, Path]:
    """Served name -> file, for every pair that has a gallery."""
    files = {}
    for spec in bench.pairs.values():
        for name in (spec.regional_set, spec.global_set):
            root = bench.eval_sets / name if name else None
            for case in bench.cases(spec) if root else ():
                part, split, file = case.id.split("/", 2)
                files[picture_key(case.id)] = bench.eval_sets / part / split / file
    return files


def _picture(case: Case, region: str) -> dict[str, Any]:
    local = case.local[0] if case.local else None
    return {
        "url": f"/ggez/pictures/{picture_key(case.id)}.webp",
        "item": case.item,
        "name": local.text if local else case.name,
        "lang": local.lang if local else "eng",
        "english": case.name,
        "countries": list(case.countries),
        "place": ", ".join(_country(code) for code in case.countries),
        "regional": case.region == region,
        "verified": False,
    }


@lru_cache
def _country(code: str) -> str:
    try:
        return country(code).name
    except UserError:
        return code


def _missing(message: str) -> dict[str, Any]:
    return {"state": "missing", "done": 0, "total": 0, "message": message}
