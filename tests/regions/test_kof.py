from pathlib import Path

import pytest

from ggez.regions import CITATION, KofTable, countries
from ggez.types import UserError

HEAD = "iso3,country,year,kofgi,kofipgidf\n"


def write(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "kof.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_our_table() -> None:
    table = KofTable.read()
    assert table.years == tuple(range(2014, 2024))
    assert table.value("SGP", 2023, "kofgi") == 82.71
    assert table.value("SGP", 2023, "kofipgidf") == 85.88
    assert {iso3 for iso3, _, _ in table.values} <= {c.iso3 for c in countries()}
    assert "14(3)" in CITATION and "38(10)" in CITATION


@pytest.mark.parametrize("key", [("PRK", 2023), ("TWN", 2023), ("SGP", 1900)])
def test_no_value_is_none(key: tuple[str, int]) -> None:
    assert KofTable.read().value(*key, "kofipgidf") is None


def test_a_column_we_do_not_read_is_a_fault_of_the_code() -> None:
    with pytest.raises(ValueError, match="kofecgi"):
        KofTable.read().value("SGP", 2023, "kofecgi")


def test_a_newer_file_may_have_more_columns_in_any_order(tmp_path: Path) -> None:
    text = "\ufeffkofipgidf,year,extra,iso3,kofgi\n43.5,2024,x,vnm,\n0,2025,,TMP,100\n"
    table = KofTable.read(write(tmp_path, text))
    assert table.years == (2024, 2025)
    assert table.value("VNM", 2024, "kofipgidf") == 43.5
    assert table.value("VNM", 2024, "kofgi") is None
    assert table.value("TLS", 2025, "kofipgidf") == 0, "KOF's own code for Timor-Leste"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        (HEAD, "no row"),
        ("iso3,year,kofgi\nVNM,2024,1\n", ":1: column kofipgidf is missing"),
        ("code,year,kofgi,kofipgidf\nVNM,2024,1,1\n", ":1: column iso3 is missing"),
        ("iso3;year;kofgi;kofipgidf\nVNM;2024;1;1\n", ":1: column iso3 is missing"),
        (HEAD + "VNM,V,2024,1,2\nTHA,T,2024,1,abc\n", ":3: kofipgidf is 'abc'"),
        (HEAD + 'VNM,V,2024,"43,1",2\n', ":2: kofgi is '43,1'"),
        (HEAD + "VNM,V,2024,nan,2\n", ":2: kofgi is 'nan'"),
        (HEAD + "VNM,V,2024,inf,2\n", ":2: kofgi is 'inf'"),
        (HEAD + "VNM,V,2024,1,101\n", ":2: kofipgidf is '101'"),
        (HEAD + "VNM,V,2024,1,-1\n", ":2: kofipgidf is '-1'"),
        (HEAD + 'VNM,V,2024,1,"a\nb"\n', "kofipgidf is 'a\\nb'"),
        (HEAD + "VNM,V,last,1,2\n", ":2: year is 'last'"),
        (HEAD + ",V,2024,1,2\n", ":2: iso3 is ''"),
        (HEAD + "VNM,V,2024,1\n", ":2: the row has more or fewer cells"),
        (HEAD + "VNM,V,2024,1,2,3\n", ":2: the row has more or fewer cells"),
        (HEAD + "VNM,V,2024,1,2\nvnm,V,2024,1,2\n", ":3: VNM 2024 stands in an earlier row"),
        (b"PK\x03\x04\xff\xfe\x00\xff", "not a CSV text"),
        (HEAD + 'VNM,V,2024,1,"2\n', "not a CSV text"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path: Path, text: str | bytes, says: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(UserError) as error:
        KofTable.read(file)
    line = str(error.value)
    assert line.startswith(str(file)) and says in line and "\n" not in line
    assert ";" in line, "says how to mend it"


def test_a_missing_file_and_a_folder_are_one_line(tmp_path: Path) -> None:
    for path, says in ((tmp_path / "none.csv", "no such KOF file"), (tmp_path, "directory")):
        with pytest.raises(UserError, match=says) as error:
            KofTable.read(path)
        assert str(path) in str(error.value) and "\n" not in str(error.value)
