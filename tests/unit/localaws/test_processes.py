"""Nothing is left behind: not children, not their children, not after SIGKILL of their owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from localaws.errors import LocalCloudError
from localaws.processes import MARK, Supervisor, kill_all, survivors
from localaws.waiting import wait_until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
# A child that leaves its session and starts a child of its own, as Spark's Python workers do.
STRAY = [
    sys.executable,
    "-c",
    "import os, subprocess, sys; os.setsid() if os.getpid() != os.getsid(0) else None;"
    " subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True).wait()",
]
OWNER = """
import sys, time
from pathlib import Path
from localaws.processes import Supervisor
import os
supervisor = Supervisor(sys.argv[1], Path(sys.argv[2]), os.environ)
supervisor.start("a", {sleeper!r})
supervisor.start("b", {stray!r})
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def run_id() -> str:
    return uuid.uuid4().hex


def _await_survivors(run_id: str, count: int) -> None:
    wait_until(
        lambda: len(survivors(run_id)) == count,
        20,
        lambda: f"{len(survivors(run_id))} processes, not {count}",
        interval=0.05,
    )


def test_closing_ends_children_and_grandchildren_in_other_sessions(
    run_id: str, tmp_path: Path
) -> None:
    supervisor = Supervisor(run_id, tmp_path, os.environ)
    supervisor.start("a", SLEEPER)
    supervisor.start("b", STRAY)
    _await_survivors(run_id, 3)
    assert supervisor.close() == 0
    assert survivors(run_id) == []


def test_a_child_that_ignores_sigterm_is_killed(run_id: str, tmp_path: Path) -> None:
    supervisor = Supervisor(run_id, tmp_path, os.environ)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        " print('ready', flush=True); time.sleep(600)"
    )
    child = supervisor.start("stubborn", [sys.executable, "-c", stubborn])
    wait_until(lambda: "ready" in child.log_tail(), 20, lambda: "not ready", interval=0.05)
    child.stop(patience=0.2)
    assert child.process.returncode == -signal.SIGKILL
    assert supervisor.close() == 0


def test_when_the_owner_is_killed_the_guard_ends_what_it_started(
    run_id: str, tmp_path: Path
) -> None:
    program = OWNER.format(sleeper=SLEEPER, stray=STRAY)
    with subprocess.Popen(
        [sys.executable, "-c", program, run_id, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"ready\n"
        _await_survivors(run_id, 3)
        owner.kill()
    _await_survivors(run_id, 0)


def test_the_guard_ends_with_its_supervisor(run_id: str, tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}
    supervisor = Supervisor(run_id, tmp_path, os.environ)
    (guard,) = {child.pid for child in psutil.Process().children()} - before
    supervisor.close()
    assert not psutil.pid_exists(guard)


def test_only_the_processes_of_the_run_are_counted(run_id: str) -> None:
    other = subprocess.Popen(SLEEPER, env={**os.environ, MARK: "another run"})
    try:
        assert survivors(run_id) == []
        assert kill_all(run_id) == 0
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_program_that_is_not_there_is_named(run_id: str, tmp_path: Path) -> None:
    supervisor = Supervisor(run_id, tmp_path, os.environ)
    try:
        with pytest.raises(LocalCloudError, match="part: program 'no-such-program' is not there"):
            supervisor.start("part", ["no-such-program"])
    finally:
        supervisor.close()


def test_output_goes_to_the_log_of_the_part(run_id: str, tmp_path: Path) -> None:
    supervisor = Supervisor(run_id, tmp_path, os.environ)
    child = supervisor.start("talker", [sys.executable, "-c", "print('one\\ntwo\\nthree')"])
    assert child.wait(20)
    supervisor.close()
    assert child.log_tail(lines=2) == "two\nthree"
    assert child.log == tmp_path / "talker.log"


def test_after_the_end_nothing_is_started(run_id: str, tmp_path: Path) -> None:
    supervisor = Supervisor(run_id, tmp_path, os.environ)
    supervisor.close()
    with pytest.raises(LocalCloudError, match="late: not started, for the run has ended"):
        supervisor.start("late", SLEEPER)
    assert survivors(run_id) == []


def test_a_thread_that_goes_on_starting_parts_leaves_none_behind(
    run_id: str, tmp_path: Path
) -> None:
    supervisor = Supervisor(run_id, tmp_path, os.environ)
    begun = threading.Event()

    def start_on() -> str:
        for number in range(100):
            try:
                supervisor.start(f"part-{number}", SLEEPER)
            except LocalCloudError as error:
                return str(error)
            begun.set()
        return ""

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(start_on)
        assert begun.wait(20)
        assert supervisor.close() == 0
        assert "the run has ended" in ended.result(20)
    assert survivors(run_id) == []
