#!/bin/sh
# What the compose service `tests` does: `tests.sh [ARGUMENT OF PYTEST ...]`
set -eu
here=$(dirname "$0")
python=${PYTHON:-python3}
sh "$here/install.sh" "$python"
exec sh "$here/pytest.sh" "$python" "$@"
