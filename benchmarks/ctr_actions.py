"""The actions of many sites, as native Kinesis rows in Parquet: one file a shard and batch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

START_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z
WINDOW_MS: Final = 10_000
_SEQUENCE: Final = "4959033827149025660855969253836157109592{:016d}"


@dataclass(frozen=True)
class Sites:
    """How much is sent in each window of 10 s, by a Poisson process a site."""

    sites: int = 2_000
    impressions: float = 10.0
    clicks: float = 3.0
    shards: int = 4
    seed: int = 1


def write(sites: Sites, window: int, folder: Path) -> int:
    """The actions of a window, by their number; how many they are."""
    draws = np.random.default_rng((sites.seed, window))
    clicks = draws.poisson(sites.clicks, sites.sites)
    impressions = draws.poisson(sites.impressions, sites.sites)
    site = np.repeat(np.arange(sites.sites), clicks + impressions)
    is_click = np.concatenate(
        [np.arange(total) < c for c, total in zip(clicks, clicks + impressions, strict=True)]
    )
    at = START_MS + window * WINDOW_MS + draws.integers(0, WINDOW_MS, len(site))
    order = np.argsort(at, kind="stable")
    rows = _rows(site[order], is_click[order], at[order], window * 10**7)
    for shard in range(sites.shards):
        wanted = pa.array(site[order] % sites.shards == shard)
        pq.write_table(rows.filter(wanted), folder / f"{window:05d}-{shard}.parquet")
    return len(site)


def _rows(
    site: NDArray[np.int64], is_click: NDArray[np.bool_], at: NDArray[np.int64], first: int
) -> pa.Table:
    name = pc.utf8_lpad(pa.array(site).cast(pa.string()), 6, "0")
    kinds = pa.array(["Impression", "Click"]).take(pa.array(is_click.astype(np.int64)))
    data = _joined(
        *('{"browseraction":"', kinds, '","site":"site-', name, '","event_timestamp":'),
        *(pa.array(at).cast(pa.string()), "}"),
    )
    return pa.table(
        {
            "data": data.cast(pa.binary()),
            "streamName": pa.repeat(pa.scalar("browser_actions"), len(at)),
            "partitionKey": name,
            "sequenceNumber": pa.array([_SEQUENCE.format(first + n) for n in range(len(at))]),
            "approximateArrivalTimestamp": pa.array(at * 1_000, pa.timestamp("us", tz="UTC")),
        }
    )


def _joined(*parts: Any) -> Any:
    return pc.binary_join_element_wise(*parts, "")
