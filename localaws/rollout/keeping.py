"""The cloud's own job, kept running over its rollouts."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from localaws.errors import LocalCloudError
from localaws.jobs import JobRun
from localaws.runs.store import RunStore
from localaws.waiting import wait_until

_FOREVER = float("inf")
# How the start of a job fails: as it is deployed, on this machine, or in the cloud's answers.
NOT_STARTED = (LocalCloudError, OSError, BotoCoreError, ClientError)


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
            _start_when_asked(cloud, store, job, say)
        else:
            job.check()
            raise LocalCloudError(f"job {name}: ended as {job.state}")


def _start_when_asked(
    cloud: Keeper, store: RunStore, ended: JobRun, say: Callable[[str], None]
) -> None:
    wait_until(lambda: _asked(store, ended), _FOREVER, lambda: "", interval=0.5)
    try:
        cloud.start_job()
    except NOT_STARTED as error:
        say(f"job {ended.definition.name}: not started again: {error}")


def _asked(store: RunStore, ended: JobRun) -> bool:
    """Whether a rollout asks for the job: of the run that ended, or of a later one, which failed
    before it had started.
    """
    ids = (record.run_id for record in store.records(ended.definition.name))
    later = takewhile(lambda run_id: run_id != ended.run_id, ids)
    found = [store.take_restart(run_id) for run_id in (ended.run_id, *later)]
    return any(found)
