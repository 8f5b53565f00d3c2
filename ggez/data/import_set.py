"""Make eval sets of a captioned data set: one inside a region and one outside, each with a
validation and a test half.

An item goes to a half by a hash of its name, so that it stays there when the data set grows, and
so that a picture is in the same half in every language.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from PIL import Image

from ggez.data.eval_set import read_eval_set
from ggez.data.import_card import card
from ggez.data.new_folder import new_folder
from ggez.data.sources import reader
from ggez.data.sources.record import Record
from ggez.data.sources.shards import count_rows, open_picture
from ggez.regions import WORLD_REGIONS, country, find_region
from ggez.regions.regions import slug
from ggez.types import Region, UserError

SPLITS = ("validation", "test")
UNLABELLED = "unlabelled"
"""The aspect of a picture whose source has no category."""
SHOWN = 20
"""How many warnings are kept in full."""
PATIENCE = 1000
"""After so many rows of which none is usable, no more are read: a crawl has a million."""

Progress = Callable[[int, int, str], None]


@dataclass
class Counts:
    """What one import has done so far."""

    pictures: Counter[tuple[str, str]] = field(default_factory=Counter)
    queries: Counter[tuple[str, str]] = field(default_factory=Counter)
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    languages: dict[str, set[str]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    warned: int = 0


def import_set(
    name: str, folder: Path, split: str, out: Path, region: str, progress: Progress
) -> dict[str, Any]:
    """Write `out/<name>-<split>-<region>` and `out/<name>-<split>-outside-<region>`.

    `folder` is a local snapshot of the Hub repository. A side without pictures is not written.
    Pictures are written byte for byte as they are; queries are the captions. Returns what
    `--json` prints. Raises UserError in one line; then nothing is left at `out`.
    """
    source, home = reader(name), find_region(region)
    records = source.read(folder, split)
    total = count_rows(folder, split)
    with new_folder(out) as made:
        try:
            counts, ids = _write(records, made, f"{name}-{split}", home, total, progress)
        except OSError as error:
            raise UserError(f"{out}: cannot be written ({error.strerror}); make room") from None
        sets = [_finish(made / id_, source, split, home, counts) for id_ in ids]
    return {
        "out": str(out),
        "source": source.SOURCE,
        "licence": source.LICENCE,
        "region": home.id,
        "sets": sets,
        "left_out": dict(counts.left_out),
        "warnings": {"count": counts.warned, "first": counts.warnings},
    }


def half(item: str) -> str:
    """ "validation" or "test", of about equal size, by the item's name alone."""
    return SPLITS[hashlib.sha256(f"ggez-half-1:{item}".encode()).digest()[0] % 2]


def place(record: Record, home: Region) -> tuple[str, tuple[str, ...]] | str:
    """The region's id and the countries of a record, or the reason why it has none.

    Inside the region every country must be certain. Outside, the world region is enough, for
    the global score knows no countries.
    """
    codes = {member.iso2 for member in home.countries}
    if record.countries and codes.issuperset(record.countries):
        return home.id, record.countries
    places = record.countries or record.candidates
    if not places:
        return "the source names no country that is certain"
    if codes & set(places):
        return "the countries lie inside and outside the region, or which of them is not certain"
    worlds = {_world_region(code) for code in places}
    world = worlds.pop()
    if worlds or not world:
        return "the countries lie in several world regions, or in none"
    return world, places


def _world_region(iso2: str) -> str:
    """The world region of a country: a key of `WORLD_REGIONS`, Southeast Asia's, or ""."""
    subregion = country(iso2).subregion
    if not subregion or slug(subregion) in WORLD_REGIONS:
        return slug(subregion)
    known = find_region(subregion).id
    return known if known == "sea" else "oceania"


def _write(
    records: Iterator[Record], made: Path, stem: str, home: Region, total: int, progress: Progress
) -> tuple[Counts, list[str]]:
    """Pictures and tables of both sets; their names, the inside first."""
    counts = Counts()
    tables: dict[tuple[str, str], list[str]] = {}
    seen: set[bytes] = set()
    for number, record in enumerate(records, start=1):
        progress(number, total, "pictures")
        counts.warned += len(record.warnings)
        counts.warnings += record.warnings[: SHOWN - len(counts.warnings)]
        found = _usable(record, home, seen)
        if isinstance(found, str):
            counts.left_out[found] += 1
            if number == PATIENCE and not tables:
                raise UserError(f"{stem}: no usable picture in {number} rows; {_reasons(counts)}")
            continue
        region, codes = found
        inside = region == home.id
        key = f"{stem}-{home.id}" if inside else f"{stem}-outside-{home.id}", half(record.item)
        file = hashlib.sha256(record.image).hexdigest()[:24] + _suffix(record)
        (made / key[0] / key[1]).mkdir(parents=True, exist_ok=True)
        (made / key[0] / key[1] / file).write_bytes(record.image)
        tables.setdefault(key, []).append(_line(record, file, region, codes))
        counts.pictures[key] += 1
        counts.queries[key] += len(set(record.texts))
        counts.places.update((key[0], entry) for entry in (codes if inside else (region,)))
        counts.languages.setdefault(key[0], set()).update(text.lang for text in record.texts)
    for (id_, part), lines in tables.items():
        (made / id_ / part / "metadata.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    ids = sorted({id_ for id_, _ in tables}, key=lambda id_: "-outside-" in id_)
    if not ids:
        raise UserError(f"{stem}: no usable picture in {total} rows; {_reasons(counts)}")
    for id_ in ids:
        sizes = {part: counts.pictures[id_, part] for part in SPLITS}
        if not all(sizes.values()):
            raise UserError(f"{id_}: too few pictures to be split in two ({sum(sizes.values())})")
    return counts, ids


def _usable(record: Record, home: Region, seen: set[bytes]) -> tuple[str, tuple[str, ...]] | str:
    """Its region and countries, or why it is left out. Raises UserError for a set of questions."""
    if record.question is not None and not record.texts:
        raise UserError(
            f"{record.where}: the data set has questions and no captions, and a question is no "
            "query for retrieval; import a captioned set"
        )
    found = place(record, home)
    if isinstance(found, str):
        return found
    if not record.texts:
        return "there is no caption"
    digest = hashlib.sha256(record.image).digest()
    if digest in seen:
        return "the same picture stands in an earlier row"
    seen.add(digest)
    return found


def _suffix(record: Record) -> str:
    """The file ending of the picture's own format. Raises UserError where it is broken."""
    picture = open_picture(record.image, record.where)
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UserError(
            f"{record.where}: column 'image' holds a broken picture; download the file again"
        ) from None
    form = (picture.format or "").lower()
    return {"jpeg": ".jpg", "mpo": ".jpg", "tiff": ".tif"}.get(form, f".{form}")


def _line(record: Record, file: str, region: str, codes: tuple[str, ...]) -> str:
    queries = [{"lang": text.lang, "text": text.text} for text in dict.fromkeys(record.texts)]
    english = [text.text for text in record.texts if text.lang == "eng"]
    row = {
        "file_name": file,
        "item": record.item,
        "name": (english or [record.texts[0].text])[0],
        "countries": list(codes),
        "region": region,
        "aspect": record.aspect or UNLABELLED,
        "queries": queries,
    }
    return json.dumps(row, ensure_ascii=False)


def _finish(
    folder: Path, source: ModuleType, split: str, home: Region, counts: Counts
) -> dict[str, Any]:
    """Read the set back as a user will, and write its card."""
    splits = {}
    for part in SPLITS:
        read = read_eval_set(folder, part)
        key = folder.name, part
        if read.warnings or len(read.cases) != counts.pictures[key]:
            raise RuntimeError(f"{folder.name} does not read back: {read.warnings[:1]}")
        splits[part] = {
            "pictures": counts.pictures[key],
            "queries": counts.queries[key],
            "digest": read.digest,
        }
    places = {name: n for (id_, name), n in sorted(counts.places.items()) if id_ == folder.name}
    inside = "-outside-" not in folder.name
    languages = counts.languages[folder.name]
    text = card(
        folder.name, source, split, home, inside, splits, places, languages, counts.left_out
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
    kind = "countries" if inside else "regions"
    return {"name": folder.name, "inside": inside, "splits": splits, kind: places}


def _reasons(counts: Counts) -> str:
    return "; ".join(f"{why} ({n} rows)" for why, n in counts.left_out.most_common(3))
