"""The deployed archive on a cloud of its own, and whether its history is as it must be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from deltalake import DeltaTable

from catalog.lake import CLICK_REJECTS, CLICKS
from catalog.registry import LAKE_PREFIX
from catalog.tables import LakeTable
from localaws.archive import ArchiveSettings
from localaws.cloud import Cloud, CloudOptions
from localaws.deploy import BUCKET
from localaws.query.sources import delta_table
from localaws.sending import Record
from localaws.state import StateFolder
from localaws.workloads import ARCHIVE
from tests.local.job_loop import JobLoop
from tests.local.proxy import Proxy, Request, serving

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
_STEP = 1_800_000  # of event time: a day is 48 events


class ArchiveLoop(JobLoop):
    """Stream, job and lake, the job behind a proxy.

    Attributes:
        events: every event that was put, once, by its id: its day.
        again: how many records were put of events that had been put before.
    """

    def __init__(self, cloud: Cloud, proxy: Proxy) -> None:
        super().__init__(cloud, proxy)
        self.events: dict[str, str] = {}
        self.again = 0

    def put(self, numbers: Sequence[int]) -> None:
        """Put the events of these numbers; some may have been put before."""
        for number in numbers:
            self.again += f"e-{number}" in self.events
            self.events[f"e-{number}"] = f"{datetime.fromtimestamp(_at(number) / 1_000, UTC):%F}"
        self.sender.send([_record(number) for number in numbers])

    def history(self) -> Counter[tuple[str, str]]:
        """How often each event stands in the history, with its day."""
        rows = self._table(CLICKS).to_pyarrow_table(columns=["event_id", "event_date"])
        return Counter((row["event_id"], str(row["event_date"])) for row in rows.to_pylist())

    def expected(self) -> Counter[tuple[str, str]]:
        """What the history must be: each event once, on its day."""
        return Counter(self.events.items())

    def set_aside(self) -> Counter[str]:
        """Records set aside, by reason."""
        rows = self._table(CLICK_REJECTS).to_pyarrow_table(columns=["reason"])
        return Counter(rows.column("reason").to_pylist())

    def _table(self, table: LakeTable) -> DeltaTable:
        return delta_table(table.location(f"s3://{BUCKET}/{LAKE_PREFIX}"), self.clients)


def _at(number: int) -> int:
    return START + number * _STEP


def _record(number: int) -> Record:
    event = {
        "user_id": f"user-{number % 7}",
        "event_timestamp": _at(number),
        "event_type": "click",
        "event_id": f"e-{number}",
        "page": f"/{number}",
    }
    return Record(event["user_id"], json.dumps(event).encode())


def commits(table: LakeTable) -> Callable[[Request], bool]:
    """Whether a request commits to a table of the lake."""
    folder = f"/{LAKE_PREFIX}{table.name}/_delta_log/"

    def is_commit(request: Request) -> bool:
        return request.name == "PUT" and folder in request.path and request.path.endswith(".json")

    return is_commit


@contextmanager
def archive_loop(folder: Path) -> Iterator[ArchiveLoop]:
    """A fresh cloud with the archive deployed; afterwards no process of it is left."""
    parameters = ArchiveSettings().parameters(window_seconds=1)
    cloud = Cloud(StateFolder(folder / "state"), CloudOptions(job=ARCHIVE, parameters=parameters))
    with cloud, serving(Proxy(cloud.endpoint)) as proxy:
        yield ArchiveLoop(cloud, proxy)
    assert cloud.left == 0
