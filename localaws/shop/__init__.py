"""The shop simulator: products with a hidden demand, and shoppers who click and buy."""

from localaws.shop.ledger import Ledger, Profits
from localaws.shop.shop import Shop, ShopError, Tick

__all__ = ["Ledger", "Profits", "Shop", "ShopError", "Tick"]
