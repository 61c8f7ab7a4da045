"""Generated pages are checked, not trusted; every job, table and command is in the docs."""

from pathlib import Path

from catalog.docs import render

ROOT = Path(__file__).parents[3]


def test_the_tables_page_is_what_the_catalog_renders() -> None:
    """`make docs` writes it anew."""
    assert (ROOT / "docs/tables.md").read_text() == render()


def test_every_job_is_described_in_the_architecture() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    scripts = [p for p in (ROOT / "glue_jobs").glob("*.py") if "__main__" in p.read_text()]
    assert scripts
    assert [script.stem for script in scripts if f"**`{script.stem}`**" not in page] == []


def test_a_job_script_is_a_page_that_reads_like_the_diagram() -> None:
    scripts = [p for p in (ROOT / "glue_jobs").glob("*.py") if "__main__" in p.read_text()]
    lengths = {script.name: len(script.read_text().splitlines()) for script in scripts}
    assert {name: length for name, length in lengths.items() if length > 60} == {}


def test_every_decision_is_half_a_page_and_numbered_once() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [page.name[:3] for page in pages]
    assert len(set(numbers)) == len(numbers)
    assert [page.name for page in pages if len(page.read_text().splitlines()) > 60] == []
