"""What the filter leaves behind: the kept rows, every decision, a report and a card."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ggez.data.image_folder import Captioned
from ggez.filtering.decide import (
    LANGUAGE_MIN,
    LANGUAGE_ODDS,
    NAMED_MIN,
    RULES,
    SEEN_MIN,
    Decision,
)
from ggez.filtering.duplicates import MEAN, MOST
from ggez.filtering.similarity import AGREES, EXAMPLES, NEIGHBOURS, SHARPNESS, USUAL

THRESHOLDS = {
    "agreement at least": AGREES,
    "picture of a named row at least": NAMED_MIN,
    "support of an unnamed row at least": SEEN_MIN,
    "language of the region, share of its countries above": LANGUAGE_MIN,
    "odds for a language of the region": LANGUAGE_ODDS,
    "examples at least": EXAMPLES,
    "neighbours": NEIGHBOURS,
    "sharpness": SHARPNESS,
    "quantile of usual votes": USUAL,
    "near copy, mean difference at most": MEAN,
    "near copy, largest difference at most": MOST,
}
WARNINGS_SHOWN = 50


def report_of(
    rows: Sequence[Captioned], decisions: Sequence[Decision], told: dict[str, Any]
) -> dict[str, Any]:
    """The report as JSON: counts, thresholds, digests, and the labels' verdict where there are.

    `told` is what the run knows: region, digests, numbers, reward, warnings.
    """
    kept = [d for d in decisions if d.kept]
    guessed = [d for d in kept if d.rule in ("seen", "spoken")]
    count = Counter(d.rule for d in decisions)
    warnings = told["warnings"]
    return {
        "region": told["region"],
        "rows": len(rows),
        "kept": len(kept),
        "rules": {rule: count[rule] for rule in RULES if count[rule]},
        "thresholds": THRESHOLDS | {"reward": told["reward"], "reward_min": told["reward_min"]},
        "similarity": told["numbers"],
        "expected_precision_of_unnamed": (
            round(sum(d.score for d in guessed) / len(guessed), 4) if guessed else None
        ),
        "notes": _notes(told["numbers"]),
        "labels": _labels(rows, decisions),
        "digests": told["digests"],
        "left_out": len(warnings),
        "warnings": warnings[:WARNINGS_SHOWN],
    }


def write_outcome(
    folder: Path,
    rows: Sequence[Captioned],
    decisions: Sequence[Decision],
    report: dict[str, Any],
) -> None:
    """`metadata.jsonl` with its pictures, `decisions.jsonl`, `report.json` and `README.md`.

    Kept rows keep all their columns and gain `group`, the thing they are about, where the source
    has no such column.
    """
    with (
        (folder / "metadata.jsonl").open("w", encoding="utf-8") as kept,
        (folder / "decisions.jsonl").open("w", encoding="utf-8") as every,
    ):
        for row, decision in zip(rows, decisions, strict=True):
            name = row.row["file_name"]
            line = {"line": row.line, "file_name": name, "text": row.text, "kept": decision.kept}
            line |= {"score": decision.score, "rule": decision.rule, "reason": decision.reason}
            every.write(json.dumps(line, ensure_ascii=False) + "\n")
            if decision.kept:
                group = {"group": decision.thing} if decision.thing else {}
                kept.write(json.dumps(group | row.row, ensure_ascii=False) + "\n")
                _place(row.file, folder / name)
    text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    (folder / "report.json").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(_card(report), encoding="utf-8")


def format_outcome(report: dict[str, Any]) -> str:
    """A few lines for a terminal."""
    lines = [f"kept {report['kept']} of {report['rows']} rows: {report['out']}"]
    lines += [f"{n:>8}  {RULES[rule]}" for rule, n in report["rules"].items()]
    if report["left_out"]:
        lines.append(f"{report['left_out']:>8}  not read; first: {report['warnings'][0]}")
    lines += [f"    note: {note}" for note in report["notes"]]
    if labels := report["labels"]:
        lines.append(
            f"by the column relevant: precision {_percent(labels['precision'])}, "
            f"recall {_percent(labels['recall'])}"
        )
    return "\n".join(lines)


def _notes(numbers: dict[str, float]) -> list[str]:
    """What could not be tested in this source."""
    out = []
    if numbers and not numbers["chance_pairs"]:
        out.append("all captions say the same: whether one fits its picture was not tested")
    if numbers and numbers["examples"] < EXAMPLES:
        out.append(
            f"only {numbers['examples']:.0f} rows name a regional thing and fit their picture, "
            f"fewer than {EXAMPLES}: nothing that is not named was kept"
        )
    return out


def _place(picture: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(picture.resolve(), target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(picture, target)


def _labels(rows: Sequence[Captioned], decisions: Sequence[Decision]) -> dict[str, Any] | None:
    if not all("relevant" in row.row for row in rows):
        return None
    relevant = [str(row.row["relevant"]).strip().lower() in ("1", "true", "yes") for row in rows]
    kept = [decision.kept for decision in decisions]
    both = sum(k and r for k, r in zip(kept, relevant, strict=True))
    kinds: dict[str, list[int]] = {}
    for row, keep in zip(rows, kept, strict=True):
        if (kind := row.row.get("kind")) is not None:
            tally = kinds.setdefault(str(kind), [0, 0])
            tally[0] += keep
            tally[1] += 1
    return {
        "precision": both / sum(kept) if any(kept) else None,
        "recall": both / sum(relevant) if any(relevant) else None,
        "kept": sum(kept),
        "relevant": sum(relevant),
        "kept_and_relevant": both,
        "kinds": {kind: {"kept": k, "rows": n} for kind, (k, n) in sorted(kinds.items())},
    }


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.1f} %"


def _card(report: dict[str, Any]) -> str:
    rules = "\n".join(f"| {rule} | {RULES[rule]} | {n} |" for rule, n in report["rules"].items())
    thresholds = "\n".join(f"| {name} | {value} |" for name, value in report["thresholds"].items())
    digests = "\n".join(f"| {name} | `{value}` |" for name, value in report["digests"].items())
    expected = report["expected_precision_of_unnamed"]
    notes = "".join(f"\nNote: {note}.\n" for note in report["notes"])
    guess = (
        ""
        if expected is None
        else f"By its own guess {_percent(expected)} of the rows kept without a name are right,\n"
        "which nobody has counted: with a base that tells little apart the truth is less.\n"
    )
    return f"""---
pretty_name: Filtered for {report["region"]}
---
# Filtered for {report["region"]}

**Limits first.** This is what a program kept, not what a person checked. It knows the names in its
gazetteer and what the base embedding can tell apart; what neither knows is lost, and a picture of
a look-alike may have stayed.
{guess}A language is evidence of a place, not proof. Licences and personal data were not looked at:
they are the source's.

Kept {report["kept"]} of {report["rows"]} rows; {report["left_out"]} more could not be read.
`metadata.jsonl` has the kept rows with the source's columns and `group`, the thing a row is
about; `decisions.jsonl` says of every row whether it was kept, its score and why.

| rule | meaning | rows |
|---|---|---|
{rules}
{notes}{_label_section(report["labels"])}
| threshold | value |
|---|---|
{thresholds}

| digest (SHA-256) | |
|---|---|
{digests}
"""


def _label_section(labels: dict[str, Any] | None) -> str:
    if labels is None:
        return ""
    kinds = "".join(
        f"| {kind} | {t['kept']} of {t['rows']} | {_percent(t['kept'] / t['rows'])} |\n"
        for kind, t in labels["kinds"].items()
    )
    both = labels["kept_and_relevant"]
    table = f"\n| kind | kept | share |\n|---|---|---|\n{kinds}" if kinds else ""
    return f"""
The source says in its column `relevant` what should be kept; the filter did not look at it.
Precision {_percent(labels["precision"])} ({both} of {labels["kept"]}),
recall {_percent(labels["recall"])} ({both} of {labels["relevant"]}).
{table}"""
