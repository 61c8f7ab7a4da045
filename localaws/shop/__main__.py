"""`python -m localaws.shop [SEED]`: a sample sales history, CSV for the price model's training."""

from __future__ import annotations

import csv
import sys

from localaws.shop import Shop

DEFAULT_SEED = 7


def main(seed: int) -> None:
    """Write the history of that seed's shop to standard output.

    Raises:
        ShopError: the seed is negative.
    """
    rows = Shop(seed).history()
    writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SEED)
