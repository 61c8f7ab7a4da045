"""Files of a job that may be on S3: scripts, extra modules, extra files."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from gluelocal.errors import ScriptArgumentError

_S3_SCHEMES = ("s3", "s3a", "s3n")


def fetch(location: str, folder: Path) -> Path:
    """The local path of `location`; an object on S3 is copied into `folder` first.

    Raises:
        ScriptArgumentError: there is no such file or object.
    """
    parts = urlsplit(location)
    if parts.scheme in _S3_SCHEMES:
        return _download(parts.netloc, parts.path.lstrip("/"), folder)
    path = Path(parts.path if parts.scheme == "file" else location).expanduser()
    if not path.exists():
        raise ScriptArgumentError(
            f"{location}: no such file; give a local path or s3://bucket/key."
        )
    return path.resolve()


def _download(bucket: str, key: str, folder: Path) -> Path:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import ClientError

    target = folder / Path(key).name
    client = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    try:
        client.download_file(bucket, key, str(target))
    except ClientError as error:
        raise ScriptArgumentError(f"s3://{bucket}/{key}: cannot be read: {error}") from error
    return target
