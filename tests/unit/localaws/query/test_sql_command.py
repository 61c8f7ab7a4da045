"""`clickstream sql` over a folder: what is printed where."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from localaws import cli
from localaws.errors import LocalCloudError

RUNNER = CliRunner()
QUERY = "SELECT n, other, NULL AS nothing, 'nan'::DOUBLE AS n FROM clicks ORDER BY clicks.n"


def test_json_is_one_object_with_rows_as_lists(lake: Path) -> None:
    result = RUNNER.invoke(cli.app, ["sql", "--lake", str(lake), QUERY, "--json", "--limit", "1"])
    found = json.loads(result.stdout)
    assert [c["name"] for c in found["columns"]] == ["n", "other", "nothing", "n"]
    assert found["rows"] == [[0, {"a": "1"}, None, "nan"]]
    assert found["more"] is True
    assert found["read"][0] | {"bytes": 0, "of_bytes": 0} == {
        "table": "clicks", "files": 6, "of_files": 6, "bytes": 0, "of_bytes": 0,
    }  # fmt: skip
    assert "the first 1 row, there are more: --limit" in result.stderr


def test_csv_has_a_header_and_every_row(lake: Path) -> None:
    result = RUNNER.invoke(cli.app, ["sql", "--lake", str(lake), QUERY, "--csv"])
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[0] == ["n", "other", "nothing", "n"]
    assert rows[1] == ["0", '{"a": "1"}', "", "nan"]
    assert len(rows) == 601


def test_people_see_a_hundred_rows_unless_they_ask_for_more(lake: Path) -> None:
    command = ["sql", "--lake", str(lake), "SELECT n + 1000 AS big FROM clicks"]
    result = RUNNER.invoke(cli.app, command)
    assert sum(line.strip().isdigit() for line in result.stdout.splitlines()) == 100
    assert "the first 100 rows, there are more" in result.stderr
    assert "600 rows" in RUNNER.invoke(cli.app, [*command, "--limit", "1000"]).stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["SELECT 1", "--json", "--csv"], "found --json and --csv"),
        ([], "no query; write one"),
    ],
)
def test_a_command_that_cannot_be_run_says_why(
    lake: Path, options: list[str], message: str
) -> None:
    result = RUNNER.invoke(cli.app, ["sql", "--lake", str(lake), *options])
    assert isinstance(result.exception, LocalCloudError)
    assert message in str(result.exception)
