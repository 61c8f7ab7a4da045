"""Price candidates in, guarded prices and their ledger entries out."""
