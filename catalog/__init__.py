"""Contracts: every stream and table, declared once. Standard library only."""

from catalog.columns import Column, Schema
from catalog.errors import CatalogError
from catalog.tables import DynamoTable, Index, Stream

__all__ = ["CatalogError", "Column", "DynamoTable", "Index", "Schema", "Stream"]
