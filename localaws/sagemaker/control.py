"""The operations of the control API that a training needs, and what they set in motion."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from localaws.sagemaker.errors import ServiceError, arn, checked
from localaws.sagemaker.fleet import Fleet
from localaws.sagemaker.registry import Registry

Fields = Mapping[str, Any]
_LOGGER = logging.getLogger(__name__)


class Control:
    """Operations by their names: `control.call("DescribeEndpoint", {"EndpointName": "x"})`."""

    def __init__(self, registry: Registry, fleet: Fleet) -> None:
        self._registry, self._fleet = registry, fleet
        self._operations: dict[str, Callable[[Fields], Fields]] = {
            "CreateModel": self._create("model", "ModelName", "ModelArn"),
            "CreateEndpointConfig": self._create(
                "endpoint-config", "EndpointConfigName", "EndpointConfigArn"
            ),
            "DescribeModel": self._describe("model", "ModelName"),
            "DescribeEndpointConfig": self._describe("endpoint-config", "EndpointConfigName"),
            "DescribeEndpoint": self._describe("endpoint", "EndpointName"),
            "CreateEndpoint": lambda asked: self._change(asked, is_new=True),
            "UpdateEndpoint": lambda asked: self._change(asked, is_new=False),
            "DeleteEndpoint": self._delete_endpoint,
        }

    def call(self, operation: str, asked: Fields) -> Fields:
        """The answer to a request.

        Raises:
            ServiceError: it is refused.
        """
        if operation not in self._operations:
            raise ServiceError(
                f"{operation}: not on this machine; there are {', '.join(self._operations)}",
                "UnknownOperationException",
            )
        try:
            return self._operations[operation](asked)
        except KeyError as error:
            raise ServiceError(f"1 validation error detected: {error} is missing") from error

    def _create(self, kind: str, name: str, arn_name: str) -> Callable[[Fields], Fields]:
        def create(asked: Fields) -> Fields:
            made = self._registry.create(kind, checked(name, asked[name]), asked)
            return {arn_name: made[arn_name]}

        return create

    def _describe(self, kind: str, name: str) -> Callable[[Fields], Fields]:
        return lambda asked: self._registry.describe(kind, asked[name])

    def _change(self, asked: Fields, *, is_new: bool) -> Fields:
        name = checked("EndpointName", asked["EndpointName"])
        config = checked("EndpointConfigName", asked["EndpointConfigName"])
        location = self._registry.begin(name, config, is_new=is_new)
        threading.Thread(
            target=self._deploy, args=(name, config, location), name="model-update", daemon=True
        ).start()
        return {"EndpointArn": arn("endpoint", name)}

    def _deploy(self, name: str, config: str, location: str) -> None:
        failure = None
        try:
            self._fleet.serve(name, self._fleet.fetch(location, config))
        except Exception as error:  # noqa: BLE001 - an endpoint must not stay under way
            failure = str(error) or type(error).__name__
            _LOGGER.warning("endpoint %s: %s", name, failure)
        self._registry.end(name, config, failure)

    def _delete_endpoint(self, asked: Fields) -> Fields:
        self._registry.delete_endpoint(asked["EndpointName"])
        self._fleet.end(asked["EndpointName"])
        return {}
