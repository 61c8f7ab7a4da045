"""A rollout: the old run finishes its batch, the new one goes on from the checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.deployment.checkpoints import Checkpoints
from localaws.deployment.environments import Environment
from localaws.deployment.template import Template
from localaws.errors import LocalCloudError
from localaws.rollout.runs import Run, Runs, definition_version

Say = Callable[[str], None]


@dataclass(frozen=True)
class Standing:
    """A streaming job: what is deployed, and what runs.

    Attributes:
        finished: number of the last finished batch in its checkpoint; None before the first.
    """

    job: str
    deployed: str
    run: Run | None
    finished: int | None

    @property
    def behind(self) -> bool:
        """Whether a run goes on that is not of what is deployed."""
        return self.run is not None and self.run.goes_on and not self.run.current


class Rollout:
    """The streaming jobs of an environment.

    `pause` is the time between two looks, seconds.
    """

    def __init__(
        self, environment: Environment, clients: Clients, template: Template, runs: Runs
    ) -> None:
        self._environment = environment
        self._glue = clients["glue"]
        self._runs = runs
        self._names = sorted(template.streaming_jobs().values())
        self._checkpoints = Checkpoints(clients, environment.bucket)
        self._pause = 0.25 if clients.endpoint else 5.0

    def standings(self) -> list[Standing]:
        """Every streaming job that is deployed."""
        found = ((name, self._job(name)) for name in self._names)
        return [self._standing(job) for _, job in found if job is not None]

    def start(self, name: str, patience: float, say: Say) -> Run:
        """Start the job anew and wait for the first batch of the new run, `patience` seconds.

        Raises:
            LocalCloudError: the job is not deployed, or its new run failed or did not start; the
                message says how to go back.
        """
        job = self._job(name) if name in self._names else None
        if job is None:
            raise LocalCloudError(
                f"rollout: {name!r} is not a streaming job that is deployed; there are"
                f" {', '.join(each.job for each in self.standings()) or 'none'}"
            )
        before = self._standing(job)
        say(f"{name}: {_of(before.run)} finishes its batch; then {before.deployed} goes on")
        self._runs.restart(job)
        return self._first_batch(job, before, patience, say)

    def _first_batch(
        self, job: Mapping[str, Any], before: Standing, patience: float, say: Say
    ) -> Run:
        old = before.run.run_id if before.run else None
        started: Run | None = None
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            now = self._standing(job)
            run = now.run if now.run and now.run.run_id != old else None
            if run is not None and not run.goes_on:
                raise LocalCloudError(self._how_to_go_back(job["Name"], run))
            if run is not None and started is None:
                started = run
                before = now
                say(f"{job['Name']}: run {run.run_id} has started; batch {now.finished} was last")
            if started is not None and now.finished != before.finished:
                say(f"{job['Name']}: batch {now.finished} is done")
                return started
            time.sleep(self._pause)
        if started is None:
            raise LocalCloudError(
                f"rollout: no new run of {job['Name']} within {patience:g} s: look at its log, and"
                " at `clickstream rollout status`"
            )
        say(
            f"{job['Name']}: runs; no batch within {patience:g} s: nothing has arrived, or it lasts"
        )
        return started

    def _how_to_go_back(self, name: str, run: Run) -> str:
        env = self._environment.name
        return (
            f"rollout: {name}: run {run.run_id} ended as {run.state}: {run.error or 'see its log'};"
            " the checkpoint is as the run before left it. To go back: check out the version"
            f" before, `clickstream deploy --env {env}`, `clickstream rollout start {name}"
            f" --env {env}`"
        )

    def _job(self, name: str) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._glue.get_job(JobName=name)["Job"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None
            raise
        return found

    def _standing(self, job: Mapping[str, Any]) -> Standing:
        path = job["DefaultArguments"]["--checkpoint-path"]
        return Standing(
            job=job["Name"],
            deployed=definition_version(job),
            run=self._runs.latest(job),
            finished=self._checkpoints.finished(path),
        )


def _of(run: Run | None) -> str:
    if run is None or not run.goes_on:
        return "no run"
    return f"run {run.run_id}"
