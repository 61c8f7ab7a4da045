import math
from pathlib import Path

import pytest

from localaws.detect.reading import Columns, Series, read_series
from localaws.errors import LocalCloudError


def read(folder: Path, text: str | bytes, columns: Columns | None = None) -> Series:
    path = folder / "s.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_series(path, "s.csv", columns or Columns())


def test_rows_are_as_the_file_has_them(tmp_path: Path) -> None:
    text = "timestamp,value\n2014-01-01 00:00:00,1.50\n2014-01-01 00:05:00,-2e3\n"
    series = read(tmp_path, text)
    assert series.timestamps == ["2014-01-01 00:00:00", "2014-01-01 00:05:00"]
    assert series.texts == ["1.50", "-2e3"]
    assert series.values == [1.5, -2000]
    assert series.warnings() == []


def test_a_byte_order_mark_line_ends_of_windows_and_blank_last_lines_are_no_trouble(
    tmp_path: Path,
) -> None:
    series = read(tmp_path, b"\xef\xbb\xbftimestamp,value\r\n1,5\r\n2,6\r\n\r\n\r\n")
    assert (series.timestamps, series.values) == (["1", "2"], [5, 6])
    assert series.warnings() == []


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("timestamp,value,label", Columns()),
        ("Timestamp, Value ,anomaly_score", Columns()),
        ("when,cpu,label", Columns()),
        ("timestamp,cpu,value_before", Columns()),
        ("when,value,cpu", Columns()),
        ("when,cpu,value", Columns("when", "CPU")),
        ("when,cpu,timestamp", Columns("when", "cpu")),
    ],
)
def test_columns_are_found_by_option_by_name_or_by_place(
    tmp_path: Path, header: str, columns: Columns
) -> None:
    series = read(tmp_path, f"{header}\n1,5,0\n", columns)
    assert (series.timestamps, series.values) == (["1"], [5])


@pytest.mark.parametrize("header", ["0,value,timestamp", "value,timestamp", "n,value,timestamp"])
def test_the_order_of_named_columns_does_not_matter(tmp_path: Path, header: str) -> None:
    header = header.replace("0", "id")
    row = ",".join({"value": "5", "timestamp": "1"}.get(name, "9") for name in header.split(","))
    series = read(tmp_path, f"{header}\n{row}\n")
    assert (series.timestamps, series.values) == (["1"], [5])


@pytest.mark.parametrize("text", ["", "x", "NaN", "inf", "-inf", "1e31", "1e999", "1,5"])
def test_a_value_that_cannot_be_scored_is_kept_and_counted(tmp_path: Path, text: str) -> None:
    series = read(tmp_path, f'timestamp,value\n1,5\n2,"{text}"\n3,7\n4,{text and "x"}\n')
    assert series.texts[1] == text
    assert [math.isnan(value) for value in series.values] == [False, True, False, True]
    (warning,) = series.warnings()
    assert f"2 x value that is no finite number, first in line 3: found {text!r}" in warning


def test_a_row_that_is_too_short_has_no_value(tmp_path: Path) -> None:
    series = read(tmp_path, "timestamp,value\n1\n2,6\n")
    assert series.unusable.count == 1
    assert series.timestamps == ["1", "2"]


def test_times_that_do_not_rise_and_are_none_are_counted(tmp_path: Path) -> None:
    series = read(tmp_path, "timestamp,value\n3,1\n2,1\n2,1\nnoon,1\n4,1\n")
    assert series.times == [3_000_000, 2_000_000, 2_000_000, None, 4_000_000]
    untimed, unordered = series.warnings()
    assert "1 x timestamp that is no time, first in line 5: found 'noon'" in untimed
    assert "2 x timestamp that is not after the one before, first in line 3" in unordered


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "s.csv: is empty; a header"),
        ("\n\n", "s.csv: is empty; a header"),
        ("2014-01-01 00:00:00,5\n", "s.csv: has no header: found '2014-01-01 00:00:00,5'"),
        ("1,5\n", "s.csv: has no header"),
        ("timestamp\n1\n", "s.csv: has no column 'value'; found 'timestamp'"),
        ("value\n1\n", "s.csv: has no column 'timestamp'; found 'value'"),
        (b"timestamp,value\n1,\xff\n", "s.csv: is not UTF-8"),
    ],
)
def test_a_file_that_is_no_series_says_why(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(LocalCloudError, match=message):
        read(tmp_path, text)


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"no column 'cpu'; found 'timestamp, value'; name"):
        read(tmp_path, "timestamp,value\n1,5\n", Columns(None, "cpu"))


def test_a_header_alone_is_a_series_without_rows(tmp_path: Path) -> None:
    assert read(tmp_path, "timestamp,value\n").values == []
