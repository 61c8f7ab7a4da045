"""A lean client for AWS services that speak JSON: signed by botocore, sent by urllib3.

boto3 spends most of a large answer's time on parsing it into its own shapes; the readers here
take the answer as it came.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import orjson
import urllib3

from gluelocal.errors import GlueLocalError

_RETRIED: Final = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=60.0)


class AwsCallError(GlueLocalError):
    """Raised when a service refuses a call, or is not reached in the allowed tries."""

    def __init__(self, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {code}: {message}")
        self.operation, self.code = operation, code


@dataclass(frozen=True)
class Target:
    """A service, and as whom it is called; sent to the executors, where clients are made."""

    service: str
    prefix: str
    version: str = "1.0"
    region: str | None = None
    endpoint: str | None = None
    role_arn: str | None = None
    role_session: str = "glue-session"
    tries: int = 10
    longest_pause: float = 3.0

    def client(self) -> Client:
        """A client of this process."""
        return Client(self)


class Client:
    """Calls operations of one service and hands back the answer's bytes."""

    def __init__(
        self,
        target: Target,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._target, self._sleep, self._jitter = target, sleep, jitter
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    def call(self, operation: str, body: Mapping[str, Any]) -> bytes:
        """The answer to one call.

        Raises:
            AwsCallError: the service refused, or every try met a throttle or a broken connection.
        """
        data = orjson.dumps(body)
        for attempt in range(self._target.tries):
            error = None
            try:
                answer = self._send(operation, data)
                if answer.status == 200:
                    return answer.data
                error = _error(operation, answer)
                if answer.status < 500 and error.code not in _RETRIED:
                    raise error
            except urllib3.exceptions.HTTPError as broken:
                error = AwsCallError(operation, type(broken).__name__, str(broken))
            if attempt + 1 == self._target.tries:
                raise error
            self.pause(attempt)
        raise AssertionError("unreachable")

    def pause(self, attempt: int) -> None:
        """Wait before try `attempt + 1`: exponential, with full jitter, up to the longest pause."""
        ceiling = min(self._target.longest_pause, 0.05 * 2.0**attempt)
        self._sleep(ceiling * (0.5 + self._jitter() / 2))

    def _send(self, operation: str, data: bytes) -> urllib3.BaseHTTPResponse:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        headers = {
            "Content-Type": f"application/x-amz-json-{self._target.version}",
            "X-Amz-Target": f"{self._target.prefix}.{operation}",
        }
        url, region = self._place
        request = AWSRequest("POST", url, data=data, headers=headers)
        credentials = self._session.get_credentials()
        SigV4Auth(credentials.get_frozen_credentials(), self._target.service, region).add_auth(
            request
        )
        return self._pool.request("POST", url, body=data, headers=dict(request.headers.items()))

    @cached_property
    def _session(self) -> Any:
        import boto3

        session = boto3.Session(region_name=self._target.region)
        if self._target.role_arn is None:
            return session
        answer = session.client("sts").assume_role(
            RoleArn=self._target.role_arn, RoleSessionName=self._target.role_session
        )["Credentials"]
        return boto3.Session(
            answer["AccessKeyId"],
            answer["SecretAccessKey"],
            answer["SessionToken"],
            region_name=self._target.region,
        )

    @cached_property
    def _place(self) -> tuple[str, str]:
        meta = self._session.client(self._target.service).meta
        endpoint = self._target.endpoint or meta.endpoint_url
        return f"{endpoint.rstrip('/')}/", meta.region_name


def _error(operation: str, answer: urllib3.BaseHTTPResponse) -> AwsCallError:
    try:
        body = orjson.loads(answer.data)
    except orjson.JSONDecodeError:
        body = {}
    code = str(body.get("__type", f"HTTP {answer.status}")).rpartition("#")[2]
    return AwsCallError(operation, code, str(body.get("message") or body.get("Message") or ""))
