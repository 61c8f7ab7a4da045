"""SageMaker of the local cloud; the model processes are stand-ins that answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from localaws.errors import LocalCloudError
from localaws.ports import ReservedPort
from localaws.sagemaker.control import Control
from localaws.sagemaker.fleet import Fleet, ModelProcess
from localaws.sagemaker.registry import Registry
from localaws.sagemaker.server import Server, make_app
from localaws.waiting import wait_until

VARIANT = {"VariantName": "all", "InstanceType": "ml.m6i.large", "InitialInstanceCount": 1}


class FakeFleet(Fleet):
    """Serves an artefact by telling its name; `broken` does not start, `full` does not fit.

    Attributes:
        gate: an update goes on once it is set.
    """

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self._serving: dict[str, ModelProcess] = {}
        self._lock = threading.Lock()
        self._servers: list[ThreadingHTTPServer] = []

    def fetch(self, location: str, name: str) -> Path:
        artefact = Path(location.rpartition("/")[2])
        if artefact.name == "full":
            raise OSError("No space left")
        return artefact

    def serve(self, endpoint: str, artefact: Path) -> None:
        self.gate.wait(30)
        if artefact.name == "broken":
            raise LocalCloudError("model: ended with code 1 before it answered")
        server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(artefact.name))
        self._servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        with self._lock:
            self._serving[endpoint] = ModelProcess(None, url)  # type: ignore[arg-type]

    def end(self, endpoint: str) -> None:
        with self._lock:
            self._serving.pop(endpoint, None)

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


def _answering(name: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            content = json.dumps({"model": name, "path": self.path, "asked": body.decode()})
            status = 424 if body == b"fail" else 200
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("x-amzn-ErrorType", "ModelError")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler


class Service:
    """The server and clients of both APIs."""

    def __init__(self, fleet: FakeFleet, url: str) -> None:
        self.fleet, self.url = fleet, url
        self.control, self.runtime = (
            boto3.client(
                name,
                endpoint_url=url,
                region_name="us-east-1",
                aws_access_key_id="a",
                aws_secret_access_key="b",
                config=Config(retries={"total_max_attempts": 1}, proxies={}),
            )
            for name in ("sagemaker", "sagemaker-runtime")
        )

    def define(self, name: str) -> None:
        """A model and a configuration of that name."""
        self.control.create_model(
            ModelName=name,
            ExecutionRoleArn="arn:aws:iam::000000000000:role/price-model",
            PrimaryContainer={"Image": "i", "ModelDataUrl": f"s3://b/{name}"},
        )
        self.control.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[{**VARIANT, "ModelName": name}]
        )

    def create(self, name: str) -> None:
        self.define(name)
        self.control.create_endpoint(EndpointName="e", EndpointConfigName=name)
        self.settle()

    def settle(self) -> Any:
        """The endpoint, once nothing is under way."""
        wait_until(
            lambda: self.describe()["EndpointStatus"] not in ("Creating", "Updating"),
            30,
            lambda: str(self.describe()),
            interval=0.01,
        )
        return self.describe()

    def describe(self) -> Any:
        return self.control.describe_endpoint(EndpointName="e")

    def ask(self, body: str = "x") -> Any:
        answer = self.runtime.invoke_endpoint(EndpointName="e", Body=body)
        return json.loads(answer["Body"].read())


@pytest.fixture
def service() -> Iterator[Service]:
    port, fleet = ReservedPort(), FakeFleet()
    server = Server(make_app(Control(Registry(), fleet), fleet), port.listener)
    server.start()
    yield Service(fleet, port.url)
    server.stop()
    port.release()
    fleet.close()
