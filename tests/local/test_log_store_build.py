"""The log store's classes: the same bytes from the same source, and what is told of a wrong one."""

from pathlib import Path

import pytest

from localaws import log_store
from localaws.environment import ROOT
from localaws.errors import LocalCloudError


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the source, and nothing compiled yet."""
    monkeypatch.setenv("GLUELOCAL_JARS", str(ROOT / ".setup" / "jars"))
    (tmp_path / "lake_log_store").mkdir()
    (tmp_path / log_store.SOURCE).write_text((ROOT / log_store.SOURCE).read_text())
    return tmp_path


def test_two_checkouts_give_the_same_bytes(checkout: Path) -> None:
    (name, content), *others = log_store.compiled(checkout)
    assert name == "lake_log_store/S3ConditionalLogStore.class"
    assert content[:4] == b"\xca\xfe\xba\xbe"
    assert [(name, content), *others] == log_store.compiled(ROOT)


def test_a_source_that_is_wrong_is_told_with_its_line(checkout: Path) -> None:
    (checkout / log_store.SOURCE).write_text("package lake_log_store;\npublic class {\n")
    with pytest.raises(LocalCloudError, match=r"does not compile: (?s:.*)Line 2"):
        log_store.compiled(checkout)
    assert list((checkout / ".setup").iterdir()) == []


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"log store: no source .*; run from a checkout"):
        log_store.compiled(tmp_path)


def test_a_missing_java_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(LocalCloudError, match="log store: no Java; install OpenJDK 17"):
        log_store.compiled(checkout)
