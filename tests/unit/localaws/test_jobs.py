"""A job runs from its deployed definition: precedence of arguments, retries, time-out, stop."""

from __future__ import annotations

from typing import Any

import pytest

from localaws.errors import LocalCloudError
from localaws.jobs import JobDefinition, JobRun, last_error
from localaws.waiting import wait_until

JOB = {
    "Name": "demo",
    "Command": {"ScriptLocation": "s3://b/demo.py"},
    "DefaultArguments": {"--window": "100 seconds", "--a": "default", "--b": "default"},
    "NonOverridableArguments": {"--b": "fixed"},
    "MaxRetries": 1,
    "Timeout": 2,
}


def _definition(**changes: Any) -> JobDefinition:
    return JobDefinition.from_description({**JOB, **changes})


def test_fixed_arguments_win_over_the_runs_and_those_over_defaults() -> None:
    run = {"--a": "run", "--b": "run"}
    definition = JobDefinition.from_description(JOB, run)
    assert definition.arguments == {"--window": "100 seconds", "--a": "run", "--b": "fixed"}
    assert definition.timeout_seconds == 120.0


@pytest.mark.parametrize(
    ("command", "window", "seconds"),
    [
        ("gluestreaming", "100 seconds", 300.0),
        ("gluestreaming", "10 minutes", 660.0),
        ("gluestreaming", "soon", 300.0),
        ("glueetl", "10 minutes", 30.0),
    ],
)
def test_a_batch_of_a_stream_has_its_window_and_more_to_finish(
    command: str, window: str, seconds: float
) -> None:
    job = {"Command": {**JOB["Command"], "Name": command}, "DefaultArguments": {"--window": window}}  # type: ignore[dict-item]
    assert _definition(**job).patience == seconds


def test_the_engine_gets_the_script_its_options_and_the_jobs_arguments(supervisors: Any) -> None:
    supervisor = supervisors("pass")
    run = JobRun(_definition(), supervisor, ("--until", "drained"), run_id="jr_1").start()
    assert run.wait(20) == "SUCCEEDED"
    command = supervisor.commands[0]
    assert command[1:5] == ["-m", "gluelocal.cli", "run", "s3://b/demo.py"]
    engine, script = command[: command.index("--")], command[command.index("--") + 1 :]
    assert engine[-2:] == ["--until", "drained"]
    assert script == [
        *("--JOB_NAME", "demo", "--window", "100 seconds"),
        *("--a", "default", "--b", "fixed", "--JOB_RUN_ID", "jr_1"),
    ]


def test_a_failed_run_is_tried_again_as_often_as_the_job_says(supervisors: Any) -> None:
    supervisor = supervisors("raise SystemExit(1)", "pass")
    run = JobRun(_definition(), supervisor, run_id="jr_1").start()
    assert run.wait(20) == "SUCCEEDED"
    assert [command[-1] for command in supervisor.commands] == ["jr_1", "jr_1_attempt_1"]


def test_a_failure_that_is_tried_again_is_none_yet(supervisors: Any) -> None:
    run = JobRun(_definition(), supervisors("raise SystemExit(1)", "pass"))
    relaunch, states = run._relaunch, []

    def seen(attempt: int) -> bool:
        states.append(run.state)
        return relaunch(attempt)

    run._relaunch = seen  # type: ignore[method-assign]
    assert run.start().wait(20) == "SUCCEEDED"
    assert states == ["RUNNING"]


def test_a_run_that_keeps_failing_ends_with_its_error(supervisors: Any) -> None:
    fails = "raise SystemExit('gluelocal: demo failed: ValueError: no such table')"
    run = JobRun(_definition(), supervisors(fails, fails)).start()
    assert run.wait(20) == "FAILED"
    with pytest.raises(LocalCloudError, match=r"job demo: FAILED; .*\n.*no such table"):
        run.check()


def test_a_run_that_takes_too_long_is_ended_and_not_tried_again(supervisors: Any) -> None:
    supervisor = supervisors("import time; time.sleep(600)")
    definition = _definition(Timeout=0.005)
    run = JobRun(definition, supervisor).start()
    assert run.wait(20) == "TIMEOUT"
    assert len(supervisor.commands) == 1


@pytest.mark.parametrize(
    ("log", "code", "expected"),
    [
        ("gluelocal: demo failed: ValueError: no x (trace: /a/b.log)", 1, "ValueError: no x"),
        ("gluelocal: s3://b/demo.py: not there", 1, "s3://b/demo.py: not there"),
        ("gluelocal: demo failed: KeyError: 'a'\nbye", 1, "KeyError: 'a'"),
        ("read 10 rows\nno table x\n\n", 3, "no table x"),
        ("", 3, "ended with code 3 and without a word"),
        ("read 10 rows", -9, "killed by SIGKILL"),
    ],
)
def test_the_error_of_a_run_is_one_line(log: str, code: int, expected: str) -> None:
    assert last_error(log, code) == expected


def test_a_stop_lets_the_run_finish_and_is_no_failure(supervisors: Any) -> None:
    finishes = (
        "import signal, sys, time\n"
        "def finish(*_):\n    print('finished the batch', flush=True)\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, finish)\n"
        "print('ready', flush=True)\ntime.sleep(600)"
    )
    run = JobRun(_definition(), supervisors(finishes)).start()
    wait_until(lambda: "ready" in run.log_tail(), 20, lambda: "not ready", interval=0.02)
    run.stop()
    assert run.state == "STOPPED"
    assert "finished the batch" in run.log_tail()
    run.check()


def test_a_run_that_cannot_be_started_again_has_failed_and_says_why(supervisors: Any) -> None:
    calls = iter(range(2))

    def fail_the_second_time() -> None:
        if next(calls):
            raise OSError("no space left")

    supervisor = supervisors("raise SystemExit(1)", "pass")
    run = JobRun(_definition(), supervisor, on_start=fail_the_second_time).start()
    assert run.wait(20) == "FAILED"
    with pytest.raises(LocalCloudError, match=r"job demo: FAILED \(no space left\)"):
        run.check()


def test_a_run_that_failed_is_not_tried_again_once_a_stop_was_asked_for(supervisors: Any) -> None:
    supervisor = supervisors("raise SystemExit(1)", "pass")
    run = JobRun(_definition(), supervisor)
    # The stop comes between the failure and the next attempt.
    run._ended = lambda *_: bool(run._stopping.set())  # type: ignore[method-assign,func-returns-value]
    run.start().wait(20)
    assert len(supervisor.commands) == 1
