"""The template as it is written: CloudFormation's short tags become the long functions."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from infra.render import TEMPLATE


class _Loader(yaml.SafeLoader):
    """Knows the tags of CloudFormation."""


def _construct(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    assert isinstance(node, yaml.SequenceNode)
    return {name: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _construct)


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The whole template."""
    loaded: dict[str, Any] = yaml.load(TEMPLATE.read_text("utf-8"), _Loader)  # noqa: S506 - safe
    return loaded


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The resources by logical id."""
    found: dict[str, dict[str, Any]] = template["Resources"]
    return found
