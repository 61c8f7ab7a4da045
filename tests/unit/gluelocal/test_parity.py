"""The page of what runs locally says what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest
from awsglue import transforms
from awsglue.dynamicframe import DynamicFrame
from gluelocal import parity
from gluelocal.errors import NotImplementedLocallyError

PAGE = Path(__file__).resolve().parents[3] / "docs" / "awsglue-parity.md"


def test_the_page_is_the_one_that_the_code_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == parity.render(), "run `make docs`"


def test_a_missing_call_raises_an_error_that_names_it() -> None:
    frame = DynamicFrame(lambda: pytest.fail("not evaluated"), None)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedLocallyError, match=r"^DynamicFrame\.unnest is not impl"):
        frame.unnest()
    with pytest.raises(NotImplementedError, match=r"^Unbox\.apply is not implemented"):
        transforms.Unbox.apply(frame=frame)


def test_import_star_gives_the_transforms_and_not_the_frame() -> None:
    assert "ApplyMapping" in transforms.__all__
    assert "DynamicFrame" not in transforms.__all__


def test_every_transform_is_on_the_page() -> None:
    page = parity.render()
    for name in transforms.__all__:
        assert f"`{name}.apply`" in page, name
