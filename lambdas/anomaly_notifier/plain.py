"""Text that goes through anything: what a subject, an SMS and one line of an email can hold."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

SUBJECT_CHARACTERS = 99  # SNS takes fewer than 100
SMS_CHARACTERS = 160

_LEAST_CHARACTERS = 12  # of a site, else nobody knows which
_OUTSIDE_GSM = frozenset("`^{}[]~\\|")  # ASCII that an SMS counts twice, or not as GSM at all


def one_line(text: str) -> str:
    """The text with what would not print, or not on the same line, as question marks."""
    return "".join(each if each.isprintable() else "?" for each in text)


def gsm(text: str) -> str:
    """The text in printable ASCII of one GSM character each: letters without their accents."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(_gsm(each) for each in parts if not unicodedata.combining(each))


def fit(before: str, site: str, after: str, limit: int) -> str:
    """The three, of which the site is cut first when they are longer than the limit."""
    room = max(limit - len(before) - len(after), _LEAST_CHARACTERS)
    name = gsm(site)
    cut = name if len(name) <= room else f"{name[: room - 3]}..."
    return f"{gsm(before)}{cut}{gsm(after)}"[:limit]


def number(value: float) -> str:
    """Three digits of a number, such as `4.83`."""
    return f"{value:.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def counted(count: int, noun: str) -> str:
    """Such as `1 click` or `2 clicks`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def percent(value: float) -> str:
    """Such as `4.83%`."""
    return f"{number(value)}%"


def duration(length: timedelta) -> str:
    """The two largest units of a length of time, such as `2 h 5 min`."""
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = ((days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s"))
    found = [f"{count} {unit}" for count, unit in units if count]
    return " ".join(found[:2]) or "0 s"


def _gsm(character: str) -> str:
    is_plain = character.isascii() and character.isprintable() and character not in _OUTSIDE_GSM
    return character if is_plain else "?"
