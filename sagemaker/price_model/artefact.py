"""The artefact `model.tar.gz`: one member, `model.json`, numbers only. Nothing in it is executed.

The version of a model is the hash of what it says: the same history gives the same version, and
a file that was changed by hand is refused.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from price_model.curve import Shape
from price_model.errors import ArtefactError

FORMAT = "price_model/1"
MEMBER = "model.json"
ARCHIVE = "model.tar.gz"
LARGEST_MODEL_BYTES = 16 * 1024 * 1024

Finite = Annotated[float, Field(ge=-20, le=20)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Prior(_Strict):
    """What is expected of a product before anything is seen of it.

    `base_rate` is units per click at list price, `elasticity` the price elasticity there.
    """

    base_rate: Positive
    elasticity: Positive


class Parameters(_Strict):
    """All that the model has learnt, and the settings it serves with.

    `ladder` holds the prices looked at as multiples of the list price; `stock_horizon_s` is the
    time that the stock has to last, seconds.
    """

    curvature: Annotated[float, Field(ge=0, le=4)]
    scale_strength: Positive
    elasticity_spread: Positive
    coupling: Finite
    point_strength: Positive
    default: Prior
    categories: dict[str, Prior]
    ladder: Annotated[tuple[Positive, ...], Field(min_length=2)]
    stock_horizon_s: Positive

    @property
    def shape(self) -> Shape:
        """What all products share."""
        return Shape(
            self.curvature,
            self.scale_strength,
            self.elasticity_spread,
            self.coupling,
            self.point_strength,
        )

    def prior(self, category: str | None) -> Prior:
        """The prior of a category; of all products together when it was not in training."""
        return self.categories.get(category or "", self.default)


@dataclass(frozen=True)
class Artefact:
    """A trained model; `training` says what it was trained on, for people."""

    parameters: Parameters
    training: dict[str, Any]

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits: the hash of parameters and training notes."""
        return hashlib.sha256(_canonical(self._content())).hexdigest()[:12]

    def _content(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "parameters": self.parameters.model_dump(mode="json"),
            "training": self.training,
        }

    def model_json(self) -> bytes:
        """The content of `model.json`."""
        return json.dumps({**self._content(), "version": self.version}, indent=1).encode()

    def archive(self) -> bytes:
        """The content of `model.tar.gz`: the same bytes for the same model."""
        content = self.model_json()
        packed, entry = io.BytesIO(), tarfile.TarInfo(MEMBER)
        entry.size = len(content)
        with (
            gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=0) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.USTAR_FORMAT) as archive,
        ):
            archive.addfile(entry, io.BytesIO(content))
        return packed.getvalue()


def load(directory: Path) -> Artefact:
    """The artefact of a directory that holds `model.json`, as SageMaker unpacks it, or the archive.

    Raises:
        ArtefactError: there is neither, or it is not an artefact of this format and version.
    """
    unpacked, archive = directory / MEMBER, directory / ARCHIVE
    if unpacked.is_file():
        return parse(unpacked.read_bytes(), str(unpacked))
    if archive.is_file():
        return unpack(archive.read_bytes(), str(archive))
    raise ArtefactError(
        f"no artefact in {directory}: found neither {MEMBER} nor {ARCHIVE}; "
        f"make one with `python -m price_model.train HISTORY.csv --out {archive}`"
    )


def parse(content: bytes, where: str) -> Artefact:
    """The artefact that the bytes of a `model.json` hold.

    Raises:
        ArtefactError: they do not, or the version is not that of the content.
    """
    try:
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise ArtefactError(f"{where}: format {document['format']!r}, this is {FORMAT!r}")
        artefact = Artefact(Parameters.model_validate(document["parameters"]), document["training"])
        version = document["version"]
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise ArtefactError(f"{where}: not a price model: {error}") from error
    if version != artefact.version:
        raise ArtefactError(
            f"{where}: says it is version {version!r}, its content is {artefact.version!r}; "
            "it was changed after training: train again"
        )
    return artefact


def unpack(archive: bytes, where: str) -> Artefact:
    """The artefact that the bytes of a `model.tar.gz` hold; nothing is unpacked to disk.

    Raises:
        ArtefactError: they do not, or the version is not that of the content.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as packed:
            member = packed.extractfile(MEMBER)
            content = member.read(LARGEST_MODEL_BYTES) if member else b""
    except (tarfile.TarError, OSError, EOFError, KeyError) as error:
        raise ArtefactError(f"{where}: no {MEMBER} in it: {error}") from error
    return parse(content, where)


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
