"""A run of a crawler: look, decide, write, and remember what became of it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws import proposal
from localaws.clients import Clients
from localaws.crawler.catalog import Catalog, holds
from localaws.crawler.changes import OWNER, Change, decide, decide_missing, decide_unknown
from localaws.crawler.classifiers import Custom, custom_of
from localaws.crawler.definition import Definition, definition_of
from localaws.crawler.finding import Findings, Found, find, find_again
from localaws.discovery import discover
from localaws.errors import LocalCloudError
from localaws.sampling import sample_stream
from localaws.scheduler.lock import try_lock

_STREAM_RECORDS = 1_000


@dataclass(frozen=True)
class Crawl:
    """What a run did; times are ISO-8601 UTC.

    Attributes:
        status: SUCCEEDED or FAILED, with the error's text.
    """

    crawler: str
    status: str
    started_at: str
    ended_at: str
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""

    def count(self, action: str) -> int:
        """How many tables the run did that to."""
        return sum(change.action == action for change in self.changes)


def get_crawler(glue: Any, name: str) -> dict[str, Any]:
    """The crawler's definition and state.

    Raises:
        LocalCloudError: there is none of that name.
    """
    try:
        found: dict[str, Any] = glue.get_crawler(Name=name)["Crawler"]
    except glue.exceptions.EntityNotFoundException as error:
        names = [crawler["Name"] for crawler in glue.get_crawlers()["Crawlers"]]
        raise LocalCloudError(
            f"crawler {name}: not found; there are {names or 'none'}, `aws glue create-crawler`"
            " makes one"
        ) from error
    return found


def run_crawler(
    clients: Clients,
    name: str,
    history: Path,
    streams: Sequence[str] = (),
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> Crawl:
    """Run a crawler once, and add the run to the history, one JSON object a line.

    Raises:
        LocalCloudError: it runs already, its definition is not allowed, or a store cannot be
            read; what was written before stays, and the next run goes on from there.
    """
    glue = clients["glue"]
    definition = definition_of(get_crawler(glue, name))
    started = clock()
    run = Crawl(name, "FAILED", _iso(started), "")
    with _alone(history, name), _running(glue, name):
        try:
            run = replace(_crawl(clients, definition, streams, run), status="SUCCEEDED")
        except (LocalCloudError, BotoCoreError, ClientError) as error:
            run = replace(run, error=str(error))
            raise LocalCloudError(f"crawler {name}: {error}") from error
        finally:
            run = replace(run, ended_at=_iso(clock()))
            _remember(history, run)
    return run


def last_crawls(history: Path, name: str) -> list[dict[str, Any]]:
    """The runs of a crawler that the history has, the oldest first."""
    try:
        lines = history.read_text().splitlines()
    except FileNotFoundError:
        return []
    return [run for run in map(json.loads, lines) if run["crawler"] == name]


def _crawl(clients: Clients, definition: Definition, streams: Sequence[str], run: Crawl) -> Crawl:
    glue = clients["glue"]
    customs = [custom_of(_classifier(glue, name)) for name in definition.classifiers]
    changes, notes = [], []
    if definition.database:
        found = find(definition, customs, clients)
        catalog = Catalog(glue, definition.database)
        changes += _apply(catalog, definition, found)
        changes += _missing(catalog, definition, changes, found.unknown)
        notes += found.notes
    for database, table in definition.catalog_tables:
        found = _again(glue, definition, database, table, customs, clients)
        keep = replace(definition, delete="LOG")
        changes += _apply(Catalog(glue, database), keep, found)
        notes += found.notes
    changes += [_stream(clients, definition, stream) for stream in streams]
    return replace(run, changes=tuple(changes), notes=tuple(notes))


def _apply(catalog: Catalog, definition: Definition, found: Findings) -> list[Change]:
    return [_apply_one(catalog, definition, table, found.unknown) for table in found.tables]


def _apply_one(
    catalog: Catalog, definition: Definition, found: Found, unknown: Sequence[str]
) -> Change:
    update = definition.update
    if update == "MERGE_NEW_COLUMNS" and not found.on_s3:
        update = "UPDATE_IN_DATABASE"
    name = catalog.name_for(found.table)
    decision = decide(catalog.tables.get(name), {**found.table, "Name": name}, update)
    catalog.write(decision)
    if not found.partitions or decision.change.action == "deprecated":
        return decision.change
    table = catalog.tables[name]
    # New partitions are added under every policy, where the table as it stands can have them.
    if _keys(table) != _keys(found.table):
        return decision.change
    delete = definition.delete == "DELETE_FROM_DATABASE"
    counts = catalog.write_partitions(table, found.partitions, delete=delete, unknown=unknown)
    unchanged = decision.change.action == "unchanged"
    action = "updated" if counts and unchanged else decision.change.action
    return replace(decision.change, action=action, partitions=counts)


def _keys(table: Mapping[str, Any]) -> list[str]:
    return [key["Name"] for key in table.get("PartitionKeys") or []]


def _missing(
    catalog: Catalog, definition: Definition, changes: Sequence[Change], unknown: Sequence[str]
) -> Iterator[Change]:
    """Tables that this crawler wrote once and did not find now."""
    found = {change.table for change in changes}
    for name, table in list(catalog.tables.items()):
        owner = (table.get("Parameters") or {}).get(OWNER)
        if owner == definition.name and name not in found:
            if holds(table, unknown):
                decision = decide_unknown(table)
            else:
                decision = decide_missing(table, definition.delete, definition.name)
            catalog.write(decision)
            yield decision.change


def _again(
    glue: Any,
    definition: Definition,
    database: str,
    table: str,
    customs: Sequence[Custom],
    clients: Clients,
) -> Findings:
    try:
        existing = glue.get_table(DatabaseName=database, Name=table)["Table"]
    except glue.exceptions.EntityNotFoundException as error:
        raise LocalCloudError(f"table {database}.{table}: not found") from error
    return find_again(definition, existing, customs, clients)


def _stream(clients: Clients, definition: Definition, stream: str) -> Change:
    """A stream's table, from a sample of its records, by the rules of `clickstream discover`."""
    sample = sample_stream(clients["kinesis"], stream, _STREAM_RECORDS)
    name = _stream_table(clients["glue"], definition, stream, sample.stream_arn)
    found = discover(sample.records)
    proposed = proposal.propose(found, stream, sample.stream_arn, name)
    sentences = proposal.apply(clients["glue"], definition.database, found, proposed)
    created = bool(sentences) and sentences[0].startswith("created")
    action = "created" if created else "updated" if sentences else "unchanged"
    return Change(name, action, tuple(sentences))  # type: ignore[arg-type]


def _stream_table(glue: Any, definition: Definition, stream: str, arn: str) -> str:
    """The table of the stream that is there, else one that is named for it."""
    for name, table in Catalog(glue, definition.database).tables.items():
        parameters = (table.get("StorageDescriptor") or {}).get("Parameters") or {}
        if parameters.get("streamARN") == arn:
            return name
    return proposal.table_name(definition.prefix + stream)


def _classifier(glue: Any, name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = glue.get_classifier(Name=name)["Classifier"]
    except glue.exceptions.EntityNotFoundException as error:
        raise LocalCloudError(
            f"classifier {name}: not found; `aws glue create-classifier` makes one"
        ) from error
    return found


@contextmanager
def _alone(history: Path, name: str) -> Iterator[None]:
    """Hold a lock of this machine: the emulator takes a crawler for done after some seconds."""
    history.parent.mkdir(parents=True, exist_ok=True)
    # A crawler's name may have any character.
    key = hashlib.sha256(name.encode()).hexdigest()[:16]
    with try_lock(history.with_name(f"crawler-{key}.lock")) as ours:
        if not ours:
            raise _already(name)
        yield


@contextmanager
def _running(glue: Any, name: str) -> Iterator[None]:
    """Hold the crawler's own state, so that it does not run twice at once."""
    try:
        glue.start_crawler(Name=name)
    except glue.exceptions.CrawlerRunningException as error:
        raise _already(name) from error
    try:
        yield
    finally:
        over = (
            glue.exceptions.CrawlerNotRunningException,
            glue.exceptions.CrawlerStoppingException,
        )
        with suppress(*over):
            glue.stop_crawler(Name=name)


def _already(name: str) -> LocalCloudError:
    return LocalCloudError(f"crawler {name}: runs already; wait until it has ended")


def _remember(history: Path, run: Crawl) -> None:
    history.parent.mkdir(parents=True, exist_ok=True)
    with history.open("a") as file:
        file.write(json.dumps(asdict(run)) + "\n")


def _iso(time: dt.datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
