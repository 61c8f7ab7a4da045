"""The figures of click-through rates: `python -m benchmarks.ctr [SECTION ...]`.

Sections: sites, counting, days, detect; all of them without an argument. Ends with one line of
JSON a figure, and keeps the run in `benchmarks/results/`. With NAB_ROOT naming a checkout of the
Numenta Anomaly Benchmark, detect is measured on that corpus too.
"""

from __future__ import annotations

from typing import Final

from benchmarks import ctr_days, ctr_detect, ctr_job
from benchmarks.suite import Section, main

SECTIONS: Final[dict[str, Section]] = {
    "sites": ctr_job.sites,
    "counting": ctr_job.counting,
    "days": ctr_days.days,
    "detect": ctr_detect.detect,
}

if __name__ == "__main__":
    main("ctr", SECTIONS, __doc__)
