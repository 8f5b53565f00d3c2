"""Queries: cleaned to one line, and understood only where an eval set knows the answer."""

from __future__ import annotations

import unicodedata

import pytest

from ggez.types import Case, Text, UserError
from ggez.workbench.lookup import LONGEST_QUERY, clean_query, meant_item


def case(item: str, name: str, *local: str, queries: tuple[str, ...] = ()) -> Case:
    return Case(
        item, f"{item}.webp", item, name, ("VN",), "sea", "cuisine",
        tuple(Text("eng", text) for text in queries), tuple(Text("und", text) for text in local),
    )  # fmt: skip


CASES = (
    case("pho", "pho", "phở", queries=("hot soup",)),
    case("tom-yum", "tom yum", "ต้มยำ"),
    case("tom-yum-kung", "tom yum kung", "ต้มยำกุ้ง"),
    case("non-la", "non la conical hat", "nón lá"),
    case("plov", "palov", "плов"),
    case("ox", "ox", "牛"),
)


@pytest.mark.parametrize(
    ("query", "cleaned"),
    [
        ("  a   pho ", "a pho"),
        ("a\nb\tc\u2028d\x00e", "a b c d e"),
        ("ក\u200bខ", "ក\u200bខ"),
        ("🧑\u200d🌾", "🧑\u200d🌾"),
        ("\u202eabc\ufeff", "abc"),
        ("x" * LONGEST_QUERY, "x" * LONGEST_QUERY),
        (" " * 9999 + "x", "x"),
    ],
)
def test_a_query_becomes_one_line_and_keeps_its_script(query: str, cleaned: str) -> None:
    assert clean_query(query) == cleaned


@pytest.mark.parametrize(
    "query",
    [
        "", " \n\t ", "\x00\x07", "\ud800", "\ufeff", None, 3, b"pho", ["pho"],
        "x" * (LONGEST_QUERY + 1), "\n" + "x\n" * LONGEST_QUERY,
        pytest.param(
            "\u200b\u200d"),
    ],
)  # fmt: skip
def test_a_bad_query_is_one_line(query: object) -> None:
    with pytest.raises(UserError) as caught:
        clean_query(query)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "item"),
    [
        ("pho", "pho"),
        ("PHỞ", "pho"),
        (" phở ", "pho"),
        (unicodedata.normalize("NFD", "nón lá"), "non-la"),
        ("Hot Soup", "pho"),
        ("a bowl of phở, please", "pho"),
        ("tom yum kung for two", "tom-yum-kung"),
        ("อยากกินต้มยำกุ้งมาก", "tom-yum-kung"),
        ("อยากกินต้มยำมาก", "tom-yum"),
        ("photo, then a pho", "pho"),
        ("photo", None),
        ("phởng", None),
        ("a box", None),
        ("ox", "ox"),
        ("an ox cart", None),
        ("a spaceship", None),
        pytest.param("Пловдив", None),
    ],
)
def test_the_longest_name_that_stands_as_a_word_is_meant(query: str, item: str | None) -> None:
    assert meant_item(query, CASES) == item


def test_the_answer_does_not_hang_on_the_order_of_the_set() -> None:
    assert meant_item("tom yum kung", reversed(CASES)) == "tom-yum-kung"
    assert meant_item("anything", ()) is None
