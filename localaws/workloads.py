"""The streaming jobs that a cloud can run, and what each needs beside streams and tables."""

from __future__ import annotations

from typing import Literal

JobName = Literal["price_candidates", "click_sessions"]
PRICE: JobName = "price_candidates"
SESSIONS: JobName = "click_sessions"


def window_seconds(job: str) -> int:
    """The window of the job's micro-batches, unless one is asked for: that of the template."""
    return 10 if job == SESSIONS else 100


def needs_model(job: str) -> bool:
    """Whether what the job writes is of no use without the price model."""
    return job == PRICE


def checkpoint(job: str) -> str:
    """Prefix of the job's checkpoint in the bucket of the deployment."""
    return f"checkpoints/{job}/"
