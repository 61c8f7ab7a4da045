"""The wheel of the jobs' packages: what pip makes of it, and Spark's list of importable files."""

import subprocess
import sys
from pathlib import Path

from pyspark import SparkContext

from localaws.packaging import build_job_packages_zip
from localaws.wheels import FILE_NAME, VERSION

ROOT = Path(__file__).parents[3]


def test_pip_installs_the_wheel_without_a_network_and_finds_every_file_right(
    tmp_path: Path,
) -> None:
    wheel = build_job_packages_zip(ROOT, tmp_path).path.rename(tmp_path / FILE_NAME)
    target = tmp_path / "installed"
    command = [
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-index"),
        *("--no-deps", "--no-compile", "--target", str(target), str(wheel)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    here = ROOT / "glue_jobs/click_sessions.py"
    assert (target / "glue_jobs/click_sessions.py").read_bytes() == here.read_bytes()
    assert (target / "price_model/train.py").is_file()


def test_its_version_is_that_of_the_distribution() -> None:
    assert f'version="{VERSION}"' in (ROOT / "setup.py").read_text()


def test_spark_imports_from_zips_and_not_from_wheels() -> None:
    assert ".zip" in SparkContext.PACKAGE_EXTENSIONS
    assert ".whl" not in SparkContext.PACKAGE_EXTENSIONS
