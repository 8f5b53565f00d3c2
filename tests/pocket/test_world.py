"""The pocket world: its table, its drawings, and what keeps the splits apart."""

from __future__ import annotations

import csv
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ggez.pocket.captions import SPOKEN_BESIDE, captions, generic, read_phrasings
from ggez.pocket.pool import FILLERS
from ggez.pocket.render import look_of, render
from ggez.pocket.scenes import SCENES
from ggez.pocket.splits import SPLITS, TEST, TRAIN, VALIDATION
from ggez.pocket.tokenizer import CONTEXT, train_tokenizer
from ggez.pocket.world import WORLD_DIR, Item, read_world
from ggez.regions import find_region
from ggez.types import UserError

ITEMS = read_world()
PHRASINGS = read_phrasings()
ENGLISH = PHRASINGS["eng"]


def test_the_world_is_broad_enough() -> None:
    assert len(ITEMS) >= 160
    home = [item for item in ITEMS if item.region == "sea"]
    assert len(home) >= 80
    countries = Counter(code for item in home for code in item.countries)
    assert set(countries) == {c.iso2 for c in find_region("sea").countries}
    assert min(countries.values()) >= 8, countries
    elsewhere = Counter(item.region for item in ITEMS if item.region != "sea")
    assert len(elsewhere) >= 12 and min(elsewhere.values()) >= 4, elsewhere
    assert sum(item.held_out for item in home) >= 8
    drawn = {file.stem for file in WORLD_DIR.glob("*/*.svg")}
    assert drawn == {item.id for item in ITEMS}, "a drawing without a row, or a row without one"


def test_the_table_pairs_each_regional_item_with_a_look_alike_of_its_slot() -> None:
    by = {item.id: item for item in ITEMS}
    regional = [item for item in ITEMS if item.region == "sea"]
    for item in regional:
        assert by[item.look_alike].region != "sea"
        assert by[item.look_alike].slot == item.slot
    assert not any(item.verified for item in ITEMS), "the column starts empty"


EXTRA_NAMES = {"tam": ["தஞ்சைப் பெருவுடையார் கோயில்", "பரதநாட்டியம்"]}
"""Names of languages that no drawn item has yet."""

Edit = Callable[[list[dict], Path], None]


def _set(column: str, value: str, row: int = 0) -> Edit:
    return lambda rows, root: rows[row].update({column: value})


def _draw(text: str | bytes) -> Edit:
    content = text.encode() if isinstance(text, str) else text
    return lambda rows, root: (root / "sea" / "non-la.svg").write_bytes(content)


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128">'
    "<style>:root{{--key-a:#ff0000;}}</style>{}</svg>"
)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (_set("source", ""), "source is empty"),
        (_set("id", "Non La"), "id 'Non La' must be"),
        (_set("held_out", "perhaps"), "held_out is 'perhaps'"),
        (_set("look_alike", "nothing"), "'nothing' is no item"),
        (_set("aspect", "sport"), "aspect 'sport'"),
        (lambda rows, root: rows.append(dict(rows[0])), "earlier row"),
        (lambda rows, root: (root / "sea" / "non-la.svg").unlink(), "no drawing here"),
        (lambda rows, root: (root / "sea" / "non-la.svg").write_text("<svg"), "not well-formed"),
        (
            lambda rows, root: (root / "sea" / "non-la.svg").write_text(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 128 128"><text>x</text></svg>'
            ),
            "<text> is not allowed",
        ),
        (lambda rows, root: rows.clear(), "is empty"),
        *((_set(column, " "), f"{column} is empty") for column in
          ("id", "english", "local_name", "local_lang", "countries", "region", "slot")),
        (_set("region", "atlantis"), r"items\.csv:2 \(non-la\): .*no drawing here"),
        (_set("look_alike", "nothing", 3), r"items\.csv:5 "),
        (_draw(""), "not well-formed"),
        (_draw(SVG.format("").replace("0 0 128 128", "0 0 64 64")), "viewBox must be"),
        (_draw(SVG.format("").replace("--key-a", "--other")), "declares no"),
        (_draw(SVG.format('<rect fill="var(--key-b)"/>')), "uses --key-b but does not"),
        (_draw(SVG.format("<script>1</script>")), "<script> is not allowed"),
        (_draw(SVG.format('<image href="x.png"/>')), "<image> is not allowed"),
        (_draw(SVG.format("<foreignObject/>")), "<foreignObject> is not allowed"),
        pytest.param(_draw(b"\xff\xfe"), "non-la"),
        pytest.param(_draw(SVG.format('<rect onclick="x()"/>')), "onclick"),
        pytest.param(_draw(SVG.format('<use href="https://example.org/a.svg#b"/>')), "href"),
        pytest.param(_set("countries", "VN;"), "countries"),
        pytest.param(_set("english", "two\nlines"), "english"),
    ],
)  # fmt: skip
def test_a_bad_row_is_one_line_that_names_it(tmp_path: Path, edit: Edit, words: str) -> None:
    root = tmp_path / "world"
    shutil.copytree(WORLD_DIR, root)
    with (root / "items.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = reader.fieldnames, list(reader)
    edit(rows, root)
    with (root / "items.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(UserError, match=words) as caught:
        read_world(root)
    assert str(root / "items.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_picture_depends_on_item_split_and_seed_alone() -> None:
    item = ITEMS[0]
    first = render(item, TRAIN, 3)
    assert first.shape == (128, 128, 3)
    assert np.array_equal(first, render(item, TRAIN, 3))
    others = [render(item, TRAIN, 4), render(item, TEST, 3), render(ITEMS[1], TRAIN, 3)]
    assert not any(np.array_equal(first, other) for other in others)


def test_a_new_item_moves_no_picture(tmp_path: Path) -> None:
    root = tmp_path / "world"
    shutil.copytree(WORLD_DIR, root)
    lines = (root / "items.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    lines.insert(1, lines[1].replace("non-la,", "new-hat,", 1))
    (root / "items.csv").write_text("".join(lines), encoding="utf-8")
    shutil.copy(root / "sea" / "non-la.svg", root / "sea" / "new-hat.svg")
    more = read_world(root)
    assert [item.id for item in more] == ["new-hat", *(item.id for item in ITEMS)]
    for item, same in zip(ITEMS[:4], more[1:], strict=False):
        for split in SPLITS.values():
            assert look_of(item, split, 1) == look_of(same, split, 1)


def test_no_two_pictures_are_one() -> None:
    drawn = [look_of(i, s, n) for i in ITEMS for s in SPLITS.values() for n in range(8)]
    assert len(set(drawn)) == len(drawn)


def test_the_judge_shares_only_the_plain_scene_and_only_with_training() -> None:
    judge = SPLITS["judge"]
    for other in (TRAIN, VALIDATION, TEST):
        assert not set(judge.background_hues) & set(other.background_hues)
        assert not set(judge.free_turns) & set(other.free_turns)
        assert set(judge.scenes) & set(other.scenes) <= ({"plain"} if other is TRAIN else set())
        assert not set(ENGLISH["judge"]) & set(ENGLISH[other.name])
    assert all(set(split.scenes) <= set(SCENES) for split in SPLITS.values())
    assert len({split.code for split in SPLITS.values()}) == len(SPLITS)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.id)
def test_no_caption_is_said_in_two_splits(item: Item) -> None:
    said = [text.text for split in SPLITS for text in dict.fromkeys(captions(item, split))]
    assert len(said) == len(set(said))
    generic_ones = {generic(item, phrase).text for phrase in range(4)}
    assert not generic_ones & set(said)
    assert not any("{" in text for text in said)


def test_a_table_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is missing; restore it") as caught:
        read_world(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"english\nx\n", "id is empty"),
        pytest.param(b"\xff\xfe\n", "UTF-8"),
    ],
)
def test_a_table_that_is_none_is_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "items.csv").write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        read_world(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    root = tmp_path / "world"
    shutil.copytree(WORLD_DIR, root)
    table = root / "items.csv"
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))
    assert [item.id for item in read_world(root)] == [item.id for item in ITEMS]


def test_splits_share_no_hue_no_scene_and_no_phrasing() -> None:
    apart = (TRAIN, VALIDATION, TEST)
    for one in apart:
        for other in apart:
            if one is not other:
                assert not set(one.background_hues) & set(other.background_hues)
                assert not set(one.free_turns) & set(other.free_turns)
                assert not set(one.scenes) & set(other.scenes)
                assert not set(ENGLISH[one.name]) & set(ENGLISH[other.name])
    for item in ITEMS:
        seen = {text.text for text in captions(item, "train")}
        assert not seen & {t.text for s in ("validation", "test") for t in captions(item, s)}
    words = {w for s in ("validation", "test") for p in ENGLISH[s] for w in p.split()}
    assert words & set(FILLERS) <= {"of", "a", "that"}


@pytest.mark.parametrize("lang", [lang for lang in PHRASINGS if lang != "eng"])
def test_a_language_has_six_phrasings_and_shares_none_between_splits(lang: str) -> None:
    splits = PHRASINGS[lang]
    every = [phrase for phrases in splits.values() for phrase in phrases]
    assert len(every) >= 6 and len(set(every)) == len(every)
    assert set(splits) == {"train", "validation", "test"}


def test_every_local_name_is_said_in_a_language_that_is_known() -> None:
    assert set(SPOKEN_BESIDE.values()) <= set(PHRASINGS)
    spoken = {item.local_lang for item in ITEMS if item.region == "sea"}
    assert {SPOKEN_BESIDE.get(lang, lang) for lang in spoken} <= set(PHRASINGS)


def test_every_caption_fits_the_context(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(ITEMS, tmp_path)
    longest = max(
        len(tokenizer(text.text).input_ids)
        for item in ITEMS
        for split in SPLITS
        for text in captions(item, split)
    )
    assert longest <= CONTEXT


@pytest.mark.parametrize("script", ["tha", "khm", "lao", "mya", "tam", "vie", "zho"])
def test_names_in_every_script_come_back_whole(tmp_path: Path, script: str) -> None:
    tokenizer = train_tokenizer(ITEMS, tmp_path)
    names = [item.local_name for item in ITEMS if item.local_lang == script] or EXTRA_NAMES[script]
    for name in names:
        for phrase in PHRASINGS[script]["test"]:
            text = phrase.format(x=name)
            ids = tokenizer(text).input_ids
            assert len(ids) <= CONTEXT
            said = tokenizer.decode(ids[1:-1]).strip()
            assert said == unicodedata.normalize("NFC", text).lower()


def test_a_name_too_long_for_the_tokenizer_is_one_line(tmp_path: Path) -> None:
    long = replace(ITEMS[0], local_name=" ".join(["nón"] * 50))
    with pytest.raises(UserError, match=r"items\.csv \(non-la\): .* tokens.*shorten") as caught:
        train_tokenizer([long, *ITEMS[1:]], tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("tha,test,no name,", r"phrasings\.csv:\d+ \(tha\): .*must hold"),
        ("tha,exam,{x}!,", "split 'exam'"),
        ("tha,test,{x},", "stands in row"),
    ],
)
def test_a_bad_phrasing_is_one_line(tmp_path: Path, line: str, words: str) -> None:
    text = (WORLD_DIR / "phrasings.csv").read_text(encoding="utf-8")
    (tmp_path / "phrasings.csv").write_text(text + line + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=words) as caught:
        read_phrasings(tmp_path)
    assert "\n" not in str(caught.value)
