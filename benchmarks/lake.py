"""The lake's figures, each beside its reference: `python -m benchmarks.lake [SECTION ...]`.

Sections: archive, compaction, day, training; all of them without an argument. Ends with one line of
JSON a figure, and keeps the run in `benchmarks/results/`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks import lake_archive, lake_compaction, lake_day, lake_training
from benchmarks.figures import Figure
from benchmarks.job_session import deployed, session
from benchmarks.lake_day import Size
from benchmarks.session_events import Clicks
from benchmarks.suite import Measured, Progress, Section, main

_SECONDS: Final = 60.0


def archive(folder: Path, progress: Progress) -> Measured:
    """4 M events of 50 k users on 4 shards, written in the order declared, at most as many a batch
    as the job reads by default, of an endpoint without Kinesis's limits on reading; each event once
    in Delta; beside the same stream as plain parquet, which sets nothing aside and finds nothing
    again: with each record's place in the stream, as the archive keeps it, and with the events'
    fields alone. In a heap of 4 GB, as a worker has and more than `gluelocal` gives, and with the
    deployed job's settings for all three.
    """
    keys = {"AWS_ACCESS_KEY_ID": "0", "AWS_SECRET_ACCESS_KEY": "0"}
    conf = {**deployed("click_archive"), "spark.driver.memory": "4g"}
    with session(folder, keys, conf) as spark:
        found = lake_archive.measure(spark, folder, Clicks(events=4_000_000), progress)
    job, plain, fields = (found.rate(turns) for turns in (found.job, found.plain, found.fields))
    figures = [
        Figure("archive_events_per_second", job, plain, least=0.6),
        Figure("archive_events_per_second_fields_alone", job, fields, least=0.6),
    ]
    return figures, vars(found)


def compaction(folder: Path, progress: Progress) -> Measured:
    """A day of 8,640 files, compacted while open and clustered once closed, in a session that has
    started; beside the 60 s asked for, and Spark's own reading and writing of the files. Medians of
    two queries of the day before and after; the bytes that one opens beside the bytes of the day.
    """
    with session(folder, conf=deployed("lake_maintenance")) as spark:
        found = lake_compaction.measure(spark, folder, Size(), progress)
    figures = [
        Figure("compaction_seconds", found.compact, _SECONDS, most=1.0),
        Figure("clustering_seconds", found.cluster, _SECONDS, most=1.0),
        Figure("compaction_seconds_plain_rewrite", found.compact, found.rewrite),
        Figure("bytes_scanned_by_a_day", found.scanned, found.day_bytes, least=1.0, most=1.0),
    ]
    figures += [Figure(f"{q}_seconds_before", *found.gain(q), least=5.0) for q in found.before]
    return figures, vars(found)


def day(folder: Path, progress: Progress) -> Measured:
    """A day of a commit every ten seconds, with maintenance every hour: the most files that the day
    ever has, beside what comes in an hour and the file that the hours before have become.
    """
    with session(folder, conf=deployed("lake_maintenance")) as spark:
        found = lake_compaction.day(spark, folder, progress, lake_day.BATCHES)
    return [Figure("most_files_of_a_day", found["most_files"], 361, most=1.0)], found


SECTIONS: Final[dict[str, Section]] = {
    "archive": archive,
    "compaction": compaction,
    "day": day,
    "training": lake_training.training,
}

if __name__ == "__main__":
    main("lake", SECTIONS, __doc__)
