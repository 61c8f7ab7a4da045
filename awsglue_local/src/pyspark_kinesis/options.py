"""Every option of the source, checked before a stream starts.

Names and defaults are Glue's (case does not count, unknown names are ignored).
Source: AWS Glue developer guide, "Kinesis connections"; awslabs/spark-sql-kinesis-connector README.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark_kinesis import values
from pyspark_kinesis.endpoint import endpoint_of, region_of, stream_of
from pyspark_kinesis.errors import KinesisOptionError
from pyspark_kinesis.values import StartingPosition


@dataclass(frozen=True)
class KinesisOptions:
    """A checked configuration. Durations are seconds, sizes are bytes.

    `partitions` and `spool_bytes` are our own: how many tasks a batch is cut into (default: one a
    core), and how much may lie read on disk before the readers pause.
    """

    stream_name: str
    stream_arn: str | None
    region: str
    endpoint_url: str
    starting: StartingPosition
    fetch_seconds: float
    records_per_shard: int
    records_per_read: int
    idle_seconds: float
    list_seconds: float
    retries: int
    retry_seconds: float
    max_retry_seconds: float
    fail_on_data_loss: bool
    role_arn: str | None
    role_session: str
    partitions: int
    spool_bytes: int
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)


def parse_options(given: Mapping[str, Any], environment: Mapping[str, str]) -> KinesisOptions:
    """The configuration that `given` describes.

    Raises:
        KinesisOptionError: a value is missing or out of range; names option, found and allowed.
    """
    found = _Given({key.lower(): value for key, value in given.items() if value is not None})
    texts = {key: str(value).strip() for key, value in found.values.items()}
    name, arn = stream_of(texts)
    region = region_of(texts, environment)
    found.truth("avoidEmptyBatches", False)  # checked only: this source never plans an empty batch
    idles = found.truth("addIdleTimeBetweenReads", False)
    idle = found.milliseconds("idleTimeBetweenReadsInMs", 1_000)
    return KinesisOptions(
        stream_name=name,
        stream_arn=arn,
        region=region,
        endpoint_url=endpoint_of(texts, environment, region),
        starting=values.starting_position(
            "startingPosition", found.get("startingPosition", "latest")
        ),
        fetch_seconds=found.milliseconds("maxFetchTimeInMs", 1_000),
        records_per_shard=found.number("maxFetchRecordsPerShard", 100_000, 1),
        records_per_read=found.number("maxRecordPerRead", 10_000, 1, 10_000),
        idle_seconds=idle if idles else 0.0,
        list_seconds=values.seconds(
            "describeShardInterval", found.get("describeShardInterval", "1s")
        ),
        retries=found.number("numRetries", 3, 0),
        retry_seconds=found.milliseconds("retryIntervalMs", 1_000),
        max_retry_seconds=found.milliseconds("maxRetryIntervalMs", 10_000),
        fail_on_data_loss=found.truth("failOnDataLoss", False),
        role_arn=texts.get("awsstsrolearn") or None,
        role_session=texts.get("awsstssessionname") or "pyspark-kinesis",
        partitions=found.number("partitions", os.cpu_count() or 1, 1),
        spool_bytes=found.number("spoolMegabytes", 1_024, 1) * 1_048_576,
        access_key=_key(texts, "awsAccessKeyId", "awsSecretKey"),
        secret_key=_key(texts, "awsSecretKey", "awsAccessKeyId"),
    )


def _key(texts: Mapping[str, str], option: str, partner: str) -> str | None:
    found = texts.get(option.lower()) or None
    if found is None and texts.get(partner.lower()):
        raise KinesisOptionError(option, None, f"a value beside that of {partner}, or neither")
    return found


@dataclass(frozen=True)
class _Given:
    values: dict[str, Any]

    def get(self, option: str, default: Any) -> Any:
        return self.values.get(option.lower(), default)

    def number(self, option: str, default: int, low: int, high: int | None = None) -> int:
        return values.whole_number(option, self.get(option, default), low, high)

    def milliseconds(self, option: str, default: int) -> float:
        return self.number(option, default, 0) / 1_000

    def truth(self, option: str, default: bool) -> bool:
        return values.truth(option, self.get(option, default))
