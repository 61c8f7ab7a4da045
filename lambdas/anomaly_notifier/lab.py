"""Profile lab: one message an anomaly, in the lab's words; pure.

A row may be all that the lab's function read, its two columns: without site and window it is known
by its record's id, under the site `lab`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.ctr import ANOMALY_ROW, LAB_KEYS
from lambdas.anomaly_notifier.alerts import LAB_KIND, Alert, Change
from lambdas.anomaly_notifier.record import CLEARED, Row, decode, parse_row, present
from lambdas.anomaly_notifier.times import time_text

SITE = "lab"
SUBJECT = "Anomaly detected"

_COLUMNS = ANOMALY_ROW.select(*LAB_KEYS)


@dataclass(frozen=True)
class LabAnomaly:
    """An anomaly with its message. `row` is None where the row has the lab's columns alone."""

    record_id: str
    text: str
    row: Row | None

    @property
    def site(self) -> str:
        """What rows keep their order with."""
        return self.row.site if self.row else SITE

    @property
    def prefix(self) -> str:
        """What the id of its message begins with."""
        return self.row.prefix if self.row else f"{self.record_id}#"

    def change(self, now: datetime) -> Change:
        """Its message, and its item where it has a window; without one the message is of `now`."""
        about = f"#{time_text(self.row.window_start)}" if self.row else ""
        alert = Alert(
            site=self.site,
            message_id=f"{self.prefix}{LAB_KIND}{about}",
            kind=LAB_KIND,
            at=self.row.at if self.row else now,
            subject=SUBJECT,
            text=self.text,
            sms=self.text,
        )
        return Change(anomaly=self.row.columns if self.row else None, alerts=(alert,))


def parse_lab(record: Mapping[str, Any]) -> LabAnomaly | None:
    """The anomaly that a record speaks of; None of a row that says cleared.

    Raises:
        RowError: the record is unreadable or incomplete.
    """
    row = decode(record)
    if row.get("status") == CLEARED:
        return None
    values = present(row, _COLUMNS, _COLUMNS.names)
    is_whole = row.get("site") is not None or row.get("window_start") is not None
    return LabAnomaly(record["recordId"], _text(values), parse_row(row) if is_whole else None)


def _text(values: Mapping[str, Any]) -> str:
    ctr, score = round(values["ctr_percent"], 2), round(values["anomaly_score"], 2)
    return f"Anomaly detected with a click through rate of {ctr}% and an anomaly score of {score}"
