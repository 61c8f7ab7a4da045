"""What a person reads: subject and SMS in few characters, the email with all there is to know."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from catalog.ctr import ALERTS, ANOMALIES, CTR_WINDOWS, INCIDENTS
from lambdas.anomaly_notifier.endings import ending_of
from lambdas.anomaly_notifier.incidents import OPENED, RESOLVED, Incident, Notice
from lambdas.anomaly_notifier.plain import (
    SMS_CHARACTERS,
    SUBJECT_CHARACTERS,
    counted,
    duration,
    fit,
    number,
    one_line,
    percent,
)
from lambdas.anomaly_notifier.record import Row
from lambdas.anomaly_notifier.times import time_text

# A rate moves by its clicks or by its impressions, and against the latter.
_MOVED = {
    ("clicks", "up"): "more clicks than expected",
    ("clicks", "down"): "fewer clicks than expected",
    ("impressions", "up"): "fewer impressions than expected",
    ("impressions", "down"): "more impressions than expected",
}


@dataclass(frozen=True)
class Texts:
    """A message: `subject` up to 99 and `sms` up to 160 characters of ASCII, `text` is UTF-8."""

    subject: str
    text: str
    sms: str


def compose(notice: Notice) -> Texts:
    """The message of a notice."""
    return _resolved(notice) if notice.kind == RESOLVED else _alarm(notice)


def _alarm(notice: Notice) -> Texts:
    row, site, lead = notice.row, notice.row.site, _lead(notice)
    rates = f"{_rate(row.seen_percent)}{_against(row.expected_percent)}"
    moved = _MOVED.get((str(row.side), str(row.direction)), "not as expected")
    sms = (
        f": {rates}, {moved}, {row.clicks} of {row.impressions}. Severity {number(row.severity)},"
        f" incident {notice.incident.incident_id}"
    )
    before = f"{lead}CTR {row.direction} on "
    return Texts(
        subject=fit(before, site, f": {rates}", SUBJECT_CHARACTERS),
        text=_lines(
            f"{lead}The click-through rate of {one_line(site)} is {row.direction}: {moved}.",
            "",
            *_window(row),
            *_history(notice),
            *_pointers(notice),
        ),
        sms=fit(before, site, sms, SMS_CHARACTERS),
    )


def _resolved(notice: Notice) -> Texts:
    incident, site, ending = notice.incident, notice.row.site, ending_of(notice)
    lasted = duration(incident.last_window_end - incident.started_at)
    peak = f"worst {_rate(incident.peak_percent)}{_against(incident.expected_percent)}"
    was = f" Lasted {lasted}, {peak}, severity {number(incident.peak_severity)}, incident "
    sms = f"{ending.sms}{was if ending.is_short else ' Incident '}{incident.incident_id}"
    return Texts(
        subject=fit(ending.lead, site, f"{ending.how} after {lasted}", SUBJECT_CHARACTERS),
        text=_lines(
            *ending.lines(notice),
            "",
            f"Lasted     {lasted}, {incident.incident_id} to {time_text(incident.last_window_end)},"
            f" {counted(incident.windows, 'unusual window')}",
            f"Worst      {_peak(incident)}",
            *_pointers(notice),
        ),
        sms=fit(ending.lead, site, sms, SMS_CHARACTERS),
    )


def _lead(notice: Notice) -> str:
    if notice.kind == OPENED:
        return ""
    return "Worse: " if notice.before and notice.before.told_severity else "Back: "


def _window(row: Row) -> list[str]:
    counts = f"{counted(row.clicks, 'click')} of {counted(row.impressions, 'impression')}"
    length = duration(row.window_end - row.window_start)
    scale = row.evidence_seconds
    over = f", clearest over the last {scale} s" if scale else ""
    return [
        f"Seen       {_rate(row.seen_percent)}: {counts},"
        f" {length} from {time_text(row.window_start)}",
        f"Expected   {_expected(row)}",
        f"Severity   {number(row.severity)}{over}",
    ]


def _history(notice: Notice) -> list[str]:
    incident, before = notice.incident, notice.before
    lines = [
        f"Since      {time_text(incident.unusual_since)}",
        f"So far     {counted(incident.windows, 'unusual window')} in this incident",
    ]
    if before and before.told_at:
        told = before.told_severity
        what = f"severity {number(told)}" if told else "the end of the alarm"
        lines.append(f"Told last  {what}, {time_text(before.told_at)}")
    return lines


def _pointers(notice: Notice) -> list[str]:
    site, held = one_line(notice.row.site), notice.held
    lines = [
        f"Incident   {notice.incident.incident_id}",
        "",
        f"To see more: clickstream ctr plot {shlex.quote(site)}",
        f"Tables, by site: {INCIDENTS.name}; {ANOMALIES.name}, their windows;"
        f" {CTR_WINDOWS.name}, every window; {ALERTS.name}, the messages.",
    ]
    if held:
        lines.append(f"Held back on this site before this: {counted(held, 'message')}.")
    return lines


def _rate(value: float | None) -> str:
    return "no impressions" if value is None else percent(value)


def _against(expected: float | None) -> str:
    return "" if expected is None else f", expected {percent(expected)}"


def _expected(row: Row) -> str:
    if row.expected_percent is None:
        return "not known yet"
    low, high = row.expected_low_percent, row.expected_high_percent
    usual = "" if low is None or high is None else f", {percent(low)} to {percent(high)} is usual"
    return f"{percent(row.expected_percent)}{usual}"


def _peak(incident: Incident) -> str:
    rates = f"{_rate(incident.peak_percent)}{_against(incident.expected_percent)}"
    severity = f"severity {number(incident.peak_severity)}"
    return f"{rates}, {severity}, in the window from {time_text(incident.peak_window_start)}"


def _lines(*lines: str) -> str:
    return "\n".join(lines)
