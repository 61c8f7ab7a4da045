"""A trained model, as the tests of the local cloud have it."""

from __future__ import annotations

from tests.local.conftest import artefact

__all__ = ["artefact"]
