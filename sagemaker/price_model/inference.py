"""The four functions of SageMaker's inference toolkit: JSON Lines in, JSON Lines out.

A line of the answer belongs to the line of the request at the same place. A line that can be given
no price is answered with `{"product_id", "candidate_id", "line", "error"}` (the ids null when they
could not be read), so that one bad candidate does not hold up the others of its request. When no
line at all can be answered, the request is refused with 400 and the reasons.

Source: aws/sagemaker-inference-toolkit, `model_fn`, `input_fn`, `predict_fn`, `output_fn`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from catalog.price_model import CONTENT_TYPE
from price_model.artefact import Artefact, load
from price_model.curve import Floats, Ints
from price_model.demand import Decisions, Observed, Products, decide, merge_observed
from price_model.errors import RequestError
from price_model.request import Candidate, describe

# InvokeEndpoint's limit of a request body.
LARGEST_BODY_BYTES = 6_291_456
ERRORS_SHOWN = 5
# Candidates worked on at once: about 10 MB an array, however long the request.
CHUNK = 1_000


@dataclass(frozen=True)
class Refusal:
    """A line that can be given no price: its number, from 1, and the reason."""

    line: int
    error: str
    product_id: str | None = None
    candidate_id: str | None = None


Line = Candidate | Refusal
Answer = dict[str, Any]


def model_fn(model_dir: str) -> Artefact:
    """The model of the artefact in `model_dir`.

    Raises:
        ArtefactError: there is none, or it is not one of ours.
    """
    return load(Path(model_dir))


def input_fn(data: bytes | str, content_type: str) -> list[Line]:
    """One candidate or refusal for each line; empty lines at the end do not count.

    Raises:
        RequestError: 415 another type, 413 above 6 MB, 400 when no line can be used.
    """
    if _media_type(content_type) != CONTENT_TYPE:
        raise RequestError(415, f"content type {content_type!r}: send {CONTENT_TYPE}")
    body = data.encode() if isinstance(data, str) else data
    if len(body) > LARGEST_BODY_BYTES:
        raise RequestError(413, f"body of {len(body)} bytes: at most {LARGEST_BODY_BYTES}")
    if not body.strip():
        raise RequestError(400, "empty body: send one JSON object a line, one for each candidate")
    lines = [_line(n, text) for n, text in enumerate(body.rstrip().split(b"\n"), start=1)]
    refusals = [line for line in lines if isinstance(line, Refusal)]
    if len(refusals) == len(lines):
        raise RequestError(400, _summary(refusals))
    return lines


def predict_fn(data: Sequence[Line], model: Artefact) -> list[Answer]:
    """An answer of `catalog.price_model.PRICE_ANSWER`, or an error, for each line in order."""
    candidates = [line for line in data if isinstance(line, Candidate)]
    priced = chain.from_iterable(
        _priced(candidates[start : start + CHUNK], model)
        for start in range(0, len(candidates), CHUNK)
    )
    return [next(priced) if isinstance(line, Candidate) else vars(line) for line in data]


def output_fn(prediction: Sequence[Answer], accept: str) -> tuple[bytes, str]:
    """The body of the answer and its content type.

    Raises:
        RequestError: 406 when the caller accepts no JSON Lines.
    """
    accepted = {_media_type(part) for part in accept.split(",")}
    if accepted.isdisjoint({"", "*/*", "application/*", CONTENT_TYPE}):
        raise RequestError(406, f"accept {accept!r}: the answer is {CONTENT_TYPE}")
    body = "".join(json.dumps(answer, allow_nan=False) + "\n" for answer in prediction)
    return body.encode(), CONTENT_TYPE


def _media_type(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def _line(number: int, text: bytes) -> Line:
    try:
        return Candidate.model_validate_json(text)
    except ValidationError as error:
        return Refusal(number, describe(error), *_ids(text))


def _ids(text: bytes) -> tuple[str | None, str | None]:
    """Product and candidate of a line that failed, as far as they can be read."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(document, dict):
        return None, None
    product, candidate = document.get("product_id"), document.get("candidate_id")
    return (
        product if isinstance(product, str) else None,
        candidate if isinstance(candidate, str) else None,
    )


def _summary(refusals: Sequence[Refusal]) -> str:
    shown = "; ".join(
        f"line {refusal.line}: {refusal.error}" for refusal in refusals[:ERRORS_SHOWN]
    )
    more = len(refusals) - ERRORS_SHOWN
    return f"{shown}; and {more} more lines" if more > 0 else shown


def _priced(candidates: Sequence[Candidate], model: Artefact) -> list[Answer]:
    decisions = decide(_products(candidates, model), _observed(candidates), model.parameters)
    return _answers(candidates, decisions, model.version)


def _products(candidates: Sequence[Candidate], model: Artefact) -> Products:
    parameters = model.parameters
    priors = [parameters.prior(candidate.category) for candidate in candidates]
    horizon = parameters.stock_horizon_s
    anchor = _floats(c.anchor_cents for c in candidates)
    floor = _floats(c.floor_cents for c in candidates)
    ceiling = _floats(c.max_price_cents or np.inf for c in candidates)
    return Products(
        standing=_floats(c.standing_cents for c in candidates),
        anchor=anchor,
        cost=_floats(c.cost_cents or 0 for c in candidates),
        floor=floor,
        ceiling=ceiling,
        stock=_floats(np.inf if c.stock is None else c.stock for c in candidates),
        clicks=_floats(max(c.clicks, 1) * max(horizon / c.window_s, 1) for c in candidates),
        base_rate=_floats(prior.base_rate for prior in priors),
        elasticity=_floats(prior.elasticity for prior in priors),
    )


def _floats(values: Any) -> Floats:
    return np.fromiter(values, dtype=np.float64)


def _observed(candidates: Sequence[Candidate]) -> Observed:
    seen = [
        (row, o["price_cents"], o["clicks"], o["units"])
        for row, candidate in enumerate(candidates)
        for o in chain(candidate.evidence, candidate.observations)
        if o["price_cents"]
    ]
    columns: Ints = np.array(seen, dtype=np.int64).reshape(-1, 4).T
    return merge_observed(*columns)


def _answers(candidates: Sequence[Candidate], decisions: Decisions, version: str) -> list[Answer]:
    columns = (decisions.price, decisions.rate, decisions.profit, decisions.standing_profit)
    return [
        {
            "product_id": candidate.product_id,
            "candidate_id": candidate.candidate_id,
            "price_cents": price,
            "expected_units_per_click": rate,
            "expected_profit_per_click_cents": profit,
            "current_profit_per_click_cents": current,
            "model_version": version,
        }
        for candidate, price, rate, profit, current in zip(
            candidates, *(column.tolist() for column in columns), strict=True
        )
    ]
