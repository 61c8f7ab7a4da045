"""Incidents: the anomalies of a site that follow each other, told as one; pure, no clock.

What is told, for somebody on call who must act once and not be called again for the same:

- `opened`: at the first anomaly. What quiet hours or the cap held back is told at the first
  anomaly after them, if there is one.
- `escalated`: an anomaly is the escalation factor worse than what was told last, and the cool-down
  since then is over. One that is the factor squared worse is told at once.
- `resolved`: the alarm ended, and it was the last thing told. So nobody hears the end of what
  nobody heard of.
- An anomaly within the cool-down after the end opens the incident again, in silence: flapping
  calls nobody. It is told, as `escalated`, when it is worse by the rules above (than the peak: what
  was told last is that it ended), or has gone on for a cool-down.
- When the all-clear is lost, the first anomaly a cool-down after the last ends the incident, and
  opens the next one.
- A row that is older than what the newest incident has seen counts into the incident nearest in
  time, without a message: what it could tell is over.

The daily cap holds back alarms, not the all-clear of one that was told: the last alarm of a day may
come with the end of the incident before, and has its own, two messages more than the cap at most.
Held messages are counted, and the next one that goes says how many.
While nothing is told, one alarm is held, not one a window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from catalog.ctr import INCIDENT_STATUSES, MESSAGE_KINDS
from lambdas.anomaly_notifier.record import CLEARED, Row
from lambdas.anomaly_notifier.rules import Rules
from lambdas.anomaly_notifier.times import time_text

OPEN, RESOLVED_STATUS = INCIDENT_STATUSES
_, OPENED, ESCALATED, RESOLVED = MESSAGE_KINDS


@dataclass(frozen=True)
class Incident:
    """An incident after a row; the fields are columns of `catalog.ctr.INCIDENTS`.

    `unusual_since` is the start of the first anomalous window since the site was last usual, `held`
    counts the messages held back since the site was last told anything, and `told_severity` is 0
    when that was an all-clear, None when it was nothing.
    """

    site: str
    started_at: datetime
    last_window_start: datetime
    last_window_end: datetime
    unusual_since: datetime
    direction: str | None
    side: str | None
    peak_severity: float
    peak_percent: float | None
    peak_window_start: datetime
    expected_percent: float | None
    revision: int = 0
    windows: int = 0
    resolved_at: datetime | None = None
    told_severity: float | None = None
    told_at: datetime | None = None
    messages: int = 0
    held: int = 0

    @property
    def incident_id(self) -> str:
        """The start of the window that it was opened with."""
        return time_text(self.started_at)

    @property
    def status(self) -> str:
        """`open` or `resolved`."""
        return OPEN if self.resolved_at is None else RESOLVED_STATUS


@dataclass(frozen=True)
class Notice:
    """A message due: `incident` as it stands after the row, `before` as it stood, if it did.

    `reason` says why it is held back, None when it goes; `held` counts those held back before it.
    """

    kind: str
    row: Row
    incident: Incident
    before: Incident | None
    reason: str | None
    held: int


@dataclass(frozen=True)
class Step:
    """What a row changes: the incidents to write, the row's own last, and the messages due.

    No incidents: the row changes nothing.
    """

    incidents: tuple[Incident, ...] = ()
    notices: tuple[Notice, ...] = ()


def advance(recent: Sequence[Incident], row: Row, rules: Rules, told_today: int = 0) -> Step:
    """What a row changes, which was not taken in before.

    Args:
        recent: the newest incidents of the site, newest first; more than one is of use for rows
            out of their order alone.
        told_today: messages that the site sent on the calendar day of `row.at`, see `Rules.day`.
    """
    newest = recent[0] if recent else None
    if row.status == CLEARED:
        return _cleared(newest, row, rules)
    if newest is None:
        return _open(row, rules, told_today, held=0)
    if _is_late(newest, row):
        return Step((_counted(_nearest(recent, row), row),))
    if newest.resolved_at is not None:
        return _after_end(newest, newest.resolved_at, row, rules, told_today)
    if row.window_start - newest.last_window_end < rules.cool_down:
        return _go_on(newest, newest, row, rules, told_today)
    ended = _resolve(newest, newest.last_window_end + rules.cool_down, row, rules)
    opened = _open(row, rules, told_today, held=ended.incidents[-1].held)
    return Step(ended.incidents + opened.incidents, ended.notices + opened.notices)


def _cleared(newest: Incident | None, row: Row, rules: Rules) -> Step:
    """The end of the incident, unless it has ended or has gone on after that window."""
    is_over = newest is None or newest.resolved_at is not None
    if newest is None or is_over or row.window_start < newest.last_window_start:
        return Step()
    return _resolve(newest, row.at, row, rules)


def _after_end(newest: Incident, ended: datetime, row: Row, rules: Rules, told_today: int) -> Step:
    if row.window_start - ended >= rules.cool_down:
        return _open(row, rules, told_today, held=newest.held)
    again = replace(newest, resolved_at=None, unusual_since=row.window_start)
    return _go_on(newest, again, row, rules, told_today)


def _open(row: Row, rules: Rules, told_today: int, held: int) -> Step:
    incident = _counted(_blank(row, held), row)
    return _told(OPENED, row, None, incident, _objection(rules, row, told_today))


def _go_on(before: Incident, incident: Incident, row: Row, rules: Rules, told_today: int) -> Step:
    after = _counted(incident, row)
    kind = _alarm(after, before.peak_severity, row, rules)
    objection = _objection(rules, row, told_today)
    if kind is None or (objection and before.held):
        return Step((after,))
    return _told(kind, row, before, after, objection)


def _resolve(before: Incident, resolved_at: datetime, row: Row, rules: Rules) -> Step:
    after = replace(before, revision=before.revision + 1, resolved_at=resolved_at)
    if not before.told_severity:
        return Step((after,))
    return _told(RESOLVED, row, before, after, rules.quiet(row.at))


def _alarm(incident: Incident, peak: float, row: Row, rules: Rules) -> str | None:
    """The kind of message that an anomaly calls for; `peak` is the severest before it."""
    if incident.told_severity is None or incident.told_at is None:
        return OPENED
    told, factor = incident.told_severity or peak, rules.escalation_factor
    is_cool = row.at - incident.told_at >= rules.cool_down
    is_worse = row.severity >= told * (factor if is_cool else factor**2)
    is_lasting = row.at - incident.unusual_since >= rules.cool_down
    is_back = not incident.told_severity and is_lasting
    return ESCALATED if is_worse or is_back else None


def _objection(rules: Rules, row: Row, told_today: int) -> str | None:
    return rules.quiet(row.at) or rules.capped(told_today)


def _told(
    kind: str, row: Row, before: Incident | None, incident: Incident, objection: str | None
) -> Step:
    """The message, sent or held back, and the incident that knows of it."""
    held = incident.held
    if objection:
        after = replace(incident, held=held + 1)
    else:
        after = replace(
            incident,
            held=0,
            messages=incident.messages + 1,
            told_severity=0.0 if kind == RESOLVED else row.severity,
            told_at=row.at,
        )
    return Step((after,), (Notice(kind, row, after, before, objection, held),))


def _counted(incident: Incident, row: Row) -> Incident:
    """The incident with one window more."""
    after = replace(incident, revision=incident.revision + 1, windows=incident.windows + 1)
    if row.window_start > after.last_window_start:
        after = replace(after, last_window_start=row.window_start, last_window_end=row.window_end)
    return replace(after, **_peak(row)) if row.severity > after.peak_severity else after


def _blank(row: Row, held: int) -> Incident:
    """An incident of which no window is counted yet."""
    start = row.window_start
    return Incident(row.site, start, start, row.window_end, start, **_peak(row), held=held)


def _peak(row: Row) -> dict[str, Any]:
    return {
        "direction": row.direction,
        "side": row.side,
        "peak_severity": row.severity,
        "peak_percent": row.seen_percent,
        "peak_window_start": row.window_start,
        "expected_percent": row.expected_percent,
    }


def _is_late(newest: Incident, row: Row) -> bool:
    seen = row.window_start <= newest.last_window_start
    return seen or (newest.resolved_at is not None and row.window_start < newest.resolved_at)


def _nearest(recent: Sequence[Incident], row: Row) -> Incident:
    """The incident at the shortest distance in time; of two as near the newer one."""

    def distance(incident: Incident) -> timedelta:
        before = incident.started_at - row.window_end
        after = row.window_start - incident.last_window_end
        return max(before, after, timedelta(0))

    return min(recent, key=distance)
