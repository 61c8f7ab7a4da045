"""Prices and assumptions from one dated file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.environment import ROOT
from localaws.errors import LocalCloudError

PRICES = ROOT / "infra" / "prices" / "us-east-1.toml"
_TABLES = ("price", "endpoint_hour", "assumption")


@dataclass(frozen=True)
class Prices:
    """US dollars by what is paid for, and what is assumed where nothing was observed.

    Attributes:
        as_of: date of the prices, ISO 8601.
    """

    region: str
    as_of: str
    price: Mapping[str, float]
    endpoint_hour: Mapping[str, float]
    assumption: Mapping[str, float]


def load_prices(file: Path = PRICES) -> Prices:
    """The prices of a file; it names every one that the file of this checkout names.

    Raises:
        LocalCloudError: the file is not there, or something in it is missing or no price.
    """
    if not file.is_file():
        raise LocalCloudError(f"--prices: no file {file}; copy {PRICES} and change it")
    try:
        found = tomllib.loads(file.read_text("utf-8"))
        prices = Prices(
            region=found["region"],
            as_of=str(found["as_of"]),
            **{name: _amounts(file, name, found[name]) for name in _TABLES},
        )
    except tomllib.TOMLDecodeError as error:
        raise LocalCloudError(f"{file}: {error}") from error
    except KeyError as error:
        raise LocalCloudError(f"{file}: {error} is missing; {PRICES} has it") from error
    if file != PRICES:
        _check_complete(file, prices)
    return prices


def _amounts(file: Path, table: str, found: Mapping[str, Any]) -> dict[str, float]:
    for name, amount in found.items():
        if not isinstance(amount, int | float) or isinstance(amount, bool) or amount < 0:
            raise LocalCloudError(
                f"{file}: {table}.{name}: found {amount!r}; allowed are numbers from 0"
            )
    return {name: float(amount) for name, amount in found.items()}


def _check_complete(file: Path, prices: Prices) -> None:
    known = load_prices()
    missing = sorted(
        (known.price.keys() | known.assumption.keys())
        - (prices.price.keys() | prices.assumption.keys())
    )
    if missing:
        raise LocalCloudError(f"{file}: missing: {', '.join(missing)}; {PRICES} has them")
