"""Whether the streaming jobs of a deployment can go on from the checkpoints that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localaws.deployment.checkpoints import OFFSETS_VERSION, Checkpoint, Checkpoints
from localaws.deployment.definitions import Definition
from localaws.deployment.terms import STATES
from localaws.errors import LocalCloudError


def check_continuation(definitions: Iterable[Definition], checkpoints: Checkpoints) -> None:
    """Compares each job with the checkpoint that it would start from.

    Raises:
        LocalCloudError: a job cannot go on; the message names parameter, found and allowed.
    """
    found = [line for definition in definitions for line in _conflicts(definition, checkpoints)]
    if found:
        raise LocalCloudError(
            "\n  ".join(["deploy: refused, for these jobs cannot go on where they are:", *found])
        )


def _conflicts(definition: Definition, checkpoints: Checkpoints) -> Iterator[str]:
    path = definition.arguments["--checkpoint-path"]
    state = STATES.get(definition.name)
    checkpoint = checkpoints.read(path, state.folder if state else None)
    anew = _anew(definition)
    for conflict in (*_of_offsets(definition, checkpoint), *_of_terms(definition, checkpoint)):
        yield f"{definition.name}: {conflict}; give that, or {anew}"


def _of_offsets(definition: Definition, checkpoint: Checkpoint) -> Iterator[str]:
    if checkpoint.version not in (None, OFFSETS_VERSION):
        yield (
            f"{_parameter(definition, '--checkpoint-path')}: found a checkpoint of format"
            f" {checkpoint.version!r}; the job reads {OFFSETS_VERSION!r}"
        )
    elif checkpoint.stream not in (None, definition.stream):
        yield (
            f"{_parameter(definition, '--table')}: found the stream {definition.stream!r}; the"
            f" checkpoint has positions of {checkpoint.stream!r}"
        )


def _of_terms(definition: Definition, checkpoint: Checkpoint) -> Iterator[str]:
    state = STATES.get(definition.name)
    if state is None or checkpoint.terms is None:
        return
    for name, found in state.terms(definition.arguments).items():
        allowed = checkpoint.terms.get(name)
        if found != allowed:
            yield (
                f"{_parameter(definition, f'--{name}')}: found {found!r}; what stands beside the"
                f" checkpoint was made with {allowed!r}"
            )


def _parameter(definition: Definition, argument: str) -> str:
    sources = definition.sources.get(argument, ())
    return f"parameter {sources[-1]} ({argument})" if sources else argument


def _anew(definition: Definition) -> str:
    path = definition.arguments["--checkpoint-path"].rstrip("/")
    last = path.rpartition("/")[2]
    sources = definition.sources.get("--checkpoint-path", ())
    return (
        f"start anew from the stream's oldest record with {sources[-1]}={last}-2"
        if len(sources) > 1
        else "another --checkpoint-path"
    )
