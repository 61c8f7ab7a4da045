"""The deployed job of click-through rates on a cloud of its own, and what must be in its tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from localaws.cloud import Cloud, CloudOptions
from localaws.ctr.inbox import Inbox
from localaws.ctr.mailbox import wait_until_collected
from localaws.ctr.messages import Message
from localaws.ctr.settings import CtrSettings
from localaws.sending import Record
from localaws.state import StateFolder
from localaws.tables import scan
from localaws.waiting import wait_until
from localaws.workloads import CTR
from tests.local.job_loop import JobLoop
from tests.local.proxy import Proxy, serving
from transforms.detectors.detector import WINDOW_MS, Verdict, Window
from transforms.detectors.profiles import DetectorSettings, make

START = 1_767_225_600_000  # 2026-01-01T00:00:00Z
# Says how far the stream was read, and is left out of what is compared.
CLOCK = "clock"
_RATES = ((10, 9), (11, 10), (9, 10), (10, 11), (12, 10))


@dataclass(frozen=True, order=True)
class Action:
    """A click or impression, epoch milliseconds."""

    at: int
    site: str
    browseraction: str

    @property
    def record(self) -> Record:
        event = {"browseraction": self.browseraction, "site": self.site, "event_timestamp": self.at}
        return Record(self.site, json.dumps(event).encode())


def actions(site: str, window: int, clicks: int, impressions: int) -> list[Action]:
    """So many actions, spread over the window of that number."""
    kinds = ["Click"] * clicks + ["Impression"] * impressions
    step = WINDOW_MS // max(1, len(kinds))
    begin = START + window * WINDOW_MS
    return [Action(begin + n * step, site, kind) for n, kind in enumerate(kinds)]


def traffic(site: str, first: int, count: int) -> list[Action]:
    """Windows of usual traffic."""
    return [a for n in range(first, first + count) for a in actions(site, n, *_RATES[n % 5])]


def burst(site: str, first: int) -> list[Action]:
    """Two windows of a rate that nobody expects."""
    return [*actions(site, first, 60, 10), *actions(site, first + 1, 60, 10)]


Windows = dict[tuple[str, int], tuple[Window, Verdict]]


def by_the_book(found: Iterable[Action]) -> Windows:
    """The windows of the actions, judged by detectors that were never stopped."""
    counts: dict[str, Counter[tuple[int, str]]] = {}
    for action in found:
        start = action.at - action.at % WINDOW_MS
        counts.setdefault(action.site, Counter())[start, action.browseraction] += 1
    return {
        (site, window.start): (window, verdict)
        for site, sums in counts.items()
        for window, verdict in _judged(sums)
    }


def _judged(sums: Counter[tuple[int, str]]) -> Iterator[tuple[Window, Verdict]]:
    detector = make(DetectorSettings())
    for start in sorted({start for start, _ in sums}):
        window = Window(start, sums[start, "Click"], sums[start, "Impression"])
        yield window, detector.observe(window)


class CtrLoop(JobLoop):
    """Stream, job, function, tables and topic, the job behind a proxy.

    Attributes:
        actions: every action that was put, once.
    """

    def __init__(self, cloud: Cloud, proxy: Proxy) -> None:
        super().__init__(cloud, proxy)
        self.actions: list[Action] = []

    def put(self, found: Sequence[Action]) -> None:
        """Put actions in the order of their times."""
        self.actions += found
        self.put_again(found)

    def put_again(self, found: Sequence[Action]) -> None:
        """Put actions that are not to be counted."""
        self.sender.send([action.record for action in sorted(found)])

    def close_windows(self) -> None:
        """Read the stream so far that every window put is closed, and its site cleared."""
        far = max(action.at for action in self.actions) + 12 * WINDOW_MS
        self.put_again([Action(far, CLOCK, "Click")])
        self.settle()

    def windows(self) -> list[dict[str, Any]]:
        """The table's items, those of the clock left out."""
        found = scan(self.clients, "ctr_windows")
        return sorted((w for w in found if w["site"] != CLOCK), key=_key)

    def differences(self) -> list[str]:
        """Where the windows are not as they must be."""
        expected = by_the_book(self.actions)
        found = {_key(item): item for item in self.windows()}
        lines = [f"{key}: only here" for key in found.keys() - expected.keys()]
        lines += [f"{key}: missing" for key in expected.keys() - found.keys()]
        for key in found.keys() & expected.keys():
            item, (window, verdict) = found[key], expected[key]
            told = {"clicks": window.clicks, "impressions": window.impressions, **vars(verdict)}
            lines += [
                f"{key} {name}: {item.get(name)!r}, not {value!r}"
                for name, value in told.items()
                if name != "severity" and not _same(item.get(name), value)
            ]
        return sorted(lines)

    def anomalies(self) -> list[tuple[str, int]]:
        """Sites and starts of the table's anomalies."""
        return sorted(_key(item) for item in scan(self.clients, "anomalies"))

    def expected_anomalies(self) -> list[tuple[str, int]]:
        """Those that must be in it."""
        book = by_the_book(self.actions)
        return sorted(key for key, (_, verdict) in book.items() if verdict.is_anomaly)

    def messages(self) -> list[Message]:
        """All that was sent so far."""
        wait_until_collected(self.clients)
        return Inbox(self.cloud.state.alerts_file).new()

    def told(self) -> Counter[tuple[str, str]]:
        """How many messages of a kind a site got; those of jobs that failed are of none."""
        of_sites = (message for message in self.messages() if message["site"] is not None)
        return Counter((message["site"], message["kind"]) for message in of_sites)

    def sweep(self) -> None:
        """Send what waits, as the schedule does each minute; what another holds is waited for."""

        def nothing_waits() -> bool:
            answer = self.clients["lambda"].invoke(
                FunctionName="anomaly_notifier", Payload=b'{"sweep": true}'
            )
            return bool(json.loads(answer["Payload"].read())["pending"] == 0)

        wait_until(nothing_waits, 90, lambda: "messages are still pending", interval=0.5)

    def rejects(self) -> list[dict[str, Any]]:
        return list(scan(self.clients, "rejects"))


def _key(item: dict[str, Any]) -> tuple[str, int]:
    at = datetime.fromisoformat(item["window_start"])
    return item["site"], round(at.timestamp() * 1_000)


def _same(found: Any, expected: Any) -> bool:
    """Whether the item has the value, to the last bit."""
    if isinstance(expected, float):
        return found is not None and float(found) == expected
    return bool(found == expected)


@contextmanager
def ctr_loop(folder: Path) -> Iterator[CtrLoop]:
    """A fresh cloud with the job deployed; afterwards no process of it is left."""
    # One shard, so that actions are read in the order in which they were put.
    parameters = CtrSettings().parameters(window_seconds=1)
    options = CloudOptions(job=CTR, shards=1, parameters=parameters)
    cloud = Cloud(StateFolder(folder / "state"), options)
    with cloud, serving(Proxy(cloud.endpoint)) as proxy:
        yield CtrLoop(cloud, proxy)
    assert cloud.left == 0
