"""The artefacts: what is in them, and that their bytes depend on the sources alone."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from localaws import packaging
from localaws.errors import LocalCloudError
from localaws.packaging import (
    Artefact,
    build_artefacts,
    build_job_packages_zip,
    build_lambda_zip,
    job_script,
    lay_out,
    main,
)
from localaws.wheels import FILE_NAME

ROOT = Path(__file__).parents[3]

FILES = {
    "catalog/__init__.py": "",
    "catalog/tables.py": "TABLES = ()\n",
    "catalog/__pycache__/tables.cpython-311.pyc": "cache",
    "catalog/notes.md": "not for the zip",
    "transforms/__init__.py": "",
    "glue_jobs/__init__.py": "",
    "glue_jobs/price_candidates.py": "print('job')\n",
    "sagemaker/price_model/__init__.py": "",
    "lambdas/__init__.py": "",
    "lambdas/price_updater/__init__.py": "",
    "lambdas/price_updater/app.py": "import aws_lambda_powertools, catalog.tables\n",
    "lambdas/session_writer/app.py": "import aws_lambda_powertools\n",
    ".setup/lambda/aws_lambda_powertools/__init__.py": "",
    ".setup/lambda/aws_lambda_powertools/py.typed": "",
    ".setup/lambda/bin/jp.py": "#!/somewhere/on/this/machine",
    ".setup/lambda/jmespath-1.1.0.dist-info/METADATA": "Name: jmespath",
    ".setup/lambda/jmespath-1.1.0.dist-info/RECORD": "bin/jp.py,sha256=...",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with the parts that are packed."""
    return checkout(tmp_path / "checkout", FILES)


def checkout(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_the_functions_zip_has_sources_and_dependencies_side_by_side(
    root: Path, tmp_path: Path
) -> None:
    artefact = build_lambda_zip(root, tmp_path / "out")
    assert zipfile.ZipFile(artefact.path).namelist() == [
        "aws_lambda_powertools/__init__.py",
        "aws_lambda_powertools/py.typed",
        "catalog/__init__.py",
        "catalog/tables.py",
        "jmespath-1.1.0.dist-info/METADATA",
        "lambdas/__init__.py",
        "lambdas/price_updater/__init__.py",
        "lambdas/price_updater/app.py",
        "lambdas/session_writer/app.py",
    ]


def test_the_jobs_zip_has_its_packages_and_a_wheels_notes(root: Path, tmp_path: Path) -> None:
    artefact = build_job_packages_zip(root, tmp_path / "out")
    assert zipfile.ZipFile(artefact.path).namelist() == [
        "catalog/__init__.py",
        "catalog/tables.py",
        "glue_clickstream_jobs-0.1.0.dist-info/METADATA",
        "glue_clickstream_jobs-0.1.0.dist-info/RECORD",
        "glue_clickstream_jobs-0.1.0.dist-info/WHEEL",
        "glue_jobs/__init__.py",
        "glue_jobs/price_candidates.py",
        "price_model/__init__.py",
        "transforms/__init__.py",
    ]


@pytest.mark.parametrize("build", [build_lambda_zip, build_job_packages_zip])
def test_the_same_sources_give_the_same_bytes_and_key(
    root: Path, tmp_path: Path, build: Callable[[Path, Path], Artefact]
) -> None:
    first = build(root, tmp_path / "first")
    elsewhere = checkout(tmp_path / "elsewhere", dict(reversed(FILES.items())))
    for path in elsewhere.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o755)
    second = build(elsewhere, tmp_path / "second")
    assert first.path.read_bytes() == second.path.read_bytes()
    assert first.key == second.key


def test_another_build_of_zlib_gives_the_same_key(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "catalog/tables.py").write_text("TABLES = ()  # as before, and before that\n" * 99)
    first = build_lambda_zip(root, tmp_path / "first")
    monkeypatch.setattr(packaging, "_LEVEL", 1)
    second = build_lambda_zip(root, tmp_path / "second")
    assert first.path.read_bytes() != second.path.read_bytes()
    assert first.key == second.key


def test_a_file_of_another_name_gives_another_key(root: Path, tmp_path: Path) -> None:
    before = build_lambda_zip(root, tmp_path / "before").key
    (root / "catalog/tables.py").rename(root / "catalog/table.py")
    assert build_lambda_zip(root, tmp_path / "after").key != before


@pytest.mark.parametrize("changed", ["catalog/tables.py", "lambdas/price_updater/app.py"])
def test_a_changed_source_gives_another_key(root: Path, tmp_path: Path, changed: str) -> None:
    before = build_lambda_zip(root, tmp_path / "before").key
    (root / changed).write_text("changed = True\n")
    assert build_lambda_zip(root, tmp_path / "after").key != before


def test_a_note_that_is_not_packed_changes_no_key(root: Path, tmp_path: Path) -> None:
    before = build_lambda_zip(root, tmp_path / "before").key
    (root / "catalog/notes.md").write_text("changed")
    assert build_lambda_zip(root, tmp_path / "after").key == before


def test_a_packed_function_can_be_imported_from_the_zip(root: Path, tmp_path: Path) -> None:
    artefact = build_lambda_zip(root, tmp_path / "out")
    code = "import lambdas.price_updater.app, catalog.tables; print(catalog.tables.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(artefact.path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.startswith(str(artefact.path)), done.stderr


def test_dependencies_that_were_not_set_up_are_missed_by_name(root: Path, tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"no aws_lambda_powertools in .*; run `make setup`"):
        build_lambda_zip(root, tmp_path / "out", dependencies=tmp_path)


def test_a_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="package 'catalog': no Python files in"):
        build_job_packages_zip(tmp_path, tmp_path / "out")


def test_a_jobs_script_is_taken_as_it_is(root: Path) -> None:
    script = job_script(root, "price_candidates")
    assert script.path == root / "glue_jobs/price_candidates.py"
    # the first 16 digits of the script's SHA-256: `printf "print('job')\n" | sha256sum`
    assert script.key == "scripts/price_candidates-fce5217099e9058e.py"


def test_a_job_without_a_script_is_named(root: Path) -> None:
    with pytest.raises(LocalCloudError, match="job 'sessions': no script"):
        job_script(root, "sessions")


def test_a_checkout_without_one_of_the_jobs_is_not_deployed(root: Path, tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="job 'click_sessions': no script"):
        build_artefacts(root, tmp_path / "out")


def test_laid_out_artefacts_lie_at_their_keys_and_name_the_template_s_parameters(
    tmp_path: Path,
) -> None:
    template = (ROOT / "infra/template.yaml").read_text()
    keys = lay_out(ROOT, tmp_path)
    assert set(keys) == {
        "PriceCandidatesScriptKey",
        "ClickSessionsScriptKey",
        "CtrAnomaliesScriptKey",
        "ClickArchiveScriptKey",
        "PriceTrainingScriptKey",
        "JobPackagesKey",
        "LambdaKey",
        "LakeLogStoreKey",
        "LakeMaintenanceScriptKey",
    }
    assert all(f"  {parameter}:\n" in template for parameter in keys)
    assert all((tmp_path / key).stat().st_size > 1_000 for key in keys.values())
    wheel = tmp_path / FILE_NAME
    assert wheel.read_bytes() == (tmp_path / keys["JobPackagesKey"]).read_bytes()


def test_the_parameters_are_printed_and_kept_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(ROOT, tmp_path)
    printed = capsys.readouterr().out
    assert (tmp_path / "parameters").read_text() == printed
    keys = dict(line.split("=") for line in printed.splitlines())
    assert keys == lay_out(ROOT, tmp_path)
