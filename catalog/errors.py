"""The one base error of the contracts."""


class CatalogError(ValueError):
    """Raised when a contract contradicts itself, or when a name is not in it."""
