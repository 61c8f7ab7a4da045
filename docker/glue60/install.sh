#!/bin/sh
# The steps of the image, one layer each: `install.sh system`, then `install.sh engine PYTHON` and
# `install.sh project PYTHON`, which install what the folder two above this file holds.
set -eu
step=$1 python=${2:-}
cd "$(dirname "$0")/../.."

install_packages() {
    "$python" -m pip install --quiet --disable-pip-version-check --no-build-isolation \
        --constraint requirements/constraints.txt "$@"
}

case $step in
system)
    apt-get update
    # procps: Spark's scripts look for processes with `ps`.
    apt-get install --yes --no-install-recommends openjdk-17-jre-headless procps
    rm -rf /var/lib/apt/lists/*
    useradd --uid 10001 --create-home glue
    install --directory --owner=glue --group=glue /var/lib/clickstream
    ;;
engine) # Spark, Delta Lake, S3 and the awsglue API: what Glue 6.0 brings
    install_packages --requirement requirements/build.txt
    install_packages -e './awsglue_local[delta]'
    "$python" -m gluelocal.cli setup-jars --dir .setup/jars
    ;;
project) # the jobs, and the cloud that they run in
    install_packages -e '.[local]'
    install_packages --target .setup/lambda --requirement requirements/lambda.txt
    "$python" -m localaws.packaging build
    "$python" -m compileall -q catalog glue_jobs lambdas localaws sagemaker transforms
    ;;
*)
    echo "install.sh: found step '$step'; allowed are system, engine PYTHON, project PYTHON" >&2
    exit 1
    ;;
esac
