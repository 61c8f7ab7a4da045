"""Messages as SNS delivers them to a queue, and for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Message = dict[str, Any]

# What the function says of a message, in this order.
_FIELDS = ("at", "kind", "site", "incident_id", "message_id", "subject", "text", "sms")


def read_message(body: str) -> Message:
    """The message in the body of a record of the queue: one key for each that there can be.

    Takes what SNS delivers with its envelope and without, and what was published for several
    protocols, whether or not SNS picked that of queues. What is none of these is the `text`; of a
    sentence that EventBridge made, without the quotes around it.
    """
    found = _object(body)
    if found is None or found.get("Type") != "Notification":
        return _message(body, None, None, None)
    return _message(
        str(found.get("Message", "")),
        found.get("Timestamp"),
        found.get("MessageId"),
        found.get("Subject"),
    )


def _message(
    published: str, sent_at: str | None, sns_message_id: str | None, subject: str | None
) -> Message:
    content = _for_queues(published)
    known = {name: content.get(name) for name in _FIELDS}
    if known["subject"] is None:
        known["subject"] = subject
    return {"sent_at": sent_at, **known, "sns_message_id": sns_message_id}


def _for_queues(published: str) -> Mapping[str, Any]:
    content = _object(published)
    if content is None:
        return {"text": _unquoted(published)}
    if "default" not in content:
        return content
    picked = str(content.get("sqs", content["default"]))
    texts = {"text": content.get("email", picked), "sms": content.get("sms")}
    return texts | (_object(picked) or {})


def _unquoted(text: str) -> str:
    # EventBridge puts values into the quotes as they are, so that it need not be JSON any more.
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def head(message: Message) -> str:
    """What a message is, as one line; no control characters."""
    at = message.get("at") or message.get("sent_at") or "-"
    parts = [message.get(name) or "-" for name in ("kind", "site", "subject")]
    return "  ".join(map(_printable, [at, *parts]))


def lines(message: Message) -> str:
    """A message for people: the line of what it is, then its text."""
    text = str(message.get("text") or "").splitlines()
    return "\n".join([head(message), *(f"    {_printable(line)}".rstrip() for line in text)])


def _printable(text: object) -> str:
    return "".join(c if c.isprintable() else "?" for c in str(text))
