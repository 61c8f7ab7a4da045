"""Sites, moved on by a batch's counts: windows are closed by the watermark and judged; no Spark.

counts of a batch -> pending windows -> closed ones, in their order -> detector -> rows, the site
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, Protocol, Self

from transforms.detectors.detector import WINDOW_MS, Detector, Verdict, Window

DAY_MS: Final = 86_400_000

Because = Literal["usual", "silent", "unjudged"]


@dataclass(frozen=True)
class Terms:
    """What the rows depend on beside the events, all in milliseconds.

    Attributes:
        clear_after: an alarm ends when there was no anomaly for so long; None when nobody wants to
            know.
        remember: a site without actions for so long is forgotten.
    """

    clear_after: int | None = 60_000
    remember: int = 7 * DAY_MS


@dataclass(frozen=True)
class Clock:
    """Up to where windows are closed: before a batch and after it, epoch milliseconds.

    A window that was closed before the batch takes no more actions.
    """

    before: int
    now: int


@dataclass(frozen=True)
class Judged:
    """A closed window and what the detector said of it."""

    window: Window
    verdict: Verdict


@dataclass(frozen=True)
class Cleared:
    """The end of an alarm: its last anomaly, until when there was no other, and what there was."""

    last: Judged
    at: int
    because: Because


@dataclass(frozen=True)
class Site:
    """All that is kept of a site between batches, but for what its detector knows.

    That is in `snapshot`, a reference to stored bytes, as of the windows before those of `log`.

    Attributes:
        pending: counts of windows that are not closed yet.
        log: windows that the detector has seen since the snapshot.
        seen: windows that it has seen in all.
        mark: a digest of all windows before those of `log`.
        alarm: the last anomaly that was not followed by `Cleared` yet.
        since: what there was after it.
        latest: end of the latest window with actions.
    """

    pending: tuple[Window, ...] = ()
    log: tuple[Window, ...] = ()
    seen: int = 0
    mark: int = 0
    snapshot: str | None = None
    alarm: Judged | None = None
    since: Because = "silent"
    latest: int = 0

    def to_json(self) -> str:
        """The site as text."""
        alarm = self.alarm and {"window": self.alarm.window, "verdict": vars(self.alarm.verdict)}
        return json.dumps({**vars(self), "alarm": alarm}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The site that `to_json` gave."""
        found: dict[str, Any] = json.loads(text)
        alarm = found.pop("alarm")
        return cls(
            pending=_windows(found.pop("pending")),
            log=_windows(found.pop("log")),
            alarm=alarm and Judged(Window(*alarm["window"]), Verdict(**alarm["verdict"])),
            **found,
        )


@dataclass(frozen=True)
class Moved:
    """What a batch came to for a site: rows in the order of their windows, the starts of windows
    that came `late`, and the site to keep; None when it is forgotten.
    """

    rows: list[Judged | Cleared] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    site: Site | None = None


class Detectors(Protocol):
    """Where the detectors of sites are kept."""

    def of(self, name: str, site: Site) -> Detector:
        """The detector of a site, as of the last window in its log."""
        ...

    def keep(self, name: str, before: Site, after: Site, detector: Detector) -> Site:
        """Keeps the detector, which has seen the site's log; the site with what to find it by."""
        ...

    def renewed(self, site: Site) -> Site:
        """The site, which gave nothing to judge, with a snapshot that is not too old to keep."""
        ...


def advance(
    name: str,
    site: Site | None,
    counts: Iterable[Window],
    clock: Clock,
    terms: Terms,
    detectors: Detectors,
) -> Moved:
    """Adds the counts of a batch to a site and judges the windows that are closed now.

    `counts` may speak of a window more than once. Those of windows that were closed before the
    batch are late, and change nothing.
    """
    before = site or Site()
    pending, late = _added(before.pending, counts, clock.before)
    closed = [window for window in pending if window.start + WINDOW_MS <= clock.now]
    rows, after = _judged(name, before, closed, terms, detectors)
    after, cleared = _cleared(after, clock.now, terms)
    latest = max([after.latest, *(window.start + WINDOW_MS for window in pending)])
    after = replace(after, pending=tuple(pending[len(closed) :]), latest=latest)
    return Moved(rows + cleared, late, after if _is_remembered(after, clock, terms) else None)


def _added(
    pending: Iterable[Window], counts: Iterable[Window], closed_to: int
) -> tuple[list[Window], list[int]]:
    """The pending windows with the counts added, in their order, and what came late."""
    sums = {window.start: window for window in pending}
    late = []
    for start, clicks, impressions in counts:
        if start + WINDOW_MS <= closed_to:
            late.append(start)
            continue
        known = sums.get(start, Window(start, 0, 0))
        sums[start] = Window(start, known.clicks + clicks, known.impressions + impressions)
    return [sums[start] for start in sorted(sums)], late


def _judged(
    name: str, site: Site, closed: list[Window], terms: Terms, detectors: Detectors
) -> tuple[list[Judged | Cleared], Site]:
    if not closed:
        return [], detectors.renewed(site)
    detector = detectors.of(name, site)
    rows: list[Judged | Cleared] = []
    after = site
    for window in closed:
        after, cleared = _cleared(after, window.start, terms)
        judged = Judged(window, detector.observe(window))
        rows += [*cleared, judged]
        after = _alarmed(after, judged, terms)
    after = replace(after, log=(*site.log, *closed), seen=site.seen + len(closed))
    return rows, detectors.keep(name, site, after, detector)


def _alarmed(site: Site, judged: Judged, terms: Terms) -> Site:
    """The site after a window: in alarm, or what there was since."""
    if terms.clear_after is None:
        return site
    if judged.verdict.is_anomaly:
        return replace(site, alarm=judged, since="silent")
    if site.alarm is None or site.since == "usual":
        return site
    return replace(site, since="unjudged" if judged.verdict.evidence is None else "usual")


def _cleared(site: Site, now: int, terms: Terms) -> tuple[Site, list[Judged | Cleared]]:
    if site.alarm is None or terms.clear_after is None:
        return site, []
    at = site.alarm.window.start + WINDOW_MS + terms.clear_after
    if now < at:
        return site, []
    return replace(site, alarm=None), [Cleared(site.alarm, at, site.since)]


def _is_remembered(site: Site, clock: Clock, terms: Terms) -> bool:
    return bool(site.pending or site.alarm) or site.latest + terms.remember > clock.now


def _windows(found: Iterable[Iterable[int]]) -> tuple[Window, ...]:
    return tuple(Window(*each) for each in found)


def by_site(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Site | None, list[Window]]]:
    """Rows of a partition, each of counts or of a site's state, by site.

    A row has `site`, and either `state` (text) or `window_start`, `clicks` and `impressions`.
    """
    found: dict[str, tuple[Site | None, list[Window]]] = {}
    for row in rows:
        site, counts = found.get(row["site"], (None, []))
        if row["state"] is None:
            counts.append(Window(row["window_start"], row["clicks"], row["impressions"]))
        else:
            site = Site.from_json(row["state"])
        found[row["site"]] = (site, counts)
    return found
