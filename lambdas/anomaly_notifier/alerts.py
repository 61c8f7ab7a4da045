"""A message as the table `alerts` keeps it until it is sent, and what else a row writes; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.ctr import MESSAGE_KINDS, MESSAGE_STATES
from lambdas.anomaly_notifier.incidents import RESOLVED, Incident, Notice
from lambdas.anomaly_notifier.messages import compose

PENDING, SENT, HELD = MESSAGE_STATES
LAB_KIND = MESSAGE_KINDS[0]


@dataclass(frozen=True)
class Alert:
    """One message; the fields are columns of `catalog.ctr.ALERTS`, `at` is its event time."""

    site: str
    message_id: str
    kind: str
    at: datetime
    subject: str
    text: str
    sms: str
    state: str = PENDING
    reason: str | None = None

    @property
    def incident_id(self) -> str | None:
        """The incident that it is about; None in profile lab."""
        return None if self.kind == LAB_KIND else self.message_id.split("#")[2]


@dataclass(frozen=True)
class Change:
    """What a row writes, all of it or nothing. `anomaly` is its item, None of an all-clear."""

    anomaly: Mapping[str, Any] | None = None
    incidents: tuple[Incident, ...] = ()
    alerts: tuple[Alert, ...] = ()


def alert_of(notice: Notice) -> Alert:
    """The message of a notice, pending or held back."""
    incident, texts = notice.incident, compose(notice)
    return Alert(
        site=incident.site,
        message_id=f"{notice.row.prefix}{notice.kind}#{incident.incident_id}",
        kind=notice.kind,
        at=notice.row.at,
        subject=texts.subject,
        text=texts.text,
        sms=texts.sms,
        state=HELD if notice.reason else PENDING,
        reason=notice.reason,
    )


def in_order(alerts: Iterable[Alert]) -> list[Alert]:
    """In the order to send them: by event time, the end of one incident before the next."""
    return sorted(alerts, key=lambda each: (each.at, each.kind != RESOLVED, each.message_id))
