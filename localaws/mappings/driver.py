"""Drives every mapping of a stream that the Lambda API lists: a thread for each shard."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.clients import Clients
from localaws.errors import LocalCloudError
from localaws.mappings.failures import failure_document
from localaws.mappings.records import Discard
from localaws.mappings.settings import MappingSettings
from localaws.mappings.shard import ShardLoop
from localaws.mappings.sources import Shard, Source, open_source
from localaws.mappings.targets import Function, send_to_destination
from localaws.state import write_json

_LOGGER = logging.getLogger(__name__)
_REFRESH_SECONDS = 0.5
_RETRY_SECONDS = 1.0
_REMOTE_ERRORS = (ClientError, BotoCoreError)


class MappingRun:
    """One mapping: its shards, parents before children.

    Attributes:
        errors: by shard, what its thread ended with; such a shard is not read any more.
    """

    def __init__(self, settings: MappingSettings, source: Source, clients: Clients) -> None:
        self.settings = settings
        self.loops: dict[str, ShardLoop] = {}
        self.errors: dict[str, str] = {}
        self._source = source
        self._clients = clients
        self._function = Function(clients.endpoint, settings.function_arn)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._executor = ThreadPoolExecutor(
            max_workers=32, thread_name_prefix=f"invoke-{settings.uuid[:8]}"
        )

    def refresh(self, settings: MappingSettings) -> None:
        """Take changed settings and start the shards whose parents are finished."""
        if settings != self.settings:
            self.settings = settings
            for loop in self.loops.values():
                loop.update(settings)
        first = not self.loops
        listed = self._source.shards()
        known = {shard.shard_id for shard in listed}
        for shard in listed:
            if shard.shard_id not in self.loops and self._parents_done(shard, known):
                self._start(shard, settings.starting_position if first else "TRIM_HORIZON")

    def stop(self) -> None:
        """Send nothing more; an invocation in flight ends by itself or with the emulator."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _parents_done(self, shard: Shard, known: set[str]) -> bool:
        alive = [parent for parent in shard.parents if parent in known]
        return all(parent in self.loops and self.loops[parent].finished for parent in alive)

    def _start(self, shard: Shard, position: str) -> None:
        loop = ShardLoop(
            self.settings,
            self._source.reader(shard.shard_id, position),
            self._function,
            lambda discard: self._give_up(shard.shard_id, discard),
            time.time,
            self._executor,
        )
        self.loops[shard.shard_id] = loop
        thread = threading.Thread(
            target=self._run,
            args=(shard.shard_id, loop),
            name=f"shard-{shard.shard_id}",
            daemon=True,
        )
        thread.start()
        self._threads.append(thread)

    def _run(self, shard_id: str, loop: ShardLoop) -> None:
        try:
            self._read_on(loop)
        except Exception as error:
            _LOGGER.exception("mapping %s: shard %s given up", self.settings.uuid, shard_id)
            self.errors[shard_id] = repr(error)

    def _read_on(self, loop: ShardLoop) -> None:
        while not self._stop.is_set() and not loop.finished:
            try:
                loop.run(self._stop)
            except _REMOTE_ERRORS as error:
                _LOGGER.warning("mapping %s: %s; trying again", self.settings.uuid, error)
                self._stop.wait(_RETRY_SECONDS)

    def _give_up(self, shard_id: str, discard: Discard) -> None:
        if self.settings.destination_arn is None:
            return
        document = failure_document(self.settings, shard_id, discard, time.time())
        try:
            send_to_destination(self._clients, self.settings.destination_arn, document)
        except _REMOTE_ERRORS:
            # The batch is lost to the queue, as on AWS when the role may not send to it.
            _LOGGER.exception("mapping %s: destination failed", self.settings.uuid)


class MappingDriver:
    """Follows the list of mappings and writes to `status_file` where each stands.

    Attributes:
        error: what the driver's thread ended with, None while all is well.
    """

    def __init__(
        self,
        endpoint: str,
        status_file: Path | None = None,
        open_stream: Callable[[Clients, str], Source | None] = open_source,
    ) -> None:
        self.runs: dict[str, MappingRun] = {}
        self.error: str | None = None
        self._clients = Clients(endpoint)
        self._status_file = status_file
        self._open_stream = open_stream
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mappings", daemon=True)
        self._refused: set[str] = set()

    def start(self) -> None:
        """Begin, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop every run."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for run in self.runs.values():
            run.stop()
        self.runs.clear()

    def refresh(self) -> None:
        """Compare with the API's list once: start, change and stop runs, and tell the status."""
        started = time.time()
        listed = self._list()
        for settings in listed:
            self._refresh_run(settings)
        for uuid in set(self.runs) - {settings.uuid for settings in listed}:
            self.runs.pop(uuid).stop()
        self._tell(started)

    def status(self, refreshed_at: float) -> dict[str, Any]:
        """Every shard of every mapping: what is in hand and when it was last caught up."""
        shards = [
            {
                "mapping": run.settings.uuid,
                "source": run.settings.source_arn,
                "function": run.settings.function_arn,
                "enabled": run.settings.enabled,
                "shard": shard_id,
                "pending": loop.pending,
                "discarded": loop.discarded,
                "error": run.errors.get(shard_id),
                "caught_up_at": time.time() if loop.finished else loop.caught_up_at,
            }
            for run in self.runs.values()
            for shard_id, loop in run.loops.items()
        ]
        return {"refreshed_at": refreshed_at, "error": self.error, "shards": shards}

    def _tell(self, refreshed_at: float) -> None:
        if self._status_file is not None:
            write_json(self._status_file, self.status(refreshed_at))

    def _run(self) -> None:
        try:
            self._follow()
        except Exception as error:
            _LOGGER.exception("mappings: given up")
            self.error = repr(error)
            self._tell(time.time())

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                self.refresh()
            except _REMOTE_ERRORS as error:
                _LOGGER.warning("mappings: %s; trying again", error)
            self._stop.wait(_REFRESH_SECONDS)

    def _list(self) -> list[MappingSettings]:
        pages = self._clients["lambda"].get_paginator("list_event_source_mappings").paginate()
        found = []
        for description in (item for page in pages for item in page["EventSourceMappings"]):
            try:
                found.append(MappingSettings.from_description(description))
            except LocalCloudError as error:
                self._refuse(description["UUID"], error)
        return found

    def _refuse(self, uuid: str, error: LocalCloudError) -> None:
        if uuid not in self._refused:
            self._refused.add(uuid)
            _LOGGER.error("%s", error)

    def _refresh_run(self, settings: MappingSettings) -> None:
        if settings.uuid not in self.runs:
            source = self._open_stream(self._clients, settings.source_arn)
            if source is None:
                return
            self.runs[settings.uuid] = MappingRun(settings, source, self._clients)
        self.runs[settings.uuid].refresh(settings)
