"""boto3 clients of the local cloud."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from localaws.environment import ACCOUNT, REGION
from localaws.errors import LocalCloudError
from localaws.state import StateFolder

_ACCOUNT_CONFIG = Config(retries={"mode": "standard", "max_attempts": 8})
_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 4},
    connect_timeout=5,
    read_timeout=310,
    max_pool_connections=32,
    s3={"addressing_style": "path"},
    proxies={},
)


class Clients:
    """One client a service, made when first asked for; boto3 clients may be shared by threads.

    Args:
        endpoint: of every service; None for those of AWS.
        session: whose credentials and region are used; without it those of the local cloud.
    """

    def __init__(self, endpoint: str | None, session: Any = None) -> None:
        self.endpoint = endpoint
        self._session: Any = session or boto3.Session(
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",  # noqa: S106 - the emulator takes any
            region_name=REGION,
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def region(self) -> str:
        """The region of the clients."""
        return str(self._session.region_name)

    @property
    def credentials(self) -> Any:
        """`access_key`, `secret_key` and `token` of the session, for readers that are not boto3.

        Raises:
            LocalCloudError: the session has none.
        """
        found = self._session.get_credentials()
        if found is None:
            raise LocalCloudError(
                "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY;"
                " the local cloud takes any"
            )
        return found.get_frozen_credentials()

    def __getitem__(self, service: str) -> Any:
        """The client of a service, such as `clients["kinesis"]`."""
        # A session is not safe to share between threads, unlike the clients that it makes.
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service,
                    endpoint_url=self.endpoint,
                    config=_CONFIG if self.endpoint else _ACCOUNT_CONFIG,
                )
            return self._clients[service]


def clients_of(state: StateFolder, environment: Mapping[str, str] = os.environ) -> Clients:
    """Clients of `AWS_ENDPOINT_URL`, as the caller's settings say, else of the running cloud.

    Raises:
        LocalCloudError: there is neither.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL")
    if endpoint:
        region = boto3.Session().region_name or REGION
        return Clients(endpoint, boto3.Session(region_name=region))
    return Clients(state.expect_running().endpoint)
