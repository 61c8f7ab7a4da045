"""The cloud's own job, kept running over its rollouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from localaws.errors import LocalCloudError
from localaws.jobs import JobRun
from localaws.runs.store import RunStore
from localaws.waiting import wait_until

_FOREVER = float("inf")


class Keeper(Protocol):
    """A cloud, as far as its job goes."""

    job: JobRun | None
    rolled_out: bool

    def start_job(self) -> JobRun:
        """Start the job as it is deployed."""
        ...


def keep_job(cloud: Keeper, store: RunStore, say: Callable[[str], None]) -> None:
    """Wait as long as the job runs, or may be started again.

    A job that a rollout has started keeps the cloud up when it fails: a working one can still be
    deployed and goes on where the last one that worked has stopped.

    Raises:
        LocalCloudError: the job has ended, and no rollout had started it.
    """
    while cloud.job is not None:
        job = cloud.job
        job.wait_for_end()
        name = job.definition.name
        if cloud.job is not job:
            say(f"job {name}: {job.state}; a rollout has started {cloud.job.definition.version}")
        elif cloud.rolled_out:
            say(
                f"job {name}: {job.state}: {job.cause() or 'stopped'}; the cloud stays up: deploy"
                f" what works, then `clickstream rollout start {name}`"
            )
            _start_when_asked(cloud, store, job)
        else:
            job.check()
            raise LocalCloudError(f"job {name}: ended as {job.state}")


def _start_when_asked(cloud: Keeper, store: RunStore, ended: JobRun) -> None:
    wait_until(lambda: store.take_restart(ended.run_id), _FOREVER, lambda: "", interval=0.5)
    cloud.start_job()
