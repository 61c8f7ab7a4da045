"""The event that Glue sends when a run has ended."""

from __future__ import annotations

import json
import logging
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.clients import Clients
from localaws.runs.record import RunRecord

_LOGGER = logging.getLogger(__name__)
# Of other states Glue says INFO.
_SEVERITIES = {"FAILED": "ERROR", "TIMEOUT": "WARN"}


def state_change(record: RunRecord) -> dict[str, Any]:
    """The entry of PutEvents for a run that has ended.

    Source: AWS Glue Developer Guide, "Automating with EventBridge", Glue Job State Change.
    """
    suffix = f"_attempt_{record.attempt}" if record.attempt else ""
    detail = {
        "jobName": record.job,
        "severity": _SEVERITIES.get(record.state, "INFO"),
        "state": record.state,
        "jobRunId": record.run_id + suffix,
        "message": record.error or f"Job run {record.state.lower()}",
    }
    return {
        "Source": "aws.glue",
        "DetailType": "Glue Job State Change",
        "Detail": json.dumps(detail),
    }


def publish(clients: Clients, record: RunRecord) -> None:
    """Send the event to the cloud's bus; what hinders that is logged, for the run is over."""
    try:
        answer = clients["events"].put_events(Entries=[state_change(record)])
    except (BotoCoreError, ClientError) as error:
        _LOGGER.warning("job %s: nobody is told that it %s: %s", record.job, record.state, error)
        return
    if answer["FailedEntryCount"]:
        refusal = answer["Entries"][0].get("ErrorMessage")
        _LOGGER.warning("job %s: nobody is told that it %s: %s", record.job, record.state, refusal)
