"""Bytes beside a checkpoint, written and read by tasks: below s3://, file: or a plain path."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from glue_jobs.options import OptionError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_S3 = ("s3", "s3a", "s3n")


def check(folder: str, option: str = "--checkpoint-path") -> None:
    """Raise unless tasks find there what Spark finds there; `option` is where it was given.

    Raises:
        OptionError: the path has another scheme, or one that is read in two ways.
    """
    scheme, separator, rest = folder.partition("://")
    known = scheme in (*_S3, "file") if separator else folder.startswith(("/", "file:/"))
    if not known or "//" in rest or set(folder) & set("#?%"):
        raise OptionError(
            f"{option}: found {folder!r}; allowed are s3://bucket/prefix, file:/path and"
            " /path, without //, #, ? and %"
        )


def put(path: str, content: bytes) -> None:
    """Puts a file in the place of what was there: nobody ever reads a part of it.

    Raises:
        OSError: it cannot be put there.
    """
    place = urlsplit(path)
    if place.scheme in _S3:
        try:
            _client().put_object(Bucket=place.netloc, Key=place.path.lstrip("/"), Body=content)
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"{path}: {error}") from error
        return
    target = Path(place.path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    beside.write_bytes(content)
    beside.replace(target)


def get(path: str, offset: int, length: int) -> bytes:
    """A part of a file.

    Raises:
        OSError: it is not there, or shorter.
    """
    found = _get(path, offset, length)
    if len(found) != length:
        raise OSError(f"{path}: {len(found)} bytes from {offset} on; {length} were written")
    return found


def _get(path: str, offset: int, length: int) -> bytes:
    place = urlsplit(path)
    if place.scheme in _S3:
        wanted = f"bytes={offset}-{offset + length - 1}"
        key = place.path.lstrip("/")
        try:
            return _client().get_object(Bucket=place.netloc, Key=key, Range=wanted)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise OSError(f"{path}: {error}") from error
    with Path(place.path).open("rb") as file:
        file.seek(offset)
        return file.read(length)


@functools.cache
def _client() -> S3Client:
    """The client of this process: Spark keeps its Python workers, and they keep theirs."""
    return boto3.client("s3")
