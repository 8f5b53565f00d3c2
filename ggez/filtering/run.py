"""The regional filter: from a folder of captioned pictures to what is of the region.

Decisions depend on pictures, captions and languages alone, never on the order of rows or on
other columns: rows are judged in the order of their pictures' digests and captions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ggez.data.image_folder import Captioned, load_picture, read_image_folder
from ggez.data.new_folder import new_folder
from ggez.filtering.decide import Decision, decide, dropped, thing_of
from ggez.filtering.duplicates import Print, evaluated, overlaps, print_of, repeats
from ggez.filtering.gazetteer import Gazetteer, read_gazetteer
from ggez.filtering.language import language_evidence
from ggez.filtering.report import report_of, write_outcome
from ggez.filtering.reward import Progress, load_reward, rewards
from ggez.filtering.scripts import fold
from ggez.filtering.similarity import similarity
from ggez.models.embedding import EmbeddingModel, processor_files, stored_files
from ggez.paths import ASSETS, EVAL_SETS
from ggez.regions import find_region
from ggez.types import UserError

BASE = ASSETS / "pocket" / "embedding" / "base"
GAZETTEERS = ASSETS / "gazetteers"
BATCH = 64


@dataclass(frozen=True)
class Scan:
    """The pictures of a source: each file's print, and each different picture's features.

    `prints` and `features` (P, D) have one entry for every different picture; `place` leads from
    a file to it. A file that cannot be decoded is in `broken` instead, with the reason.
    """

    prints: list[Print]
    features: np.ndarray
    place: dict[Path, int]
    broken: dict[Path, str]


def run_filter(
    source: Path,
    region: str,
    out: Path,
    progress: Progress,
    base: Path = BASE,
    gazetteer: Path | None = None,
    reward: str | None = None,
    reward_min: float | None = None,
    eval_sets: Path = EVAL_SETS,
) -> dict[str, Any]:
    """Filter the image folder `source` for a region into the new folder `out`; the report.

    `base` is an embedding checkpoint's folder, `reward` names a callable as `module:function`.
    Raises UserError where an input is wrong, before anything is written.
    """
    if (reward is None) != (reward_min is None):
        raise UserError("give --reward and --reward-min together: a score needs its threshold")
    place = find_region(region)
    countries = {country.iso2 for country in place.countries}
    names = read_gazetteer(gazetteer or _gazetteer_of(place.id))
    if not any(set(term.countries) & countries for term in names.terms):
        raise UserError(f"{gazetteer}: no term of region {place.id}; add some or name another file")
    judge = load_reward(reward) if reward else None
    with new_folder(out) as folder:
        model = EmbeddingModel(base)
        opened = read_image_folder(source)
        rows = list(opened)
        scan = _scan(sorted({row.file for row in rows}), model, progress)
        known = evaluated(eval_sets, progress)
        decisions, numbers = _judge(rows, scan, known, names, countries, model, progress)
        if judge and reward_min is not None:
            _reward(rows, decisions, judge, reward_min, progress)
        settled = [decisions[number] for number in range(len(rows))]
        digests = {
            "source": _source_digest(opened.table, scan),
            "base": _digest_of([*stored_files(base), *processor_files(base)]),
            "gazetteer": names.digest,
        }
        told = {
            "region": place.id,
            "digests": digests,
            "numbers": numbers,
            "reward": reward,
            "reward_min": reward_min,
            "warnings": opened.warnings,
        }
        report = report_of(rows, settled, told)
        write_outcome(folder, rows, settled, report)
    return report | {"out": str(out)}


def _judge(
    rows: Sequence[Captioned],
    scan: Scan,
    known: tuple[list[str], list[Print]],
    names: Gazetteer,
    countries: set[str],
    model: EmbeddingModel,
    progress: Progress,
) -> tuple[dict[int, Decision], dict[str, float]]:
    """Row number -> decision, before any reward; and what the similarity went by."""
    decisions: dict[int, Decision] = {}
    shared = overlaps(scan.prints, *known)
    for number, row in enumerate(rows):
        if row.file in scan.broken:
            decisions[number] = dropped("unreadable", f"the picture {scan.broken[row.file]}")
        elif (picture := scan.place[row.file]) in shared:
            decisions[number] = dropped("evaluated", f"the picture {shared[picture]}")
    order = sorted(
        (number for number in range(len(rows)) if number not in decisions),
        key=lambda number: _key(rows[number], scan),
    )
    keys = [(scan.place[rows[number].file], fold(rows[number].text)) for number in order]
    for again, (first, same) in repeats(scan.prints, keys).items():
        other = rows[order[first]].row["file_name"]
        what = "the picture" if same else "nearly the picture"
        why = f"repeats {what} and the caption of {other}"
        decisions[order[again]] = dropped("duplicate", why)
    order = [number for number in order if number not in decisions]
    if not order:
        return decisions, {}

    left = [rows[number] for number in order]
    texts = {text: place for place, text in enumerate(sorted({row.text for row in left}))}
    used = dict.fromkeys(scan.place[row.file] for row in left)
    pictures = {picture: place for place, picture in enumerate(used)}
    hits = [names.find(row.text) for row in left]
    things = [thing_of(row, countries) for row in hits]
    about = {row.text: thing for row, thing in zip(left, things, strict=True)}
    found = similarity(
        scan.features[list(pictures)],
        _captions([(text, about[text]) for text in texts], names, model, progress),
        np.array([pictures[scan.place[row.file]] for row in left]),
        np.array([texts[row.text] for row in left]),
        things,
    )
    languages = np.array([language_evidence(row.text, row.lang, countries) for row in left])
    decisions |= zip(order, decide(hits, languages, found, countries), strict=True)
    return decisions, found.numbers


def _key(row: Captioned, scan: Scan) -> tuple[Any, ...]:
    """The order in which rows are judged, larger pictures first: a copy is dropped, not they."""
    found = scan.prints[scan.place[row.file]]
    return -found.pixels, found.digest, fold(row.text), row.row["file_name"], row.text, row.lang


def _scan(files: Sequence[Path], model: EmbeddingModel, progress: Progress) -> Scan:
    prints: list[Print] = []
    features: list[np.ndarray] = []
    place: dict[Path, int] = {}
    broken: dict[Path, str] = {}
    seen: dict[str, int] = {}
    waiting: list[torch.Tensor] = []
    for number, file in enumerate(files, start=1):
        try:
            picture = load_picture(file)
        except ValueError as error:
            broken[file] = str(error)
            continue
        found = print_of(picture)
        if found.digest not in seen:
            seen[found.digest] = len(prints)
            prints.append(found)
            waiting.append(model.pixels(picture))
        place[file] = seen[found.digest]
        if len(waiting) == BATCH:
            features.append(model.encode_pixels(torch.stack(waiting)))
            waiting = []
        progress(number, len(files), "pictures")
    if waiting:
        features.append(model.encode_pixels(torch.stack(waiting)))
    return Scan(prints, np.concatenate(features) if features else np.empty((0, 0)), place, broken)


def _captions(
    texts: Sequence[tuple[str, str]], names: Gazetteer, model: EmbeddingModel, progress: Progress
) -> np.ndarray:
    """Features of captions, each with the thing it names or "": unit rows (C, D).

    A caption that names a thing is read together with all names of that thing: the base may know
    it by its English name and not by the one in the caption.
    """
    captions = _encode_texts([text for text, _ in texts], model, progress)
    wanted = {thing for _, thing in texts if thing}
    terms = [term for term in names.terms if term.thing in wanted]
    if not terms:
        return captions
    encoded = _encode_texts([term.term for term in terms], model, progress)
    by_thing: dict[str, list[np.ndarray]] = {}
    for term, feature in zip(terms, encoded, strict=True):
        by_thing.setdefault(term.thing, []).append(feature)
    for number, (_, thing) in enumerate(texts):
        if thing:
            captions[number] += np.mean(by_thing[thing], axis=0)
    return captions / np.linalg.norm(captions, axis=1, keepdims=True)


def _encode_texts(texts: Sequence[str], model: EmbeddingModel, progress: Progress) -> np.ndarray:
    parts = []
    for start in range(0, len(texts), BATCH * 4):
        some = texts[start : start + BATCH * 4]
        parts.append(model.encode_tokens(model.tokens(some)))
        progress(start + len(some), len(texts), "texts")
    return np.concatenate(parts)


def _reward(
    rows: Sequence[Captioned],
    decisions: dict[int, Decision],
    judge: Any,
    least: float,
    progress: Progress,
) -> None:
    """Drop, in place, what is kept so far and scores below `least`."""
    kept = sorted(number for number, decision in decisions.items() if decision.kept)
    files, texts = [rows[n].file for n in kept], [rows[n].text for n in kept]
    for number, score in zip(kept, rewards(judge, files, texts, progress), strict=True):
        if score < least:
            why = f"the reward model gives {score:.3g}, below {least:g}"
            decisions[number] = replace(
                decisions[number], kept=False, rule="reward", reason=why, thing=""
            )


def _gazetteer_of(region: str) -> Path:
    file = GAZETTEERS / f"{region}.csv"
    if not file.is_file():
        there = ", ".join(sorted(found.stem for found in GAZETTEERS.glob("*.csv"))) or "none"
        raise UserError(
            f"region {region!r} has no gazetteer (there is: {there}); give one with --gazetteer"
        )
    return file


def _source_digest(table: Path, scan: Scan) -> str:
    told = hashlib.sha256(table.read_bytes())
    for file in sorted(scan.place):
        told.update(scan.prints[scan.place[file]].digest.encode())
    return told.hexdigest()


def _digest_of(files: Sequence[Path]) -> str:
    told = hashlib.sha256()
    for file in files:
        told.update(hashlib.sha256(file.read_bytes()).digest())
    return told.hexdigest()
