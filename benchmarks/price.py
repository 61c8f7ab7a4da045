"""The price loop's figures, each beside its reference: `python -m benchmarks.price [SECTION ...]`.

Sections: throughput, read-units, latency; all of them without an argument. Ends with one line of
JSON a figure, and keeps the run in `benchmarks/results/`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks import price_latency, price_ministack, price_read_units, price_throughput
from benchmarks.figures import Figure
from benchmarks.price_events import Workload
from benchmarks.suite import Measured, Progress, Section, main

ROUNDS: Final = 5


def throughput(folder: Path, progress: Progress) -> Measured:
    """200,000 events of 200 bytes on 4 shards, beside a Spark program on files."""
    workload = Workload()
    sides = price_throughput.measure(workload, ROUNDS, folder, progress)
    job, other = sides["job"], sides["reference"]
    sides["ministack"] = price_ministack.measure(workload, folder / "ministack", progress)
    speed = job.records_per_second
    figures = [
        Figure("records_per_second", speed, other.records_per_second, least=0.45),
        Figure(
            "cpu_seconds_per_million_records",
            job.cpu_seconds_per_million,
            other.cpu_seconds_per_million,
        ),
        Figure("peak_megabytes", job.peak_bytes / 1e6, other.peak_bytes / 1e6),
        Figure("records_per_second_with_rejects", sides["flawed"].records_per_second, speed),
        Figure("records_per_second_from_ministack", sides["ministack"].records_per_second, speed),
    ]
    return figures, {name: side.to_json() for name, side in sides.items()}


def read_units(folder: Path, progress: Progress) -> Measured:
    """A batch on 200 products against tables of 1,000 and 100,000 products."""
    small, large = price_read_units.measure(folder, progress)
    figures = [
        Figure("read_units_of_a_batch", large.by_key, small.by_key, least=0.9, most=1.1),
        Figure("read_units_of_a_scan", large.scan, large.by_key),
    ]
    return figures, {"tables": [small.to_json(), large.to_json()]}


def latency(folder: Path, progress: Progress) -> Measured:
    """Click to committed price at 500 events a second, windows of 10 s, beside the limits."""
    found = price_latency.measure(folder, progress)
    figures = [
        Figure("click_to_price_seconds_p50", found.median, price_latency.MEDIAN_LIMIT, most=1.0),
        Figure("click_to_price_seconds_p99", found.p99, price_latency.P99_LIMIT, most=1.0),
    ]
    return figures, found.details


SECTIONS: Final[dict[str, Section]] = {
    "throughput": throughput,
    "read-units": read_units,
    "latency": latency,
}


if __name__ == "__main__":
    main("price", SECTIONS, __doc__)
