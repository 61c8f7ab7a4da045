#!/bin/sh
# The one step before tests in Glue 5.1's image: what they need beside it. `install.sh PYTHON`
set -eu
cd "$(dirname "$0")/../.."
"$1" -m pip install --quiet --disable-pip-version-check --requirement requirements/glue51-tests.txt
