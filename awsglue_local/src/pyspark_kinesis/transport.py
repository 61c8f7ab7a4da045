"""Signed requests over kept-alive connections.

botocore gives credentials and signatures alone: its parsing of answers costs several times more
than everything else a reader does.
"""

from __future__ import annotations

import os
import ssl
import time
import urllib.request
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

import botocore.session
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    Credentials,
    DeferredRefreshableCredentials,
)

from pyspark_kinesis.errors import KinesisError
from pyspark_kinesis.options import KinesisOptions

_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=60.0)
_CONNECTIONS: Final = 1_024
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


class Answer(NamedTuple):
    """A raw answer; `time` is the server's clock in epoch seconds, rounded down."""

    status: int
    body: bytes
    error_type: str
    time: float


class SignedTransport:
    """Posts JSON requests to one AWS endpoint; safe to share between threads."""

    def __init__(self, options: KinesisOptions) -> None:
        self._url = options.endpoint_url + "/"
        self._pool = _pool(options.endpoint_url)
        self._region = options.region
        self._credentials = _credentials(options)

    def post(self, target: str, body: bytes) -> Answer:
        """Send one request, once.

        Raises:
            urllib3.exceptions.HTTPError: no answer came.
        """
        response = self._pool.request(
            "POST", self._url, body=body, headers=self._signed(target, body), retries=False,
            timeout=_TIMEOUT,
        )  # fmt: skip
        headers = response.headers
        error_type = headers.get("x-amzn-errortype", "")
        return Answer(response.status, response.data, error_type, _server_time(headers.get("date")))

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _signed(self, target: str, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        request = AWSRequest("POST", self._url, data=body, headers=headers)
        frozen = self._credentials.get_frozen_credentials()
        SigV4Auth(frozen, "kinesis", self._region).add_auth(request)
        return dict(request.headers.items())


def _pool(url: str) -> urllib3.PoolManager:
    bundle = os.environ.get("AWS_CA_BUNDLE")
    context = ssl.create_default_context(cafile=bundle) if url.startswith("https") else None
    host = urllib3.util.parse_url(url).host or ""
    proxy = urllib.request.getproxies().get(url.partition(":")[0])
    settings: dict[str, Any] = {"maxsize": _CONNECTIONS, "ssl_context": context}
    if proxy and host not in _LOOPBACK and not urllib.request.proxy_bypass(host):
        return urllib3.ProxyManager(proxy, **settings)
    return urllib3.PoolManager(**settings)


def _credentials(options: KinesisOptions) -> Credentials:
    session = botocore.session.get_session()
    if options.access_key and options.secret_key:
        session.set_credentials(options.access_key, options.secret_key)
    found = session.get_credentials()
    if found is None:
        raise KinesisError(
            f"kinesis: stream {options.stream_name}: no AWS credentials found; allowed: any of "
            "botocore's sources. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile."
        )
    if not options.role_arn:
        return found
    fetcher = AssumeRoleCredentialFetcher(
        lambda service, **settings: session.create_client(
            service, region_name=options.region, **settings
        ),
        found,
        options.role_arn,
        extra_args={"RoleSessionName": options.role_session},
    )
    return DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")


def _server_time(date: str | None) -> float:
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return float(int(time.time()))
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
