"""The state folder: what runs, where it listens, and the logs."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from localaws.errors import LocalCloudError
from localaws.workloads import PRICE

HOME_VARIABLE = "CLICKSTREAM_HOME"
# A container of another user reads what runs.
_READABLE = 0o644
_PROC = Path("/proc")
# Field 22 of /proc/PID/stat, counted from the third: the second, a name, may have spaces.
_START_FIELD = 22 - 3


def start_of(pid: int) -> str:
    """When the process was started, in words that stay the same when the clock is set.

    Clock ticks since the boot, and which boot that was. Source: proc(5), `starttime`.

    Raises:
        psutil.NoSuchProcess: there is none of this id.
    """
    if not (_PROC / "self" / "stat").exists():
        return str(psutil.Process(pid).create_time())
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(pid) from error
    ticks = stat.rpartition(")")[2].split()[_START_FIELD]
    return f"{ticks} {(_PROC / 'sys/kernel/random/boot_id').read_text().strip()}"


def own_start() -> str:
    """When this process was started, as `start_of` has it."""
    return start_of(os.getpid())


def is_alive(pid: int, created: str) -> bool:
    """Whether the process that was started then is still there; a later one may get its id."""
    try:
        same = start_of(pid) == created
        return bool(same and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@dataclass(frozen=True)
class RunningCloud:
    """The cloud that runs on this machine: owner process, endpoints, processes and settings.

    Attributes:
        pid: the owner's process id.
        created: when the owner was started, as `start_of` has it.
        model_endpoint: None when the cloud's job needs no model.
        job: the job that it runs.
        parameters: of the template, those that were not left to the cloud.
    """

    run_id: str
    started_at: str
    endpoint: str
    model_endpoint: str | None
    stack: str
    window_seconds: float
    pid: int = field(default_factory=os.getpid)
    created: str = field(default_factory=own_start)
    processes: Mapping[str, int] = field(default_factory=dict)
    job: str = PRICE
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether the owner process is still there."""
        return is_alive(self.pid, self.created)

    def runs(self, pid: int) -> bool:
        """Whether this process of the cloud is still there; a zombie is not."""
        try:
            process = psutil.Process(pid)
            ours = pid == self.pid or process.ppid() == self.pid
            return bool(ours and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False


class StateFolder:
    """`.clickstream/`: `stack.json` and `mappings.json` while a cloud runs; `logs/` stay.

    Attributes:
        runs: the history of the jobs' runs, which stays when the next cloud starts.
        scheduler_lock: locked by the process that fires schedules and triggers.
        schedules_file: what was fired on the machine's clock.
        alerts_file: the messages that were sent, one JSON object a line; one of the logs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.work = path / "work"
        self.runs = path / "runs"
        self.scheduler_lock = path / "scheduler.lock"
        self.schedules_file = path / "schedules.json"
        self.stack_file = path / "stack.json"
        self.mappings_file = path / "mappings.json"
        self.alerts_file = self.logs / "alerts.jsonl"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> StateFolder:
        """The folder that `CLICKSTREAM_HOME` names, else `.clickstream` where the command runs."""
        return cls(Path(environment.get(HOME_VARIABLE) or ".clickstream").absolute())

    def claim(self) -> None:
        """Make the folder ready for a new cloud; logs of the last one go.

        Raises:
            LocalCloudError: a cloud runs from this folder.
        """
        running = self.running()
        if running is not None:
            raise LocalCloudError(
                f"a cloud already runs from {self.path} (process {running.pid}): stop it with"
                f" Ctrl-C there, or set {HOME_VARIABLE} to another folder"
            )
        self.clean()
        shutil.rmtree(self.logs, ignore_errors=True)
        for folder in (self.logs, self.work):
            folder.mkdir(parents=True, exist_ok=True)

    def running(self) -> RunningCloud | None:
        """The cloud that runs from this folder, or None."""
        try:
            cloud = RunningCloud(**json.loads(self.stack_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        return cloud if cloud.alive else None

    def expect_running(self) -> RunningCloud:
        """The cloud that runs from this folder.

        Raises:
            LocalCloudError: none does.
        """
        running = self.running()
        if running is None:
            raise LocalCloudError(
                f"no cloud runs from {self.path}: start one with `clickstream up`, or set"
                f" {HOME_VARIABLE} to the folder of one that runs"
            )
        return running

    def save(self, cloud: RunningCloud) -> None:
        """Tell other processes what runs."""
        write_json(self.stack_file, asdict(cloud))

    def clean(self) -> None:
        """Remove all but the logs and the history of runs."""
        self.stack_file.unlink(missing_ok=True)
        self.mappings_file.unlink(missing_ok=True)
        shutil.rmtree(self.work, ignore_errors=True)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file in one step: a reader sees the old text or the new, never a part."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(value, file)
            os.fchmod(descriptor, _READABLE)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
