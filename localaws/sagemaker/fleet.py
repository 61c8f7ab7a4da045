"""The model processes: a new one takes over from the old one once it answers."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.model import start_model, wait_for_model
from localaws.ports import ReservedPort, start_on_port
from localaws.processes import Child, Supervisor

# Longer than the model takes to finish the requests in hand (`price_model.serve`).
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class ModelProcess:
    """A model that is served, and where."""

    child: Child
    url: str


class Fleet:
    """The process behind each endpoint, by the endpoint's name."""

    def __init__(self, supervisor: Supervisor, clients: Clients, folder: Path) -> None:
        self._supervisor, self._clients, self._folder = supervisor, clients, folder
        self._serving: dict[str, ModelProcess] = {}
        self._lock = threading.Lock()

    def serving(self, endpoint: str) -> ModelProcess | None:
        """What serves the endpoint now."""
        with self._lock:
            return self._serving.get(endpoint)

    def serve(self, endpoint: str, artefact: Path) -> None:
        """Start the model on a port of its own, wait for it, give it the traffic, end the old one.

        Raises:
            LocalCloudError: it does not answer; the old one goes on.
        """
        port = ReservedPort()
        child = start_on_port(
            port,
            lambda: start_model(self._supervisor, artefact, port.number),
            lambda started: wait_for_model(started, port.url),
        )
        with self._lock:
            old = self._serving.get(endpoint)
            self._serving[endpoint] = ModelProcess(child, port.url)
        if old is not None:
            old.child.stop(_PATIENCE_SECONDS)

    def fetch(self, location: str, name: str) -> Path:
        """The artefact of a URL in S3, in a folder of its own.

        Raises:
            LocalCloudError: it cannot be read.
        """
        place = urlsplit(location)
        try:
            answer = self._clients["s3"].get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
            content = answer["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise LocalCloudError(f"artefact {location}: cannot be read ({error})") from error
        path = self._folder / name / "model.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def end(self, endpoint: str) -> None:
        """End what serves the endpoint."""
        with self._lock:
            old = self._serving.pop(endpoint, None)
        if old is not None:
            old.child.stop(_PATIENCE_SECONDS)
