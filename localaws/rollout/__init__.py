"""Which version of a streaming job is deployed, which one runs, and how one follows the other."""
