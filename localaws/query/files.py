"""A file system that remembers which files were opened: what a query has read of a table."""

from __future__ import annotations

import threading
from typing import Any, NoReturn

import pyarrow as pa
from pyarrow import fs

from localaws.clients import Clients
from localaws.errors import LocalCloudError


class ReadFiles(fs.FileSystemHandler):
    """Reads through another file system; `opened` has the size in bytes of each file, by path."""

    def __init__(self, inner: fs.FileSystem) -> None:
        super().__init__()
        self.opened: dict[str, int] = {}
        self._inner = inner
        self._lock = threading.Lock()

    def get_type_name(self) -> str:
        """Name of this kind of file system."""
        return f"read-only {self._inner.type_name}"

    def get_file_info(self, paths: list[str]) -> Any:
        """What is at the paths."""
        return self._inner.get_file_info(paths)

    def get_file_info_selector(self, selector: fs.FileSelector) -> Any:
        """What is below a folder."""
        return self._inner.get_file_info(selector)

    def normalize_path(self, path: str) -> str:
        """The path as the file system writes it."""
        return str(self._inner.normalize_path(path))

    def open_input_file(self, path: str) -> pa.NativeFile:
        """Open a file to read any part of it."""
        return self._noted(path, self._inner.open_input_file(path))

    def open_input_stream(self, path: str) -> pa.NativeFile:
        """Open a file to read it from the start."""
        return self._noted(path, self._inner.open_input_file(path))

    def _noted(self, path: str, file: pa.NativeFile) -> pa.NativeFile:
        with self._lock:
            self.opened[path] = file.size()
        return file

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise PermissionError("a query only reads")

    create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = _refuse
    delete_file = move = copy_file = open_output_stream = open_append_stream = _refuse


def file_system(location: str, clients: Clients | None) -> tuple[fs.FileSystem, str]:
    """The file system of a location, `s3://...` or a local folder, and the path on it.

    Raises:
        LocalCloudError: the location is on S3 and there is no cloud to ask.
    """
    for scheme in ("s3://", "s3a://"):
        if location.startswith(scheme):
            if clients is None:
                raise LocalCloudError(f"{location}: is on S3; start a cloud with `clickstream up`")
            return _s3(clients), location.removeprefix(scheme).rstrip("/")
    return fs.LocalFileSystem(), location.removeprefix("file://").rstrip("/")


def _s3(clients: Clients) -> fs.FileSystem:
    keys = clients.credentials
    scheme, _, host = (clients.endpoint or "https://").partition("://")
    return fs.S3FileSystem(
        access_key=keys.access_key,
        secret_key=keys.secret_key,
        session_token=keys.token,
        region=clients.region,
        scheme=scheme,
        endpoint_override=host.rstrip("/") or None,
    )


def storage_options(clients: Clients) -> dict[str, str]:
    """The same S3 as the settings of delta-rs."""
    keys = clients.credentials
    given = {
        "AWS_ENDPOINT_URL": clients.endpoint,
        "AWS_SESSION_TOKEN": keys.token,
    }
    return {
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": clients.region,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        **{key: value for key, value in given.items() if value},
    }
