"""Errors as the service words them."""

from __future__ import annotations

import re

from localaws.environment import ACCOUNT, REGION

# What a message of the service calls a kind of resource, by the kind in an ARN.
_NAMES = {
    "model": "model",
    "endpoint-config": "endpoint configuration",
    "endpoint": "endpoint",
}


_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_LONGEST_NAME = 63


class ServiceError(Exception):
    """Raised when a request is refused; `code` is the type of the error in the answer."""

    def __init__(self, message: str, code: str = "ValidationException") -> None:
        super().__init__(message)
        self.code = code


def arn(kind: str, name: str) -> str:
    """The ARN of a resource; the service writes names in it in small letters."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name.lower()}"


def not_found(kind: str, name: str) -> ServiceError:
    """There is none of that name."""
    return ServiceError(f'Could not find {_NAMES[kind]} "{arn(kind, name)}".')


def already_there(kind: str, name: str) -> ServiceError:
    """There is one of that name."""
    return ServiceError(f'Cannot create already existing {_NAMES[kind]} "{arn(kind, name)}".')


def in_progress(name: str) -> ServiceError:
    """The endpoint is being changed."""
    return ServiceError(f'Cannot update in-progress endpoint "{arn("endpoint", name)}".')


def checked(field: str, name: str) -> str:
    """The name, if the service takes it; names are parts of ARNs, and here of paths.

    Raises:
        ServiceError: it does not.
    """
    if len(name) <= _LONGEST_NAME and _NAME.fullmatch(name):
        return name
    raise ServiceError(
        f"1 validation error detected: Value '{name}' at '{field[0].lower()}{field[1:]}' failed to"
        f" satisfy constraint: Member must satisfy regular expression pattern: {_NAME.pattern}, and"
        f" have length less than or equal to {_LONGEST_NAME}"
    )
