"""Read the KOF Globalisation Index: the two columns that the method uses."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ggez.types import UserError

KOF_FILE = Path(__file__).resolve().parent / "data" / "kof.csv"
COLUMNS = ("kofgi", "kofipgidf")
"""The overall index, and its interpersonal de facto part, from which global_weight comes."""

CITATION = (
    "KOF Globalisation Index (KOF Swiss Economic Institute, ETH Zurich). "
    "Gygli, Haelg, Potrafke & Sturm (2019), The KOF Globalisation Index - Revisited, "
    "Review of International Organizations 14(3), 543-574, doi 10.1007/s11558-019-09344-2; "
    "Dreher (2006), Does Globalization Affect Growth?, Applied Economics 38(10), 1091-1110."
)

# KOF keeps codes that ISO 3166 has retired; a file fresh from the source has them.
_ISO = {"ADO": "AND", "ROM": "ROU", "ZAR": "COD", "TMP": "TLS", "WBG": "PSE"}


@dataclass(frozen=True)
class KofTable:
    """KOF values on their scale of 0-100, by (iso3, year, column). An absent key is no value."""

    source: str
    years: tuple[int, ...]
    values: Mapping[tuple[str, int, str], float]

    @classmethod
    def read(cls, path: Path | None = None) -> KofTable:
        """The table of a CSV file with the columns iso3, year, kofgi, kofipgidf; None: our own.

        Other columns are ignored and an empty cell is no value. Raises UserError with one line
        (file, line, column, cure) for whatever else is wrong.
        """
        file = KOF_FILE if path is None else path
        source = "KOF Globalisation Index, 2025 edition" if path is None else str(path)
        try:
            with file.open(encoding="utf-8-sig", newline="") as lines:
                values, years = _read_rows(csv.DictReader(lines, strict=True), file)
        except FileNotFoundError:
            raise UserError(f"{file}: no such KOF file; give the path of a CSV file") from None
        except OSError as error:
            reason = error.strerror or "not readable"
            raise UserError(f"{file}: {reason}; give the path of a CSV file") from None
        except (UnicodeDecodeError, csv.Error):
            raise UserError(
                f"{file}: not a CSV text in UTF-8; save the table as CSV (UTF-8)"
            ) from None
        return cls(source, years, values)

    def value(self, iso3: str, year: int, column: str) -> float | None:
        """One value, 0-100, or None where the table has none.

        Raises ValueError for a column other than COLUMNS.
        """
        if column not in COLUMNS:
            raise ValueError(f"column {column!r} is not read; choose one of {', '.join(COLUMNS)}")
        return self.values.get((iso3, year, column))


def _read_rows(
    rows: csv.DictReader[str], file: Path
) -> tuple[dict[tuple[str, int, str], float], tuple[int, ...]]:
    if not rows.fieldnames:
        raise UserError(f"{file}: the file is empty; add a header and a row a country and year")
    for column in ("iso3", "year", *COLUMNS):
        if column not in rows.fieldnames:
            found = ", ".join(repr(name) for name in rows.fieldnames[:6])
            raise UserError(
                f"{file}:1: column {column} is missing (found {found}); name it so in the header"
            )
    values: dict[tuple[str, int, str], float] = {}
    seen: set[tuple[str, int]] = set()
    for row in rows:
        where = f"{file}:{rows.line_num}"
        if None in row or None in row.values():
            raise UserError(f"{where}: the row has more or fewer cells than the header; mend it")
        code, year = row["iso3"].strip().upper(), _year(row["year"], where)
        if not (len(code) == 3 and code.isascii() and code.isalpha()):
            raise UserError(f"{where}: iso3 is {row['iso3']!r}; write a code of three letters")
        iso3 = _ISO.get(code, code)
        if (iso3, year) in seen:
            raise UserError(f"{where}: {iso3} {year} stands in an earlier row too; keep one")
        seen.add((iso3, year))
        for column in COLUMNS:
            if row[column].strip():
                values[iso3, year, column] = _percent(row[column], f"{where}: {column}")
    if not seen:
        raise UserError(f"{file}: there is a header but no row; add a row a country and year")
    return values, tuple(sorted({year for _, year in seen}))


def _year(text: str, where: str) -> int:
    year = text.strip()
    if not (len(year) == 4 and year.isascii() and year.isdigit()):
        raise UserError(f"{where}: year is {text!r}; write four digits such as 2023")
    return int(year)


def _percent(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 100:  # a NaN fails this too
        raise UserError(
            f"{where} is {text!r}; write a number from 0 to 100 with a decimal point, "
            "or leave the cell empty"
        )
    return number
