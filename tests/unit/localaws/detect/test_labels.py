import json
from pathlib import Path
from typing import Any

import pytest

from localaws.detect.labels import Labels, read_labels
from localaws.detect.reading import Series
from localaws.errors import LocalCloudError

# Timestamps 1,000, 1,010, ... of 100 rows: probation is 15 of them.
TIMES: list[int | None] = [(1_000 + 10 * row) * 10**6 for row in range(100)]


def labels(folder: Path, found: Any) -> Labels:
    path = folder / "labels.json"
    path.write_text(found if isinstance(found, str) else json.dumps(found))
    return read_labels(path)


def series(key: str = "a/s.csv", times: list[int | None] = TIMES) -> Series:
    return Series(Path("/data") / key, key, times=times)


def windows(folder: Path, *entry: Any) -> Any:
    return labels(folder, {"a/s.csv": list(entry)}).windows(series(), alone=False)


def test_a_window_is_its_first_and_last_row(tmp_path: Path) -> None:
    assert windows(tmp_path, ["1970-01-01 00:20:00", "1970-01-01 00:21:40"]) == [(20, 30)]
    assert windows(tmp_path, [1_195, 1_301], [1_500, 1_500]) == [(20, 30), (50, 50)]


def test_windows_come_in_order_and_those_that_overlap_are_one(tmp_path: Path) -> None:
    assert windows(tmp_path, [1_600, 1_700], [1_200, 1_300], [1_250, 1_350]) == [
        (20, 35),
        (60, 70),
    ]


def test_points_become_windows_of_a_tenth_of_the_rows_together(tmp_path: Path) -> None:
    assert windows(tmp_path, "1970-01-01 00:25:00") == [(45, 55)]
    assert windows(tmp_path, 1_500, "1700") == [(48, 52), (68, 72)]


def test_a_point_near_an_end_is_cut_and_one_in_the_probationary_period_left_out(
    tmp_path: Path,
) -> None:
    assert windows(tmp_path, 1_980) == [(93, 99)]
    assert windows(tmp_path, 1_190) == []


def test_no_label_is_a_series_without_an_anomaly(tmp_path: Path) -> None:
    assert windows(tmp_path) == []


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        (["s.csv", "a/s.csv"], "a/s.csv"),
        (["data/a/s.csv", "b/s.csv"], "data/a/s.csv"),
        (["b/s.csv", "s.csv"], "s.csv"),
        (["nab/x/s.csv", "other.csv"], "nab/x/s.csv"),
        (["x/s.csv", "y/s.csv"], None),
        (["other.csv"], None),
    ],
)
def test_a_series_is_named_by_path_or_by_name(
    tmp_path: Path, keys: list[str], key: str | None
) -> None:
    found = labels(tmp_path, {name: [] for name in keys})
    assert found.windows(series(), alone=False) == (None if key is None else [])
    assert set(keys) - set(found.unused()) == ({key} if key else set())


def test_a_single_series_takes_the_only_entry(tmp_path: Path) -> None:
    found = labels(tmp_path, {"other.csv": [[1_200, 1_300]]})
    assert found.windows(series(), alone=True) == [(20, 30)]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ([[1_201, 1_202]], r"a/s.csv: 1201 to 1202: no timestamp of .* is in it; correct"),
        ([[5_000, 6_000]], "no timestamp of"),
        ([1_201], "a/s.csv: 1201: is no timestamp of"),
        (["noon"], 'a/s.csv: found "noon"; allowed are ISO-8601'),
        ([[1_200]], r"a/s.csv: found \[1200\]; allowed are"),
        ([["a", {}]], r'a/s.csv: found "a"; allowed are ISO-8601'),
        ([{"start": 1}], "a/s.csv: found .*; allowed are"),
    ],
)
def test_a_label_that_cannot_be_used_says_why(
    tmp_path: Path, entry: list[Any], message: str
) -> None:
    with pytest.raises(LocalCloudError, match=message):
        windows(tmp_path, *entry)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "labels.json: is no JSON"),
        ("[]", "labels.json: found list; allowed are"),
        ('{"s.csv": 5}', "labels.json: s.csv: found 5; allowed are"),
    ],
)
def test_a_file_that_has_no_labels_says_why(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(LocalCloudError, match=message):
        labels(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"none.json: cannot be read: No such file"):
        read_labels(tmp_path / "none.json")
