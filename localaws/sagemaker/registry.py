"""Models, endpoint configurations and endpoints by name, in memory.

Source: SageMaker API reference, CreateModel, CreateEndpointConfig, CreateEndpoint, UpdateEndpoint.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from localaws.sagemaker.errors import already_there, arn, in_progress, not_found

Fields = dict[str, Any]
UNDER_WAY = ("Creating", "Updating")


class Registry:
    """What was created; a change of an endpoint is begun here, and ended by who makes it.

    `clock` gives epoch seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, Fields]] = {
            "model": {},
            "endpoint-config": {},
            "endpoint": {},
        }

    def create(self, kind: str, name: str, fields: Mapping[str, Any]) -> Fields:
        """Create a model or a configuration; every model that a configuration names is there.

        Raises:
            ServiceError: the name is taken, or a model is not there.
        """
        with self._lock:
            if name in self._kept[kind]:
                raise already_there(kind, name)
            for variant in fields.get("ProductionVariants", ()):
                self._of("model", variant["ModelName"])
            self._kept[kind][name] = self._stamped(kind, name, fields)
            return self._kept[kind][name]

    def describe(self, kind: str, name: str) -> Fields:
        """The fields of one.

        Raises:
            ServiceError: there is none of that name.
        """
        with self._lock:
            return dict(self._of(kind, name))

    def begin(self, name: str, config: str, *, is_new: bool) -> str:
        """Begin to create or update an endpoint; gives the artefact that it is to serve.

        Raises:
            ServiceError: there is no such configuration, or the endpoint is there already, is not
                there, is being changed, or has failed.
        """
        with self._lock:
            (variant,) = self._of("endpoint-config", config)["ProductionVariants"]
            model = self._of("model", variant["ModelName"])
            if is_new and name in self._kept["endpoint"]:
                raise already_there("endpoint", name)
            if is_new:
                made = self._stamped("endpoint", name, {"EndpointConfigName": config})
                self._kept["endpoint"][name] = made | {"EndpointStatus": "Creating"}
            else:
                found = self._of("endpoint", name)
                if found["EndpointStatus"] != "InService":
                    raise in_progress(name)
                found |= {"EndpointStatus": "Updating", "LastModifiedTime": self._clock()}
            return str(model["PrimaryContainer"]["ModelDataUrl"])

    def end(self, name: str, config: str, failure: str | None) -> None:
        """End a change: the endpoint serves the configuration, or after a failure what it did."""
        with self._lock:
            found = self._of("endpoint", name)
            was_new = found["EndpointStatus"] == "Creating"
            found |= {"EndpointStatus": "InService", "LastModifiedTime": self._clock()}
            found.pop("FailureReason", None)
            if failure is None:
                found["EndpointConfigName"] = config
            else:
                found["FailureReason"] = failure
                found["EndpointStatus"] = "Failed" if was_new else "InService"

    def delete_endpoint(self, name: str) -> None:
        """Forget an endpoint.

        Raises:
            ServiceError: there is none of that name, or it is being changed.
        """
        with self._lock:
            if self._of("endpoint", name)["EndpointStatus"] in UNDER_WAY:
                raise in_progress(name)
            del self._kept["endpoint"][name]

    def _of(self, kind: str, name: str) -> Fields:
        if name not in self._kept[kind]:
            raise not_found(kind, name)
        return self._kept[kind][name]

    def _stamped(self, kind: str, name: str, fields: Mapping[str, Any]) -> Fields:
        word = {"model": "Model", "endpoint-config": "EndpointConfig", "endpoint": "Endpoint"}[kind]
        now = self._clock()
        stamps = {f"{word}Name": name, f"{word}Arn": arn(kind, name), "CreationTime": now}
        changed = {"LastModifiedTime": now} if kind == "endpoint" else {}
        return {**fields, **stamps, **changed}
