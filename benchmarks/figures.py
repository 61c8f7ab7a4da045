"""Figures beside their references, and the record of a run: where, when, what."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).parent / "results"
_PACKAGES: Final = ("pyspark", "pyarrow", "boto3", "ministack")


@dataclass(frozen=True)
class Figure:
    """A number, what it is measured against, and the bounds that its ratio is to keep."""

    name: str
    figure: float
    reference: float
    least: float | None = None
    most: float | None = None

    @property
    def ratio(self) -> float:
        """Figure by reference."""
        return self.figure / self.reference

    @property
    def met(self) -> bool | None:
        """Whether the ratio is within its bounds; None when it has none."""
        if self.least is None and self.most is None:
            return None
        return (self.least is None or self.ratio >= self.least) and (
            self.most is None or self.ratio <= self.most
        )

    def to_json(self) -> dict[str, Any]:
        """One line of the output."""
        bounds = {"at_least": self.least, "at_most": self.most, "met": self.met}
        return {
            "name": self.name,
            "figure": _rounded(self.figure),
            "reference": _rounded(self.reference),
            "ratio": round(self.ratio, 3),
            **{key: value for key, value in bounds.items() if value is not None},
        }


def _rounded(value: float) -> float:
    return round(value) if abs(value) >= 1_000 else round(value, 2)


def machine() -> dict[str, Any]:
    """Cores, CPU, memory, versions, and how busy the machine is with other things."""
    meminfo = Path("/proc/meminfo").read_text()
    kilobytes = int(meminfo.partition("MemTotal:")[2].split()[0])
    java = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    return {
        "cores": os.cpu_count(),
        "cpu": _cpu_model(),
        "memory_gigabytes": round(kilobytes / 1e6, 1),
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "java": java.stderr.partition('"')[2].partition('"')[0],
        **{name: version(name) for name in _PACKAGES},
    }


def record(suite: str, section: str, found: Mapping[str, Any], folder: Path = RESULTS) -> None:
    """Keep a section's run in `<suite>.json`, and all of them readable in `<suite>.md`."""
    path = folder / f"{suite}.json"
    runs = json.loads(path.read_text()) if path.exists() else {}
    runs[section] = dict(found)
    path.write_text(json.dumps(runs, indent=1) + "\n")
    (folder / f"{suite}.md").write_text(render(suite, runs))


def render(suite: str, runs: Mapping[str, Mapping[str, Any]]) -> str:
    """The recorded runs as a page."""
    lines = [f"# Recorded figures: {suite}", "", f"Written by `make bench-{suite}`."]
    for section, run in runs.items():
        where = run["machine"]
        versions = ", ".join(f"{n} {where[n]}" for n in ("python", "java", *_PACKAGES))
        lines += [
            *("", f"## {section}", "", run["about"], ""),
            f"{run['date']}; {where['cores']} cores, {where['cpu']},"
            f" {where['memory_gigabytes']} GB, {where['system']}.",
            f"Load average when it began: {where['load_average'][0]}.",
            *(f"{versions}.", ""),
            *table(run["figures"]),
        ]
    return "\n".join(lines) + "\n"


def table(figures: Iterable[Mapping[str, Any]]) -> list[str]:
    """The lines of a Markdown table."""
    rows = [(f["name"], *(_text(f[key]) for key in ("figure", "reference", "ratio")), _wanted(f))
            for f in figures]  # fmt: skip
    head = ("name", "figure", "reference", "ratio", "wanted")
    return [_row(head), _row(["---", "---:", "---:", "---:", "---"]), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _text(value: float) -> str:
    return f"{value:,}"


def _wanted(figure: Mapping[str, Any]) -> str:
    words = (("at least", figure.get("at_least")), ("at most", figure.get("at_most")))
    bounds = " and ".join(f"{word} {bound:g}" for word, bound in words if bound is not None)
    return f"{bounds}: {'met' if figure['met'] else 'MISSED'}" if bounds else ""


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
