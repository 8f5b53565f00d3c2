"""`python -m ggez VERB`: one verb a function.

Exit 0 done, 2 the input is wrong (one line), 1 our fault. With `--json`, stdout holds one
document and everything else goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ggez.types import GRID, Side, UserError


def pairs(args: argparse.Namespace) -> dict[str, Any]:
    """The pairs it knows, and whether their files are here."""
    from ggez.paths import PAIRS
    from ggez.workbench.pairs import read_pairs, whereabouts

    out = [
        {
            "id": spec.id,
            "title": spec.title,
            "family": spec.family,
            "region": spec.region,
            "readonly": spec.readonly,
            "state": whereabouts(spec),
            "here": whereabouts(spec) == "here",
        }
        for spec in read_pairs(PAIRS).values()
    ]
    if not args.json:
        for entry in out:
            kind = "published points" if entry["readonly"] else entry["family"]
            print(f"{entry['id']:<20} {kind:<18} {entry['state']:<16} {entry['title']}")
    return {"pairs": out}


def regions(args: argparse.Namespace) -> dict[str, Any]:
    """Regions, countries, KOF values, global_weight."""
    from ggez.regions import format_report, regions_report

    report = regions_report(args.name, args.kof)
    if not args.json:
        print(format_report(report))
    return report


def inspect(args: argparse.Namespace) -> dict[str, Any]:
    """The merge plan of two checkpoints, from headers alone: decisions, problems, memory."""
    from ggez.merging.report import first_problem, format_plan, inspect_pair

    revisions = args.base_revision, args.tuned_revision
    report = inspect_pair(
        args.base, args.tuned, revisions, merge=["vae"] if args.merge_vae else [],
        compare=args.compare, values=args.values, progress=_bar,
    )  # fmt: skip
    if not args.json:
        print(format_plan(report))
    if not report["compatible"]:
        if args.json:
            print(json.dumps(report, ensure_ascii=False, indent=1))
        raise UserError(first_problem(report))
    return report


def sweep(args: argparse.Namespace) -> dict[str, Any]:
    """Measure a pair over α and check the sweep; resumable."""
    from ggez.evaluation.sanity import sanity_lines
    from ggez.workbench import Workbench

    bench = Workbench(kof=args.kof)
    out = args.out / f"{args.split}.json" if args.out else None
    result = bench.sweep(
        args.pair, args.split, _bar, parse_alphas(args.alphas), fresh=args.fresh, out=out
    )
    checks = bench.sanity(args.pair, result, out)
    if not args.json:
        print(f"{result.pair}, {result.split}: {result.metric}, chance {result.chance:.1f}")
        print("    α  cultural            global              GRP     retention")
        for point in result.points:
            kept = f"{100 * point.retention.value:5.1f} %" if point.retention else "undefined"
            print(
                f"{point.alpha:5.2f}  {_range(point.regional):<18}  {_range(point.global_):<18}  "
                f"{point.grp.value:5.1f}   {kept}"
            )
    if checks:
        print(*sanity_lines(checks), sep="\n", file=sys.stderr if args.json else sys.stdout)
    return result.as_json() | {"sanity": checks}


def recommend(args: argparse.Namespace) -> dict[str, Any]:
    """α*, α₉₈, α_KOF and α_maximin: chosen on validation, reported on test."""
    from ggez.choosing.recommend import CHOICES
    from ggez.choosing.recommend import recommend as choose
    from ggez.workbench import Workbench

    bench = Workbench(kof=args.kof)
    if bench.spec(args.pair).readonly:
        raise UserError(f"{args.pair}: published points have no validation split to choose on")
    validation, test = (bench.sweep(args.pair, split, _bar) for split in ("validation", "test"))
    result = choose(validation, test)
    if not args.json:
        for key, label in CHOICES:
            print(f"{label:<10} {result[key]['words']}")
    return result


def merge(args: argparse.Namespace) -> dict[str, Any]:
    """Export a merged checkpoint, with certificate, recipe and model card."""
    from ggez.merging.export import export

    base = Side("base", args.base, args.base_revision)
    tuned = Side("tuned", args.tuned, args.tuned_revision)
    return _exported(
        args,
        lambda **told: export(
            base,
            tuned,
            args.out,
            args.alpha,
            method=args.method,
            components=dict(args.component),
            parts=args.part,
            **told,
        ),
    )


def reproduce(args: argparse.Namespace) -> dict[str, Any]:
    """The same export again from its recipe, with the same digests."""
    from ggez.merging.export import reproduce as again

    return _exported(
        args, lambda **told: again(args.recipe, args.out, base=args.base, tuned=args.tuned, **told)
    )


def _exported(args: argparse.Namespace, run: Callable[..., Any]) -> dict[str, Any]:
    """Run an export that a signal can stop, and tell what it made."""
    # systemd, Slurm and Docker stop with SIGTERM: unwind, so that nothing is left
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        made = run(evidence=args.evidence, progress=_bar)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"stopped; nothing is left at {args.out}") from None
    finally:
        signal.signal(signal.SIGTERM, before)
    for warning in made.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    if not args.json:
        print(
            f"{made.out}: α = {made.recipe.alpha:g}, {made.recipe.method}, "
            f"{len(made.certificate.tensors)} tensors reopened and equal to what was computed, "
            f"{made.seconds:.1f} s\nweights {made.recipe.weights}"
        )
    out: dict[str, Any] = made.as_json()
    return out


def tune(args: argparse.Namespace) -> dict[str, Any]:
    """Regional fine-tuning of an open_clip checkpoint on a folder of captioned pictures."""
    from ggez.tuning.contrastive import TuneConfig
    from ggez.tuning.folder import tune_folder

    config = TuneConfig(
        steps=args.steps,
        batch=args.batch,
        learning_rate=args.learning_rate,
        weight_decay=args.weight_decay,
        seed=args.seed,
        augment=args.augment,
    )
    recipe = tune_folder(args.base, args.data, args.out, config, _bar, args.work)
    if not args.json:
        print(
            f"{args.out}: {recipe['run']['steps']} steps on {recipe['rows']} rows of "
            f"{recipe['pictures']} pictures, loss {recipe['loss']}, {recipe['seconds']} s"
        )
    return {"out": str(args.out), **recipe}


def eval_set_import(args: argparse.Namespace) -> dict[str, Any]:
    """Make eval sets of a captioned data set: a local snapshot of its Hub repository."""
    from ggez.data.import_set import import_set

    out = import_set(args.name, args.folder, args.split, args.out, args.region, _bar)
    for warning in out["warnings"]["first"]:
        print(f"warning: {warning}", file=sys.stderr)
    if not args.json:
        for entry in out["sets"]:
            parts = (f"{k} {v['pictures']} pictures" for k, v in entry["splits"].items())
            print(f"{args.out / entry['name']}: {', '.join(parts)}")
        for why, count in out["left_out"].items():
            print(f"left out, {count}: {why}")
        print(f"{out['warnings']['count']} warnings; licence {out['licence']}")
    return out


def filter_(args: argparse.Namespace) -> dict[str, Any]:
    """Keep the rows of a folder of captioned pictures that are of a region, and say why."""
    from ggez.filtering.report import format_outcome
    from ggez.filtering.run import BASE, run_filter

    report = run_filter(
        args.source, args.region, args.out, _bar, args.base or BASE, args.gazetteer,
        args.reward, args.reward_min,
    )  # fmt: skip
    if not args.json:
        print(format_outcome(report))
    return report


def pocket_build(args: argparse.Namespace) -> dict[str, Any]:
    """The pocket world's eval sets and pools, or a family's checkpoints, again from nothing."""
    from ggez.pocket.build import build_family, build_world

    if not (args.world or args.family):
        raise UserError("pocket build: say what to build: --world, or --family embedding")
    out: dict[str, Any] = {}
    if args.world:
        out["world"] = build_world(args.out, _bar)
    if args.family:
        out[args.family] = build_family(args.family, args.out, args.work, _bar)
    if not args.json:
        print(json.dumps(out, indent=1, ensure_ascii=False))
    return out


def pocket_pool(args: argparse.Namespace) -> dict[str, Any]:
    """A pool as a folder of captioned pictures: what `filter` reads."""
    from ggez.pocket.pool_folder import write_pool_folder

    out = write_pool_folder(args.name, args.out, _bar)
    if not args.json:
        print(f"{out['rows']} rows, {out['pictures']} pictures: {out['out']}")
    return out


def pocket_sheet(args: argparse.Namespace) -> dict[str, Any]:
    """Contact sheets of the drawings."""
    from ggez.pocket.sheet import write_sheets

    out = {"files": [str(file) for file in write_sheets(args.out)]}
    if not args.json:
        print("\n".join(out["files"]))
    return out


def pocket_quiz(args: argparse.Namespace) -> dict[str, Any]:
    """Blind naming: write pictures with four names each, or compare a reader's answers."""
    from ggez.pocket.naming import score, write_quiz

    out = score(args.dir, args.answers, args.table) if args.answers else write_quiz(args.dir)
    if not args.json:
        print(json.dumps(out, indent=1, ensure_ascii=False))
    return out


def parse_alphas(text: str | None) -> Sequence[float]:
    """`0:1:0.05` or `0,0.3,1` as sorted α; None is the grid."""
    if text is None:
        return GRID
    how = "write START:STOP:STEP such as 0:1:0.05, or values such as 0,0.3,1"
    try:
        parts = [float(part) for part in text.replace(",", ":").split(":")]
    except ValueError:
        raise UserError(f"--alphas {text!r} is not a list of numbers; {how}") from None
    if ":" in text:
        if len(parts) != 3 or not parts[2] > 0 or not 0 <= parts[0] <= parts[1] <= 1:
            raise UserError(f"--alphas {text!r} is not a range; {how}")
        count = min(int((parts[1] - parts[0]) / parts[2] + 1.5), 1001)
        parts = [round(parts[0] + i * parts[2], 4) for i in range(count)]
        parts = [alpha for alpha in parts if alpha <= 1.0001]
    if not parts or not all(0 <= alpha <= 1 for alpha in parts):
        raise UserError(f"--alphas {text!r} leaves 0 to 1; {how}")
    return sorted({round(alpha, 4) for alpha in (*parts, 0.0)})


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m ggez", description=__doc__.split("\n")[0])
    verbs = top.add_subparsers(metavar="VERB", required=True)

    def verb(name: str, run: Any, under: Any = verbs) -> argparse.ArgumentParser:
        made = under.add_parser(name, help=run.__doc__, description=run.__doc__)
        made.add_argument("--json", action="store_true", help="one JSON document on stdout")
        made.set_defaults(run=run)
        return made

    verb("pairs", pairs)
    made = verb("regions", regions)
    made.add_argument("name", nargs="?", metavar="NAME")
    made.add_argument("--kof", type=Path, metavar="FILE", help="a newer table of the same columns")
    made = verb("inspect", inspect)
    made.add_argument("base", metavar="BASE", help="a folder, a .safetensors file, or a Hub id")
    made.add_argument("tuned", metavar="TUNED", help="likewise")
    made.add_argument("--base-revision", metavar="REV", help="of a Hub id")
    made.add_argument("--tuned-revision", metavar="REV", help="of a Hub id")
    made.add_argument("--merge-vae", action="store_true", help="merge a pipeline's VAE as well")
    made.add_argument("--compare", action="store_true", help="read the weights, find equal tensors")
    made.add_argument("--values", action="store_true", help="read the weights, find NaN and inf")
    made = verb("sweep", sweep)
    made.add_argument("pair", metavar="PAIR")
    made.add_argument("--alphas", metavar="A", help="0:1:0.05 or 0,0.3,1 (0 is always measured)")
    made.add_argument("--split", default="test", help="test or validation")
    made.add_argument("--fresh", action="store_true", help="ignore every cache")
    made.add_argument("--out", type=Path, metavar="DIR", help="keep the scores here")
    made.add_argument("--kof", type=Path, metavar="FILE")
    made = verb("recommend", recommend)
    made.add_argument("pair", metavar="PAIR")
    made.add_argument("--kof", type=Path, metavar="FILE")
    made = verb("merge", merge)
    made.add_argument("base", metavar="BASE", help="a folder, a .safetensors file, or a Hub id")
    made.add_argument("tuned", metavar="TUNED", help="likewise")
    made.add_argument("--base-revision", metavar="REV", help="of a Hub id")
    made.add_argument("--tuned-revision", metavar="REV", help="of a Hub id")
    made.add_argument("--alpha", required=True, metavar="A", help="0 is base, 1 is tuned")
    made.add_argument("--method", default="linear", metavar="M")
    made.add_argument(
        "--component",
        type=_named_alpha,
        action="append",
        default=[],
        metavar="NAME=A",
        help="its own α for a component or block; may be repeated",
    )
    made.add_argument(
        "--part", action="append", default=[], metavar="NAME", help="merge only these parts"
    )
    _export_options(made)
    made = verb("reproduce", reproduce)
    made.add_argument("recipe", type=Path, metavar="RECIPE", help="recipe.json or its folder")
    made.add_argument("--base", metavar="BASE", help="where base lies now")
    made.add_argument("--tuned", metavar="TUNED", help="where tuned lies now")
    _export_options(made)
    made = verb("filter", filter_)
    made.add_argument("source", type=Path, metavar="SOURCE", help="holds metadata.jsonl or .csv")
    made.add_argument("--region", required=True, metavar="R", help="such as sea")
    made.add_argument("--out", type=Path, metavar="DIR", required=True, help="a new folder")
    made.add_argument("--base", type=Path, metavar="FOLDER", help="an embedding checkpoint")
    made.add_argument("--gazetteer", type=Path, metavar="FILE", help="CSV: term, lang, countries")
    made.add_argument("--reward", metavar="MODULE:FUNCTION", help="scores pictures with captions")
    made.add_argument("--reward-min", type=float, metavar="X", help="least score that is kept")
    made = verb("tune", tune)
    made.add_argument("base", type=Path, metavar="BASE", help="an open_clip folder")
    made.add_argument("--data", type=Path, metavar="DIR", required=True, help="what a filter kept")
    made.add_argument("--out", type=Path, metavar="DIR", required=True)
    made.add_argument("--work", type=Path, metavar="DIR", help="where an interrupted run goes on")
    made.add_argument("--steps", type=_positive, default=300)
    made.add_argument("--batch", type=_positive, default=32)
    made.add_argument("--learning-rate", type=float, default=2e-4)
    made.add_argument("--weight-decay", type=float, default=0.01)
    made.add_argument("--seed", type=int, default=12)
    made.add_argument("--augment", action="store_true", help="light, place and patches at random")
    sets = verbs.add_parser("eval-set", help="eval sets").add_subparsers(
        metavar="VERB", required=True
    )
    made = verb("import", eval_set_import, sets)
    made.add_argument("name", metavar="NAME", help="xm3600 or sea-vl")
    made.add_argument("folder", type=Path, metavar="FOLDER", help="a local snapshot")
    made.add_argument("--split", default="test", help="the source's split (xm3600: a language)")
    made.add_argument("--out", type=Path, metavar="DIR", required=True)
    made.add_argument("--region", default="sea", help="what is inside")
    pocket = verbs.add_parser("pocket", help="the embedded world").add_subparsers(
        metavar="VERB", required=True
    )
    made = verb("build", pocket_build, pocket)
    made.add_argument("--world", action="store_true", help="the eval sets and pools")
    made.add_argument("--family", help="embedding, or judge")
    made.add_argument("--out", type=Path, metavar="DIR", help="instead of the repository")
    made.add_argument("--work", type=Path, metavar="DIR", help="where stages are kept to resume")
    made = verb("quiz", pocket_quiz, pocket)
    made.add_argument("dir", type=Path, metavar="DIR", help="pictures and questions; key beside it")
    made.add_argument("--answers", type=Path, metavar="CSV", help="columns number and answer (a-d)")
    made.add_argument("--table", type=Path, metavar="CSV", help="write item, named, right")
    made = verb("pool", pocket_pool, pocket)
    made.add_argument("name", metavar="NAME", help="mixed or web")
    made.add_argument("--out", type=Path, metavar="DIR", required=True, help="a new folder")
    made = verb("sheet", pocket_sheet, pocket)
    made.add_argument("--out", type=Path, metavar="DIR")
    return top


def _export_options(made: argparse.ArgumentParser) -> None:
    made.add_argument("--out", type=Path, metavar="DIR", required=True, help="a new folder")
    made.add_argument("--evidence", type=Path, metavar="FILE", help="JSON of sweep, for the card")


def _named_alpha(text: str) -> tuple[str, str]:
    """`NAME=A`, for argparse."""
    name, equals, alpha = text.rpartition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=A, such as 'text tower=0.2'")
    return name, alpha


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    args = parser().parse_args(argv)
    try:
        result = args.run(args)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as stop:
        print(str(stop) or "stopped; what was done is kept", file=sys.stderr)
        return 130
    if args.json:
        json.dump(result, sys.stdout, ensure_ascii=False, indent=1)
        print()
    return 0


def _positive(text: str) -> int:
    """A whole number above 0, for argparse."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _bar(done: int, total: int, text: str) -> None:
    """A progress bar on stderr, at most a few lines where it is no terminal."""
    total = max(total, 1)
    if sys.stderr.isatty():
        width = 28 * done // total
        end = "\n" if done >= total else ""
        print(f"\r{'█' * width:·<28} {done}/{total} {text[:40]:<40}", end=end, file=sys.stderr)
    elif done == total or done % max(1, total // 10) == 0:
        print(f"{done}/{total} {text}", file=sys.stderr)


def _range(estimate: Any) -> str:
    if estimate.low is None:
        return f"{estimate.value:5.1f}"
    return f"{estimate.value:5.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"
