"""The price model behind its endpoint: many candidates a call, an answer or a reason for each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from catalog.price_model import CONTENT_TYPE
from lambdas.price_updater.answers import Answer, check_content_type, read_answers
from lambdas.price_updater.errors import PermanentError, PriceUpdaterError, TransientError
from lambdas.price_updater.record import Candidate, Key

Answers = dict[Key, Answer | PermanentError | TransientError]

# InvokeEndpoint takes 6 MB on endpoints of every age; half a megabyte is left for the envelope.
MAX_BODY_BYTES = 5_500_000
MAX_CANDIDATES = 500

# What the container says of the candidates; other 4xx speak of the deployment, which is mended.
_LASTING = frozenset({400, 413, 422})


class PriceModel:
    """The endpoint `name`, reached by a `sagemaker-runtime` client."""

    def __init__(
        self,
        client: Any,
        name: str,
        *,
        max_body_bytes: int = MAX_BODY_BYTES,
        max_candidates: int = MAX_CANDIDATES,
    ) -> None:
        self._client = client
        self._name = name
        self._max_body_bytes = max_body_bytes
        self._max_candidates = max_candidates

    def ask(self, candidates: Sequence[Candidate]) -> Answers:
        """An answer, or why there is none, for each candidate; one call for as many as fit."""
        answers: Answers = {}
        for chunk in self._chunks(candidates):
            answers |= self._ask(chunk)
        return answers

    def _chunks(self, candidates: Sequence[Candidate]) -> Iterator[list[Candidate]]:
        chunk: list[Candidate] = []
        size = 0
        for candidate in candidates:
            length = len(_line(candidate))
            full = size + length > self._max_body_bytes or len(chunk) == self._max_candidates
            if chunk and full:
                yield chunk
                chunk, size = [], 0
            chunk.append(candidate)
            size += length
        if chunk:
            yield chunk

    def _ask(self, chunk: Sequence[Candidate]) -> Answers:
        try:
            return {**self._invoke(chunk)}
        except TransientError as error:
            return {candidate.key: error for candidate in chunk}
        except PermanentError as error:
            if len(chunk) == 1:
                return {chunk[0].key: error}
            # the model refused the whole call for one of them: halves find out which
            middle = len(chunk) // 2
            return self._ask(chunk[:middle]) | self._ask(chunk[middle:])

    def _invoke(self, chunk: Sequence[Candidate]) -> dict[Key, Answer | PermanentError]:
        try:
            response = self._client.invoke_endpoint(
                EndpointName=self._name,
                ContentType=CONTENT_TYPE,
                Accept=CONTENT_TYPE,
                Body=b"".join(_line(candidate) for candidate in chunk),
            )
            body = response["Body"].read()
        except ClientError as error:
            raise _failure(error) from error
        except BotoCoreError as error:
            raise TransientError("endpoint_unreachable", f"price model: {error}") from error
        check_content_type(response.get("ContentType", ""))
        return read_answers(body, [candidate.key for candidate in chunk])


def _line(candidate: Candidate) -> bytes:
    return json.dumps(candidate.asked, separators=(",", ":")).encode() + b"\n"


def _failure(error: ClientError) -> PriceUpdaterError:
    """What an error of InvokeEndpoint means: a refusal of what was asked lasts, all else passes."""
    code = error.response["Error"]["Code"]
    status = error.response.get("OriginalStatusCode")
    if code == "ModelError" and status in _LASTING:
        detail = error.response.get("OriginalMessage") or error
        return PermanentError("model_refused", f"price model: {status}: {str(detail)[:500]}")
    return TransientError("endpoint_failed", f"price model: {code}: {str(error)[:500]}")
