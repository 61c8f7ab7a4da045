"""Runs a Glue job from its deployed definition, as the service would."""

from __future__ import annotations

import hashlib
import json
import logging
import re
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import ClientError

from localaws.clients import Clients
from localaws.durations import millis
from localaws.errors import LocalCloudError
from localaws.processes import Child, Supervisor

_LOGGER = logging.getLogger(__name__)
MACHINE = ("GlueVersion", "WorkerType", "NumberOfWorkers")
# Glue's name of a streaming job's command.
_STREAMING = "gluestreaming"
# Seconds that a batch in hand gets once its run is asked to end, and those beyond its window.
_PATIENCE, _BATCH_PATIENCE, _BEYOND_WINDOW = 30.0, 300.0, 60.0
RunState = Literal["RUNNING", "STOPPED", "SUCCEEDED", "FAILED", "TIMEOUT"]


@dataclass(frozen=True)
class JobDefinition:
    """A job as `get_job` gives it, with the run's own arguments in."""

    name: str
    script: str
    arguments: Mapping[str, str]
    max_retries: int = 0
    timeout_seconds: float | None = None
    max_concurrent_runs: int = 1
    streaming: bool = False
    machine: tuple[str, ...] = ()

    @classmethod
    def from_description(
        cls, job: Mapping[str, Any], run_arguments: Mapping[str, str] | None = None
    ) -> JobDefinition:
        """Read `Job` of `get_job`: non-overridable arguments win, then the run's, then defaults."""
        arguments = {
            **(job.get("DefaultArguments") or {}),
            **(run_arguments or {}),
            **(job.get("NonOverridableArguments") or {}),
        }
        minutes = job.get("Timeout")
        return cls(
            name=job["Name"],
            script=job["Command"]["ScriptLocation"],
            arguments=arguments,
            max_retries=int(job.get("MaxRetries") or 0),
            timeout_seconds=float(minutes) * 60 if minutes else None,
            max_concurrent_runs=int(
                (job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1
            ),
            streaming=job["Command"].get("Name") == _STREAMING,
            machine=machine_of(job),
        )

    @property
    def version(self) -> str:
        """What code, arguments and machine are, short: keys of code name its content."""
        text = json.dumps([self.script, dict(self.arguments), self.machine], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def patience(self) -> float:
        """Seconds that a run gets to finish what it has in hand: of a stream, a whole batch."""
        if not self.streaming:
            return _PATIENCE
        window = 0.0
        with suppress(LocalCloudError):  # the job itself refuses such a window
            window = millis("--window", self.arguments.get("--window", "")) / 1_000
        return max(_BATCH_PATIENCE, window + _BEYOND_WINDOW)

    def script_arguments(self) -> list[str]:
        """The arguments that the script gets, special ones such as `--extra-py-files` too."""
        pairs = {"--JOB_NAME": self.name, **self.arguments}.items()
        return [part for pair in pairs for part in pair]


def machine_of(job: Mapping[str, Any]) -> tuple[str, ...]:
    """What a job runs on: version of Glue, type and number of workers; "" of what is not said."""
    return tuple(str(job.get(name, "")) for name in MACHINE)


def get_definition(
    clients: Clients, name: str, run_arguments: Mapping[str, str] | None = None
) -> JobDefinition:
    """The deployed definition of a job.

    Raises:
        LocalCloudError: no such job is deployed.
    """
    try:
        job = clients["glue"].get_job(JobName=name)["Job"]
    except ClientError as error:
        raise LocalCloudError(f"job {name!r}: not deployed ({error}); deploy the stack") from error
    return JobDefinition.from_description(job, run_arguments)


@dataclass
class JobRun:
    """One run of a job: restarts it after a failure as often as the job allows.

    Attributes:
        engine: arguments of `gluelocal run`, such as `--until drained`.
        on_start: called after every start of the process.
        on_end: called once, before anyone who waits for the end is told.
        attempt: retries so far.
        error: what kept this thread from watching or restarting the process, if anything did.
    """

    definition: JobDefinition
    supervisor: Supervisor
    engine: Sequence[str] = ()
    on_start: Callable[[], None] = lambda: None
    on_end: Callable[[], None] = lambda: None
    run_id: str = field(default_factory=lambda: f"jr_{uuid.uuid4().hex}")
    state: RunState = "RUNNING"
    attempt: int = 0
    child: Child | None = None
    error: Exception | None = None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(
            target=self._supervise, name=f"job-{self.definition.name}", daemon=True
        )

    def start(self) -> JobRun:
        """Start the process, and watch it from a thread."""
        self.child = self._launch(0)
        self.on_start()
        self._thread.start()
        return self

    def stop(self, patience: float = _PATIENCE) -> None:
        """Let the batch in hand finish within `patience` seconds, then end it anyhow."""
        with self._lock:
            self._stopping.set()
        if self.child is not None:
            self.child.stop(patience)
        self._done.wait(patience)

    def wait(self, seconds: float) -> RunState:
        """Wait for the end.

        Raises:
            LocalCloudError: it still runs after `seconds`.
        """
        if not self._done.wait(seconds):
            raise LocalCloudError(
                f"job {self.definition.name}: still runs after {seconds:g} s; "
                f"its log ends:\n{self.log_tail()}"
            )
        return self.state

    def wait_for_end(self) -> RunState:
        """Wait for the end, however long it takes."""
        while not self._done.wait(1.0):
            pass
        return self.state

    def log_tail(self) -> str:
        """The end of the job's log, where the error stands."""
        return self.child.log_tail() if self.child else ""

    def cause(self) -> str | None:
        """Why the run failed or took too long, in one line; None when it did neither."""
        if self.state == "TIMEOUT":
            minutes = (self.definition.timeout_seconds or 0.0) / 60
            return f"ran longer than the {minutes:g} minutes that it may take"
        if self.state != "FAILED":
            return None
        if self.error is not None:
            return str(self.error)
        return last_error(self.log_tail(), self.child.process.returncode if self.child else None)

    def check(self) -> None:
        """Raise when the run has failed.

        Raises:
            LocalCloudError: with the end of the job's log.
        """
        if self.state in ("FAILED", "TIMEOUT") and self.child is not None:
            cause = f" ({self.error})" if self.error else ""
            raise LocalCloudError(
                f"job {self.definition.name}: {self.state}{cause}; "
                f"log {self.child.log} ends:\n{self.log_tail()}"
            )

    def _launch(self, attempt: int) -> Child:
        # A failed run keeps its log; the next attempt writes its own.
        self.attempt = attempt
        suffix = f"_attempt_{attempt}" if attempt else ""
        name = f"job-{self.definition.name}{suffix}"
        command = [
            *(sys.executable, "-m", "gluelocal.cli", "run", self.definition.script),
            *("--log-file", str(self.supervisor.logs / f"{name}-spark.log")),
            *self.engine,
            "--",
            *self.definition.script_arguments(),
            *("--JOB_RUN_ID", self.run_id + suffix),
        ]
        return self.supervisor.start(name, command)

    def _supervise(self) -> None:
        try:
            attempt = 0
            while not self._ended(self._await_end(), attempt < self.definition.max_retries):
                attempt += 1
                if not self._relaunch(attempt):
                    self.state = "FAILED"
                    break
                self.on_start()
        except Exception as error:
            _LOGGER.exception("job %s: its run is given up", self.definition.name)
            self.error = error
            self.state = "FAILED"
        finally:
            self._finish()

    def _finish(self) -> None:
        try:
            self.on_end()
        except Exception as error:
            _LOGGER.exception("job %s: its end could not be told", self.definition.name)
            self.error = self.error or error
        finally:
            self._done.set()

    def _relaunch(self, attempt: int) -> bool:
        """Try again; False, and nothing is started, when a stop was asked for meanwhile."""
        with self._lock:
            if self._stopping.is_set():
                return False
            self.child = self._launch(attempt)
            return True

    def _await_end(self) -> int | None:
        """The exit code; None when time was up and the run was ended."""
        assert self.child is not None  # noqa: S101 - set before the thread starts
        if self.child.wait(self.definition.timeout_seconds):
            return self.child.process.returncode
        self.child.stop()
        return None

    def _ended(self, code: int | None, may_retry: bool) -> bool:
        """Set the state from the exit code; whether that is the end.

        A failure that is retried is none yet: until the next start the state stays as it is.
        """
        if code is None:
            self.state = "TIMEOUT"
        elif self._stopping.is_set():
            self.state = "STOPPED"
        elif code and may_retry:
            return False
        else:
            self.state = "SUCCEEDED" if code == 0 else "FAILED"
        return True


# As `gluelocal run` ends one: `gluelocal: NAME failed: ERROR (trace: FILE)`, or without NAME when
# the script was not reached.
_FAILURE = re.compile(r"gluelocal: (?:\S+ failed: )?(?P<error>.*?)(?: \(trace: .*\))?")


def last_error(log: str, code: int | None) -> str:
    """The line of a job's log that says why it failed; else how its process ended."""
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    said = [line for line in log.splitlines() if line.strip()]
    failures = [match for line in said if (match := _FAILURE.fullmatch(line))]
    if failures:
        return failures[-1]["error"]
    return said[-1].strip() if said else f"ended with code {code} and without a word"
