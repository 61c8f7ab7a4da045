"""The artefacts that a deployment uploads: zips whose keys depend on the sources alone.

`python -m localaws.packaging OUT` lays them out below OUT, and prints the template's parameters
and writes them to OUT/parameters.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from localaws import log_store
from localaws.errors import LocalCloudError
from localaws.wheels import FILE_NAME, with_metadata

JOB_PACKAGES = ("catalog", "transforms", "glue_jobs")
MODEL_FOLDER = "sagemaker"  # no package itself: it would shadow the SDK of that name
LAMBDA_PACKAGES = ("catalog", "lambdas")
LAMBDA_DEPENDENCIES = Path(".setup") / "lambda"  # installed from requirements/lambda.txt at set-up

Entry = tuple[str, bytes]  # a file's name in the zip, and what is in it

# The earliest time a zip can carry: with the real ones no two builds would be the same.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_LEVEL = 9


@dataclass(frozen=True)
class Artefact:
    """A file to upload and its key, which changes exactly when the content does."""

    path: Path
    key: str


def build_lambda_zip(root: Path, out: Path, dependencies: Path | None = None) -> Artefact:
    """The functions' zip: `catalog/`, `lambdas/` and what they need beside the runtime.

    `dependencies` defaults to `.setup/lambda` below `root`.

    Raises:
        LocalCloudError: a package is missing, or the dependencies were not set up.
    """
    vendored = root / LAMBDA_DEPENDENCIES if dependencies is None else dependencies
    if not (vendored / "aws_lambda_powertools").is_dir():
        raise LocalCloudError(
            f"Lambda package: no aws_lambda_powertools in {vendored}; run `make setup`"
        )
    entries = [*_packages(root, LAMBDA_PACKAGES), *_files(vendored, vendored)]
    return _write(entries, out, "lambdas")


def build_job_packages_zip(root: Path, out: Path) -> Artefact:
    """The wheel of the jobs' packages, named as the zip that `--extra-py-files` takes.

    docs/decisions/015-how-it-is-deployed.md says why it has that name.

    Raises:
        LocalCloudError: a package is missing.
    """
    packages = [
        *_packages(root, JOB_PACKAGES),
        *_packages(root / MODEL_FOLDER, ["price_model"]),
    ]
    return _write(with_metadata(packages), out, "job_packages")


def build_log_store_jar(root: Path, out: Path) -> Artefact:
    """The jar for `--extra-jars` of every job that writes the lake.

    Raises:
        LocalCloudError: it cannot be compiled.
    """
    return _write(log_store.compiled(root), out, "lake_log_store", suffix="jar")


def job_script(root: Path, name: str) -> Artefact:
    """The script of a job, as it is in `glue_jobs/`.

    Raises:
        LocalCloudError: there is none of that name.
    """
    path = root / "glue_jobs" / f"{name}.py"
    if not path.is_file():
        raise LocalCloudError(f"job {name!r}: no script {path}")
    return Artefact(path, f"scripts/{name}-{_digest(path.read_bytes())}.py")


def build_artefacts(root: Path, work: Path) -> dict[str, Artefact]:
    """Every artefact of a deployment, built in `work`, by the template's parameter for its key.

    Raises:
        LocalCloudError: as the builders do.
    """
    return {
        "PriceCandidatesScriptKey": job_script(root, "price_candidates"),
        "ClickSessionsScriptKey": job_script(root, "click_sessions"),
        "CtrAnomaliesScriptKey": job_script(root, "ctr_anomalies"),
        "ClickArchiveScriptKey": job_script(root, "click_archive"),
        "PriceTrainingScriptKey": job_script(root, "price_training"),
        "JobPackagesKey": build_job_packages_zip(root, work),
        "LambdaKey": build_lambda_zip(root, work),
        "LakeLogStoreKey": build_log_store_jar(root, work),
        "LakeMaintenanceScriptKey": job_script(root, "lake_maintenance"),
    }


def lay_out(root: Path, out: Path) -> dict[str, str]:
    """Builds every artefact to the path of its key below `out`; the template's parameter -> key.

    Raises:
        LocalCloudError: as the builders do.
    """
    with TemporaryDirectory() as folder:
        artefacts = build_artefacts(root, Path(folder))
        for artefact in artefacts.values():
            target = out / artefact.key
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(artefact.path, target)
        shutil.copyfile(artefacts["JobPackagesKey"].path, out / FILE_NAME)
    return {parameter: artefact.key for parameter, artefact in artefacts.items()}


def _packages(root: Path, names: Iterable[str]) -> list[Entry]:
    entries: list[Entry] = []
    for name in names:
        found = [each for each in _files(root / name, root) if each[0].endswith(".py")]
        if not found:
            raise LocalCloudError(f"package {name!r}: no Python files in {root / name}")
        entries += found
    return entries


def _files(folder: Path, root: Path) -> Iterator[Entry]:
    """Every file below `folder` with its name in the zip."""
    for path in folder.rglob("*"):
        inside = path.relative_to(root)
        if path.is_file() and not _is_skipped(inside):
            yield inside.as_posix(), path.read_bytes()


def _is_skipped(inside: Path) -> bool:
    """Caches, pip's scripts, and its notes on the installation, which name this machine's paths."""
    notes = inside.parent.suffix == ".dist-info" and inside.name in {"RECORD", "direct_url.json"}
    return notes or inside.parts[0] == "bin" or "__pycache__" in inside.parts


def _write(entries: Iterable[Entry], out: Path, name: str, suffix: str = "zip") -> Artefact:
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{name}.{suffix}"
    packed = sorted(entries)
    with zipfile.ZipFile(path, "w") as archive:
        for inside, content in packed:
            info = zipfile.ZipInfo(inside, _EPOCH)
            info.create_system = 3  # Unix on every machine, so that the bytes agree
            info.external_attr = _MODE
            archive.writestr(info, content, zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)
    return Artefact(path, f"packages/{name}-{_digest_of(packed)}.{suffix}")


def _digest_of(packed: Iterable[Entry]) -> str:
    """Of names and contents: how well they are compressed differs by the build of zlib."""
    lines = (f"{hashlib.sha256(content).hexdigest()} {inside}\n" for inside, content in packed)
    return _digest("".join(lines).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def main(root: Path, out: Path) -> None:
    """Lays the artefacts out and says the parameters, one `name=key` a line.

    Raises:
        LocalCloudError: as the builders do.
    """
    lines = "".join(f"{name}={key}\n" for name, key in lay_out(root, out).items())
    (out / "parameters").write_text(lines, encoding="utf-8")
    sys.stdout.write(lines)


if __name__ == "__main__":
    main(Path(__file__).parents[1], Path(sys.argv[1]))
