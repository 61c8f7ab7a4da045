"""The files of a run: which are read, and where their scores are written."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localaws.detect.reading import Series
from localaws.detect.scoring import Scored
from localaws.errors import LocalCloudError

_SUFFIX: Final = ".csv"
COLUMNS: Final = ("timestamp", "value", "score", "alert")


@dataclass(frozen=True)
class Source:
    """A file to be scored; `key` is its path below the folder, `target` where the scores go."""

    path: Path
    key: str
    target: Path | None


def sources(path: Path, out: Path | None) -> list[Source]:
    """The file, or all CSV files of the folder and those below it, by name.

    Raises:
        LocalCloudError: there is none, or scores would be written over what is to be read.
    """
    if path.is_dir():
        return _of_folder(path, out)
    if not path.is_file():
        raise LocalCloudError(f"{path}: is not there; name a CSV file, or a folder of them")
    if out is not None and out.is_dir():
        raise LocalCloudError(f"--out {out}: is a folder; name a file, as {path} is one")
    if out is not None and out.resolve() == path.resolve():
        raise LocalCloudError(f"--out {out}: is the file to be scored; name another one")
    return [Source(path, path.name, out)]


def write_scores(series: Series, scored: Scored, target: Path) -> None:
    """Write a row for each row of the series, in one step.

    Raises:
        LocalCloudError: the file cannot be written; one that was there is as it was.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            rows = zip(
                series.timestamps, series.texts, scored.scores, map(int, scored.alerts), strict=True
            )
            writer.writerows(rows)
        part.replace(target)
    except OSError as error:
        raise LocalCloudError(f"{target}: cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _of_folder(folder: Path, out: Path | None) -> list[Source]:
    if out is not None and out.is_file():
        raise LocalCloudError(f"--out {out}: is a file; name a folder, as {folder} is one")
    if out is not None and out.resolve() == folder.resolve():
        raise LocalCloudError(f"--out {out}: is the folder to be scored; name another one")
    inside = None if out is None else out.resolve()
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() == _SUFFIX
        and path.is_file()
        # Scores of an earlier run are no series.
        and (inside is None or inside not in path.resolve().parents)
    ]
    if not found:
        raise LocalCloudError(f"{folder}: has no file *{_SUFFIX}, nor have the folders below it")
    keys = [path.relative_to(folder).as_posix() for path in found]
    return [
        Source(path, key, None if out is None else out / key)
        for path, key in zip(found, keys, strict=True)
    ]
