"""One line that says why a script failed."""

from __future__ import annotations

import re

_PYTHON_ERROR = re.compile(r"^(?P<cls>[A-Za-z_][\w.]*): (?P<text>.+)$")
_TRACEBACK = "Traceback (most recent call last)"


def summary(error: BaseException) -> str:
    """`Class: message` of the Python error at the root of `error`, without any stack trace."""
    text = str(error)
    if _TRACEBACK in text:
        found = _innermost(text)
        if found:
            return found
    message = next((line.strip() for line in text.splitlines() if line.strip()), "")
    name = type(error).__name__
    return f"{name}: {message}" if message else name


def _innermost(text: str) -> str | None:
    """The last line of the first Python traceback in `text`: the error that began it."""
    lines = text[text.index(_TRACEBACK) :].splitlines()[1:]
    for line in lines:
        if line.startswith((" ", "\t")) or not line.strip():
            continue
        found = _PYTHON_ERROR.match(line.strip())
        if found:
            return f"{found['cls'].rpartition('.')[2]}: {found['text']}"
        return line.strip() if re.fullmatch(r"[\w.]+", line.strip()) else None
    return None
