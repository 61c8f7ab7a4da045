"""Clients of an environment: of its account once that is the right one, or of the cloud here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from localaws.clients import Clients
from localaws.deployment.environments import Environment
from localaws.errors import LocalCloudError
from localaws.state import StateFolder


def connect(
    environment: Environment,
    state: StateFolder,
    session: Callable[..., Any] = boto3.Session,
) -> Clients:
    """Clients of the environment.

    Raises:
        LocalCloudError: no cloud runs here, or the credentials are not those of its account.
    """
    if environment.is_local:
        return Clients(state.expect_running().endpoint)
    clients = Clients(None, session(region_name=environment.region))
    _check_account(clients, environment)
    return clients


def _check_account(clients: Clients, environment: Environment) -> None:
    try:
        found = str(clients["sts"].get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(
            f"--env {environment.name}: AWS did not say whose credentials these are ({error});"
            " set AWS_PROFILE, or log in with `aws sso login`"
        ) from error
    if found != environment.account:
        raise LocalCloudError(
            f"--env {environment.name}: the credentials are of account {found}; {environment.file}"
            f" allows {environment.account} alone: change AWS_PROFILE, or the file"
        )
