"""The sessions' figures, each beside its reference: `python -m benchmarks.sessions [SECTION ...]`.

Sections: throughput, state, idle; all of them without an argument. Ends with one line of JSON a
figure, and keeps the run in `benchmarks/results/`.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Final

from benchmarks import session_state, session_throughput
from benchmarks.figures import Figure
from benchmarks.job_session import session
from benchmarks.session_events import Clicks
from benchmarks.suite import Measured, Progress, Section, main

_GAPS: Final = {"gap_10_s": 10, "gap_30_min": 1_800}
_EVENTS_A_SECOND: Final = 50_000.0


def throughput(folder: Path, progress: Progress) -> Measured:
    """1 M events of 50 k users on 4 shards, 5 % out of order by up to 5 s: session_window is the
    reference, and for one figure the events a second that were asked for.
    """
    figures, details = [], {}
    with session(folder) as spark:
        for name, gap in _GAPS.items():
            here = folder / name
            here.mkdir()
            speed = session_throughput.measure(spark, Clicks(), gap, here, progress)
            details[name] = speed.to_json()
            rate, found = speed.job_rate, speed.found
            figures += [
                Figure(f"{name}_events_per_second", rate, speed.native_rate, least=0.9),
                Figure(f"{name}_events_per_second_wanted", rate, _EVENTS_A_SECOND, least=1.0),
                Figure(f"{name}_wrong_sessions", found.wrong, found.sessions, most=0.0),
                Figure(f"{name}_start_rows_batches_late", found.batches_late, 1, most=0.0),
            ]
    return figures, details


def state(folder: Path, progress: Progress) -> Measured:
    """Bytes of the state after 1, 5 and 20 M events of 50 k users, gap 30 min, each beside the
    size before. Spark's own logs beside it keep the last hundred batches whatever is in them.
    """
    with session(folder) as spark:
        found = session_state.sizes(spark, folder / "sizes", progress)
    figures = [
        Figure(f"state_bytes_after_{n}_million", found[n]["bytes"], found[m]["bytes"], most=1.5)
        for m, n in itertools.pairwise(found)
    ]
    return figures, {f"after_{million}_million": size for million, size in found.items()}


def idle(folder: Path, progress: Progress) -> Measured:
    """A batch of 1,000 events with 1 M idle users in the state, beside one without them."""
    with session(folder) as spark:
        found = session_state.idle(spark, folder, progress)
    crowded, empty = found.medians
    return [Figure("small_batch_seconds_idle_users", crowded, empty, most=2.0)], found.to_json()


SECTIONS: Final[dict[str, Section]] = {"throughput": throughput, "state": state, "idle": idle}

if __name__ == "__main__":
    main("sessions", SECTIONS, __doc__)
