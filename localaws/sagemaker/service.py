"""SageMaker of a local cloud: endpoints that a training updates, on the port that clients know."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from localaws.clients import Clients
from localaws.environment import ACCOUNT
from localaws.ports import ReservedPort
from localaws.processes import Child, Supervisor
from localaws.sagemaker.control import Control
from localaws.sagemaker.errors import ServiceError
from localaws.sagemaker.fleet import Fleet
from localaws.sagemaker.registry import Registry
from localaws.sagemaker.server import Server, make_app

ENDPOINT = "price-model"
# What the template makes on AWS when the endpoint is the stack's own.
_STACKS_OWN = "price-model-of-the-stack"


class SageMaker:
    """The control API and the runtime of a cloud."""

    def __init__(
        self, supervisor: Supervisor, clients: Clients, port: ReservedPort, folder: Path
    ) -> None:
        self._registry, self._fleet = Registry(), Fleet(supervisor, clients, folder)
        control = Control(self._registry, self._fleet)
        self._server = Server(make_app(control, self._fleet), port.listener)

    @property
    def model(self) -> Child | None:
        """The process that serves the price model now."""
        serving = self._fleet.serving(ENDPOINT)
        return serving.child if serving else None

    def start(self) -> None:
        """Answer requests from now on."""
        self._server.start()

    def stop(self) -> None:
        """Answer no more; the model processes are the supervisor's to end."""
        self._server.stop()

    def host(self, artefact: Path, location: str) -> None:
        """Serve an artefact as the stack's own endpoint does; `location` is its URL in S3.

        Raises:
            LocalCloudError: the model does not answer.
        """
        self._fleet.serve(ENDPOINT, artefact)
        model = {
            "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/price-model",
            "PrimaryContainer": {"Image": "price-model:local", "ModelDataUrl": location},
            "EnableNetworkIsolation": True,
        }
        variant = {
            "VariantName": "all",
            "ModelName": _STACKS_OWN,
            "InstanceType": "ml.m6i.large",
            "InitialInstanceCount": 1,
            "InitialVariantWeight": 1.0,
        }
        # A model that is hosted again is served from the same names.
        with suppress(ServiceError):
            self._registry.create("model", _STACKS_OWN, model)
            self._registry.create("endpoint-config", _STACKS_OWN, {"ProductionVariants": [variant]})
            self._registry.begin(ENDPOINT, _STACKS_OWN, is_new=True)
        self._registry.end(ENDPOINT, _STACKS_OWN, None)
