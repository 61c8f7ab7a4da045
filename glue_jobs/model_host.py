"""The price model's endpoint on SageMaker and its artefacts in S3: what is served, and the next.

The endpoint alone says which model is the champion. SageMaker changes it in one step: it starts the
new model beside the old one, and keeps the old one when the new one does not answer. Everything
before that step is named by its content, so that to do it again changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from price_model.artefact import Artefact, unpack

from glue_jobs.options import OptionError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sagemaker import SageMakerClient

DECISION = "decision.json"
CHAMPION = "champion.json"
_UNDER_WAY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
# What a model and its endpoint configuration are made of, but for the artefact and the names.
_OF_MODEL = ("ExecutionRoleArn", "PrimaryContainer", "VpcConfig", "EnableNetworkIsolation")
_OF_CONFIG = ("ProductionVariants", "DataCaptureConfig", "KmsKeyId", "VpcConfig")
_OF_CONTAINER = ("ModelDataUrl", "ModelDataSource")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0


class ModelHostError(RuntimeError):
    """Raised when the endpoint does not take a model, or serves what this job cannot go on from."""


@dataclass(frozen=True)
class Hosting:
    """How a model is hosted, whichever it is: fields of CreateModel and CreateEndpointConfig."""

    model: Mapping[str, Any]
    config: Mapping[str, Any]

    def name(self, version: str) -> str:
        """The name of the model and of its configuration: another image is another name."""
        content = json.dumps([self.model, self.config], sort_keys=True, default=str)
        return f"price-model-{version}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Served:
    """What the endpoint serves."""

    artefact: Artefact
    location: str
    config: str
    hosting: Hosting


def hosting_of(image: str, role: str, instance_type: str) -> Hosting:
    """How the model of a new endpoint is hosted."""
    variant = {
        "VariantName": "all",
        "InstanceType": instance_type,
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
    }
    model = {"ExecutionRoleArn": role, "PrimaryContainer": {"Image": image}}
    return Hosting(
        {**model, "EnableNetworkIsolation": True},
        {"ProductionVariants": [variant]},
    )


def _client(service: str) -> Callable[[], Any]:
    return lambda: boto3.client(service)


@dataclass(frozen=True)
class ModelHost:
    """The endpoint of that name, and the folder of its artefacts (s3://bucket/prefix/).

    `seconds` bounds how long an update of the endpoint may take; `sleep` passes its pauses.

    Raises:
        OptionError: the folder is not one in S3.
    """

    endpoint: str
    folder: str
    seconds: float
    sagemaker: SageMakerClient = field(default_factory=_client("sagemaker"))
    s3: S3Client = field(default_factory=_client("s3"))
    sleep: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        place = urlsplit(self.folder)
        if place.scheme != "s3" or not place.netloc or not place.path.strip("/"):
            raise OptionError(
                f"--models-path: found {self.folder!r}; allowed is s3://bucket/prefix/"
            )

    def served(self) -> Served | None:
        """What the endpoint serves, once nothing is under way; None when there is no endpoint.

        Raises:
            ModelHostError: the endpoint failed, or is not of one model.
            ArtefactError: its artefact is not one of ours.
        """
        with self._reported():
            found = self._settled()
        if found is None:
            return None
        if found["EndpointStatus"] != "InService":
            raise ModelHostError(
                f"{self._failure(found)}; see its logs, then delete it or update it by hand"
            )
        name = found["EndpointConfigName"]
        with self._reported():
            config = self.sagemaker.describe_endpoint_config(EndpointConfigName=name)
        if len(config["ProductionVariants"]) != 1:
            raise ModelHostError(
                f"endpoint {self.endpoint}: configuration {name} has"
                f" {len(config['ProductionVariants'])} variants; this job updates those of one"
            )
        return self._read(name, config)

    def keep(self, name: str, content: bytes) -> str:
        """Has a file below the folder there, and gives its URL; nothing is written if it is.

        Raises:
            ModelHostError: it cannot be put there.
        """
        place = urlsplit(f"{self.folder.rstrip('/')}/{name}")
        key = place.path.lstrip("/")
        with self._reported():
            # Listed first: to who may not list all of a bucket, S3 says of a missing key: denied.
            found = self.s3.list_objects_v2(Bucket=place.netloc, Prefix=key).get("Contents", [])
            stands = any(each["Key"] == key for each in found)
            if not stands or self._get(place.netloc, key) != content:
                self.s3.put_object(Bucket=place.netloc, Key=key, Body=content)
        return place.geturl()

    def publish(self, version: str, location: str, hosting: Hosting, compared: str | None) -> str:
        """Has the endpoint serve the model of that artefact; gives its configuration's name.

        `compared` is the configuration that the model was compared with; None makes the endpoint.

        Raises:
            ModelHostError: the endpoint did not take it, or serves another configuration than
                `compared` by now; it serves what it did before.
        """
        name = hosting.name(version)
        with self._reported():
            self._define(name, location, hosting)
            if compared is None:
                self.sagemaker.create_endpoint(EndpointName=self.endpoint, EndpointConfigName=name)
            else:
                self._check_serves(compared)
                self.sagemaker.update_endpoint(EndpointName=self.endpoint, EndpointConfigName=name)
            found = self._settled() or {"EndpointStatus": "deleted", "EndpointConfigName": None}
        if found["EndpointStatus"] != "InService" or found["EndpointConfigName"] != name:
            raise ModelHostError(
                f"{self._failure(found)}; it did not take {name} and serves"
                f" {found['EndpointConfigName']}"
            )
        return name

    def _define(self, name: str, location: str, hosting: Hosting) -> None:
        container = {**hosting.model["PrimaryContainer"], "ModelDataUrl": location}
        model = {**hosting.model, "PrimaryContainer": container}
        _once(lambda: self.sagemaker.create_model(ModelName=name, **model))
        (variant,) = hosting.config["ProductionVariants"]
        config = {**hosting.config, "ProductionVariants": [{**variant, "ModelName": name}]}
        _once(lambda: self.sagemaker.create_endpoint_config(EndpointConfigName=name, **config))

    def _check_serves(self, compared: str) -> None:
        found = self._settled() or {"EndpointConfigName": None}
        if found["EndpointConfigName"] != compared:
            raise ModelHostError(
                f"endpoint {self.endpoint}: serves {found['EndpointConfigName']}, and the candidate"
                f" was compared with {compared}: somebody changed it meanwhile; run the training"
                " again"
            )

    def _read(self, name: str, config: Mapping[str, Any]) -> Served:
        (variant,) = config["ProductionVariants"]
        with self._reported():
            model = self.sagemaker.describe_model(ModelName=variant["ModelName"])
        container = model.get("PrimaryContainer", {})
        location = container.get("ModelDataUrl", "")
        if not location:
            raise ModelHostError(
                f"endpoint {self.endpoint}: its model {variant['ModelName']} is not one container"
                " with a ModelDataUrl; this job updates those that are"
            )
        place = urlsplit(location)
        try:
            content = self._get(place.netloc, place.path.lstrip("/"))
        except ClientError as error:
            raise ModelHostError(
                f"endpoint {self.endpoint}: its artefact {location} cannot be read ({error}), so"
                " that nothing can be compared with it: put it back, or let this job's role read it"
            ) from error
        hosting = Hosting(
            {
                **{key: model[key] for key in _OF_MODEL if key in model},
                "PrimaryContainer": _without(container, *_OF_CONTAINER),
            },
            {
                **{key: config[key] for key in _OF_CONFIG if key in config},
                "ProductionVariants": [_without(variant, "ModelName")],
            },
        )
        return Served(unpack(content, location), location, name, hosting)

    def _settled(self) -> dict[str, Any] | None:
        """The endpoint's description once nothing is under way."""
        for _ in _pauses(self.seconds, self.sleep):
            try:
                found: Any = self.sagemaker.describe_endpoint(EndpointName=self.endpoint)
            except ClientError as error:
                if "could not find" in str(error).lower():
                    return None
                raise
            if found["EndpointStatus"] not in _UNDER_WAY:
                return dict(found)
        raise ModelHostError(
            f"endpoint {self.endpoint}: still {found['EndpointStatus']} after {self.seconds:g} s;"
            " the next run goes on from what comes of it"
        )

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise ModelHostError(f"endpoint {self.endpoint}: {error}") from error

    def _failure(self, found: Mapping[str, Any]) -> str:
        reason = found.get("FailureReason") or "no reason was given"
        return f"endpoint {self.endpoint}: {found['EndpointStatus']}: {reason}"

    def _get(self, bucket: str, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())


def _once(create: Callable[[], object]) -> None:
    """Creates what may be there from a run before: names say what is in it."""
    try:
        create()
    except ClientError as error:
        if "already existing" not in str(error):
            raise


def _without(found: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in found.items() if key not in keys}


def _pauses(seconds: float, sleep: Callable[[float], None]) -> Iterator[None]:
    """One look after the other, with growing pauses between them of `seconds` in all."""
    pause, left = _FIRST_PAUSE, seconds
    yield
    while left > 0:
        sleep(min(pause, left))
        left -= pause
        pause = min(2 * pause, _LONGEST_PAUSE)
        yield
