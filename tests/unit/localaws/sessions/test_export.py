"""Sessions as a file: two formats, withdrawn ones left out, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TextIO

import pytest

from localaws.errors import LocalCloudError
from localaws.sessions.export import check_target, export

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def rows(opened: Make, closed: Make) -> list[dict[str, Any]]:
    """An open session, a withdrawn one, and a closed one before them."""
    return [
        opened(user_id="u,2", session_id="s2", started_at="2026-01-01T11:00:00.000Z"),
        closed(user_id="u3", status="withdrawn"),
        closed(),
    ]


def test_csv_has_a_header_and_leaves_empty_what_is_not_known(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    path = tmp_path / "sessions.csv"
    assert export(rows, path, check_target(path, force=False)) == 2
    assert path.read_text() == (
        "user_id,session_id,start,end,events\n"
        "u1,u1_mobile_10:00:00,2026-01-01T10:00:00.000Z,2026-01-01T10:00:30.000Z,3\n"
        '"u,2",s2,2026-01-01T11:00:00.000Z,,\n'
    )
    assert [file.name for file in tmp_path.iterdir()] == ["sessions.csv"]


def test_json_lines_are_one_object_a_session(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = tmp_path / "sessions.JSONL"
    export(rows, path, check_target(path, force=False))
    first, second = map(json.loads, path.read_text().splitlines())
    assert first == {
        "user_id": "u1",
        "session_id": "u1_mobile_10:00:00",
        "start": "2026-01-01T10:00:00.000Z",
        "end": "2026-01-01T10:00:30.000Z",
        "events": 3,
    }
    assert (second["end"], second["events"]) == (None, None)


def test_a_suffix_that_is_not_known_is_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"suffix '\.parquet' is not known; use one of .csv"):
        check_target(tmp_path / "sessions.parquet", force=True)


def test_a_file_that_is_there_is_replaced_by_force_alone(tmp_path: Path) -> None:
    path = tmp_path / "sessions.csv"
    path.write_text("before")
    with pytest.raises(LocalCloudError, match="is there already; --force replaces it"):
        check_target(path, force=False)
    export([], path, check_target(path, force=True))
    assert path.read_text() == "user_id,session_id,start,end,events\n"


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "sessions.csv"
    path.write_text("before")

    def full(file: TextIO, rows: Iterable[dict[str, Any]]) -> None:
        file.write("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(LocalCloudError, match="cannot be written: No space left"):
        export([], path, full)
    assert path.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["sessions.csv"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "none" / "sessions.csv"
    with pytest.raises(LocalCloudError, match="cannot be written: No such file"):
        export([], path, check_target(path, force=False))
