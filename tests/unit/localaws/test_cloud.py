"""Ctrl-C while the parts start: what a part still starts is ended, and no state is left."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from localaws.cloud import Cloud, CloudOptions
from localaws.errors import LocalCloudError
from localaws.processes import survivors
from localaws.runs.record import RunRecord
from localaws.runs.store import RunStore
from localaws.state import StateFolder

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


class InterruptedCloud(Cloud):
    """One part interrupts the main thread; the other goes on starting processes."""

    refused = ""

    def __init__(self, state: StateFolder) -> None:
        super().__init__(state, CloudOptions())
        self.starting = threading.Event()

    def _start_apis(self) -> None:
        self.supervisor.start("emulator", SLEEPER)
        assert self.starting.wait(20)
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)

    def _start_model(self) -> None:
        for number in range(100):
            try:
                self.supervisor.start(f"part-{number}", SLEEPER)
            except LocalCloudError as error:
                self.refused = str(error)
                self.announce()
                return
            self.starting.set()


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises, also where a shell had this process started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_while_the_parts_start_leaves_nothing(tmp_path: Path) -> None:
    state = StateFolder(tmp_path)
    cloud = InterruptedCloud(state)
    with pytest.raises(KeyboardInterrupt), cloud:
        pass
    assert "the run has ended" in cloud.refused
    assert cloud.left == 0
    assert survivors(cloud.supervisor.run_id) == []
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_a_job_that_cannot_be_started_again_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = list[str]()
    cloud = Cloud(StateFolder(tmp_path), CloudOptions(), lambda _, text: told.append(text))
    try:
        ended = RunRecord("jr_1", "price_candidates", cloud.supervisor.run_id, state="STOPPED")
        store = RunStore(cloud.state.runs)
        store.claim(ended, 1)
        store.request_restart(ended)
        monkeypatch.setattr(cloud, "start_job", _no_memory)
        cloud._start_again(ended, (), None)
    finally:
        cloud.stop()
    assert told == ["not started again: fork: no memory"]
    assert cloud.rolled_out


def _no_memory(*_: object) -> None:
    raise OSError("fork: no memory")
