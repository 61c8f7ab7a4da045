"""The template as it is written."""

from __future__ import annotations

from typing import Any

import pytest

from infra.render import TEMPLATE
from localaws.deployment.template import load_template


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The whole template."""
    return load_template(TEMPLATE).document


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The resources by logical id."""
    found: dict[str, dict[str, Any]] = template["Resources"]
    return found
