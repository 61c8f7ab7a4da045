"""The archive of a cloud: its settings, and the report of a run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from localaws.accounting import Totals
from localaws.archive import ArchiveReport, ArchiveSettings, History, history_of
from localaws.errors import LocalCloudError
from localaws.query.sources import delta_table

TOTALS = Totals(counted=7, rejected=2, batches=3, candidates=7)


def test_a_horizon_that_is_none_is_an_error_before_anything_starts() -> None:
    with pytest.raises(LocalCloudError, match="duplicate horizon: found 'soon'"):
        ArchiveSettings("soon")


def test_the_settings_are_parameters_of_the_template() -> None:
    assert ArchiveSettings("2 hours").parameters(5) == {
        "ArchiveWindow": "5 seconds",
        "DuplicateHorizon": "2 hours",
    }


def test_a_history_is_told_by_its_days_and_files(tmp_path: Path) -> None:
    for days in ([1, 1, 2], [2]):
        dates = pa.array([dt.date(2026, 1, day) for day in days])
        rows = pa.table({"event_date": dates, "event_key": pa.array(range(len(days)))})
        write_deltalake(tmp_path, rows, mode="append", partition_by=["event_date"])
    found = history_of(delta_table(str(tmp_path), None))
    assert found == History({"2026-01-01": 2, "2026-01-02": 2}, files=3)


def test_the_report_accounts_for_every_event() -> None:
    history = History({"2026-01-02": 3, "2026-01-01": 4}, files=2)
    report = ArchiveReport(9, TOTALS, history, 0, ("a.csv:3: no time",))
    assert report.to_json() == {
        "events": {"sent": 9, "counted": 7, "rejected": 2, "late": 0, "unreadable": 1},
        "batches": 3,
        "history": {"events": 7, "files": 2, "days": {"2026-01-01": 4, "2026-01-02": 3}},
        "processes_left": 0,
        "unreadable": ["a.csv:3: no time"],
    }
    first, second, *rest = report.lines()
    assert "9 events sent[/] = 7 counted + 2 rejected + 0 late, in 3 batches" in first
    assert "7 events[/] in the history: days 2, 2026-01-01 to 2026-01-02; files 2" in second
    assert rest == ["unreadable, not sent: 1", "a.csv:3: no time"]
