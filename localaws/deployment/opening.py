"""From what a command was given to a deployment: the file, the account, the template."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from localaws.clients import Clients
from localaws.deployment.deploying import Deployment
from localaws.deployment.environments import Environment, load_environment
from localaws.deployment.targets import connect
from localaws.deployment.template import load_template
from localaws.errors import LocalCloudError
from localaws.state import StateFolder


def change_set_name() -> str:
    """A name that no other change set has."""
    return f"clickstream-{uuid.uuid4().hex[:12]}"


def open_environment(name: str) -> tuple[Environment, Clients]:
    """An environment and clients of it.

    Raises:
        LocalCloudError: as `load_environment` and `connect` do.
    """
    environment = load_environment(name)
    return environment, connect(environment, StateFolder.from_environment())


def open_deployment(name: str, settings: Iterable[str]) -> Deployment:
    """A deployment to an environment; `settings` are NAME=VALUE.

    Raises:
        LocalCloudError: as above, or a setting is not of that form.
    """
    pairs = dict(_pair(each) for each in settings)
    environment, clients = open_environment(name)
    return Deployment(environment, clients, load_template(), pairs)


def _pair(setting: str) -> tuple[str, str]:
    name, equals, value = setting.partition("=")
    if not (name and equals):
        raise LocalCloudError(f"--set: found {setting!r}; allowed is NAME=VALUE")
    return name, value
