"""The S3 jars: lock file, verification, Java."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from gluelocal import faststart, jars, java
from gluelocal.errors import JarsError, JavaError

# SHA-256 of the bytes "a".
DIGEST = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


def test_every_locked_jar_has_a_digest() -> None:
    lock = jars.read_lock("s3") | jars.read_lock("delta") | jars.read_lock("delta-3.3")
    assert {"hadoop-aws-3.4.2.jar", "delta-spark_2.13-4.2.0.jar"} < set(lock)
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in lock.values())


def test_a_glue_version_has_sets_of_its_own_and_another_says_what_is_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[str, Path]] = []
    monkeypatch.setattr(jars, "install_set", lambda *it: bool(taken.append(it)))
    assert jars.install(tmp_path, "5.1") is False
    assert taken == [("delta-3.3", tmp_path / "delta")]
    with pytest.raises(JarsError, match=r"--glue-version: found '4.0'; allowed are 6\.0, 5\.1"):
        jars.install(tmp_path, "4.0")


def test_what_is_there_and_right_is_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jars, "fetch", lambda name, work: pytest.fail("nothing to fetch"))
    (tmp_path / "a.jar").write_bytes(b"a")
    assert jars.install_set("s3", tmp_path, {"a.jar": DIGEST}) is False


def test_a_missing_or_changed_jar_is_fetched_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    (fetched / "a.jar").write_bytes(b"a")
    monkeypatch.setattr(jars, "fetch", lambda name, work: fetched)
    target = tmp_path / "target"
    target.mkdir()
    (target / "a.jar").write_bytes(b"changed")
    assert jars.install_set("s3", target, {"a.jar": DIGEST}) is True
    assert (target / "a.jar").read_bytes() == b"a"


def test_a_fetched_jar_that_differs_from_the_lock_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = tmp_path / "fetched"
    fetched.mkdir()
    (fetched / "a.jar").write_bytes(b"evil")
    monkeypatch.setattr(jars, "fetch", lambda name, work: fetched)
    with pytest.raises(JarsError, match=r"a\.jar has SHA-256 \w+, not ca978112"):
        jars.install_set("s3", tmp_path / "target", {"a.jar": DIGEST})
    assert not list((tmp_path / "target").iterdir())


def test_a_format_gives_its_jars_and_an_unknown_one_says_what_is_allowed(tmp_path: Path) -> None:
    (tmp_path / "delta").mkdir()
    (tmp_path / "delta" / "a.jar").write_bytes(b"a")
    assert jars.of_formats(tmp_path, ["delta"]) == [tmp_path / "delta" / "a.jar"]
    assert jars.of_formats(None, []) == []
    with pytest.raises(JarsError, match="found 'hudi'; allowed here are delta"):
        jars.of_formats(tmp_path, ["hudi"])
    with pytest.raises(JarsError, match="no jars of delta in None; run `gluelocal setup-jars`"):
        jars.of_formats(None, ["delta"])


def make_java(home: Path, release: str) -> None:
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "java").write_text("")
    (home / "release").write_text(release)


def test_a_java_of_17_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_java(tmp_path, 'JAVA_VERSION="17.0.15"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert java.find_java() == str(tmp_path / "bin" / "java")


@pytest.mark.parametrize("version", ["1.8.0_412", "11.0.2"])
def test_an_old_java_is_refused_in_one_line(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_java(tmp_path, f'JAVA_VERSION="{version}"\n')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(JavaError, match=r"is Java (8|11): Spark 4\.1 needs 17\+; install"):
        java.find_java()


def test_no_java_says_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JavaError, match=r"No Java in PATH: .* apt install openjdk-17"):
        java.find_java()


def test_a_fast_start_of_another_spark_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faststart, "_basis", lambda folder: {"spark": "4.1.1"})
    (tmp_path / "spark.jsa").write_bytes(b"")
    text = '{"basis": {"spark": "%s"}, "options": [], "archive": "%s"}'
    (tmp_path / "faststart.json").write_text(text % ("4.1.1", tmp_path / "spark.jsa"))
    assert faststart.load(tmp_path) is not None
    (tmp_path / "faststart.json").write_text(text % ("4.0.0", tmp_path / "spark.jsa"))
    assert faststart.load(tmp_path) is None


def test_without_set_up_there_is_no_fast_start(tmp_path: Path) -> None:
    assert faststart.load(tmp_path) is None
    assert faststart.load(None) is None
