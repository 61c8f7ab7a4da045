"""The state folder: one cloud at a time, and nothing but logs afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from localaws.errors import LocalCloudError
from localaws.state import (
    RunningCloud,
    StateFolder,
    is_alive,
    own_start,
    write_json,
)

CLOUD = {
    "run_id": "r",
    "started_at": "2026-01-01T00:00:00+00:00",
    "endpoint": "http://127.0.0.1:1",
    "model_endpoint": "http://127.0.0.1:2",
    "stack": "clickstream",
    "window_seconds": 10,
}


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    folder = StateFolder(tmp_path / ".clickstream")
    folder.claim()
    return folder


def test_what_is_saved_is_what_runs(state: StateFolder) -> None:
    cloud = RunningCloud(**CLOUD, processes={"emulator": 7})
    state.save(cloud)
    assert state.running() == cloud


def test_nothing_runs_from_a_fresh_folder(state: StateFolder) -> None:
    assert state.running() is None


def test_a_second_cloud_is_refused_with_what_to_do(state: StateFolder) -> None:
    state.save(RunningCloud(**CLOUD))
    with pytest.raises(LocalCloudError, match=r"already runs .* set CLICKSTREAM_HOME"):
        state.claim()


def test_a_cloud_whose_owner_is_gone_does_not_run(state: StateFolder) -> None:
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    state.save(RunningCloud(**CLOUD, pid=ended.pid))
    assert state.running() is None
    state.claim()


def test_another_process_with_the_owners_id_is_not_the_owner(state: StateFolder) -> None:
    running = RunningCloud(**CLOUD)
    state.save(replace(running, created=f"0 {running.created.split()[1]}"))
    assert state.running() is None
    state.claim()


@pytest.mark.parametrize("moved", [-86400.0, -3.0, 3.0, 86400.0])
def test_a_clock_that_is_set_ends_no_process(moved: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts are told by the clock as the boot's time and ticks: set the clock, and all move."""
    started, told = own_start(), psutil.Process().create_time()
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: told + moved)
    assert is_alive(os.getpid(), started)


def test_the_same_ticks_after_another_boot_are_another_process() -> None:
    ticks = own_start().split()[0]
    assert not is_alive(os.getpid(), f"{ticks} 00000000-0000-0000-0000-000000000000")


def test_a_zombie_and_a_stranger_do_not_run() -> None:
    cloud = RunningCloud(**CLOUD)
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    # Waits for the end, but leaves the zombie.
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert not cloud.runs(ended.pid)
    ended.wait()
    assert not cloud.runs(ended.pid)
    assert not cloud.runs(1)
    assert cloud.runs(os.getpid())


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_damaged_file_is_no_cloud(state: StateFolder, text: str) -> None:
    state.stack_file.write_text(text)
    assert state.running() is None


def test_only_logs_stay_when_it_is_cleaned(state: StateFolder) -> None:
    state.save(RunningCloud(**CLOUD))
    (state.logs / "emulator.log").write_text("")
    (state.work / "history.csv").write_text("")
    state.clean()
    assert [path.name for path in state.path.iterdir()] == ["logs"]


def test_the_environment_names_another_folder(tmp_path: Path) -> None:
    named = StateFolder.from_environment({"CLICKSTREAM_HOME": str(tmp_path)})
    assert named.path == tmp_path
    assert StateFolder.from_environment({}).path == Path.cwd() / ".clickstream"


def test_other_users_may_read_what_is_written(tmp_path: Path) -> None:
    write_json(tmp_path / "f.json", {"n": 1})
    assert (tmp_path / "f.json").stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_the_old_text_and_nothing_else(tmp_path: Path) -> None:
    write_json(tmp_path / "f.json", 1)
    with pytest.raises(TypeError):
        write_json(tmp_path / "f.json", [2, object()])
    assert [file.name for file in tmp_path.iterdir()] == ["f.json"]
    assert (tmp_path / "f.json").read_text() == "1"
