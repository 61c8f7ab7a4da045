"""The whole cloud on this machine: its parts started side by side, and ended together."""

from __future__ import annotations

import csv
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localaws import deploy
from localaws.clients import Clients
from localaws.ctr.mailbox import Mailbox
from localaws.emulator import start_emulator, wait_until_healthy
from localaws.environment import ROOT, aws_environment
from localaws.errors import LocalCloudError
from localaws.jobs import JobRun, get_definition
from localaws.mappings.driver import MappingDriver
from localaws.model import ARTEFACT_KEY, train_model
from localaws.ports import ReservedPort, start_on_port
from localaws.processes import Child, Supervisor, undisturbed
from localaws.rollout.keeping import NOT_STARTED
from localaws.runs.record import RunRecord
from localaws.runs.recorded import RecordedRun, RunRequest
from localaws.runs.store import RunStore
from localaws.sagemaker.service import SageMaker
from localaws.scheduler.driver import ScheduleDriver
from localaws.shop import Shop
from localaws.state import RunningCloud, StateFolder
from localaws.tables import put_items
from localaws.waiting import wait_until
from localaws.workloads import PRICE, JobName, checkpoint, needs_model

_JOB_START_SECONDS = 90.0
Progress = Callable[[str, str], None]


@dataclass(frozen=True)
class CloudOptions:
    """What is deployed.

    Attributes:
        products: items that the table `products` starts with.
        seed: of the sales history that the model is trained on.
        artefact: a trained model to serve instead.
        parameters: further parameters of the template.
        run_job: start the job as soon as it is deployed, while the model is trained.
        job: the job that this cloud runs; the model is served for the price loop alone.
    """

    window_seconds: int = 100
    allowed_lateness: str = "10 minutes"
    shards: int = 2
    seed: int = 7
    products: Sequence[Mapping[str, Any]] = ()
    artefact: Path | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    run_job: bool = False
    job: JobName = PRICE


class Cloud:
    """Emulator, deployed stack, model endpoint if needed, mappings and job, of one state folder.

    A context manager: whatever happens inside, everything that it started is ended.

    Attributes:
        left: processes left after `stop`, counted; None before.
        rolled_out: whether a rollout has started the job again.
    """

    def __init__(
        self, state: StateFolder, options: CloudOptions, progress: Progress = lambda *_: None
    ) -> None:
        self.state = state
        self.options = options
        self.left: int | None = None
        self.job: JobRun | None = None
        self.rolled_out = False
        self._artefact: Path | None = None
        self._progress = progress
        state.claim()
        self._pool = ThreadPoolExecutor(2)
        self._port, self._model_port = ReservedPort(), ReservedPort()
        self.endpoint, self.model_endpoint = self._port.url, self._model_port.url
        self.clients = Clients(self.endpoint)
        self.supervisor = Supervisor(
            uuid.uuid4().hex, state.logs, aws_environment(self.endpoint, self.model_endpoint)
        )
        self.sagemaker = SageMaker(
            self.supervisor, self.clients, self._model_port, state.work / "models"
        )
        self.driver = MappingDriver(self.endpoint, state.mappings_file)
        self.mailbox = Mailbox(self.clients, state.alerts_file)
        self.schedules = ScheduleDriver(self.clients, state.scheduler_lock, state.schedules_file)

    def __enter__(self) -> Cloud:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start all; the job when the options say so.

        Raises:
            LocalCloudError: a part failed; the message says which and why.
        """
        self.announce()
        self.sagemaker.start()
        parts = [self._pool.submit(self._start_apis)]
        if needs_model(self.options.job):
            parts.append(self._pool.submit(self._start_model))
        wait(parts)
        for part in parts:
            part.result()
        self._upload_artefact()
        self.announce()

    def start_job(
        self, engine: Sequence[str] = (), run_arguments: Mapping[str, str] | None = None
    ) -> JobRun:
        """Start the deployed job; `engine` are options of `gluelocal run`.

        Raises:
            LocalCloudError: it is not deployed, or runs already.
        """
        request = RunRequest(self.options.job, run_arguments or {}, engine)
        started = RecordedRun(
            RunStore(self.state.runs),
            self.clients,
            self.supervisor,
            get_definition(self.clients, request.job, request.arguments),
            request,
            on_start=self.announce,
            on_end=lambda record: self._start_again(record, engine, run_arguments),
        ).start()
        self.job = started.run
        return self.job

    def _start_again(
        self, ended: RunRecord, engine: Sequence[str], run_arguments: Mapping[str, str] | None
    ) -> None:
        """Start the job as it is deployed now, when a rollout asked for it."""
        if self.supervisor.closed or not RunStore(self.state.runs).take_restart(ended.run_id):
            return
        self.rolled_out = True
        try:
            self.start_job(engine, run_arguments)
        except NOT_STARTED as error:
            self._progress("job", f"not started again: {error}")

    def wait_for_job(self) -> JobRun:
        """Wait until the job's stream has started: its checkpoint is there then.

        Raises:
            LocalCloudError: no job was started, it failed, or it did not start in time.
        """
        if self.job is None:
            raise LocalCloudError("job: not started")
        started = time.monotonic()
        wait_until(
            self._job_streams,
            _JOB_START_SECONDS,
            lambda: f"job: no stream after {_JOB_START_SECONDS:g} s; see {self.state.logs}",
        )
        self._progress("job", f"streaming, {time.monotonic() - started:.1f} s")
        return self.job

    @property
    def model(self) -> Child | None:
        """The process that serves the price model; None without one."""
        return self.sagemaker.model

    def start_model(self, artefact: Path) -> None:
        """Serve a trained model at the cloud's model endpoint and wait for it."""
        self._artefact = artefact
        self.sagemaker.host(artefact, f"s3://{deploy.BUCKET}/{ARTEFACT_KEY}")

    def stop(self) -> int:
        """End everything; returns how many processes are left, counted."""
        with undisturbed():
            if self.job is not None:
                self.job.stop()
            self.schedules.stop()
            self.driver.stop()
            self.mailbox.stop()
            self.left = self.supervisor.close()
            self.sagemaker.stop()
            # After Ctrl-C the parts may still be starting: they fail now, for nothing answers.
            self._pool.shutdown(cancel_futures=True)
            for port in (self._port, self._model_port):
                port.release()
            self.state.clean()
        return self.left

    def announce(self) -> None:
        """Tell other processes what runs; nothing once the run is being ended."""
        if self.supervisor.closed:
            return
        self.state.save(
            RunningCloud(
                run_id=self.supervisor.run_id,
                started_at=datetime.now(UTC).isoformat(timespec="seconds"),
                endpoint=self.endpoint,
                model_endpoint=self.model_endpoint if needs_model(self.options.job) else None,
                stack=deploy.STACK,
                window_seconds=self.options.window_seconds,
                job=self.options.job,
                parameters=self.options.parameters,
                processes=self.supervisor.pids(),
            )
        )

    def _start_apis(self) -> None:
        started = time.monotonic()
        start_on_port(
            self._port,
            lambda: start_emulator(self.supervisor, self.state.work, self._port.number),
            lambda child: wait_until_healthy(child, self.endpoint),
        )
        self._progress("emulator", f"{self.endpoint}, {time.monotonic() - started:.1f} s")
        started = time.monotonic()
        parameters = {
            **deploy.upload(self.clients, ROOT, self.state.work),
            "Window": f"{self.options.window_seconds} seconds",
            "AllowedLateness": self.options.allowed_lateness,
            "ShardCount": str(self.options.shards),
            # A run here is minutes of event time: prices are to move more than once in it.
            "CoolDownSeconds": "0",
            "SageMakerRuntimeEndpoint": self.model_endpoint,
            **self.options.parameters,
        }
        deploy.deploy(self.clients, ROOT / "infra" / "template.yaml", parameters)
        put_items(self.clients, "products", self.options.products)
        self._progress("stack", f"deployed, {time.monotonic() - started:.1f} s")
        self.driver.start()
        self.mailbox.start()
        self.schedules.start()
        if self.options.run_job:
            self.start_job()

    def _start_model(self) -> None:
        started = time.monotonic()
        artefact = self.options.artefact
        if artefact is None:
            history = self.state.work / "history.csv"
            write_history(Shop(self.options.seed).history(), history)
            folder = self.state.work / "model"
            folder.mkdir(exist_ok=True)
            artefact = train_model(self.supervisor, history, folder / "model.tar.gz")
        self.start_model(artefact)
        self._progress(
            "model",
            f"trained and served, {self.model_endpoint}, {time.monotonic() - started:.1f} s",
        )

    def _upload_artefact(self) -> None:
        """Put what is served where a deployment has it: a training compares with it."""
        if self._artefact is not None:
            content = self._artefact.read_bytes()
            self.clients["s3"].put_object(Bucket=deploy.BUCKET, Key=ARTEFACT_KEY, Body=content)

    def _job_streams(self) -> bool:
        if self.job is not None:
            self.job.check()
        listed = self.clients["s3"].list_objects_v2(
            Bucket=deploy.BUCKET, Prefix=f"{checkpoint(self.options.job)}metadata"
        )
        return bool(listed["KeyCount"])


def write_history(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write a sales history as the CSV that the model's training reads."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
