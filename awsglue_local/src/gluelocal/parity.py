"""Markers of what is missing from the Glue API, and the page that is made from them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, NoReturn

from gluelocal.errors import NotImplementedLocallyError

_HEADER = """# What of the Glue API runs locally

Made by `gluelocal parity` from the code of `awsglue`; a test holds this page to it.
A call marked "no" raises `NotImplementedLocallyError`, which names the call and this page.
"""


class not_implemented:  # noqa: N801 - read as a declaration: `purge_table = not_implemented()`
    """A method or function of the Glue API that is known and missing: calling it raises."""

    def __init__(self, reason: str = "", name: str = "") -> None:
        self.reason = reason
        self.name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = f"{owner.__name__}.{name}"

    def __get__(self, instance: object, owner: type | None = None) -> Callable[..., NoReturn]:
        return self

    def __call__(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Raise NotImplementedLocallyError."""
        raise NotImplementedLocallyError(
            f"{self.name} is not implemented by awsglue-local"
            f"{f': {self.reason}' if self.reason else ''}; {_PAGE}."
        )


_MISSING_OPTIONS: list[MissingOption] = []
_PAGE: Final = "see docs/awsglue-parity.md"


@dataclass(frozen=True, order=True)
class MissingOption:
    """An option, format or connection type that is known and missing; made where it would be read.

    `instead` says what to do.
    """

    name: str
    instead: str

    def __post_init__(self) -> None:
        _MISSING_OPTIONS.append(self)

    def error(self, found: str = "") -> NotImplementedLocallyError:
        """The error to raise where the option is given."""
        given = f" (found {found!r})" if found else ""
        return NotImplementedLocallyError(
            f"{self.name}{given} is not implemented by awsglue-local: {self.instead}; {_PAGE}."
        )


@dataclass(frozen=True, order=True)
class Entry:
    """One public name of the API: where it is, and whether it runs."""

    module: str
    name: str
    implemented: bool
    note: str = ""


def _modules() -> Iterator[ModuleType]:
    package = importlib.import_module("awsglue")
    yield package
    for info in pkgutil.walk_packages(package.__path__, "awsglue."):
        yield importlib.import_module(info.name)


def _class_entries(module: str, cls: type) -> Iterator[Entry]:
    members = {
        name: value
        for base in reversed(cls.__mro__[:-1])
        for name, value in vars(base).items()
        if base.__module__.startswith("awsglue")
    }
    for name, value in members.items():
        if isinstance(value, not_implemented):
            yield Entry(module, f"{cls.__name__}.{name}", False, value.reason)
        elif not name.startswith("_") and callable(getattr(cls, name, None)):
            yield Entry(module, f"{cls.__name__}.{name}", True)


def entries() -> list[Entry]:
    """Every public function and method of `awsglue`, sorted by module and name."""
    found: set[Entry] = set()
    for module in _modules():
        for name, value in vars(module).items():
            if isinstance(value, not_implemented):
                found.add(Entry(module.__name__, name, False, value.reason))
            if getattr(value, "__module__", None) != module.__name__ or name.startswith("_"):
                continue
            if inspect.isclass(value):
                found.update(_class_entries(module.__name__, value))
            elif inspect.isfunction(value):
                found.add(Entry(module.__name__, name, True))
    return sorted(found)


def render() -> str:
    """The page `docs/awsglue-parity.md`."""
    lines = [_HEADER]
    rows = entries()
    for module in dict.fromkeys(entry.module for entry in rows):
        lines += [f"## `{module}`", "", "| call | local | note |", "|---|---|---|"]
        lines += [
            f"| `{e.name}` | {'yes' if e.implemented else 'no'} | {e.note} |"
            for e in rows
            if e.module == module
        ]
        lines.append("")
    lines += ["## Options, formats and connection types", "", "| missing | instead |", "|---|---|"]
    lines += [f"| {option.name} | {option.instead} |" for option in sorted(set(_MISSING_OPTIONS))]
    lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    # Not `render()`: run as a program this module is another one than the markers were made by.
    print(importlib.import_module("gluelocal.parity").render(), end="")
