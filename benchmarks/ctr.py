"""The figures of click-through rates: `python -m benchmarks.ctr [SECTION ...]`.

Sections: sites, counting, days, detect; all of them without an argument. Ends with one line of
JSON a figure, and keeps the run in `benchmarks/results/`.
"""

from __future__ import annotations

from typing import Final

from benchmarks import ctr_days, ctr_job
from benchmarks.suite import Section, main

SECTIONS: Final[dict[str, Section]] = {
    "sites": ctr_job.sites,
    "counting": ctr_job.counting,
    "days": ctr_days.days,
}

if __name__ == "__main__":
    main("ctr", SECTIONS, __doc__)
