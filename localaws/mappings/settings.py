"""The settings of one mapping, from the Lambda API's description of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localaws.errors import LocalCloudError
from localaws.mappings.filters import RecordFilter

# One synchronous invocation takes 6 MB; the envelope {"Records": []} is part of it.
PAYLOAD_LIMIT = 6 * 1024 * 1024
_RANGES = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRetryAttempts": (-1, 10_000),
    "MaximumRecordAgeInSeconds": (-1, 604_800),
}


@dataclass(frozen=True)
class MappingSettings:
    """How one mapping reads, batches, retries and gives up.

    Attributes:
        maximum_retries: -1 for no end.
        maximum_age: seconds; -1 for no end.

    Source: AWS Lambda developer guide, "Using AWS Lambda with Amazon DynamoDB", parameters.
    """

    uuid: str = ""
    source_arn: str = ""
    function_arn: str = ""
    enabled: bool = True
    starting_position: str = "TRIM_HORIZON"
    batch_size: int = 100
    window: float = 0.0
    parallelization: int = 1
    maximum_retries: int = -1
    maximum_age: float = -1.0
    bisect: bool = False
    report_failures: bool = False
    destination_arn: str | None = None
    filters: RecordFilter = field(default_factory=RecordFilter)
    payload_limit: int = PAYLOAD_LIMIT

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> MappingSettings:
        """Read an item of `ListEventSourceMappings`.

        Raises:
            LocalCloudError: a value that AWS would refuse, or a filter that cannot be read.
        """
        _check_ranges(description)
        destination = (description.get("DestinationConfig") or {}).get("OnFailure") or {}
        _check_destination(description["UUID"], destination.get("Destination"))
        return cls(
            uuid=description["UUID"],
            source_arn=description["EventSourceArn"],
            function_arn=description["FunctionArn"],
            enabled=description.get("State", "Enabled") in ("Enabled", "Enabling", "Updating"),
            starting_position=description.get("StartingPosition") or "TRIM_HORIZON",
            batch_size=int(description.get("BatchSize", 100)),
            window=float(description.get("MaximumBatchingWindowInSeconds") or 0),
            parallelization=int(description.get("ParallelizationFactor") or 1),
            maximum_retries=int(description.get("MaximumRetryAttempts", -1)),
            maximum_age=float(description.get("MaximumRecordAgeInSeconds", -1)),
            bisect=bool(description.get("BisectBatchOnFunctionError", False)),
            report_failures="ReportBatchItemFailures"
            in (description.get("FunctionResponseTypes") or ()),
            destination_arn=destination.get("Destination"),
            filters=RecordFilter.from_criteria(description.get("FilterCriteria")),
        )


def _check_ranges(description: Mapping[str, Any]) -> None:
    for name, (low, high) in _RANGES.items():
        value = description.get(name)
        if value is not None and not low <= int(value) <= high:
            raise LocalCloudError(
                f"event source mapping {description.get('UUID')}: {name} is {value}; "
                f"AWS allows {low} to {high}"
            )


def _check_destination(uuid: str, arn: str | None) -> None:
    if arn and not arn.startswith(("arn:aws:sqs:", "arn:aws:sns:")):
        raise LocalCloudError(
            f"event source mapping {uuid}: on-failure destination {arn} cannot be reached from"
            " here; use an SQS queue or an SNS topic"
        )
