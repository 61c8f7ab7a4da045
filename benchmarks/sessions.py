"""The sessions' figures, each beside its reference: `python -m benchmarks.sessions [SECTION ...]`.

Sections: throughput, state, idle; all of them without an argument. Ends with one line of JSON a
figure, and keeps the run in `benchmarks/results/`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks import session_runs, session_throughput
from benchmarks.figures import Figure
from benchmarks.session_events import Clicks
from benchmarks.suite import Measured, Progress, Section, main

_GAPS: Final = {"gap_10_s": 10, "gap_30_min": 1_800}
_EVENTS_A_SECOND: Final = 50_000.0


def throughput(folder: Path, progress: Progress) -> Measured:
    """1 M events of 50 k users on 4 shards, 5 % out of order by up to 5 s; beside session_window."""
    figures, details = [], {}
    with session_runs.session(folder) as spark:
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


SECTIONS: Final[dict[str, Section]] = {"throughput": throughput}

if __name__ == "__main__":
    main("sessions", SECTIONS, __doc__)
