"""What a process needs to find the local cloud instead of AWS."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def aws_environment(
    endpoint: str, model_endpoint: str, base: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The environment of every process of the local cloud.

    Every `AWS_...` of the caller is taken out (profiles, credentials, roles, endpoints of single
    services) and the files with profiles are out of sight, so that nothing reaches a real account.
    """
    kept = {key: value for key, value in base.items() if not key.upper().startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_SAGEMAKER": model_endpoint,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": model_endpoint,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
        "GLUELOCAL_JARS": base.get("GLUELOCAL_JARS") or str(ROOT / ".setup" / "jars"),
        "PYTHONPATH": os.pathsep.join(
            [str(ROOT), str(ROOT / "sagemaker"), str(ROOT / "awsglue_local" / "src")]
        ),
    }
