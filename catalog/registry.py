"""Every stream and table there is."""

from catalog.ctr import ALERTS, ANOMALIES, CTR_WINDOWS, INCIDENTS
from catalog.errors import CatalogError
from catalog.operations import JOB_BATCHES, REJECTS
from catalog.price_loop import ORDERS, PRICE_CANDIDATES, PRICE_CHANGES, PRODUCTS
from catalog.sessions import SESSIONS
from catalog.streams import BROWSER_ACTIONS, CLICKSTREAM
from catalog.tables import DynamoTable, Stream

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


def table(name: str) -> DynamoTable:
    """The DynamoDB table of that name.

    Raises:
        CatalogError: there is none.
    """
    for candidate in TABLES:
        if candidate.name == name:
            return candidate
    raise CatalogError(f"no table {name!r}; the tables are {[t.name for t in TABLES]}")
