"""Cost cards read from the emulator: the capacity of a stack, batches, and metrics."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localaws.clients import Clients
from localaws.costs.account import read_metrics
from localaws.costs.capacity import names_by_type, read_capacity
from localaws.costs.here import read_volume
from localaws.costs.volume import Calls, Job, Puts
from localaws.deploy import make_bucket
from localaws.deployment.changesets import Stack
from localaws.deployment.opening import change_set_name
from localaws.deployment.template import Template
from localaws.errors import LocalCloudError
from localaws.tables import put_items

BUCKET = "artefacts-of-costs"
TEMPLATE = """
Parameters:
  ArtefactBucket: {Type: String}
  ModelRepository: {Type: String, Default: price-model}
  ModelInstanceType: {Type: String, Default: ml.m5.large}
Resources:
  Stream:
    Type: AWS::Kinesis::Stream
    Properties: {Name: clickstream, ShardCount: 3}
  Streaming:
    Type: AWS::Glue::Job
    Properties:
      Name: costs_streaming
      Role: arn:aws:iam::000000000000:role/r
      Command: {Name: gluestreaming, ScriptLocation: s3://b/s.py}
      WorkerType: G.2X
      NumberOfWorkers: 3
  Batch:
    Type: AWS::Glue::Job
    Properties:
      Name: costs_batch
      Role: arn:aws:iam::000000000000:role/r
      Command: {Name: glueetl, ScriptLocation: s3://b/s.py}
      WorkerType: G.1X
      NumberOfWorkers: 2
  Daily:
    Type: AWS::Glue::Trigger
    Properties:
      Name: costs_daily
      Type: SCHEDULED
      Schedule: cron(0 3 * * ? *)
      Actions: [{JobName: !Ref Batch}]
  Batches:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: job_batches
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - {AttributeName: query_id, AttributeType: S}
        - {AttributeName: batch_id, AttributeType: N}
        - {AttributeName: job, AttributeType: S}
      KeySchema:
        - {AttributeName: query_id, KeyType: HASH}
        - {AttributeName: batch_id, KeyType: RANGE}
      GlobalSecondaryIndexes:
        - IndexName: by_job
          KeySchema: [{AttributeName: job, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
  Alerts:
    Type: AWS::SNS::Topic
    Properties:
      TopicName: costs_alerts
      Subscription:
        - {Protocol: sms, Endpoint: "+12065550100"}
        - {Protocol: sms, Endpoint: "+12065550101"}
"""


@pytest.fixture(scope="module")
def stack(emulator: Clients) -> Iterator[Stack]:
    make_bucket(emulator, BUCKET)
    made, name = Stack(emulator, "costs"), change_set_name()
    made.propose(Template(Path("t"), TEMPLATE), {"ArtefactBucket": BUCKET}, name)
    made.execute(name, lambda _: None)
    yield made
    made.delete(lambda _: None)


def test_the_capacity_is_that_of_the_stack(emulator: Clients, stack: Stack) -> None:
    found = read_capacity(emulator, stack, hours_a_month=1_440.0)
    batch, streaming = found.jobs
    assert streaming == Job("costs_streaming", 3, 2)
    # Once a day in 1,440 hours: 60 times.
    assert batch == Job("costs_batch", 2, 1, False, pytest.approx(60.0))
    assert (found.shards, found.endpoint) == ({"clickstream": 3}, "ml.m5.large")


def test_without_a_stack_or_without_batches_there_is_nothing_to_go_by(
    emulator: Clients, stack: Stack
) -> None:
    with pytest.raises(LocalCloudError, match="no stack none; deploy it first"):
        read_capacity(emulator, Stack(emulator, "none"), 730)
    with pytest.raises(LocalCloudError, match="fewer than two batches are finished"):
        read_volume(emulator, ["job_batches"], BUCKET)


def test_the_volume_here_is_what_the_jobs_say_of_their_batches(
    emulator: Clients, stack: Stack
) -> None:
    item = {"query_id": "q", "job": "click_archive", "rejected": 10, "late": 0, "results": 0}
    put_items(
        emulator,
        "job_batches",
        [
            {
                **item,
                "batch_id": number,
                "counted": 190,
                "last_arrival_at": 1_000_000 + number * 10_000,
            }
            for number in range(6)
        ],
    )
    emulator["kinesis"].put_record(StreamName="clickstream", Data=b"x" * 120, PartitionKey="p")
    found = read_volume(emulator, ["job_batches"], BUCKET)
    # Fifty from the first batch's end to the last one's, and ten for the first.
    assert found.observed_seconds == 60.0
    assert found.puts == {"clickstream": Puts(1_200 / 60, 120.0)}
    assert found.batches == pytest.approx(6 / 60)
    assert found.write_units == {"job_batches": pytest.approx(6 / 60)}


def test_the_volume_of_an_account_is_that_of_its_metrics(emulator: Clients, stack: Stack) -> None:
    until = datetime.now(UTC)
    at = until - timedelta(minutes=5)

    def put(namespace: str, metric: str, value: float, **dimensions: str) -> None:
        emulator["cloudwatch"].put_metric_data(
            Namespace=namespace,
            MetricData=[
                {
                    "MetricName": metric,
                    "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
                    "Timestamp": at,
                    "Value": value,
                }
            ],
        )

    index = {"TableName": "job_batches", "GlobalSecondaryIndexName": "by_job"}
    put("AWS/Kinesis", "IncomingRecords", 172_800.0, StreamName="clickstream")
    put("AWS/Kinesis", "IncomingBytes", 17_280_000.0, StreamName="clickstream")
    put("AWS/DynamoDB", "ConsumedWriteCapacityUnits", 17_280.0, TableName="job_batches")
    put("AWS/DynamoDB", "ConsumedWriteCapacityUnits", 34_560.0, **index)
    put("AWS/SNS", "NumberOfMessagesPublished", 1_728.0, TopicName="costs_alerts")
    found = read_metrics(emulator, names_by_type(stack.resources()), BUCKET, until, days=2)
    assert found.puts == {"clickstream": Puts(1.0, 100.0)}
    assert found.write_units == {
        "job_batches": pytest.approx(0.1),
        "job_batches.by_job": pytest.approx(0.2),
    }
    assert found.batches == pytest.approx(0.1)
    # A hundredth is published a second, to two telephones and no mailbox.
    assert (found.emails, found.messages) == (0.0, pytest.approx(0.02))
    assert found.calls == dict[str, Calls]()
