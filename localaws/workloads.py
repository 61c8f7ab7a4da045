"""The streaming jobs that a cloud can run, and what each needs beside streams and tables."""

from __future__ import annotations

from typing import Literal, Protocol

from catalog.streams import BROWSER_ACTIONS, CLICKSTREAM
from catalog.tables import Stream

JobName = Literal["price_candidates", "click_sessions", "ctr_anomalies", "click_archive"]
PRICE: JobName = "price_candidates"
SESSIONS: JobName = "click_sessions"
CTR: JobName = "ctr_anomalies"
ARCHIVE: JobName = "click_archive"


class JobSettings(Protocol):
    """How a job of a cloud is set."""

    def parameters(self, window_seconds: int) -> dict[str, str]:
        """The template's parameters."""
        ...


# Of prices and sessions, unless one is asked for: shoppers' clocks differ.
LATENESS = "10 minutes"


def window_seconds(job: str) -> int:
    """The window of the job's micro-batches, unless one is asked for: that of the template."""
    return 100 if job == PRICE else 10


def stream_of(job: str) -> Stream:
    """The stream that the job reads."""
    return BROWSER_ACTIONS if job == CTR else CLICKSTREAM


def needs_model(job: str) -> bool:
    """Whether what the job writes is of no use without the price model."""
    return job == PRICE


def checkpoint(job: str) -> str:
    """Prefix of the job's checkpoint in the bucket of the deployment."""
    return f"checkpoints/{job}/"
