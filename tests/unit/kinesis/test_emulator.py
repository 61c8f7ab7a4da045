"""The reader against the emulator's API, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark_kinesis.options import KinesisOptions, parse_options
from pyspark_kinesis.planner import Planner
from pyspark_kinesis.tasks import read_task
from pyspark_kinesis.transport import SignedTransport

from localaws.clients import Clients


@pytest.fixture
def stream(emulator: Clients) -> Iterator[str]:
    kinesis = emulator["kinesis"]
    kinesis.create_stream(StreamName="reader-test", ShardCount=2)
    yield "reader-test"
    kinesis.delete_stream(StreamName="reader-test", EnforceConsumerDeletion=True)


def options_for(emulator: Clients, stream: str) -> KinesisOptions:
    given = {
        "streamName": stream,
        "endpointUrl": emulator.endpoint,
        "region": "us-east-1",
        "startingPosition": "TRIM_HORIZON",
        "maxFetchTimeInMs": 20_000,
        "awsAccessKeyId": "000000000000",
        "awsSecretKey": "local",
    }
    return parse_options(given, {})


def test_all_records_come_once_and_in_the_order_of_their_keys(
    emulator: Clients, stream: str
) -> None:
    kinesis = emulator["kinesis"]
    sent = [(f"user-{n % 7}", f"{n}") for n in range(300)]
    entries = [{"PartitionKey": key, "Data": data.encode()} for key, data in sent]
    kinesis.put_records(StreamName=stream, Records=entries)
    options = options_for(emulator, stream)
    planner = Planner(options, SignedTransport(options))
    try:
        start, end = planner.initial().to_json(), planner.latest().to_json()
        tasks = planner.partitions(start, end)
        batches = [batch for task in tasks for batch in read_task(task, options)]
    finally:
        planner.stop()
    rows = [(row["partitionKey"], row["data"].decode()) for b in batches for row in b.to_pylist()]
    for user in range(7):
        key = f"user-{user}"
        assert [r for r in rows if r[0] == key] == [s for s in sent if s[0] == key]
    assert len(rows) == len(sent)
