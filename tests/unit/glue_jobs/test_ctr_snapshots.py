from pathlib import Path

import pytest

from glue_jobs.ctr_snapshots import OpenDetectors, Segment
from transforms.ctr_sites import Clock, Judged, Site, Terms, advance
from transforms.detectors.detector import Window
from transforms.detectors.profiles import DetectorSettings

TERMS = Terms(clear_after=None)


def written(folder: Path, batch: int, *contents: bytes) -> list[str]:
    segment = Segment(str(folder), batch, 0)
    references = [segment.add(content) for content in contents]
    segment.write()
    return references


def test_what_was_stored_is_read_by_its_reference(tmp_path: Path) -> None:
    references = written(tmp_path, 3, b"first" * 100, b"", b"third")
    found = [Segment(str(tmp_path), 4, 0).read(reference) for reference in references]
    assert found == [b"first" * 100, b"", b"third"]
    (file,) = tmp_path.iterdir()
    assert file.name.startswith("snapshots-3-0-")


def test_a_task_with_nothing_to_store_leaves_no_file(tmp_path: Path) -> None:
    assert written(tmp_path, 0) == []
    assert list(tmp_path.iterdir()) == []


def test_another_try_of_a_task_writes_over_nothing(tmp_path: Path) -> None:
    (first,), (second,) = written(tmp_path, 3, b"first"), written(tmp_path, 3, b"second")
    segment = Segment(str(tmp_path), 4, 0)
    assert [segment.read(first), segment.read(second)] == [b"first", b"second"]


def test_an_old_reference_is_renewed_and_a_young_one_stays(tmp_path: Path) -> None:
    (old,), (young,) = written(tmp_path, 0, b"old"), written(tmp_path, 30, b"young")
    segment = Segment(str(tmp_path), 64, 1)

    assert segment.renewed(young) == young
    renewed = segment.renewed(old)
    segment.write()
    assert renewed != old
    assert Segment(str(tmp_path), 65, 0).read(renewed) == b"old"


def test_a_batch_renews_a_few_at_most(tmp_path: Path) -> None:
    references = written(tmp_path, 0, *[b"old"] * 40)
    segment = Segment(str(tmp_path), 100, 0)
    assert sum(segment.renewed(reference) != reference for reference in references) == 16


@pytest.mark.parametrize("profile", ["lab", "default"])
def test_a_silent_site_is_judged_as_before_when_it_comes_back(tmp_path: Path, profile: str) -> None:
    """Its detector moved to another file meanwhile, and another process takes it from there."""
    settings = DetectorSettings(profile)
    usual = [Window(n * 10_000, 9 + n % 3, 10 + n % 2) for n in range(60)]
    comes_back = [Window(n * 10_000, 40, 10) for n in range(200, 204)]

    def step(site: Site | None, batch: int, folder: Path, found: list[Window]) -> tuple[Site, list]:
        now = found[-1].start + 10_000 if found else 0
        with OpenDetectors(settings, str(folder), batch)(0) as detectors:
            moved = advance("a", site, found, Clock(0, now), TERMS, detectors)
        assert moved.site is not None
        verdicts = [row.verdict for row in moved.rows if isinstance(row, Judged)]
        return moved.site, verdicts

    site, _ = step(None, 0, tmp_path / "here", usual)
    _, expected = step(site, 1, tmp_path / "here", comes_back)
    moved, _ = step(site, 70, tmp_path / "here", [])
    assert moved.snapshot != site.snapshot
    assert site.snapshot is not None
    (tmp_path / "here" / site.snapshot.split(":")[0]).unlink()
    (tmp_path / "here").rename(tmp_path / "there")
    assert step(moved, 71, tmp_path / "there", comes_back)[1] == expected
