"""SageMaker and S3 as far as a training uses them: in memory, and cut off after so many writes."""

from __future__ import annotations

import io
from typing import Any

from botocore.exceptions import ClientError

from localaws.sagemaker.errors import ServiceError
from localaws.sagemaker.registry import Registry

BUCKET = "b"
FOLDER = f"s3://{BUCKET}/models/price_model/"
ENDPOINT = "price-model"


class KilledError(BaseException):
    """The process is gone."""


class FakeAws:
    """Both clients in one; what it does with the endpoint is done when it is looked at next.

    Attributes:
        objects: what S3 holds by its key.
        writes: the names of the requests that change something, in their order.
        left: writes before the process is killed; None for any number. The last one is done.
        breaks: names of configurations that the endpoint does not take.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.registry = Registry(clock=lambda: 0.0)
        self.writes: list[str] = []
        self.left: int | None = None
        self.breaks: set[str] = set()
        self.under_way: tuple[str, str] | None = None

    def state(self) -> tuple[Any, ...]:
        """All that is there."""
        return (dict(self.objects), self.served())

    def served(self) -> str | None:
        try:
            return str(self.registry.describe("endpoint", ENDPOINT)["EndpointConfigName"])
        except ServiceError:
            return None

    def put_object(self, **asked: Any) -> None:
        self.objects[asked["Key"]] = asked["Body"]
        self._written(f"put {asked['Key'].rpartition('/')[2]}")

    def get_object(self, **asked: Any) -> dict[str, Any]:
        if asked["Key"] not in self.objects:
            error = {"Error": {"Code": "NoSuchKey", "Message": "it does not exist"}}
            raise ClientError(error, "GetObject")
        return {"Body": io.BytesIO(self.objects[asked["Key"]])}

    def list_objects_v2(self, **asked: Any) -> dict[str, Any]:
        found = [key for key in self.objects if key.startswith(asked["Prefix"])]
        return {"Contents": [{"Key": key} for key in found]}

    def create_model(self, **asked: Any) -> None:
        self._create("model", asked["ModelName"], asked)

    def create_endpoint_config(self, **asked: Any) -> None:
        self._create("endpoint-config", asked["EndpointConfigName"], asked)

    def create_endpoint(self, **asked: Any) -> None:
        self._begin(asked, is_new=True)

    def update_endpoint(self, **asked: Any) -> None:
        self._begin(asked, is_new=False)

    def describe_model(self, **asked: Any) -> Any:
        return self._asked(lambda: self.registry.describe("model", asked["ModelName"]))

    def describe_endpoint_config(self, **asked: Any) -> Any:
        name = asked["EndpointConfigName"]
        return self._asked(lambda: self.registry.describe("endpoint-config", name))

    def describe_endpoint(self, **asked: Any) -> Any:
        """Under way at the first look, ended at the second."""
        found = self._asked(lambda: self.registry.describe("endpoint", asked["EndpointName"]))
        if self.under_way and found["EndpointStatus"] in ("Creating", "Updating"):
            name, config = self.under_way
            failure = "The container did not answer" if config in self.breaks else None
            self.registry.end(name, config, failure)
        return found

    def _create(self, kind: str, name: str, asked: dict[str, Any]) -> None:
        self._asked(lambda: self.registry.create(kind, name, asked))
        self._written(f"create {kind}")

    def _begin(self, asked: dict[str, Any], *, is_new: bool) -> None:
        name, config = asked["EndpointName"], asked["EndpointConfigName"]
        self._asked(lambda: self.registry.begin(name, config, is_new=is_new))
        self.under_way = (name, config)
        self._written("create endpoint" if is_new else "update endpoint")

    def _asked(self, ask: Any) -> Any:
        try:
            return ask()
        except ServiceError as error:
            raise ClientError(
                {"Error": {"Code": error.code, "Message": str(error)}}, "Operation"
            ) from error

    def _written(self, what: str) -> None:
        self.writes.append(what)
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise KilledError
