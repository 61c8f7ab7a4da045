"""A suite of measurements as a command: each section measured, shown and recorded."""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, machine, record, table

Progress = Callable[[str], None]
Measured = tuple[list[Figure], dict[str, Any]]
Section = Callable[[Path, Progress], Measured]


def run(suite: str, name: str, section: Section, *, keep: bool) -> list[Figure]:
    """Measure one section, print its table, and record it."""
    where, started = machine(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"bench-{suite}-") as folder:
        figures, details = section(
            Path(folder),
            lambda text: print(f"{name} {time.monotonic() - started:5.0f} s  {text}", flush=True),
        )
    found = {
        "about": (section.__doc__ or "").strip(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": where,
        "figures": [figure.to_json() for figure in figures],
        "details": details,
    }
    print("\n".join(["", *table(found["figures"]), ""]), flush=True)
    if keep:
        record(suite, name, found)
    return figures


def main(suite: str, sections: Mapping[str, Section], description: str | None) -> None:
    """Run the sections asked for; the last lines are one of JSON a figure."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("sections", nargs="*", choices=[*sections, []], metavar="SECTION")
    parser.add_argument("--no-record", action="store_true", help="leave the recorded results")
    options = parser.parse_args()
    figures = [
        figure
        for name in options.sections or sections
        for figure in run(suite, name, sections[name], keep=not options.no_record)
    ]
    for figure in figures:
        print(json.dumps(figure.to_json()), flush=True)
