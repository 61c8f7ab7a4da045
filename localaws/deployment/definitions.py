"""The streaming jobs as a deployment would define them: the template with its parameters in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localaws.deployment.template import Template
from localaws.jobs import MACHINE, machine_of

# Where a resource says the name that `Ref` of it gives.
_NAMES = {
    "AWS::Glue::Database": ("DatabaseInput", "Name"),
    "AWS::Glue::Table": ("TableInput", "Name"),
    "AWS::Lambda::Function": ("FunctionName",),
    "AWS::DynamoDB::Table": ("TableName",),
    "AWS::Kinesis::Stream": ("Name",),
    "AWS::Glue::Job": ("Name",),
}
_VARIABLE = re.compile(r"\$\{([A-Za-z0-9]+)\}")


@dataclass(frozen=True)
class Definition:
    """A streaming job as it would be deployed.

    Attributes:
        arguments: what only a deployed stack knows is left out.
        sources: the parameters of the template that an argument is made of; every argument is here.
        machine: as `localaws.jobs.machine_of` says it of the deployed job.
        stream: name of the stream that its table is of; None of another table.
    """

    name: str
    script: str
    arguments: Mapping[str, str]
    sources: Mapping[str, tuple[str, ...]]
    stream: str | None
    machine: tuple[str, ...] = ()


class Resolver:
    """Texts of a template under its parameters."""

    def __init__(self, template: Template, parameters: Mapping[str, str]) -> None:
        self._template = template
        defaults = {
            name: str(rule["Default"])
            for name, rule in template.parameters.items()
            if "Default" in rule
        }
        self._values = defaults | dict(parameters)

    def text(self, value: Any) -> str | None:
        """The text that a property has; None when only a deployed stack knows."""
        if not isinstance(value, dict):
            return str(value)
        if "Ref" in value:
            return self._named(value["Ref"])
        if isinstance(value.get("Fn::Sub"), str):
            names = _VARIABLE.findall(value["Fn::Sub"])
            found = {name: self._named(name) for name in names}
            if None not in found.values():
                return _VARIABLE.sub(lambda match: str(found[match[1]]), value["Fn::Sub"])
        return None

    def sources(self, value: Any) -> tuple[str, ...]:
        """The parameters that a property's text is made of."""
        if not isinstance(value, dict):
            return ()
        names = [value["Ref"]] if "Ref" in value else _VARIABLE.findall(str(value.get("Fn::Sub")))
        return tuple(name for name in names if name in self._template.parameters)

    def stream_of(self, table: str | None) -> str | None:
        """The stream that a table of the Data Catalog is of."""
        for _, properties in self._template.of_type("AWS::Glue::Table"):
            described = properties["TableInput"]
            arn = described["StorageDescriptor"].get("Parameters", {}).get("streamARN", {})
            if described["Name"] == table and "Fn::GetAtt" in arn:
                return self._named(arn["Fn::GetAtt"][0])
        return None

    def _named(self, name: str) -> str | None:
        if name in self._values:
            return self._values[name]
        resource = self._template.resources.get(name, {})
        found: Any = resource.get("Properties", {})
        for key in _NAMES.get(resource.get("Type", ""), ("",)):
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, str) else None


def streaming_definitions(template: Template, parameters: Mapping[str, str]) -> list[Definition]:
    """The streaming jobs of the template under these parameters."""
    resolver = Resolver(template, parameters)
    streaming = template.streaming_jobs()
    return [
        _definition(resolver, properties)
        for logical, properties in template.of_type("AWS::Glue::Job")
        if logical in streaming
    ]


def _definition(resolver: Resolver, properties: Mapping[str, Any]) -> Definition:
    given = properties["DefaultArguments"]
    texts = {name: resolver.text(value) for name, value in given.items()}
    arguments = {name: text for name, text in texts.items() if text is not None}
    return Definition(
        name=properties["Name"],
        script=resolver.text(properties["Command"]["ScriptLocation"]) or "",
        arguments=arguments,
        sources={name: resolver.sources(value) for name, value in given.items()},
        stream=resolver.stream_of(arguments.get("--table")),
        machine=tuple(resolver.text(properties.get(name, "")) or "" for name in MACHINE),
    )


def is_changed(definition: Definition, deployed: Mapping[str, Any]) -> bool:
    """Whether a run of the deployed job (`Job` of get_job) would be another one after this."""
    before = deployed.get("DefaultArguments") or {}
    return (
        definition.script != deployed["Command"]["ScriptLocation"]
        or definition.machine != machine_of(deployed)
        or not before.keys() <= definition.sources.keys()
        or any(before.get(name) != text for name, text in definition.arguments.items())
    )


def is_elsewhere(definition: Definition, deployed: Mapping[str, Any]) -> bool:
    """Whether a run after this would leave the checkpoint of the deployed job behind."""
    path = "--checkpoint-path"
    before = (deployed.get("DefaultArguments") or {}).get(path)
    return before is not None and before != definition.arguments[path]
