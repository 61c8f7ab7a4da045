"""What breaks a mapping is kept and told: whoever waits for the mappings gets the error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localaws.errors import LocalCloudError
from localaws.mappings.driver import MappingDriver
from localaws.mappings.idle import wait_until_idle
from localaws.mappings.settings import MappingSettings
from localaws.mappings.sources import Shard
from localaws.waiting import wait_until


class BrokenSource:
    """One shard whose records cannot be understood."""

    def shards(self) -> list[Shard]:
        return [Shard("shard-1", ())]

    def reader(self, *_: str) -> Any:
        def read() -> Any:
            raise KeyError("SequenceNumber")

        return SimpleNamespace(read=read)


@pytest.fixture
def drive(
    kit: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[..., Any]], Any]:
    """Run a driver of one mapping until its status tells of an error; the status."""
    base: MappingSettings = kit.base
    monkeypatch.setattr(MappingDriver, "_list", lambda _: [base])

    def run(open_stream: Callable[..., Any]) -> Any:
        file = tmp_path / "mappings.json"
        driver = MappingDriver("http://127.0.0.1:9", file, open_stream)
        driver.start()
        try:
            wait_until(lambda: file.exists() and "Error(" in file.read_text(), 20, lambda: "")
        finally:
            driver.stop()
        with pytest.raises(LocalCloudError, match="mappings: broken down"):
            wait_until_idle(file, 5)
        return json.loads(file.read_text())

    return run


def test_an_error_in_a_shard_is_in_its_status(drive: Callable[..., Any]) -> None:
    (shard,) = drive(lambda *_: BrokenSource())["shards"]
    assert shard["error"] == "KeyError('SequenceNumber')"


def test_an_error_of_the_driver_is_in_the_status(drive: Callable[..., Any]) -> None:
    def open_stream(*_: Any) -> Any:
        raise ValueError("no such kind of stream")

    assert drive(open_stream)["error"] == "ValueError('no such kind of stream')"
