"""A deployed job on a cloud of its own, behind a proxy: killed, tried again, and settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import psutil

from localaws.accounting import Totals, read_totals
from localaws.cloud import Cloud
from localaws.jobs import JobRun
from localaws.processes import Child
from localaws.sending import Sender
from localaws.waiting import wait_until
from localaws.workloads import stream_of
from tests.local.proxy import Hold, Proxy, Request

Part = TypeVar("Part")

_SETTLE_SECONDS = 120
_END_SECONDS = 30
_HELD_SECONDS = 180


class JobLoop:
    """The stream, and the job behind a proxy.

    Attributes:
        sender: puts records into the job's stream.
    """

    def __init__(self, cloud: Cloud, proxy: Proxy) -> None:
        self.cloud, self.proxy = cloud, proxy
        self.clients = cloud.clients
        self.sender = Sender(cloud.clients["kinesis"], stream_of(cloud.options.job).name)
        cloud.supervisor.environment["AWS_ENDPOINT_URL"] = proxy.url

    @property
    def sent(self) -> int:
        """Records that were put."""
        return self.sender.sent

    @property
    def job(self) -> JobRun:
        assert self.cloud.job is not None
        return self.cloud.job

    @property
    def child(self) -> Child:
        assert self.job.child is not None
        return self.job.child

    def start_job(self) -> None:
        """Start the job, which runs until it is stopped or killed."""
        self.cloud.start_job()

    def kill_job(self) -> None:
        """SIGKILL the job, its JVM and its Python workers at once, as a lost machine would."""
        kill(self.child)

    def kill_when(self, hold: Hold) -> None:
        """Kill the job while it waits for the answer to what is held, and drop that."""
        hold.wait_until_it_holds()
        self.kill_job()
        hold.open()

    def restart_job(self, killed: Child) -> None:
        """Wait for the retry that the job was deployed with; after that one, start it anew."""
        wait_until(
            lambda: self.child is not killed or self.job.state == "FAILED",
            _END_SECONDS,
            lambda: "the job was not tried again",
        )
        if self.job.state == "FAILED":
            self.start_job()

    def settle(self) -> None:
        """Wait until all that was put is accounted for."""

        def is_settled() -> bool:
            self.job.check()
            return self.totals().accounted >= self.sent

        wait_until(is_settled, _SETTLE_SECONDS, lambda: f"{self.totals()} of {self.sent} sent")

    def totals(self) -> Totals:
        """What became of them."""
        return read_totals(self.clients, self.cloud.options.job)


def kill(child: Child) -> None:
    """SIGKILL a job's process, its JVM and its Python workers at once."""
    parent = psutil.Process(child.process.pid)
    family = [parent, *parent.children(recursive=True)]
    for process in family:
        process.kill()
    psutil.wait_procs(family[1:], timeout=10)


def is_work(request: Request) -> bool:
    """Not of the polls of the stream, which go on without an end."""
    return not request.name.startswith("Kinesis")


def feed_until(
    moment: Hold, loop: JobLoop, parts: Iterator[Part], put: Callable[[Part], None]
) -> None:
    """Put part after part, each once the job has done with the one before, until it holds."""
    while not moment.holds:
        put(next(parts))
        wait_until(
            lambda: moment.holds or loop.totals().accounted >= loop.sent,
            _HELD_SECONDS,
            lambda: f"{loop.totals()} of {loop.sent}: {loop.job.log_tail()}",
        )
