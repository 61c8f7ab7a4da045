"""The table `sessions`: of a session's rows the one with the highest revision stays."""

from __future__ import annotations

from typing import Any

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.session_writer.record import Session

WRITTEN, SUPERSEDED = "written", "superseded"


class StoreError(Exception):
    """Raised when DynamoDB did not take a row; it must be sent again."""


class SessionStore:
    """The table, reached by a low-level DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def put(self, session: Session) -> str:
        """Put the row unless one as new is there: `written` or `superseded`.

        So neither a replay nor a row that comes late changes the table.

        Raises:
            StoreError: the row was not taken.
        """
        serialize = TypeSerializer().serialize
        try:
            self._client.put_item(
                TableName=self._table,
                Item=serialize(dict(session.item))["M"],
                ConditionExpression="attribute_not_exists(user_id) OR revision < :revision",
                ExpressionAttributeValues={":revision": serialize(session.revision)},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return SUPERSEDED
            raise StoreError(f"{self._table}: {error}") from error
        except BotoCoreError as error:
            raise StoreError(f"{self._table}: {error}") from error
        return WRITTEN
