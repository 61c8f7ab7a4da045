"""Rollouts without an engine: what is behind, the order of a new start, and what is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.deployment.environments import load_environment
from localaws.deployment.template import load_template
from localaws.errors import LocalCloudError
from localaws.rollout.rollout import Rollout
from localaws.rollout.runs import GlueRuns, LocalRuns, Run, definition_version
from localaws.runs.record import RunRecord
from localaws.runs.store import RunStore
from localaws.state import RunningCloud, StateFolder

JOB: dict[str, Any] = {
    "Name": "click_sessions",
    "Command": {"ScriptLocation": "s3://b/s.py"},
    "DefaultArguments": {"--gap": "1 minute", "--checkpoint-path": "s3://b/checkpoints/c/"},
    "LastModifiedOn": datetime(2026, 1, 2, tzinfo=UTC),
}
OLD = {
    "Id": "jr_old",
    "JobRunState": "RUNNING",
    "StartedOn": datetime(2026, 1, 1, tzinfo=UTC),
}


def test_a_version_is_that_of_code_arguments_and_machine() -> None:
    version = definition_version(JOB)
    assert definition_version({**JOB, "Timeout": 3, "LastModifiedOn": None}) == version
    assert definition_version({**JOB, "Command": {"ScriptLocation": "s3://b/t.py"}}) != version
    assert definition_version({**JOB, "DefaultArguments": {"--gap": "2 minutes"}}) != version
    assert definition_version({**JOB, "NumberOfWorkers": 3}) != version


class Glue:
    """A Glue that has one job, and does with its runs what is asked; keeps the order."""

    def __init__(self, *runs: Mapping[str, Any], refused: str = "") -> None:
        self.runs = list(runs)
        self.calls: list[str] = []
        self.refused = refused

    def get_job(self, JobName: str) -> dict[str, Any]:  # noqa: N803 - Glue's name
        if JobName != JOB["Name"]:
            raise ClientError({"Error": {"Code": "EntityNotFoundException"}}, "GetJob")
        return {"Job": JOB}

    def get_job_runs(self, **_: Any) -> dict[str, Any]:
        return {"JobRuns": self.runs}

    def batch_stop_job_run(self, JobRunIds: list[str], **_: Any) -> None:  # noqa: N803
        self.calls.append(f"stop {', '.join(JobRunIds)}")
        self.runs = [
            {**run, "JobRunState": "STOPPED"} if run["Id"] in JobRunIds else run
            for run in self.runs
        ]

    def start_job_run(self, **_: Any) -> None:
        self.calls.append("start")
        if self.refused:
            raise ClientError({"Error": {"Code": self.refused}}, "StartJobRun")
        new = {**OLD, "Id": "jr_new", "StartedOn": datetime(2026, 1, 3, tzinfo=UTC)}
        self.runs = [new, *self.runs]


def glue_runs(glue: Glue) -> GlueRuns:
    clients: Any = {"glue": glue}
    return GlueRuns(clients, pause=0.01)


def test_on_aws_the_run_is_stopped_before_the_next_one_is_started() -> None:
    glue = Glue(OLD)
    runs = glue_runs(glue)
    assert runs.latest(JOB) == Run("jr_old", "RUNNING", "2026-01-01T00:00:00+00:00", None, False)
    runs.restart(JOB)
    assert glue.calls == ["stop jr_old", "start"]
    after = runs.latest(JOB)
    assert after is not None
    assert (after.run_id, after.current) == ("jr_new", True)


@pytest.mark.parametrize("before", [(), ({**OLD, "JobRunState": "FAILED"},)], ids=["none", "ended"])
def test_on_aws_a_job_that_does_not_run_is_started(before: tuple[dict[str, Any], ...]) -> None:
    glue = Glue(*before)
    glue_runs(glue).restart(JOB)
    assert glue.calls == ["start"]


def test_on_aws_a_trigger_that_was_faster_is_no_error() -> None:
    glue_runs(Glue(OLD, refused="ConcurrentRunsExceededException")).restart(JOB)
    with pytest.raises(LocalCloudError, match="click_sessions was not started"):
        glue_runs(Glue(OLD, refused="AccessDeniedException")).restart(JOB)


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    """The state of a cloud that this process owns."""
    found = StateFolder(tmp_path)
    found.save(RunningCloud("mark", "now", "http://127.0.0.1:1", None, "s", 1.0))
    return found


def record(state: StateFolder, **changes: Any) -> RunRecord:
    made = RunRecord(
        run_id="jr_1",
        job="click_sessions",
        mark="mark",
        state="RUNNING",
        version=definition_version(JOB),
    )
    made = replace(made, **changes)
    RunStore(state.runs).claim(made, max_concurrent=9)
    return made


def test_here_a_run_knows_its_version(state: StateFolder) -> None:
    assert LocalRuns(state).latest(JOB) is None
    record(state)
    run = LocalRuns(state).latest(JOB)
    assert run is not None
    assert (run.version, run.current) == (definition_version(JOB), True)
    later = LocalRuns(state).latest({**JOB, "Command": {"ScriptLocation": "s3://b/t.py"}})
    assert later is not None
    assert not later.current


def test_here_whoever_watches_the_run_is_asked_once(state: StateFolder) -> None:
    made, store = record(state), RunStore(state.runs)
    assert not store.stop_requested(made.run_id)
    LocalRuns(state).restart(JOB)
    assert store.stop_requested(made.run_id)
    assert store.take_restart(made.run_id)
    assert not store.take_restart(made.run_id)


def test_here_a_run_that_is_not_the_clouds_own_is_left_alone(state: StateFolder) -> None:
    with pytest.raises(LocalCloudError, match=r"never ran here: .* for price_candidates; `click"):
        LocalRuns(state).restart(JOB)
    made = record(state, mark="another")
    with pytest.raises(LocalCloudError, match="run jr_1 of click_sessions is not the cloud's own"):
        LocalRuns(state).restart(JOB)
    assert not RunStore(state.runs).stop_requested(made.run_id)


class Script:
    """Runs that go through these steps, one a look; and checkpoints that count batches."""

    def __init__(self, *steps: tuple[Run | None, int | None]) -> None:
        self.steps = list(steps)
        self.restarted = False

    def latest(self, job: Mapping[str, Any]) -> Run | None:
        return self.steps[0][0]

    def restart(self, job: Mapping[str, Any]) -> None:
        self.restarted = True

    def finished(self, path: str) -> int | None:
        step = self.steps.pop(0) if self.restarted and len(self.steps) > 1 else self.steps[0]
        return step[1]


def run(run_id: str, state: str = "RUNNING", error: str | None = None) -> Run:
    return Run(run_id, state, "2026-01-01T00:00:00Z", "v", True, error)


def rollout(script: Script) -> Rollout:
    clients: Any = type("Clients", (dict,), {"endpoint": "http://127.0.0.1:1"})()
    clients |= {"glue": Glue(), "s3": None}
    made = Rollout(load_environment("local"), clients, load_template(), script)
    made._checkpoints = script  # type: ignore[assignment]
    made._pause = 0.001
    return made


def test_a_rollout_waits_for_the_first_batch_of_the_new_run() -> None:
    said: list[str] = []
    script = Script((run("a"), 3), (run("a"), 4), (run("b"), 4), (run("b"), 4), (run("b"), 5))
    assert rollout(script).start("click_sessions", 10, said.append).run_id == "b"
    assert said[1:] == [
        "click_sessions: run b has started; batch 4 was last",
        "click_sessions: batch 5 is done",
    ]


def test_a_new_run_that_fails_says_how_to_go_back() -> None:
    script = Script((run("a"), 3), (run("a", "STOPPED"), 3), (run("b", "FAILED", "--gap: no"), 3))
    with pytest.raises(
        LocalCloudError,
        match=r"run b ended as FAILED: --gap: no; .* To go back: .* `clickstream deploy --env",
    ):
        rollout(script).start("click_sessions", 10, lambda _: None)


def test_a_new_run_with_nothing_to_do_is_no_error_and_none_at_all_is_one() -> None:
    said: list[str] = []
    script = Script((run("a"), 3), (run("b"), 3))
    assert rollout(script).start("click_sessions", 0.05, said.append).run_id == "b"
    assert "no batch within 0.05 s: nothing has arrived" in said[-1]
    with pytest.raises(LocalCloudError, match=r"no new run of click_sessions within 0\.05 s"):
        rollout(Script((run("a"), 3))).start("click_sessions", 0.05, said.append)


def test_a_job_that_is_not_deployed_is_told_which_there_are() -> None:
    with pytest.raises(LocalCloudError, match=r"'nix' is not a streaming job .* click_sessions"):
        rollout(Script((run("a"), 3))).start("nix", 1, lambda _: None)
