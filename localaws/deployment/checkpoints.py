"""What a job's checkpoint holds, read without Spark: how far a stream was read, and on what terms.

Spark writes `offsets/N`: a version, a line about the query, and a line a source. The jobs keep
`<folder>/standing-N` beside it (glue_jobs/standings.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from localaws.clients import Clients

# The version of the files that Spark 3.5 and 4.1 both read.
OFFSETS_VERSION = "v1"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint as it stands.

    Attributes:
        version: of its files; None when no batch was planned yet.
        stream: that it has positions of; None when its writer does not say.
        terms: that what stands beside it was made with; None where nothing does.
    """

    version: str | None = None
    stream: str | None = None
    terms: Mapping[str, str] | None = None


class Checkpoints:
    """Reads the checkpoints below `s3://` paths of one bucket, which need not be there yet."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._s3 = clients["s3"]
        self._bucket = bucket

    def read(self, path: str, folder: str | None) -> Checkpoint:
        """The checkpoint at a path, and the standing in a folder beside it."""
        prefix = _prefix(path)
        offsets = self._last(f"{prefix}/offsets/")
        standing = self._last(f"{prefix}/{folder}/standing-") if folder else None
        lines = offsets.splitlines() if offsets else []
        return Checkpoint(
            version=lines[0] if lines else None,
            stream=_stream(lines),
            terms=json.loads(standing)["terms"] if standing else None,
        )

    def finished(self, path: str) -> int | None:
        """The number of the last finished batch; None before the first."""
        return self._greatest(f"{_prefix(path)}/commits/")

    def _last(self, prefix: str) -> str | None:
        """The text of the object whose name ends in the greatest number."""
        last = self._greatest(prefix)
        if last is None:
            return None
        body = self._s3.get_object(Bucket=self._bucket, Key=f"{prefix}{last}")["Body"]
        return str(body.read().decode())

    def _greatest(self, prefix: str) -> int | None:
        return max(_numbers(self._keys(prefix), prefix), default=None)

    def _keys(self, prefix: str) -> Iterable[str]:
        pages = self._s3.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                yield from (each["Key"] for each in page.get("Contents", ()))
        except self._s3.exceptions.NoSuchBucket:
            return


def _prefix(path: str) -> str:
    return urlsplit(path).path.strip("/")


def _numbers(keys: Iterable[str], prefix: str) -> Iterable[int]:
    for key in keys:
        rest = key.removeprefix(prefix)
        if rest.isdecimal():
            yield int(rest)


def _stream(lines: list[str]) -> str | None:
    try:
        offset: Any = json.loads(lines[2])
    except (IndexError, ValueError):
        return None
    return offset.get("stream") if isinstance(offset, dict) else None
