"""From a click to the price that it led to, on the whole local cloud: `clickstream demo`.

At 500 events a second with windows of 10 s, a click waits half a window on average until its batch
begins. Of every click whose candidate moved a price: from its put into the stream to the commit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.price_job import BenchmarkError
from benchmarks.price_throughput import Progress
from localaws.environment import ROOT
from localaws.state import HOME_VARIABLE

WINDOW_SECONDS: Final = 10
RATE: Final = 500
SECONDS: Final = 80
MEDIAN_LIMIT: Final = 0.5 * WINDOW_SECONDS + 3
P99_LIMIT: Final = WINDOW_SECONDS + 6
_END_SECONDS: Final = 300


@dataclass(frozen=True)
class Latency:
    """Seconds from click to committed price, and the report that they come from."""

    median: float
    p99: float
    report: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """For the recorded results."""
        kept = ("events", "batches", "candidates")
        changes = len(self.report["price_changes"])
        return {**{name: self.report[name] for name in kept}, "price_changes": changes}


def measure(folder: Path, progress: Progress) -> Latency:
    """One run of the demo.

    Raises:
        BenchmarkError: it failed, moved no price, or did not account for every event.
    """
    progress(f"{SECONDS} s at {RATE} events a second, windows of {WINDOW_SECONDS} s")
    options = {"seconds": SECONDS, "rate": RATE, "window": WINDOW_SECONDS, "seed": 7}
    command = [
        *(sys.executable, "-m", "localaws.cli", "demo", "--json"),
        *(part for name, value in options.items() for part in (f"--{name}", str(value))),
    ]
    environment = {**os.environ, HOME_VARIABLE: str(folder / "cloud")}
    with (folder / "demo.log").open("w") as log:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True,
            timeout=SECONDS + _END_SECONDS, check=False,
        )  # fmt: skip
    if done.returncode:
        raise BenchmarkError(
            f"latency: clickstream demo ended with {done.returncode}; see {folder / 'demo.log'}"
        )
    return latency_of(json.loads(done.stdout))


def latency_of(report: dict[str, Any]) -> Latency:
    """The figures of a demo's report.

    Raises:
        BenchmarkError: it moved no price, or did not account for every event.
    """
    events, millis = report["events"], report["click_to_price_ms"]
    accounted = events["counted"] + events["rejected"] + events["late"]
    if accounted != events["sent"] or millis["p50"] is None:
        raise BenchmarkError(
            f"latency: {events['sent']} events sent, {accounted} accounted for,"
            f" {len(report['price_changes'])} prices moved"
        )
    return Latency(millis["p50"] / 1_000, millis["p99"] / 1_000, report)
