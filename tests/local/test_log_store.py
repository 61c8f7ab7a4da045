"""The lake's log store: whoever commits second is told so, and nobody's commit is lost."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from localaws.environment import ROOT
from localaws.packaging import build_log_store_jar
from localaws.processes import Child
from localaws.query.files import storage_options
from tests.local.conftest import BareCloud
from tests.local.proxy import Forward, Proxy, Reply, Request, serving

BUCKET = "log-store"
FIRST_COMMIT = "/_delta_log/00000000000000000001.json"
CONFLICT = b"<Error><Code>ConditionalRequestConflict</Code><Message>At once</Message></Error>"
# Of `s3://` the store is our own, of `s3a://` the one that Delta takes by default.
CONF = (
    "spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension"
    " --conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog"
    " --conf spark.databricks.delta.snapshotPartitions=1"
    " --conf spark.delta.logStore.s3.impl=lake_log_store.S3ConditionalLogStore"
)


def is_first_commit(request: Request) -> bool:
    return request.method == "PUT" and request.path.endswith(FIRST_COMMIT)


class Meetings:
    """A fault: a table's first commit waits until two drivers put it, then both go on."""

    def __init__(self) -> None:
        self._both = threading.Barrier(2)
        self.replies: list[int] = []

    def __call__(self, request: Request, forward: Forward) -> Reply:
        if not is_first_commit(request):
            return forward(request)
        self._both.wait(120)
        reply = forward(request)
        self.replies.append(reply.status)
        return reply


class LostAnswer:
    """A fault: the first commit is done, and its answer never comes."""

    def __init__(self) -> None:
        self.lost = 0

    def __call__(self, request: Request, forward: Forward) -> Reply | None:
        reply = forward(request)
        if is_first_commit(request) and not self.lost:
            self.lost += 1
            return None
        return reply


class Conflict:
    """A fault: the first commit is refused as S3 refuses two that come at once, and not done."""

    def __init__(self) -> None:
        self.refused = 0

    def __call__(self, request: Request, forward: Forward) -> Reply:
        if is_first_commit(request) and self.refused < 2:
            self.refused += 1
            return Reply(409, {"Content-Type": "application/xml"}, CONFLICT)
        return forward(request)


class Lake:
    """Delta tables on the emulator's S3, and the drivers that append to them behind a proxy."""

    def __init__(self, cloud: BareCloud, proxy: Proxy, jar: Path) -> None:
        self.cloud, self.proxy, self.jar = cloud, proxy, jar
        self.storage = storage_options(cloud.clients)

    def create(self, table: str) -> str:
        """An empty table; its place."""
        none = pa.table({"value": pa.array([], pa.string())})
        write_deltalake(table, none, storage_options=self.storage)
        return table

    def append(self, value: str, *tables: str) -> Child:
        """Start a driver that appends a row to each table."""
        command = [sys.executable, "-m", "gluelocal.cli", "run"]
        command += ["--log-file", str(self.cloud.supervisor.logs / f"append-{value}.spark")]
        command += [str(ROOT / "tests/local/append_once.py"), "--", "--datalake-formats", "delta"]
        command += ["--extra-jars", str(self.jar), "--conf", CONF]
        command += ["--tables", ",".join(tables), "--value", value]
        settings = {"AWS_ENDPOINT_URL": self.proxy.url}
        return self.cloud.supervisor.start(f"append-{value}", command, settings)

    def read(self, table: str) -> tuple[list[str], int]:
        """The table's rows and its version."""
        read = DeltaTable(table, storage_options=self.storage)
        return sorted(read.to_pyarrow_table()["value"].to_pylist()), read.version()


def ends_well(driver: Child) -> bool:
    assert driver.wait(120), driver.log_tail()
    return driver.process.returncode == 0


@pytest.fixture
def lake(bare_cloud: BareCloud, tmp_path: Path) -> Iterator[Lake]:
    bare_cloud.clients["s3"].create_bucket(Bucket=BUCKET)
    jar = build_log_store_jar(ROOT, tmp_path).path
    with serving(Proxy(bare_cloud.clients.endpoint)) as proxy:
        yield Lake(bare_cloud, proxy, jar)


def test_of_two_drivers_at_once_the_second_commits_after_the_first(lake: Lake) -> None:
    """And with the store that Delta takes by default, one of the two commits is lost."""
    ours, default = lake.create(f"s3://{BUCKET}/ours"), lake.create(f"s3a://{BUCKET}/default")
    meetings = Meetings()
    lake.proxy.fault = meetings
    drivers = [lake.append(value, ours, default) for value in ("left", "right")]
    assert all(map(ends_well, drivers)), [driver.log_tail() for driver in drivers]
    assert sorted(meetings.replies[:2]) == [200, 412]
    assert lake.read(ours) == (["left", "right"], 2)
    assert meetings.replies[2:] == [200, 200]
    rows, version = lake.read(default)
    assert (len(rows), version) == (1, 1)


def test_a_commit_whose_answer_was_lost_is_known_as_ones_own(lake: Lake) -> None:
    table = lake.create(f"s3://{BUCKET}/lost_answer")
    fault = LostAnswer()
    lake.proxy.fault = fault
    driver = lake.append("once", table)
    assert ends_well(driver), driver.log_tail()
    assert fault.lost == 1
    assert lake.read(table) == (["once"], 1)


def test_a_commit_that_s3_could_not_decide_on_is_put_again(lake: Lake) -> None:
    table = lake.create(f"s3://{BUCKET}/conflict")
    fault = Conflict()
    lake.proxy.fault = fault
    driver = lake.append("again", table)
    assert ends_well(driver), driver.log_tail()
    assert fault.refused == 2
    assert lake.read(table) == (["again"], 1)
