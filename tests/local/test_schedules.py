"""Triggers, runs and alarms in a cloud: tiny jobs without Spark, on a fast clock."""

from __future__ import annotations

import json
import re
import signal
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from localaws.cloud import Cloud, CloudOptions
from localaws.processes import survivors
from localaws.runs.recorded import RunRequest
from localaws.runs.runner import Runner
from localaws.scheduler.driver import ScheduleDriver
from localaws.scheduler.lock import lock
from localaws.state import StateFolder
from localaws.tables import scan
from localaws.waiting import wait_until
from localaws.workloads import CTR, SESSIONS
from tests.local.tiny_jobs import Jobs

FROM = ("--speed", "3600", "--from", "2026-03-01T00:00:00Z")
WAITS = "print('waits', flush=True)\nimport time\ntime.sleep(600)"


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    state = StateFolder(tmp_path_factory.mktemp("schedules") / "state")
    with Cloud(state, CloudOptions(window_seconds=2, job=SESSIONS)) as cloud:
        yield Jobs(cloud)
    assert cloud.left == 0


def test_a_trigger_starts_its_job_at_each_of_its_times(jobs: Jobs) -> None:
    job = jobs.create("import sys\nprint('by', sys.argv[sys.argv.index('--by') + 1])")
    trigger = jobs.hourly(job)
    said = jobs.schedule(*FROM, "--for", "1 hour", "--only", trigger)
    assert said == [(at, what) for at in ("00:00", "01:00") for what in ("started", "ended")]
    runs = jobs.store.records(job)
    assert [run.state for run in runs] == ["SUCCEEDED"] * 2
    assert {run.trigger for run in runs} == {trigger}
    assert [run.scheduled_for for run in runs][-1] == "2026-03-01T00:00:00+00:00"
    assert jobs.run("jobs", "logs", runs[0].run_id) == "by trigger\n"


def test_what_was_fired_is_not_fired_again(jobs: Jobs) -> None:
    """Neither by a second scheduler of the same times, nor by one that has lost its memory."""
    job = jobs.create("print('once')")
    first = (*FROM, "--until", "2026-03-01T00:30:00Z", "--only", jobs.hourly(job))
    assert jobs.schedule(*first) == [("00:00", "started"), ("00:00", "ended")]
    assert jobs.schedule(*first) == []
    memory = jobs.cloud.state.path / "schedules-fast.json"
    memory.write_text(json.dumps(json.loads(memory.read_text()) | {"fired_to": {}}))
    assert jobs.schedule(*first) == [("00:00", "repeated")]
    assert len(jobs.store.records(job)) == 1


def test_a_second_scheduler_is_refused(jobs: Jobs) -> None:
    with lock(jobs.cloud.state.scheduler_lock):
        said = jobs.run("scheduler", "--for", "1 second", code=1)
    assert "another scheduler fires for" in said


def test_a_trigger_that_cannot_be_fired_is_an_error_before_anything_starts(jobs: Jobs) -> None:
    job = jobs.create("print('never')")
    trigger = jobs.hourly(job)
    update = {"Schedule": "cron(0 0 * * *)"}
    jobs.glue.update_trigger(Name=trigger, TriggerUpdate=update)
    try:
        said = jobs.run("scheduler", *FROM, "--for", "2 hours", code=1)
    finally:
        jobs.glue.delete_trigger(Name=trigger)
    assert said.startswith(f"clickstream: trigger {trigger}: cannot be scheduled by 'cron(0 0 *")
    assert jobs.store.records(job) == []


def test_ctrl_c_stops_a_run_that_is_waited_for(jobs: Jobs) -> None:
    job = jobs.create(WAITS)
    with jobs.command("jobs", "run", job, "--json") as waiting:
        assert waiting.stderr is not None
        assert "started, log" in waiting.stderr.readline()
        waiting.send_signal(signal.SIGTERM)  # as Ctrl-C, which a shell may let no child see
        out, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 1
    assert json.loads(out)["state"] == "STOPPED"
    assert survivors(jobs.store.find(job).mark) == []


def test_a_run_beyond_the_limit_is_refused_and_told(jobs: Jobs) -> None:
    job = jobs.create(WAITS)
    trigger = jobs.hourly(job)
    with Runner(jobs.cloud.state) as runner:
        runner.start(RunRequest(job))
        said = jobs.schedule(*FROM, "--for", "30 minutes", "--only", trigger)
        assert said == [("00:00", "refused")]
        refusal = jobs.run("jobs", "run", job, code=1)
    assert re.fullmatch(
        rf"clickstream: job {job}: ConcurrentRunsExceeded: 1 of 1 runs .*\n", refusal
    )


def test_a_job_that_fails_is_tried_again_and_then_told_of(jobs: Jobs) -> None:
    """The job of a cloud as `up` runs it: by the deployed rule, to the topic, to the mailbox."""
    jobs.replace(SESSIONS, "raise ValueError('no such table: clicks')")
    run = jobs.cloud.start_job()
    assert run.wait(60) == "FAILED"
    record = jobs.store.find(run.run_id)
    assert (record.attempt, record.error) == (1, "ValueError: no such table: clicks")
    assert jobs.alerts()[-1] == (
        f"Glue job {SESSIONS}: FAILED: ValueError: no such table: clicks"
        f" (run {run.run_id}_attempt_1)"
    )
    shown = jobs.run("jobs", "history", SESSIONS)
    assert "\n    ValueError: no such table: clicks\n" in shown


def test_a_job_that_takes_too_long_is_ended_and_told_of(jobs: Jobs) -> None:
    jobs.replace(CTR, WAITS)
    with Runner(jobs.cloud.state) as runner:
        run = runner.start(RunRequest(CTR, timeout_minutes=0.05))
        assert run.run.wait(60) == "TIMEOUT"
    assert f"Glue job {CTR}: TIMEOUT: ran longer than the 0.05 minutes" in jobs.alerts()[-1]


def test_a_run_is_stopped_from_another_terminal(jobs: Jobs) -> None:
    job = jobs.create(WAITS)
    started = json.loads(jobs.run("jobs", "run", job, "--no-wait", "--json"))
    jobs.wait_for(job, "RUNNING")
    (record,) = jobs.store.records(job)
    assert record.run_id == started["run_id"]
    stopped = json.loads(jobs.run("jobs", "stop", record.run_id[:12], "--json"))
    assert stopped["state"] == "STOPPED"
    assert survivors(record.mark) == []


def test_a_log_is_followed_to_the_end_of_its_run(jobs: Jobs) -> None:
    job = jobs.create("import time\nprint('first', flush=True)\ntime.sleep(1)\nprint('last')")
    jobs.run("jobs", "run", job, "--no-wait")
    assert jobs.run("jobs", "logs", job, "--follow") == "first\nlast\n"


def test_killing_the_scheduler_leaves_nothing_and_the_next_catches_up(jobs: Jobs) -> None:
    job = jobs.create(WAITS)
    trigger = jobs.hourly(job)
    with jobs.command("scheduler", "--json", *FROM, "--only", trigger) as scheduler:
        jobs.wait_for(job, "RUNNING")
        (record,) = jobs.store.records(job)
        scheduler.send_signal(signal.SIGKILL)
        scheduler.communicate(timeout=30)
    wait_until(lambda: not survivors(record.mark), 30, lambda: "its job's run goes on")
    jobs.upload(f"tests/{job}.py", "print('short')")
    later = ("--speed", "3600", "--from", "2026-03-01T05:30:00Z", "--for", "1 minute")
    said = jobs.schedule(*later, "--only", trigger, "--catch-up", "once")
    whats = [what for _, what in said]
    assert whats == ["ended", "skipped", "started", "ended"]
    caught_up, killed = jobs.store.records(job)
    assert (killed.run_id, killed.state) == (record.run_id, "FAILED")
    assert (caught_up.scheduled_for, caught_up.state) == ("2026-03-01T05:00:00+00:00", "SUCCEEDED")


NOTES = """
import boto3
def handler(event, context):
    boto3.client("dynamodb").put_item(TableName="TABLE", Item={"id": {"S": event["name"]}})
"""


def test_a_cloud_fires_its_schedules_unless_a_scheduler_does(
    bare_cloud: Any, tmp_path: Path
) -> None:
    table = f"t-{uuid.uuid4().hex[:8]}"
    bare_cloud.table(table)
    function = bare_cloud.function(f"f-{table}", NOTES.replace("TABLE", table))
    driver = ScheduleDriver(bare_cloud.clients, tmp_path / "lock", tmp_path / "memory.json")

    def seen() -> list[str]:
        return sorted(item["id"] for item in scan(bare_cloud.clients, table))

    with lock(tmp_path / "lock"):
        driver.start()
        _once(bare_cloud, function, f"{table}-held", seconds=1)
        passed = datetime.now(UTC) + timedelta(seconds=3)
        wait_until(lambda: datetime.now(UTC) > passed, 10, lambda: "")
    _once(bare_cloud, function, f"{table}-fired", seconds=3)
    try:
        wait_until(lambda: seen() != [], 30, lambda: "nothing was fired")
    finally:
        driver.stop()
    assert seen() == [f"{table}-fired"]


def _once(cloud: Any, function: str, name: str, seconds: int) -> None:
    """A schedule of a moment in Tokyo, where it is another day now or another hour."""
    then = datetime.now(UTC) + timedelta(hours=9, seconds=seconds)
    cloud.clients["scheduler"].create_schedule(
        Name=name,
        ScheduleExpression=f"at({then:%Y-%m-%dT%H:%M:%S})",
        ScheduleExpressionTimezone="Asia/Tokyo",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": function,
            "RoleArn": "arn:aws:iam::000000000000:role/r",
            "Input": json.dumps({"name": name}),
        },
    )
