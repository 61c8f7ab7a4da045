#!/usr/bin/env bash
# The second environment, of the versions of Glue 5.1: `setup51.sh FOLDER GLUELOCAL`.
# Called by make, after setup.sh.
set -euo pipefail
exec >&2 # standard output is the make target's own
folder=$1 gluelocal=$2

# PySpark 3.5 knows no newer Python, and Glue 5.1 has this one.
python=${PYTHON311:-python3.11}
"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || {
    echo "setup51: Python 3.11 is needed, $python is not one: install it, or name it with PYTHON311=..."
    exit 1
}
[ -x "$folder/venv/bin/python" ] || "$python" -m venv "$folder/venv"
echo "setup51: Python packages"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --requirement requirements/glue51.txt
sh docker/glue51/install.sh "$folder/venv/bin/python"
echo "setup51: JARs"
"$gluelocal" setup-jars --dir "$folder/jars" --glue-version 5.1
