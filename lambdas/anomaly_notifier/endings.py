"""Why an alarm ended, in words: only one of the ways says that all is well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from catalog.ctr import CLEARED_BECAUSE
from lambdas.anomaly_notifier.incidents import Notice
from lambdas.anomaly_notifier.plain import one_line
from lambdas.anomaly_notifier.record import CLEARED
from lambdas.anomaly_notifier.times import time_text

USUAL, SILENT, UNJUDGED = CLEARED_BECAUSE


@dataclass(frozen=True)
class Ending:
    """Subject and SMS are `lead`, the site, `how` or `sms`; the subject then says how long it was.

    `lines` are the first ones of the email. `is_short` when the SMS has room for how bad it was.
    """

    lead: str
    how: str
    sms: str
    lines: Callable[[Notice], tuple[str, ...]]
    is_short: bool = False


def ending_of(notice: Notice) -> Ending:
    """How the incident of a `resolved` notice ended; a row that does not say is of before it did,
    and means as usual again."""
    if notice.row.status != CLEARED:
        return _LOST
    return _ENDINGS[notice.row.cleared_because or USUAL]


def _usual(notice: Notice) -> tuple[str, ...]:
    return (
        f"The click-through rate of {one_line(notice.row.site)} is as usual again.",
        f"Nothing unusual was seen up to {time_text(notice.row.at)}.",
    )


def _silent(notice: Notice) -> tuple[str, ...]:
    row, site = notice.row, one_line(notice.row.site)
    return (
        f"The alarm on the click-through rate of {site} has ended because the site is silent.",
        f"No click and no impression of it was seen from {time_text(row.window_end)} to"
        f" {time_text(row.at)}. This does not say that all is well.",
        "Check that the site is up, that its pages still report clicks and impressions, and that"
        " these reach the stream.",
    )


def _unjudged(notice: Notice) -> tuple[str, ...]:
    site = one_line(notice.row.site)
    return (
        f"The alarm on the click-through rate of {site} has ended because too little is known to"
        " judge it.",
        "So it is, for instance, after a step that stayed and is the new usual. This does not say"
        f" that the rate was as before up to {time_text(notice.row.at)}.",
        "Check whether the rate that the site has now is one that you want.",
    )


def _lost(notice: Notice) -> tuple[str, ...]:
    return (
        f"The alarm on the click-through rate of {one_line(notice.row.site)} counts as over.",
        f"No all-clear came, but the next anomaly, at {time_text(notice.row.window_start)}, is so"
        " much later that a new incident begins.",
    )


_ALARM = "CTR alarm on "
_ENDINGS = {
    USUAL: Ending(
        "Resolved: CTR on ", " as usual again", " as usual again.", _usual, is_short=True
    ),
    SILENT: Ending(
        f"Silent: {_ALARM}",
        " ended, nothing seen since,",
        " ended, no click or impression seen since. No all-clear: check site and tracking.",
        _silent,
    ),
    UNJUDGED: Ending(
        f"Unjudged: {_ALARM}",
        " ended, too little known,",
        " ended, too little known to judge it, as after a step that stayed. Check the rate.",
        _unjudged,
    ),
}
_LOST = Ending(f"Over: {_ALARM}", " ended", " ended without an all-clear.", _lost, is_short=True)
