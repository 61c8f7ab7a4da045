"""Where the lake may be: wherever a commit is put if nobody was first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from glue_jobs import lake
from glue_jobs.options import OptionError

OURS = {"spark.delta.logStore.s3.impl": "lake_log_store.S3ConditionalLogStore"}


def session(conf: dict[str, str]) -> Any:
    return SimpleNamespace(conf=SimpleNamespace(get=conf.get))


@pytest.mark.parametrize("place", ["/lake", "file:/lake", "file:///lake/"])
def test_a_folder_needs_no_log_store(place: str) -> None:
    lake.check(session({}), place)


def test_a_lake_on_s3_is_taken_with_its_log_store() -> None:
    lake.check(session(OURS), "s3://b/lake/")


@pytest.mark.parametrize("conf", [{}, {"spark.delta.logStore.s3.impl": "io.delta.storage.Other"}])
def test_a_lake_on_s3_is_refused_to_a_session_that_would_overwrite_commits(
    conf: dict[str, str],
) -> None:
    with pytest.raises(
        OptionError, match=r"--lake-path: found 's3://b/lake/', .* give it in --conf"
    ):
        lake.check(session(conf), "s3://b/lake/")


@pytest.mark.parametrize(
    "place",
    ["lake", "hdfs://a/b", "s3://b//lake", "s3://b/a?b", "s3a://b/lake/", "s3n://b/l", "S3://b/l"],
)
def test_a_lake_that_is_read_in_two_ways_or_has_another_store_is_refused(place: str) -> None:
    with pytest.raises(OptionError, match=r"--lake-path: found '.*'; allowed are s3://"):
        lake.check(session(OURS), place)
