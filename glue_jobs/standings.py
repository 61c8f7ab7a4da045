"""What counts after each batch of a job with state: a small file beside its checkpoint.

It is written last: a batch that is tried again finds what stood before it, whatever it had written.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from glue_jobs.hadoop import Folder
from glue_jobs.options import OptionError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_PREFIX = "standing-"


class Standings:
    """The standings in a folder, which holds the files that they speak of too."""

    def __init__(self, spark: SparkSession, path: str) -> None:
        self._folder = Folder(spark, path)

    @property
    def path(self) -> str:
        """The folder."""
        return self._folder.path

    def check(self, terms: Mapping[str, str], what: str) -> None:
        """Compares the terms, options by name, with those that the latest standing was made with.

        Raises:
            OptionError: they are others.
        """
        standing = self.before(sys.maxsize) or {"terms": terms}
        for name, given in terms.items():
            found = standing["terms"].get(name)
            if found != given:
                raise OptionError(
                    f"--{name}: found {given!r}; the {what} beside the checkpoint were made with"
                    f" {found!r}: give that, or another --checkpoint-path"
                )

    def before(self, batch_id: int) -> dict[str, Any] | None:
        """What stood after the last batch before this one; None before the first."""
        last = _last(self._folder.names(), batch_id)
        if last is None:
            return None
        found: dict[str, Any] = json.loads(self._folder.read(f"{_PREFIX}{last}"))
        return found

    def commit(self, batch_id: int, standing: Mapping[str, Any], needed: Collection[str]) -> None:
        """Says what counts after a batch, then deletes what neither the next nor a replay needs.

        `needed` names all files that this standing and the one before it speak of.
        """
        self._folder.write(f"{_PREFIX}{batch_id}", json.dumps(standing))
        names = self._folder.names()
        kept = {*needed, f"{_PREFIX}{batch_id}", f"{_PREFIX}{_last(names, batch_id)}"}
        for name in names:
            if name not in kept:
                self._folder.delete(name)


def _last(names: Iterable[str], batch_id: int) -> int | None:
    """The last batch before this one that has a standing."""
    numbers = (_number(name) for name in names)
    return max((n for n in numbers if n is not None and n < batch_id), default=None)


def _number(name: str) -> int | None:
    number = name.removeprefix(_PREFIX)
    return int(number) if number != name and number.isdecimal() else None
