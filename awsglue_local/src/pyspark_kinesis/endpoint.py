"""Which stream, in which region, at which address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from pyspark_kinesis.errors import KinesisOptionError

_STREAM_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[\w-]*):kinesis:(?P<region>[\w-]+):\d{12}:stream/(?P<name>[\w.-]+)"
)
_STREAM_NAME: Final = re.compile(r"[\w.-]{1,128}", re.ASCII)
_AWS_HOST: Final = re.compile(r"kinesis(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws|api\.aws)")


def stream_of(options: Mapping[str, str]) -> tuple[str, str | None]:
    """Name and ARN of the stream that `streamARN` or `streamName` names."""
    arn, name = options.get("streamarn"), options.get("streamname")
    if arn:
        found = _STREAM_ARN.fullmatch(arn)
        if not found:
            allowed = "arn:aws:kinesis:<region>:<account>:stream/<name>"
            raise KinesisOptionError("streamARN", arn, allowed)
        return found["name"], arn
    if not name or not _STREAM_NAME.fullmatch(name):
        allowed = "a stream name of 1 to 128 letters, digits, '_', '.', '-'; or give streamARN"
        raise KinesisOptionError("streamName", name, allowed)
    return name, None


def region_of(options: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Region: `region`, the ARN's, that of `endpointUrl`, or the environment's, in this order."""
    arn = _STREAM_ARN.fullmatch(options.get("streamarn") or "")
    host = _AWS_HOST.search(options.get("endpointurl") or "")
    candidates = (
        options.get("region"),
        arn and arn["region"],
        host and host["region"],
        environment.get("AWS_REGION"),
        environment.get("AWS_DEFAULT_REGION"),
    )
    region = next(filter(None, candidates), None)
    if not region:
        allowed = "a region name; or set AWS_REGION, or give streamARN or a regional endpointUrl"
        raise KinesisOptionError("region", None, allowed)
    return str(region)


def endpoint_of(options: Mapping[str, str], environment: Mapping[str, str], region: str) -> str:
    """Address of the API; the environment goes before the script, as with all AWS SDKs."""
    for source, url in (
        ("AWS_ENDPOINT_URL_KINESIS", environment.get("AWS_ENDPOINT_URL_KINESIS")),
        ("AWS_ENDPOINT_URL", environment.get("AWS_ENDPOINT_URL")),
        ("endpointUrl", options.get("endpointurl")),
    ):
        if url:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise KinesisOptionError(source, url, "a URL such as https://host[:port]")
            return url.rstrip("/")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://kinesis.{region}.{suffix}"
