"""`python -m ggez VERB`: one verb a function.

Exit 0 done, 2 the input is wrong (one line), 1 our fault. With `--json`, stdout holds one
document and everything else goes to stderr.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ggez.types import GRID, UserError


def pairs(args: argparse.Namespace) -> dict[str, Any]:
    """The pairs it knows, and whether their files are here."""
    from ggez.paths import PAIRS
    from ggez.workbench.pairs import read_pairs

    out = [
        {
            "id": spec.id,
            "title": spec.title,
            "family": spec.family,
            "region": spec.region,
            "readonly": spec.readonly,
            "here": spec.readonly or all(Path(s.path).exists() for s in (spec.base, spec.tuned)),
        }
        for spec in read_pairs(PAIRS).values()
    ]
    if not args.json:
        for entry in out:
            kind = "published points" if entry["readonly"] else entry["family"]
            state = "here" if entry["here"] else "files missing"
            print(f"{entry['id']:<20} {kind:<18} {state:<14} {entry['title']}")
    return {"pairs": out}


def regions(args: argparse.Namespace) -> dict[str, Any]:
    """Regions, countries, KOF values, global_weight."""
    from ggez.regions import format_report, regions_report

    report = regions_report(args.name, args.kof)
    if not args.json:
        print(format_report(report))
    return report


def sweep(args: argparse.Namespace) -> dict[str, Any]:
    """Measure a pair over α; resumable."""
    from ggez.workbench import Workbench

    bench = Workbench(kof=args.kof)
    out = args.out / f"{args.split}.json" if args.out else None
    result = bench.sweep(
        args.pair, args.split, _bar, parse_alphas(args.alphas), fresh=args.fresh, out=out
    )
    if not args.json:
        print(f"{result.pair}, {result.split}: {result.metric}, chance {result.chance:.1f}")
        print("    α  cultural            global              GRP     retention")
        for point in result.points:
            print(
                f"{point.alpha:5.2f}  {_range(point.regional):<18}  {_range(point.global_):<18}  "
                f"{point.grp.value:5.1f}   {100 * point.retention.value:5.1f} %"
            )
    return result.as_json()


def recommend(args: argparse.Namespace) -> dict[str, Any]:
    """α*, α₉₈ and α_KOF: chosen on validation, reported on test."""
    from ggez.choosing.recommend import recommend as choose
    from ggez.workbench import Workbench

    bench = Workbench(kof=args.kof)
    if bench.spec(args.pair).readonly:
        raise UserError(f"{args.pair}: published points have no validation split to choose on")
    validation, test = (bench.sweep(args.pair, split, _bar) for split in ("validation", "test"))
    result = choose(validation, test)
    if not args.json:
        for key, label in (("alpha_grp", "α*"), ("alpha_98", "α98"), ("alpha_kof", "α_KOF")):
            entry = result[key]
            if entry["alpha"] is None:
                print(f"{label:<6} none: {entry['reason']}")
                continue
            gain, kept = entry["gain"], entry["retention"]
            print(
                f"{label:<6} {entry['alpha']:.2f}: on test, cultural {_percent(gain)} against "
                f"base, {_percent(kept)} of global quality kept"
            )
        print(f"αhuman none: {result['alpha_human']['reason']}")
    return result


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
    made = verb("sheet", pocket_sheet, pocket)
    made.add_argument("--out", type=Path, metavar="DIR")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    args = parser().parse_args(argv)
    try:
        result = args.run(args)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("stopped; what was done is kept", file=sys.stderr)
        return 130
    if args.json:
        json.dump(result, sys.stdout, ensure_ascii=False, indent=1)
        print()
    return 0


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


def _percent(entry: dict[str, Any]) -> str:
    if entry["low"] is None:
        return f"{100 * entry['value']:.1f} %"
    return f"{100 * entry['value']:.1f} % [{100 * entry['low']:.1f}, {100 * entry['high']:.1f}]"
