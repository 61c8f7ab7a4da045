"""The client: retries, refusals, paging, signatures."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import urllib3
from pyspark_kinesis import KinesisError
from pyspark_kinesis.client import KinesisClient
from pyspark_kinesis.errors import (
    ExpiredIteratorError,
    KinesisRequestError,
    PositionGoneError,
    StoppedError,
)
from pyspark_kinesis.options import KinesisOptions
from pyspark_kinesis.transport import Answer, SignedTransport

from tests.unit.kinesis.fake_kinesis import SERVER_TIME, FakeKinesis

Make = Callable[..., KinesisOptions]


class Waits(threading.Event):
    """An event that notes how long was waited for it, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout)
        return self.is_set()


def test_listing_follows_all_pages_and_tells_the_servers_time(make_options: Make) -> None:
    client = KinesisClient(make_options(), FakeKinesis(5), threading.Event())
    shards, moment = client.list_shards()
    assert sorted(shards) == [f"shard-{n}" for n in range(5)]
    assert moment == SERVER_TIME


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("LimitExceededException", 400),
        ("com.amazonaws.kinesis#ThrottlingException", 400),
        ("InternalFailure", 500),
        ("ServiceUnavailable", 503),
    ],
)
def test_throttles_and_server_errors_are_retried_with_doubling_waits(
    make_options: Make, code: str, status: int
) -> None:
    kinesis, waits = FakeKinesis(), Waits()
    kinesis.fail("ListShards", code, code, code, status=status)
    options = make_options(numRetries=3, retryIntervalMs=1_000, maxRetryIntervalMs=1_500)
    KinesisClient(options, kinesis, waits).list_shards()
    assert waits.seconds == [1.0, 1.5, 1.5]


def test_the_last_refusal_names_stream_shard_code_and_retries(make_options: Make) -> None:
    kinesis = FakeKinesis()
    kinesis.fail("GetRecords", *["LimitExceededException"] * 2)
    client = KinesisClient(make_options(numRetries=1), kinesis, Waits())
    with pytest.raises(KinesisRequestError, match=r"stream orders, shard shard-0: GetRecords") as e:
        client.get_records("shard-0", client.iterator_at("shard-0", "TRIM_HORIZON"), 10)
    assert "LimitExceededException" in str(e.value)
    assert "1 retries (option numRetries)" in str(e.value)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("ExpiredIteratorException", ExpiredIteratorError),
        ("ResourceNotFoundException", PositionGoneError),
        ("InvalidArgumentException", PositionGoneError),
        ("AccessDeniedException", KinesisRequestError),
    ],
)
def test_other_refusals_are_not_retried(
    make_options: Make, code: str, error: type[Exception]
) -> None:
    kinesis = FakeKinesis()
    kinesis.fail("GetRecords", code)
    client = KinesisClient(make_options(), kinesis, Waits())
    with pytest.raises(error):
        client.get_records("shard-0", "0|shard-0|0", 10)
    assert len(kinesis.calls("GetRecords")) == 1


class Broken:
    """A transport whose first answers never come."""

    def __init__(self, behind: FakeKinesis, failures: int) -> None:
        self._behind, self._failures = behind, failures

    def post(self, target: str, body: bytes) -> Answer:
        self._failures -= 1
        if self._failures >= 0:
            raise urllib3.exceptions.ProtocolError("connection reset")
        return self._behind.post(target, body)

    def close(self) -> None:
        """Nothing to close."""


def test_lost_connections_are_retried(make_options: Make) -> None:
    shards, _ = KinesisClient(make_options(), Broken(FakeKinesis(), 3), Waits()).list_shards()
    assert list(shards) == ["shard-0"]
    with pytest.raises(KinesisRequestError, match=r"ProtocolError.*connection reset"):
        KinesisClient(make_options(), Broken(FakeKinesis(), 4), Waits()).list_shards()


def test_a_stop_ends_the_waiting(make_options: Make) -> None:
    kinesis, stopped = FakeKinesis(), threading.Event()
    kinesis.fail("ListShards", "LimitExceededException")
    client = KinesisClient(make_options(retryIntervalMs=60_000), kinesis, stopped)
    threading.Timer(0.05, stopped.set).start()
    with pytest.raises(StoppedError):
        client.list_shards()


def test_an_arn_is_sent_beside_the_name(make_options: Make) -> None:
    kinesis = FakeKinesis()
    arn = "arn:aws:kinesis:us-west-2:123456789012:stream/orders"
    KinesisClient(make_options(streamARN=arn), kinesis, threading.Event()).list_shards()
    assert kinesis.calls("ListShards")[0] == {"StreamName": "orders", "StreamARN": arn}


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("no_credentials")
def test_missing_credentials_are_said_plainly(make_options: Make) -> None:
    with pytest.raises(KinesisError, match="AWS_ACCESS_KEY_ID"):
        SignedTransport(make_options())


@pytest.mark.usefixtures("no_credentials")
def test_requests_over_http_are_signed(make_options: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "000000000000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    kinesis = FakeKinesis()
    kinesis.put("shard-0", "a")
    with kinesis.serve() as url:
        options = make_options(endpointUrl=url)
        transport = SignedTransport(options)
        signed = transport._signed("Kinesis_20131202.ListShards", b"{}")
        client = KinesisClient(options, transport, threading.Event())
        assert list(client.list_shards()[0]) == ["shard-0"]
        page = client.get_records("shard-0", client.iterator_at("shard-0", "TRIM_HORIZON"), 10)
        client.close()
    assert len(page["Records"]) == 1
    assert "Credential=000000000000/" in signed["Authorization"]
    assert "/eu-west-1/kinesis/aws4_request" in signed["Authorization"]
