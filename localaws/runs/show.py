"""Jobs and their runs for people, in lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from localaws.runs.record import RunRecord

_SHORT = 11


def job_lines(jobs: Iterable[dict[str, Any]]) -> list[str]:
    """The jobs, and below each what starts it."""
    rows: list[tuple[str, ...]] = [("job", "kind", "runs", "latest run")]
    for job in jobs:
        latest = job["latest"]
        rows.append(
            (
                job["job"],
                "streaming" if job["streaming"] else "batch",
                f"{job['running']} of {job['max_concurrent_runs']}",
                f"{latest['state']} {latest['run_id'][:_SHORT]}" if latest else "-",
            )
        )
        rows += [(f"    {trigger}",) for trigger in job["triggers"]]
    return _aligned(rows)


def run_lines(records: Iterable[RunRecord]) -> list[str]:
    """The runs, and below each why it failed."""
    rows: list[tuple[str, ...]] = [("run", "started", "job", "state", "took", "tries", "by")]
    for record in records:
        started = record.started_at[:19].replace("T", " ")
        rows.append(
            (
                record.run_id[:_SHORT],
                started,
                record.job,
                record.state,
                f"{record.seconds:.1f} s",
                str(record.attempt + 1),
                record.trigger or "-",
            )
        )
        rows += [(f"    {record.error}",)] if record.error else []
    return _aligned(rows)


def line(record: RunRecord) -> str:
    """How a run stands."""
    error = f": {record.error}" if record.error else ""
    return f"{record.job} {record.run_id}: {record.state} after {record.seconds:.1f} s{error}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell; a row of one cell is a remark and stands by itself."""
    cells = [row for row in rows if len(row) > 1]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()
        if len(row) > 1
        else row[0]
        for row in rows
    ]
