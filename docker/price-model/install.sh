#!/bin/sh
# The one step of the image: what serving needs, pinned. `install.sh PYTHON`
set -eu
here=$(dirname "$0")
constraints=$here/constraints.txt
[ -f "$constraints" ] || constraints=$here/../../requirements/constraints.txt
"$1" -m pip install --no-cache-dir --disable-pip-version-check --constraint "$constraints" \
    numpy scipy pydantic starlette uvicorn
