"""A Lambda function as the sink of a job's rows, by the contract of Kinesis Data Analytics."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pyarrow as pa
from botocore import exceptions as aws
from botocore.config import Config
from botocore.parsers import ResponseParserError
from pyspark.sql import functions as F

from glue_jobs.destination_requests import (
    Destination,
    InvocationError,
    Outcome,
    Record,
    body,
    send_all,
    shown,
)
from glue_jobs.options import OptionError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from pyspark.sql import DataFrame

__all__ = ["Destination", "DestinationError", "check", "deliver", "of_job", "undelivered"]

_DELIVERED = pa.schema(
    [
        ("record_id", pa.string()),
        ("key", pa.string()),
        ("at", pa.int64()),
        ("data", pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("payload_bytes", pa.int64()),
    ]
)
_DELIVERED_DDL = (
    "record_id string, key string, at bigint, data string,"
    " reason string, detail string, payload_bytes bigint"
)
_CONNECT_SECONDS = 5
# An item of DynamoDB has 400 KB at most, a character up to 4 bytes.
_PAYLOAD_BYTES = 360_000
_KEY_CHARACTERS = 256
_DETAIL_CHARACTERS = 400

_BUSY = (408, 409, 429)  # the 4xx that pass: not ready, being updated, throttled
# Answered as 502, but of the function's set-up: they last until someone mends it.
_MISCONFIGURED = (
    "EC2AccessDeniedException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
)
_BROKEN_CONNECTION = (
    aws.ConnectionError,
    aws.HTTPClientError,
    aws.IncompleteReadError,
    ResponseParserError,
)


class DestinationError(RuntimeError):
    """Raised when the function cannot be invoked and no later try can mend it."""


def of_job(function: str, job: str) -> Destination:
    """The destination of a job, which requests name as a job of the function's account.

    Raises:
        OptionError: as `check` and `rehearse` do.
    """
    _, partition, _, region, account, *_ = check(Destination(function, job)).split(":")
    destination = Destination(function, f"arn:{partition}:glue:{region}:{account}:job/{job}")
    rehearse(destination)
    return destination


def check(destination: Destination) -> str:
    """Asks for the function before a stream starts, and returns its ARN.

    Raises:
        OptionError: it is not there, may not be described, or may run longer than is waited for.
    """
    function = destination.function
    try:
        described = boto3.client("lambda").get_function_configuration(FunctionName=function)
    except (aws.ClientError, aws.BotoCoreError) as error:
        raise OptionError(_refusal(function, error)) from error
    longest = described.get("Timeout", 0)
    if longest >= destination.timeout_seconds:
        raise OptionError(
            f"--lambda-function: function {function!r} may run {longest} s; its time-out must be"
            f" below {destination.timeout_seconds:g} s, for which an answer is waited"
        )
    return described["FunctionArn"]


def rehearse(destination: Destination) -> None:
    """Invokes the function with no records, before a stream starts: badly set, it says so now.

    What may pass by itself, such as throttling, is left to the stream.

    Raises:
        OptionError: it may not be invoked, or fails even then.
    """
    try:
        invoke(client(destination.timeout_seconds), destination, body([], destination, 0))
    except DestinationError as error:
        raise OptionError(f"--lambda-function: {error}") from error
    except InvocationError as error:
        if error.reason == "function_error":
            raise OptionError(
                f"--lambda-function: function {destination.function!r} fails on a request without"
                f" records ({shown(str(error), _DETAIL_CHARACTERS)}); mend its settings or its code"
            ) from error


def deliver(rows: DataFrame, destination: Destination) -> DataFrame:
    """Sends each row to the function until it is taken, or gives it up after some attempts.

    `rows` has `record_id`, unique and the same in a replay, `key`, `at` (epoch milliseconds) and
    `data` (JSON). Rows of a key share a partition and stand in their order.
    One row a record: the same, `reason` and `detail` (null when delivered), `payload_bytes`.
    Lazy: every action on the answer delivers.

    Order: a partition's next request goes when the one before is settled, and rows of a key are
    in their order in it. Only a row that failed and is sent again can arrive after later ones of
    its key: rows carry a revision for that. A batch that is tried again delivers again.

    Raises:
        DestinationError: in the tasks, when the function cannot be invoked at all.
    """
    sent = rows.select("record_id", "key", F.col("at").cast("bigint"), "data")
    return sent.mapInArrow(functools.partial(_deliver, destination), _DELIVERED_DDL)


def undelivered(delivered: DataFrame, destination: Destination) -> DataFrame:
    """The rows that were given up, as `transforms.rejects.rejects` takes records.

    `stream` is the function's name, `sequence_number` the record id, `arrived_at` is `at`.
    `payload` is the whole row, cut only where an item of the table could not hold it.
    """
    return delivered.where(F.col("reason").isNotNull()).select(
        F.lit(destination.name).alias("stream"),
        F.col("record_id").alias("sequence_number"),
        F.substring("key", 1, _KEY_CHARACTERS).alias("partition_key"),
        F.col("at").alias("arrived_at"),
        "reason",
        "detail",
        F.when(F.col("payload_bytes") <= _PAYLOAD_BYTES, F.col("data"))
        .otherwise(F.substring("data", 1, _PAYLOAD_BYTES // 4))
        .alias("payload"),
        "payload_bytes",
    )


@functools.cache
def client(timeout_seconds: float) -> LambdaClient:
    """The client of this process: Spark keeps its Python workers, and they keep their connections.

    It tries once: a try of botocore's own would say the retry hint of the one before.
    """
    return boto3.client(
        "lambda",
        config=Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=timeout_seconds,
            tcp_keepalive=True,  # an answer may take longer than a NAT gateway keeps silence
            parameter_validation=False,
            retries={"mode": "standard", "total_max_attempts": 1},
        ),
    )


def invoke(lambdas: Any, destination: Destination, request: bytes) -> bytes:
    """What the function answered.

    Raises:
        InvocationError: it failed, or was not reached; a later try may go well.
        DestinationError: no later try can go well.
    """
    try:
        response = lambdas.invoke(FunctionName=destination.function, Payload=request)
        answer: bytes = response["Payload"].read()
    except aws.ClientError as error:
        raise _failed(destination, error) from error
    except aws.ReadTimeoutError as error:
        seconds = f"{destination.timeout_seconds:g} s"
        raise InvocationError("timeout", f"no answer within {seconds}") from error
    except _BROKEN_CONNECTION as error:
        raise InvocationError("unreachable", str(error)) from error
    except aws.BotoCoreError as error:
        raise DestinationError(f"function {destination.function!r}: {error}") from error
    if response.get("FunctionError"):
        detail = f"{response['FunctionError']}: {answer[:1_000].decode(errors='replace')}"
        raise InvocationError("function_error", detail)
    return answer


def _failed(destination: Destination, error: aws.ClientError) -> Exception:
    """The service's refusal of a request as ours: of the moment, or of the set-up."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if (status < 500 and status not in _BUSY) or code in _MISCONFIGURED:
        return DestinationError(
            f"function {destination.function!r}: {error}; mend the function, its policy or the"
            " job's role: the batch is tried again"
        )
    return InvocationError("throttled" if status == 429 else "service_error", str(error))


def _deliver(
    destination: Destination, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    lambdas = client(destination.timeout_seconds)
    records = (Record(**row) for batch in batches for row in batch.to_pylist())
    ask = functools.partial(invoke, lambdas, destination)
    for settled in send_all(records, destination, ask):
        yield pa.RecordBatch.from_pylist([_row(each) for each in settled], schema=_DELIVERED)


def _row(outcome: Outcome) -> dict[str, Any]:
    record, failure = outcome
    return {
        **vars(record),
        "reason": failure and failure.reason,
        "detail": failure and failure.detail,
        "payload_bytes": len(record.data.encode()),
    }


def _refusal(function: str, error: Exception) -> str:
    code = error.response["Error"]["Code"] if isinstance(error, aws.ClientError) else ""
    if code == "ResourceNotFoundException":
        return f"--lambda-function: no function {function!r}; deploy it, or name one that is there"
    if code.startswith("AccessDenied"):
        return (
            f"--lambda-function: function {function!r} may not be described ({shown(str(error))});"
            " allow lambda:GetFunctionConfiguration and lambda:InvokeFunction to the job's role"
        )
    return f"--lambda-function: function {function!r} cannot be described: {error}"
