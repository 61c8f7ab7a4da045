"""Streams and their shards, read through the public APIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.mappings.events import dynamodb_record, kinesis_record
from localaws.mappings.records import StreamRecord

_AGAIN = ("ProvisionedThroughputExceededException", "LimitExceededException", "InternalServerError")


@dataclass(frozen=True)
class Shard:
    """A shard and the shards it came from."""

    shard_id: str
    parents: tuple[str, ...]


class Reader(Protocol):
    """Reads one shard in order."""

    def read(self) -> tuple[list[StreamRecord], bool]:
        """The next records, and whether the shard is closed and read to its end."""
        ...


class Source(Protocol):
    """A stream with shards."""

    def shards(self) -> list[Shard]:
        """The shards that the stream has now."""
        ...

    def reader(self, shard_id: str, position: str) -> Reader:
        """A reader of one shard from TRIM_HORIZON or LATEST."""
        ...


class ShardReader:
    """GetRecords with its iterators: an expired one is renewed after the last record read."""

    def __init__(
        self,
        client: Any,
        stream: Mapping[str, str],
        shard_id: str,
        position: str,
        convert: Callable[[Mapping[str, Any]], StreamRecord],
    ) -> None:
        self._client = client
        self._shard = {**stream, "ShardId": shard_id}
        self._position = position
        self._convert = convert
        self._iterator: str | None = None
        self._last: str | None = None

    def read(self) -> tuple[list[StreamRecord], bool]:
        """The next records, and whether the shard is closed and read to its end."""
        try:
            answer = self._client.get_records(ShardIterator=self._open(), Limit=1000)
        except ClientError as error:
            self._recover(error)
            return [], False
        records = [self._convert(record) for record in answer["Records"]]
        if records:
            self._last = records[-1].sequence_number
        self._iterator = answer.get("NextShardIterator")
        return records, self._iterator is None

    def _open(self) -> str:
        if self._iterator is None:
            start = (
                {"ShardIteratorType": self._position}
                if self._last is None
                else {
                    "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                    "StartingSequenceNumber"
                    if "StreamName" in self._shard
                    else "SequenceNumber": self._last,
                }
            )
            answer = self._client.get_shard_iterator(**self._shard, **start)
            self._iterator = answer["ShardIterator"]
        return self._iterator

    def _recover(self, error: ClientError) -> None:
        code = error.response.get("Error", {}).get("Code")
        if code == "TrimmedDataAccessException":
            self._position, self._last, self._iterator = "TRIM_HORIZON", None, None
        elif code == "ExpiredIteratorException":
            self._iterator = None
        elif code not in _AGAIN:
            raise error


class DynamoDBSource:
    """The stream of a DynamoDB table."""

    def __init__(self, clients: Clients, stream_arn: str) -> None:
        self._client = clients["dynamodbstreams"]
        self._arn = stream_arn

    def shards(self) -> list[Shard]:
        """The shards that the stream has now."""
        found: list[Shard] = []
        request: dict[str, Any] = {"StreamArn": self._arn}
        while True:
            page = self._client.describe_stream(**request)["StreamDescription"]
            found += [_shard(shard) for shard in page["Shards"]]
            if "LastEvaluatedShardId" not in page:
                return found
            request["ExclusiveStartShardId"] = page["LastEvaluatedShardId"]

    def reader(self, shard_id: str, position: str) -> ShardReader:
        """A reader of one shard from TRIM_HORIZON or LATEST."""
        return ShardReader(
            self._client,
            {"StreamArn": self._arn},
            shard_id,
            position,
            lambda record: dynamodb_record(record, self._arn),
        )


class KinesisSource:
    """A Kinesis stream."""

    def __init__(self, clients: Clients, stream_arn: str) -> None:
        self._client = clients["kinesis"]
        self._arn = stream_arn
        self._stream = {"StreamName": stream_arn.rpartition("/")[2]}

    def shards(self) -> list[Shard]:
        """The shards that the stream has now."""
        found: list[Shard] = []
        request: dict[str, Any] = dict(self._stream)
        while True:
            page = self._client.list_shards(**request)
            found += [_shard(shard) for shard in page["Shards"]]
            if not page.get("NextToken"):
                return found
            request = {"NextToken": page["NextToken"]}

    def reader(self, shard_id: str, position: str) -> ShardReader:
        """A reader of one shard from TRIM_HORIZON or LATEST."""
        return ShardReader(
            self._client,
            self._stream,
            shard_id,
            position,
            lambda record: kinesis_record(record, self._arn, shard_id),
        )


def _shard(description: Mapping[str, Any]) -> Shard:
    parents = (description.get("ParentShardId"), description.get("AdjacentParentShardId"))
    return Shard(description["ShardId"], tuple(parent for parent in parents if parent))


def open_source(clients: Clients, arn: str) -> Source | None:
    """The stream of that ARN; None when it is no stream (queues stay with the emulator)."""
    if ":dynamodb:" in arn:
        return DynamoDBSource(clients, arn)
    return KinesisSource(clients, arn) if ":kinesis:" in arn else None
