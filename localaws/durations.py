"""Durations as people and the template write them."""

from __future__ import annotations

import re
from datetime import timedelta

from localaws.errors import LocalCloudError

_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
# As the template takes them.
_DURATION = re.compile(r"(\d+) (second|minute|hour|day)s?", re.ASCII)


def millis(name: str, found: str) -> int:
    """The duration in milliseconds; `name` is what it is of.

    Raises:
        LocalCloudError: it is none.
    """
    match = _DURATION.fullmatch(found)
    if match is None:
        raise LocalCloudError(
            f"{name}: found {found!r}; allowed are durations such as '10 seconds', '30 minutes'"
        )
    length = timedelta(seconds=int(match[1]) * _UNITS[match[2]])
    return length // timedelta(milliseconds=1)
