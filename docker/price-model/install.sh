#!/bin/sh
# The one step of the image: what serving needs, pinned; nothing is built. `install.sh PYTHON`
set -eu
cd "$(dirname "$0")/../.."
"$1" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
    --constraint requirements/constraints.txt numpy scipy pydantic starlette uvicorn
