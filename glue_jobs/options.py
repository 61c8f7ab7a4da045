"""Job arguments as one typed dataclass, checked before a stream starts."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Self, get_args, get_type_hints

from awsglue.utils import getResolvedOptions

_UNITS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_DURATION = re.compile(r"\s*(\d+)\s*(second|minute|hour|day)s?\s*", re.IGNORECASE)
_BYTES = {"kb": 1024, "mb": 1024**2, "gb": 1024**3}
_SIZE = re.compile(r"\s*(\d+)\s*(KB|MB|GB)\s*", re.IGNORECASE)
_POSITION = re.compile(
    r"trim_horizon|latest|earliest|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", re.IGNORECASE
)

Parser = Callable[[str], Any]


class OptionError(ValueError):
    """Raised when a job argument is not allowed; the stream has not started."""


def text(found: str) -> str:
    """Text that is not empty."""
    if not found.strip():
        raise OptionError("it is empty; allowed is any text")
    return found


def number(found: str) -> int:
    """A whole number from 1."""
    if not found.strip().isdecimal() or int(found) < 1:
        raise OptionError(f"found {found!r}; allowed are whole numbers from 1")
    return int(found)


def decimal(found: str) -> float:
    """A number from 0."""
    try:
        parsed = float(found)
    except ValueError:
        parsed = math.nan
    if not 0 <= parsed < math.inf:
        raise OptionError(f"found {found!r}; allowed are numbers from 0, such as 4 or 0.25")
    return parsed


def duration_or_none(found: str) -> timedelta:
    """A duration like "10 minutes"; "0 seconds" is allowed."""
    match = _DURATION.fullmatch(found)
    if match is None:
        raise OptionError(
            f"found {found!r}; allowed are durations such as '100 seconds', '10 minutes', '1 hour'"
        )
    return timedelta(seconds=int(match[1]) * _UNITS[match[2].lower()])


def duration(found: str) -> timedelta:
    """A duration of at least a second."""
    parsed = duration_or_none(found)
    if not parsed:
        raise OptionError(f"found {found!r}; allowed are durations from 1 second")
    return parsed


def day(found: str) -> date:
    """A day of the calendar."""
    try:
        return datetime.strptime(found, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise OptionError(f"found {found!r}; allowed are days such as 2026-01-31") from None


def position(found: str) -> str:
    """Where a stream is read from when there is no checkpoint."""
    if _POSITION.fullmatch(found) is None:
        raise OptionError(
            f"found {found!r}; allowed are TRIM_HORIZON, LATEST, EARLIEST"
            " or a time like 2026-01-31T12:00:00Z"
        )
    return found


def one_of(*allowed: str) -> Parser:
    """One of these words."""

    def parse(found: str) -> str:
        if found not in allowed:
            raise OptionError(f"found {found!r}; allowed are {', '.join(allowed)}")
        return found

    return parse


def some_of(*allowed: str) -> Parser:
    """Some of these words, with commas between them."""

    def parse(found: str) -> tuple[str, ...]:
        words = tuple(dict.fromkeys(word.strip() for word in found.split(",")))
        if not set(words) <= set(allowed):
            raise OptionError(
                f"found {found!r}; allowed are {', '.join(allowed)}, some of them or all, with"
                " commas between them"
            )
        return words

    return parse


def between(shortest: timedelta, longest: timedelta) -> Parser:
    """A duration that is not shorter and not longer."""

    def parse(found: str) -> timedelta:
        parsed = duration(found)
        if not shortest <= parsed <= longest:
            hours = [f"{each.total_seconds() / 3600:g}" for each in (shortest, longest)]
            raise OptionError(
                f"found {found!r}; allowed are durations from {hours[0]} to {hours[1]} hours"
            )
        return parsed

    return parse


def size(found: str) -> int:
    """Bytes, like "128 MB"; a kilobyte is 1,024."""
    match = _SIZE.fullmatch(found)
    if match is None or not int(match[1]):
        raise OptionError(f"found {found!r}; allowed are sizes such as '512 KB', '128 MB', '1 GB'")
    return int(match[1]) * _BYTES[match[2].lower()]


Text = Annotated[str, text]
Number = Annotated[int, number]
Duration = Annotated[timedelta, duration]
Lateness = Annotated[timedelta, duration_or_none]
Position = Annotated[str, position]
Day = Annotated[date | None, day]
Tolerance = Annotated[float, decimal]


@dataclass(frozen=True)
class JobOptions:
    """Base of a job's options: a field `allowed_lateness` is the argument `--allowed-lateness`.

    A field without a default is required. The annotation carries the parser of the value.
    """

    JOB_NAME: Text

    @classmethod
    def from_argv(cls, argv: list[str] | None = None) -> Self:
        """The options of the command line, as Glue passes it.

        Raises:
            OptionError: a value is not allowed, or an option is written with underscores, which
                Glue would pass over in silence; names option, found and allowed.
            GlueArgumentError: a required argument is missing.
        """
        argv = sys.argv if argv is None else argv
        given = {arg.split("=", 1)[0] for arg in argv}
        for name in (field.name for field in fields(cls)):
            if f"--{name}" in given - {f"--{_argument(name)}"}:
                raise OptionError(f"--{name}: no such option; it is --{_argument(name)}")
        wanted = [
            _argument(field.name)
            for field in fields(cls)
            if field.default is MISSING or f"--{_argument(field.name)}" in given
        ]
        resolved = getResolvedOptions(argv, wanted)
        return cls.from_texts({n: resolved[n.replace("-", "_")] for n in wanted})

    @classmethod
    def from_texts(cls, texts: dict[str, str]) -> Self:
        """The options of argument names and texts; what is not given has its default."""
        hints = get_type_hints(cls, include_extras=True)
        parsed: dict[str, Any] = {}
        for argument, found in texts.items():
            name = argument.replace("-", "_")
            parse: Parser = get_args(hints[name])[1]
            try:
                parsed[name] = parse(found)
            except OptionError as error:
                raise OptionError(f"--{argument}: {error}") from None
        return cls(**parsed)

    def as_arguments(self) -> dict[str, str]:
        """The options as texts, for `Job.init`, which hands them to the JVM."""
        return {name: str(value) for name, value in vars(self).items()}


def _argument(field: str) -> str:
    return field if field.isupper() else field.replace("_", "-")
