"""The table: every measured number, in its own box."""

from __future__ import annotations

from instrument_driver import Instrument


def test_it_has_every_number_of_every_alpha(instrument: Instrument) -> None:
    instrument.start()
    instrument.view("Table")
    rows = instrument.page.locator(".numbers tbody tr")
    assert rows.count() == 21
    points = instrument.fake("fake.sweep('test').points")
    one = points[3]
    names = instrument.page.locator(".numbers thead tr:last-child th").all_text_contents()
    assert names[:6] == [
        "cultural",
        "global",
        "GRP",
        "gain",
        "retention",
        "global, region included",
    ]
    assert {"Thailand", "Viet Nam", "cuisine", "Vietnamese", "xqz", "regional R@5"} <= set(names)
    inner = sum(len(one[key]) for key in ("countries", "aspects", "languages", "metrics"))
    assert len(names) == 6 + inner
    cells = rows.nth(3).locator("td").all_text_contents()
    regional, gain = one["regional"], one["gain"]
    assert cells[0] == (f"{regional['value']:.1f} {regional['low']:.1f} to {regional['high']:.1f}")
    assert cells[3].startswith(f"+{gain['value'] * 100:.1f} % ")
    assert cells[names.index("Timor-Leste")] == f"{one['countries']['TL']['value']:.1f}"


def test_the_row_of_alpha_is_marked_and_in_view(instrument: Instrument) -> None:
    instrument.start()
    instrument.type_alpha("0.9")
    instrument.settle()
    instrument.view("Table")
    current = instrument.page.locator(".numbers [aria-current]")
    assert current.locator("th").all_text_contents() == ["0.90"]
    box, row = instrument.page.locator(".table-box").bounding_box(), current.bounding_box()
    assert box["y"] <= row["y"] <= box["y"] + box["height"] - row["height"]
    instrument.type_alpha("0.2")
    instrument.page.wait_for_selector(".numbers tr[data-alpha='0.2'][aria-current]")


def test_its_head_and_first_column_stay_while_it_scrolls(instrument: Instrument) -> None:
    instrument.start()
    instrument.view("Table")
    instrument.page.evaluate(
        "(b => { b.scrollTop = 200; b.scrollLeft = 900; })(document.querySelector('.table-box'))"
    )
    instrument.frame()
    box = instrument.page.locator(".table-box").bounding_box()
    head = instrument.page.locator(".numbers thead th[rowspan]").bounding_box()
    first = instrument.page.locator(".numbers tbody tr:nth-child(9) th").bounding_box()
    assert (head["x"], head["y"]) == (box["x"] + 1, box["y"] + 1)
    assert first["x"] == box["x"] + 1
    assert instrument.page.evaluate("document.documentElement.scrollWidth") == 1440


def test_without_plotly_it_stands_in(instrument: Instrument) -> None:
    instrument.start("{state: {plotlyUrl: '/missing.js'}}", settle=False, plotly=True)
    instrument.page.wait_for_selector(".stage[data-mode=table]")
    assert instrument.page.locator(".numbers tbody tr").count() == 21
    assert "did not load" in instrument.text(".curves .foot")
