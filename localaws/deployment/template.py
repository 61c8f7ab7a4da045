"""The template as it is written: CloudFormation's short tags become the long functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from localaws.environment import ROOT
from localaws.errors import LocalCloudError

TEMPLATE = ROOT / "infra" / "template.yaml"
STREAMING = "gluestreaming"


class _Loader(yaml.SafeLoader):
    """Knows the tags of CloudFormation."""


def _construct(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if not isinstance(node, yaml.SequenceNode):
        raise yaml.YAMLError(f"!{suffix}: found a mapping; allowed are a text and a list")
    return {name: loader.construct_sequence(node, deep=True)}


_Loader.add_multi_constructor("!", _construct)


@dataclass(frozen=True)
class Template:
    """A template.

    Attributes:
        text: as it is sent.
    """

    path: Path
    text: str

    @cached_property
    def document(self) -> dict[str, Any]:
        """Everything in it."""
        loaded: dict[str, Any] = yaml.load(self.text, _Loader)  # noqa: S506 - a safe loader
        return loaded

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Any]]:
        """The parameters that it declares."""
        found: Mapping[str, Mapping[str, Any]] = self.document.get("Parameters", {})
        return found

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """The resources by logical id."""
        found: Mapping[str, Mapping[str, Any]] = self.document["Resources"]
        return found

    def of_type(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The resources of a type: logical id and properties."""
        for name, resource in self.resources.items():
            if resource["Type"] == kind:
                yield name, resource.get("Properties", {})

    def streaming_jobs(self) -> dict[str, str]:
        """The streaming jobs: logical id -> name."""
        return {
            logical: properties["Name"]
            for logical, properties in self.of_type("AWS::Glue::Job")
            if properties["Command"]["Name"] == STREAMING
        }


def load_template(path: Path = TEMPLATE) -> Template:
    """The template of this checkout.

    Raises:
        LocalCloudError: it is not there.
    """
    if not path.is_file():
        raise LocalCloudError(f"deploy: no template at {path}; run from a checkout")
    return Template(path, path.read_text("utf-8"))
