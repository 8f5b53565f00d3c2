"""The gazetteer of the home region, as the table of items and its countries' names give it.

Items held out of tuning are in it too: the mixed pool neither shows nor names them, so no picture
of them is let in by knowing their names.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from ggez.paths import ASSETS
from ggez.pocket.captions import ENGLISH
from ggez.pocket.world import HOME, Item
from ggez.regions import SEA

FILE = ASSETS / "gazetteers" / "sea.csv"

COUNTRY_NAMES: dict[str, tuple[tuple[str, str], ...]] = {
    "BN": (("Brunei", "eng"), ("Brunei Darussalam", "zsm")),
    "ID": (("Indonesia", "ind"),),
    "KH": (("Cambodia", "eng"), ("កម្ពុជា", "khm")),
    "LA": (("Laos", "eng"), ("ປະເທດລາວ", "lao")),
    "MM": (("Myanmar", "eng"), ("Burma", "eng"), ("မြန်မာ", "mya")),
    "MY": (("Malaysia", "zsm"), ("马来西亚", "zho")),
    "PH": (("Philippines", "eng"), ("Pilipinas", "fil")),
    "SG": (("Singapore", "eng"), ("Singapura", "zsm"), ("新加坡", "zho"), ("சிங்கப்பூர்", "tam")),
    "TH": (("Thailand", "eng"), ("ประเทศไทย", "tha")),
    "TL": (("Timor-Leste", "tet"), ("East Timor", "eng"), ("Timór-Leste", "tet")),
    "VN": (("Vietnam", "eng"), ("Việt Nam", "vie")),
}
"""What people call the countries, beside the United Nations' English names."""


def gazetteer_rows(items: Sequence[Item]) -> list[tuple[str, str, str, str]]:
    """(term, lang, countries, thing): the items' English and local names, then the countries'."""
    rows: dict[str, tuple[str, str, str, str]] = {}
    for item in items:
        if item.region == HOME:
            where = ";".join(item.countries)
            for term, lang in ((item.english, ENGLISH), (item.local_name, item.local_lang)):
                rows.setdefault(term, (term, lang, where, item.id))
    for country in SEA.countries:
        thing = f"country-{country.iso2.lower()}"
        names = ((country.name, ENGLISH), *COUNTRY_NAMES[country.iso2])
        for term, lang in names:
            rows.setdefault(term, (term, lang, country.iso2, thing))
    return list(rows.values())


def write_gazetteer(items: Sequence[Item], file: Path = FILE) -> int:
    """Write the gazetteer; returns the number of its terms."""
    rows = gazetteer_rows(items)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("term", "lang", "countries", "thing"))
        writer.writerows(rows)
    return len(rows)
