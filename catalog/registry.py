"""Every stream and table there is."""

from catalog.ctr import ALERTS, ANOMALIES, CTR_WINDOWS, INCIDENTS
from catalog.errors import CatalogError
from catalog.lake import CLICK_REJECTS, CLICKS, PRICE_OBSERVATIONS
from catalog.operations import JOB_BATCHES, REJECTS
from catalog.price_loop import ORDERS, PRICE_CANDIDATES, PRICE_CHANGES, PRODUCTS
from catalog.sessions import SESSIONS
from catalog.streams import BROWSER_ACTIONS, CLICKSTREAM
from catalog.tables import DynamoTable, LakeTable, Stream

DATABASE = "clickstream"
STREAMS: tuple[Stream, ...] = (CLICKSTREAM, BROWSER_ACTIONS)
TABLES: tuple[DynamoTable, ...] = (
    PRODUCTS,
    ORDERS,
    PRICE_CANDIDATES,
    PRICE_CHANGES,
    SESSIONS,
    CTR_WINDOWS,
    ANOMALIES,
    INCIDENTS,
    ALERTS,
    REJECTS,
    JOB_BATCHES,
)
LAKE_TABLES: tuple[LakeTable, ...] = (CLICKS, CLICK_REJECTS, PRICE_OBSERVATIONS)
# Below it in the bucket of the deployment: a folder a table.
LAKE_PREFIX = "lake/"


def table(name: str) -> DynamoTable:
    """The DynamoDB table of that name.

    Raises:
        CatalogError: there is none.
    """
    for candidate in TABLES:
        if candidate.name == name:
            return candidate
    raise CatalogError(f"no table {name!r}; the tables are {[t.name for t in TABLES]}")


def lake_table(name: str) -> LakeTable:
    """The Delta table of that name.

    Raises:
        CatalogError: there is none.
    """
    for candidate in LAKE_TABLES:
        if candidate.name == name:
            return candidate
    raise CatalogError(f"no Delta table {name!r}; there are {[t.name for t in LAKE_TABLES]}")
