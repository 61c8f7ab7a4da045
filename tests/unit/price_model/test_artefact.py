"""The artefact: one member of numbers, a version that is its content's, nothing executed."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from price_model.artefact import load, parse
from price_model.errors import ArtefactError

Make = Callable[..., Any]


def test_the_archive_holds_one_member_without_owner_or_time(make_model: Make) -> None:
    with tarfile.open(fileobj=io.BytesIO(make_model().archive())) as archive:
        (member,) = archive.getmembers()
    assert (member.name, member.mtime, member.uid, member.gid) == ("model.json", 0, 0, 0)


def test_an_artefact_is_read_back_packed_and_unpacked(make_model: Make, tmp_path: Path) -> None:
    model = make_model()
    (tmp_path / "model.tar.gz").write_bytes(model.archive())
    assert load(tmp_path) == model
    (tmp_path / "model.json").write_bytes(make_model(curvature=1.0).model_json())
    assert load(tmp_path).parameters.curvature == 1.0


def test_the_version_is_that_of_the_content(make_model: Make) -> None:
    assert make_model().version == make_model().version
    assert make_model().version != make_model(curvature=1.0).version
    assert len(make_model().version) == 12


def test_a_directory_without_artefact_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(
        ArtefactError, match=r"no artefact in .*: found neither .*price_model.train"
    ):
        load(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "price_model/0"}, "format 'price_model/0', this is 'price_model/1'"),
        ({"version": "000000000000"}, "it was changed after training"),
        ({"training": {"products": 9}}, "it was changed after training"),
        ({"parameters": {}}, "not a price model"),
        ({"parameters": None}, "not a price model"),
    ],
)
def test_a_changed_artefact_is_refused(change: Any, message: str, make_model: Make) -> None:
    document = json.loads(make_model().model_json()) | change
    with pytest.raises(ArtefactError, match=message):
        parse(json.dumps(document).encode(), "model.json")


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b"null", b"\x80\x04K\x01."])
def test_what_is_no_artefact_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(ArtefactError, match="not a price model"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08"])
def test_a_broken_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(content)
    with pytest.raises(ArtefactError, match=r"no model\.json in it"):
        load(tmp_path)


def test_an_archive_with_other_members_only_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("model.pkl"))
    with pytest.raises(ArtefactError, match=r"no model\.json in it"):
        load(tmp_path)
