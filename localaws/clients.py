"""boto3 clients of the local cloud."""

from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config

from localaws.environment import ACCOUNT, REGION

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 4},
    connect_timeout=5,
    read_timeout=310,
    max_pool_connections=32,
    s3={"addressing_style": "path"},
    proxies={},
)


class Clients:
    """One client a service, made when first asked for; boto3 clients may be shared by threads."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session: Any = boto3.Session(
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",  # noqa: S106 - the emulator takes any
            region_name=REGION,
        )
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __getitem__(self, service: str) -> Any:
        """The client of a service, such as `clients["kinesis"]`."""
        # A session is not safe to share between threads, unlike the clients that it makes.
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._session.client(
                    service, endpoint_url=self.endpoint, config=_CONFIG
                )
            return self._clients[service]
