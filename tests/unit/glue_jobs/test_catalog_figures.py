"""The figures of a table in the Data Catalog: put beside what others say of it."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from glue_jobs import catalog_figures
from glue_jobs.catalog_figures import FiguresError

ROWS = {"recordCount": "1"}


class FakeGlue:
    """One table; others change it `changes` times, each between a reading and its update."""

    def __init__(self, changes: int) -> None:
        self.changes, self.version = changes, 0
        self.parameters: dict[str, str] = {}

    def get_table(self, **_: Any) -> dict[str, Any]:
        table = {"Name": "t", "VersionId": str(self.version), "Parameters": dict(self.parameters)}
        if self.changes:
            self.changes -= 1
            self.version += 1
            self.parameters[f"of_others_{self.version}"] = "x"
        return {"Table": table}

    def update_table(self, **asked: Any) -> None:
        if asked["VersionId"] != str(self.version):
            error = {"Code": "ConcurrentModificationException", "Message": "changed"}
            raise ClientError({"Error": error}, "UpdateTable")
        self.parameters = asked["TableInput"]["Parameters"]


@pytest.fixture
def glue(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FakeGlue:
    fake = FakeGlue(request.param)
    monkeypatch.setattr(boto3, "client", lambda _: fake)
    return fake


@pytest.mark.parametrize("glue", [1], indirect=True)
def test_what_somebody_else_says_of_the_table_at_the_same_time_is_kept(glue: FakeGlue) -> None:
    assert catalog_figures.publish("d", "t", ROWS)
    assert glue.parameters == {"of_others_1": "x", **ROWS}
    assert not catalog_figures.publish("d", "t", ROWS)


@pytest.mark.parametrize("glue", [2], indirect=True)
def test_a_table_that_is_changed_again_and_again_is_an_error(glue: FakeGlue) -> None:
    with pytest.raises(FiguresError, match=r"Data Catalog table d\.t: .*ConcurrentModification"):
        catalog_figures.publish("d", "t", ROWS)
    assert glue.parameters == {"of_others_1": "x", "of_others_2": "x"}
