"""Imports go one way; this walks the AST of every module and holds it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = {
    "catalog": ROOT / "catalog",
    "transforms": ROOT / "transforms",
    "glue_jobs": ROOT / "glue_jobs",
    "lambdas": ROOT / "lambdas",
    "price_model": ROOT / "sagemaker/price_model",
    "localaws": ROOT / "localaws",
    "awsglue": ROOT / "awsglue_local/src/awsglue",
    "gluelocal": ROOT / "awsglue_local/src/gluelocal",
    "pyspark_kinesis": ROOT / "awsglue_local/src/pyspark_kinesis",
}
MAY_IMPORT = {
    "catalog": set(),
    "transforms": {"catalog"},
    "glue_jobs": {"catalog", "transforms", "awsglue", "price_model"},
    "lambdas": {"catalog"},
    "price_model": {"catalog"},
    "localaws": {"catalog", "transforms"},
    "awsglue": {"gluelocal", "pyspark_kinesis"},
    "gluelocal": {"awsglue", "pyspark_kinesis"},
    "pyspark_kinesis": set(),
}
BOTO3_MODULES = {
    "blobs.py",
    "catalog_figures.py",
    "dynamodb.py",
    "lambda_destination.py",
    "model_host.py",
    "sources.py",
}


def imported(path: Path, package: str) -> Iterator[str]:
    """Top-level names of the modules that a file imports, at any depth of the code."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield package if node.level else (node.module or "").split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_stands_below_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in PACKAGES[package].rglob("*.py")
        for name in imported(path, package)
        if name in PACKAGES and name not in allowed
    ]
    assert wrong == []


def test_of_the_transforms_localaws_knows_the_detectors_alone() -> None:
    found = {
        node.module
        for path in PACKAGES["localaws"].rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("transforms")
    }
    assert {module for module in found if not module.startswith("transforms.detectors")} == set()


def test_the_catalog_needs_the_standard_library_alone() -> None:
    import sys

    outside = {
        name
        for path in PACKAGES["catalog"].rglob("*.py")
        for name in imported(path, "catalog")
        if name not in sys.stdlib_module_names and name != "catalog"
    }
    assert outside <= {"pyspark"}  # inside Schema.struct_type, when it is called


def test_transforms_do_no_input_or_output() -> None:
    wrong = {"boto3", "botocore", "awsglue", "requests", "urllib3", "os", "time", "random"}
    found = [
        f"{path.name} imports {name}"
        for path in PACKAGES["transforms"].rglob("*.py")
        for name in imported(path, "transforms")
        if name in wrong
    ]
    assert found == []


def test_in_jobs_only_the_client_modules_know_boto3() -> None:
    found = {
        path.name
        for path in PACKAGES["glue_jobs"].rglob("*.py")
        if {"boto3", "botocore"} & set(imported(path, "glue_jobs"))
    }
    assert found <= BOTO3_MODULES


def test_every_package_in_the_tree_is_named_in_setup() -> None:
    setup = (ROOT / "setup.py").read_text()
    folders = ("catalog", "transforms", "glue_jobs", "lambdas", "sagemaker", "localaws")
    found = {
        init.parent.relative_to(ROOT).as_posix()
        for folder in folders
        for init in (ROOT / folder).rglob("__init__.py")
    }
    assert [f for f in sorted(found) if f'"{f}"' not in setup] == []
