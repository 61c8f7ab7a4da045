"""Who fires: one process of a state folder at a time."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localaws.errors import LocalCloudError

# The cloud's own driver has the lock for moments.
_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.05


@contextmanager
def try_lock(path: Path) -> Iterator[bool]:
    """Whether the lock is ours inside; the kernel lets it go when its process dies."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """The lock is ours inside.

    Raises:
        LocalCloudError: another scheduler has it.
    """
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with try_lock(path) as ours:
            if ours:
                yield
                return
        if time.monotonic() > deadline:
            raise LocalCloudError(
                f"another scheduler fires for {path.parent} ({path.name} is locked); stop it first"
            )
        time.sleep(_PAUSE_SECONDS)
