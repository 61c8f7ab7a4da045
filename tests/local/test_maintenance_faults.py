"""The deployed maintenance, killed, doubled and read beside: the rows stay as they are."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake

from catalog.lake import PRICE_OBSERVATIONS
from localaws.cloud import Cloud, CloudOptions
from localaws.deploy import BUCKET
from localaws.jobs import JobRun, get_definition
from localaws.query.files import storage_options
from localaws.state import StateFolder
from localaws.waiting import wait_until
from localaws.workloads import ARCHIVE
from tests.local.job_loop import kill
from tests.local.proxy import Forward, Hold, Proxy, Reply, Request, no_fault, serving
from tests.spark.glue_jobs.maintained_lake import observations

JOB = "lake_maintenance"
TABLE = PRICE_OBSERVATIONS.name
DAY = date(2026, 1, 1)
SECONDS = 300
TEN_DAYS_AGO = time.time() - 10 * 86_400


class Lake:
    """A table of five small files, the maintenance behind a proxy, and a reader."""

    def __init__(self, cloud: Cloud, proxy: Proxy, place: str) -> None:
        self.cloud, self.proxy, self.place = cloud, proxy, place
        self.location = f"{place}/{TABLE}"
        self.storage = storage_options(cloud.clients)
        for number in range(5):
            write_deltalake(
                self.location,
                observations(DAY, number * 10, 10),
                mode="append",
                partition_by=["event_date"],
                storage_options=self.storage,
            )
        self.rows = self.products()

    def table(self) -> DeltaTable:
        return DeltaTable(self.location, storage_options=self.storage)

    def products(self) -> list[str]:
        """The product of each row; no two rows have the same."""
        read = self.table().to_pyarrow_table(columns=["product_id"])
        return sorted(read["product_id"].to_pylist())

    def maintain(self, name: str = JOB) -> JobRun:
        """Start the deployed job for this lake alone."""
        arguments = {"--lake-path": self.place, "--tables": TABLE, "--closed-after": "9000 days"}
        definition = get_definition(self.cloud.clients, JOB, arguments)
        return JobRun(replace(definition, name=name), self.cloud.supervisor).start()

    def ended(self, run: JobRun) -> dict[str, Any]:
        """What the run said of the table."""
        assert run.wait(SECONDS) == "SUCCEEDED", run.log_tail()
        said = [json.loads(line) for line in run.log_tail().splitlines() if line.startswith("{")]
        return [line for line in said if line.get("table") == TABLE][-1]

    @contextmanager
    def read_beside(self) -> Iterator[None]:
        """Reads the table again and again meanwhile: it is the same each time."""
        stop, read = threading.Event(), list[bool]()

        def go_on() -> None:
            while not stop.wait(0.25):
                read.append(self.products() == self.rows)

        reader = threading.Thread(target=go_on)
        reader.start()
        try:
            yield
        finally:
            stop.set()
            reader.join()
        assert read
        assert all(read)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state = StateFolder(tmp_path_factory.mktemp("maintenance") / "state")
    with Cloud(state, CloudOptions(job=ARCHIVE)) as cloud:
        yield cloud
    assert cloud.left == 0


@pytest.fixture
def proxy(cloud: Cloud) -> Iterator[Proxy]:
    with serving(Proxy(cloud.endpoint)) as proxy:
        cloud.supervisor.environment["AWS_ENDPOINT_URL"] = proxy.url
        yield proxy


def is_fifth_commit(request: Request) -> bool:
    return request.method == "PUT" and request.path.endswith("_delta_log/00000000000000000005.json")


@pytest.mark.parametrize("done", [False, True], ids=["before S3 took it", "after"])
def test_killed_in_the_commit_of_a_compaction(cloud: Cloud, proxy: Proxy, done: bool) -> None:
    lake = Lake(cloud, proxy, f"s3://{BUCKET}/killed_{done}")
    hold = Hold(is_fifth_commit, 1, done=done)
    proxy.fault = hold
    with lake.read_beside():
        run = lake.maintain()
        hold.wait_until_it_holds()
        assert run.child is not None
        kill(run.child)
        hold.open()
        said = lake.ended(run)
    assert run.attempt == 1
    assert said["replaced"] == (0 if done else 5)
    assert lake.table().version() == 5
    assert len(lake.table().file_uris()) == 1
    assert lake.products() == lake.rows


class Meeting:
    """A fault: the commit waits until two drivers put it, then both go on."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2)
        self.replies: list[int] = []

    def __call__(self, request: Request, forward: Forward) -> Reply:
        if not is_fifth_commit(request):
            return forward(request)
        self._both.wait(SECONDS)
        reply = forward(request)
        self.replies.append(reply.status)
        return reply


def test_of_two_runs_at_once_one_compacts_and_the_other_says_so(cloud: Cloud, proxy: Proxy) -> None:
    lake = Lake(cloud, proxy, f"s3://{BUCKET}/twice")
    meeting = Meeting()
    proxy.fault = meeting
    with lake.read_beside():
        runs = [lake.maintain(), lake.maintain("lake_maintenance_too")]
        said = [lake.ended(run) for run in runs]
    assert sorted(meeting.replies) == [200, 412]
    assert sorted(len(line["compacted"]) for line in said) == [0, 1]
    assert sorted(line["conflicts"] for line in said) == [[], ["2026-01-01"]]
    assert [line["failures"] for line in said] == [[], []]
    assert lake.products() == lake.rows
    assert len(lake.table().file_uris()) == 1


def test_killed_in_the_middle_of_a_vacuum(cloud: Cloud, proxy: Proxy, tmp_path: Path) -> None:
    """And what a writer has not committed yet is kept, for it is young."""
    proxy.fault = no_fault
    lake = Lake(cloud, proxy, str(tmp_path / "lake"))
    folder = Path(lake.location) / f"event_date={DAY}"
    for number in range(1_000):
        path = folder / f"old-{number}.parquet"
        path.touch()
        os.utime(path, (TEN_DAYS_AGO, TEN_DAYS_AGO))
    young = folder / "young.parquet"
    young.touch()

    def old() -> int:
        return sum(path.name.startswith("old-") for path in folder.iterdir())

    with lake.read_beside():
        run = lake.maintain()
        wait_until(lambda: old() < 1_000, SECONDS, run.log_tail, interval=0.005)
        assert run.child is not None
        kill(run.child)
        lake.ended(run)
    assert run.attempt == 1
    assert old() == 0
    assert young.exists()
    assert lake.products() == lake.rows
