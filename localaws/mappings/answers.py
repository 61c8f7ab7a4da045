"""What a function's answer means for its batch."""

from __future__ import annotations

from typing import Any

from localaws.mappings.records import Batch, Failed, Succeeded


def first_failure(batch: Batch, outcome: Succeeded | Failed, report_failures: bool) -> int | None:
    """Index of the first record that is not done; None when all are, 0 when none is.

    Without ReportBatchItemFailures any answer is success. With it an empty answer or list is
    complete success; an item without its identifier, or with one that is not of this batch, is
    complete failure; otherwise everything from the lowest sequence number reported on has failed.

    Source: AWS Lambda developer guide, "Reporting batch item failures", success and failure
    conditions. An identifier that is not of the batch is named there for SQS only.
    """
    if isinstance(outcome, Failed):
        return 0
    if not report_failures or not outcome.payload:
        return None
    if not isinstance(outcome.payload, dict):
        return 0
    return _lowest(batch, outcome.payload.get("batchItemFailures"))


def _lowest(batch: Batch, failures: Any) -> int | None:
    if not failures:
        return None
    if not isinstance(failures, list):
        return 0
    positions = {record.sequence_number: i for i, record in enumerate(batch.records)}
    return min(positions.get(_identifier(item), 0) for item in failures)


def _identifier(item: Any) -> str:
    identifier = item.get("itemIdentifier") if isinstance(item, dict) else None
    return identifier if isinstance(identifier, str) else ""
