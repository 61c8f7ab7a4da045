"""Days of the lab's traffic through the detectors: bursts found, false incidents, delays.

The seeds are of this file alone: the thresholds were chosen on others.
"""

from __future__ import annotations

import bisect
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.ctr_traffic import BETWEEN_BURSTS, SENDERS, WINDOW, Burst, traffic
from benchmarks.figures import Figure
from benchmarks.suite import Measured, Progress
from catalog.ctr import PROFILES
from transforms.detectors.profiles import DetectorSettings, make

DAYS: Final = 40
DAYS_A_RUN: Final = 10
FIRST_SEED: Final = 710_000
PROCESSES: Final = 2
COOL_DOWN: Final = 600.0  # seconds; that of the function that tells of incidents
TAIL: Final = 30.0  # seconds: what the longest scale still holds of a burst that is over

_RECALL: Final = 0.95
_FALSE_A_DAY: Final = 1.0
_DELAY: Final = 30.0


class Run(NamedTuple):
    """Days of one site with one detector."""

    profile: str
    sender: str
    bursts: bool
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of a run or of several.

    Attributes:
        bursts: how many there were.
        delays: of those found, seconds from the start of the first window that a burst touches to
            the end of the first of its windows that is an anomaly.
        false_incidents: those whose first window no burst touches.
        windows: windows judged.
        seconds: processor time of judging them.
    """

    bursts: int = 0
    delays: list[float] = field(default_factory=list)
    false_incidents: int = 0
    windows: int = 0
    seconds: float = 0.0

    def plus(self, other: Outcome) -> Outcome:
        """Both added up."""
        return Outcome(
            self.bursts + other.bursts,
            self.delays + other.delays,
            self.false_incidents + other.false_incidents,
            self.windows + other.windows,
            self.seconds + other.seconds,
        )

    def false_a_day(self) -> float:
        """False incidents a day."""
        return self.false_incidents / (self.windows * WINDOW / 86_400)

    def to_json(self) -> dict[str, Any]:
        """As the details of a record."""
        found = sorted(self.delays)
        return {
            "bursts": self.bursts,
            "found": len(found),
            "false_incidents": self.false_incidents,
            "delays": {f"{delay:g} s": found.count(delay) for delay in dict.fromkeys(found)},
            "microseconds_a_window": round(self.seconds / self.windows * 1e6, 1),
        }


def judge(bursts: Sequence[Burst], anomalies: Iterable[float]) -> Outcome:
    """Anomalies, the starts of their windows in seconds, beside the bursts, both in their order.

    A window is a burst's from the first that it touches to 30 s after its end. Anomalies less than
    600 s apart are one incident.
    """
    starts, delays = [burst.first_window for burst in bursts], dict[int, float]()
    false_incidents, over = 0, float("-inf")
    for start in anomalies:
        place = bisect.bisect_right(starts, start) - 1
        if place >= 0 and start < bursts[place].end + TAIL:
            delays.setdefault(place, start + WINDOW - starts[place])
        elif start >= over:
            false_incidents += 1
        over = start + WINDOW + COOL_DOWN
    return Outcome(len(bursts), list(delays.values()), false_incidents)


def play(run: Run, days: float = DAYS_A_RUN) -> Outcome:
    """Days through a detector."""
    played = traffic(run.sender, days, run.seed, bursts=run.bursts)
    windows, detector = list(played.windows()), make(DetectorSettings(run.profile))
    begin = time.process_time()
    found = [window.start / 1_000 for window in windows if detector.observe(window).is_anomaly]
    spent = time.process_time() - begin
    return judge(played.bursts, found).plus(Outcome(windows=len(windows), seconds=spent))


def plan() -> Iterator[Run]:
    """All runs; both profiles see the same traffic, days with and without bursts are others."""
    kinds = [(sender, bursts) for sender in SENDERS for bursts in (True, False)]
    for number, (sender, bursts) in enumerate(kinds):
        for part in range(DAYS // DAYS_A_RUN):
            for profile in PROFILES:
                yield Run(profile, sender, bursts, FIRST_SEED + 100 * number + part)


def days(folder: Path, progress: Progress) -> Measured:
    """40 days with a burst (three more senders of clicks for 20 s) every 40 to 80 minutes and 40
    days without, by how records arrive; profile lab beside default. Delays in seconds.
    """
    outcomes = dict[tuple[str, str, bool], Outcome]()
    runs = list(plan())
    with ProcessPoolExecutor(PROCESSES) as pool:
        for run, outcome in zip(runs, pool.map(play, runs), strict=True):
            key = (run.profile, run.sender, run.bursts)
            outcomes[key] = outcomes.get(key, Outcome()).plus(outcome)
            progress(f"{run}: {outcome.to_json()}")
    figures = [
        figure
        for sender in SENDERS
        for profile in reversed(PROFILES)
        for figure in _figures(
            profile, sender, outcomes[profile, sender, True], outcomes[profile, sender, False]
        )
    ]
    return figures, _details(outcomes)


def _figures(profile: str, sender: str, with_bursts: Outcome, without: Outcome) -> list[Figure]:
    """Bounds are those of the default profile; the lab's is there to compare with."""
    name, bound = f"{profile}_{sender}", 1.0 if profile == "default" else None
    delays = with_bursts.delays or [float("inf")]
    found, in_time = len(with_bursts.delays), sum(d <= _DELAY for d in with_bursts.delays)
    return [
        Figure(f"{name}_recall", found / with_bursts.bursts, 1.0, least=bound and _RECALL),
        Figure(
            f"{name}_recall_in_30_s", in_time / with_bursts.bursts, 1.0, least=bound and _RECALL
        ),
        Figure(f"{name}_false_a_day", with_bursts.false_a_day(), _FALSE_A_DAY, most=bound),
        Figure(f"{name}_false_a_day_no_bursts", without.false_a_day(), _FALSE_A_DAY, most=bound),
        Figure(f"{name}_delay_median", statistics.median(delays), _DELAY, most=bound),
        Figure(f"{name}_delay_longest", max(delays), _DELAY, most=bound),
    ]


def _details(outcomes: dict[tuple[str, str, bool], Outcome]) -> dict[str, Any]:
    return {
        "days_with_bursts_and_without": DAYS,
        "days_a_run": DAYS_A_RUN,
        "seeds": sorted({run.seed for run in plan()}),
        "seconds_between_bursts": BETWEEN_BURSTS,
        **{
            f"{profile} {sender} {'with' if bursts else 'without'} bursts": outcome.to_json()
            for (profile, sender, bursts), outcome in outcomes.items()
        },
    }
