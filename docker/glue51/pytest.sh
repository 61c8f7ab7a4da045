#!/bin/sh
# The tests that need Spark, on the versions of Glue 5.1: `pytest.sh PYTHON [ARGUMENT OF PYTEST ...]`
set -eu
python=$1
shift
cd "$(dirname "$0")/../.."
[ "$#" -gt 0 ] || set -- tests/spark
# PySpark 3.5 asks the distutils for the version of pandas.
GLUELOCAL_JARS=${GLUE51_JARS:-$PWD/.setup/glue51/jars} exec "$python" -m pytest -q -p no:cacheprovider \
    -W 'ignore:The distutils package is deprecated:DeprecationWarning' \
    -W 'ignore:distutils Version classes are deprecated:DeprecationWarning' "$@"
