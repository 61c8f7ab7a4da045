"""A lake of one table, `clicks`: three days, two files a day, a hundred rows a file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import write_deltalake

DAYS = [dt.date(2026, 1, day) for day in (1, 2, 3)]


def clicks() -> pa.Table:
    """`n` is 0 to 99 on the first day, 100 to 199 on the second, 200 to 299 on the third."""
    return pa.table(
        {
            "n": range(300),
            "event_date": [DAYS[n // 100] for n in range(300)],
            "other": pa.array([[("a", "1")]] * 300, pa.map_(pa.string(), pa.string())),
        }
    )


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    for _ in range(2):
        write_deltalake(folder / "clicks", clicks(), partition_by=["event_date"], mode="append")
    return folder
