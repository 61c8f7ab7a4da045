"""`clickstream detect` from the command line to its files."""

import csv
import json
import random
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from localaws import cli
from localaws.errors import LocalCloudError

RUNNER = CliRunner()


def run(*arguments: object) -> Result:
    return RUNNER.invoke(cli.app, ["detect", *map(str, arguments)])


def found(*arguments: object) -> dict:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def error(*arguments: object) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, LocalCloudError)
    return str(result.exception)


def write(path: Path, spike: int | None = None, rows: int = 400, **replaced: str) -> Path:
    rng = random.Random(1)
    values = [f"{10 + rng.random():.3f}" for _ in range(rows)]
    if spike is not None:
        values[spike] = "30"
    for row, text in replaced.items():
        values[int(row[1:])] = text
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{1_000 + row},{value}" for row, value in enumerate(values)]
    path.write_text("\n".join(["timestamp,value", *lines, ""]))
    return path


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_scores_are_written_for_each_row_in_order(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", 300, r20="x", r21="", r22="nan", r350="1e40")
    result = run(path, "--out", tmp_path / "scores.csv")

    header, *scored = rows(tmp_path / "scores.csv")
    assert header == ["timestamp", "value", "score", "alert"]
    assert [row[:2] for row in scored] == rows(path)[1:]
    assert [scored[row][2:] for row in (20, 21, 22, 350)] == [["0.0", "0"]] * 4
    assert [row for row, (*_, alert) in enumerate(scored) if alert == "1"] == [300]
    assert "400 rows, 1 alerts" in result.stdout
    assert "4 x value that is no finite number, first in line 22: found 'x'" in result.stderr


def test_rows_that_come_later_change_no_score(tmp_path: Path) -> None:
    whole = write(tmp_path / "whole.csv", 300)
    begin = tmp_path / "begin.csv"
    begin.write_text("\n".join(whole.read_text().splitlines()[:311]))
    for path in (whole, begin):
        run(path, "--out", tmp_path / f"{path.stem}-scores.csv")
    assert rows(tmp_path / "begin-scores.csv") == rows(tmp_path / "whole-scores.csv")[:311]


def test_a_folder_is_scored_into_a_folder_with_the_same_paths(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "data" / "out"
    write(data / "a" / "x.csv", 300)
    write(data / "b.csv")
    first = found(data, "--out", out)
    again = found(data, "--out", out)

    assert [one["key"] for one in first["series"]] == ["a/x.csv", "b.csv"]
    assert again["series"] == first["series"]
    assert len(rows(out / "a" / "x.csv")) == len(rows(out / "b.csv")) == 401


def test_with_labels_the_alerts_are_rated(tmp_path: Path) -> None:
    data, labels = tmp_path / "data", tmp_path / "labels.json"
    write(data / "a" / "x.csv", 300)
    write(data / "b.csv")
    write(data / "unlabelled.csv")
    labels.write_text(json.dumps({"a/x.csv": [[1_300, 1_320]], "b.csv": [], "c.csv": []}))
    report = found(data, "--labels", labels)

    assert report["nab"] == {
        "scores": {"standard": 100.0, "reward_low_FP": 100.0, "reward_low_FN": 100.0},
        "series": 2,
        "windows": 1,
        "found": 1,
        "false_alerts": 0,
    }
    assert [text.partition(": ")[2] for text in report["warnings"]] == [
        f"{labels} does not name it; left out of the NAB score",
        "1 x labels of a series that is not there, first c.csv; left out of the NAB score",
    ]
    assert "standard      │ 100.00" in run(data, "--labels", labels).stdout


def test_labels_of_other_series_are_an_error(tmp_path: Path) -> None:
    write(tmp_path / "data" / "x.csv")
    write(tmp_path / "data" / "y.csv")
    labels = tmp_path / "labels.json"
    labels.write_text('{"z.csv": []}')
    assert "has labels of z.csv; none of them is" in error(tmp_path / "data", "--labels", labels)


def test_the_lab_profile_scores_in_bits_and_options_change_it(tmp_path: Path) -> None:
    path = write(tmp_path / "s.csv", 300)
    lab = found(path, "--profile", "lab")
    assert lab["profile"] == {
        "name": "lab",
        "trees": 100,
        "sample": 12,
        "decay": 100_000,
        "shingle": 1,
        "seed": 7,
        "threshold": 2.0,
        "novelty": 0,
    }
    assert 2 < lab["series"][0]["highest"][0]["score"] <= 3.59
    changed = found(path, "--profile", "lab", "--sample", 256, "--threshold", 9, "--shingle", 4)
    assert changed["series"][0]["highest"][0]["score"] > 3.59
    assert changed["alerts"] == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--trees", 0], "--trees: found 0; allowed are 1 to 1000"),
        (["--sample", 1], "--sample: found 1"),
        (["--threshold", -1], "--threshold: found -1.0"),
        (["--novelty", -1], "--novelty: found -1"),
    ],
)
def test_settings_that_are_not_allowed_are_named(
    tmp_path: Path, options: list[object], message: str
) -> None:
    assert message in error(write(tmp_path / "s.csv", rows=3), *options)


def test_what_is_read_is_not_written_over(tmp_path: Path) -> None:
    path = write(tmp_path / "data" / "s.csv", rows=3)
    for asked, out in ((path, path), (path.parent, path.parent)):
        assert "to be scored; name another one" in error(asked, "--out", out)
    assert "is a folder; name a file" in error(path, "--out", tmp_path)
    assert "is a file; name a folder" in error(path.parent, "--out", path)


def test_nothing_to_score_is_an_error(tmp_path: Path) -> None:
    assert "is not there; name a CSV file" in error(tmp_path / "none.csv")
    assert "has no file *.csv" in error(tmp_path)


def test_a_series_without_rows_and_one_that_is_all_unusable(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("timestamp,value\n")
    (tmp_path / "text.csv").write_text("timestamp,value\n1,a\n2,b\n")
    report = found(tmp_path)
    assert [(one["rows"], one["unusable"]) for one in report["series"]] == [(0, 0), (2, 2)]
    assert run(tmp_path).exit_code == 0
