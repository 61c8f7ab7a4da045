#!/usr/bin/env bash
# Set-up of a fresh machine: `setup.sh VENV JARS`. Called by make, which skips it when nothing changed.
set -euo pipefail
exec >&2 # standard output is the make target's own
venv=$1 jars=$2

fail() { echo "setup: $*" >&2; exit 1; }

java_version=$("${JAVA_HOME:+$JAVA_HOME/bin/}java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1) || true
[ "${java_version:-0}" -ge 17 ] || fail "Java 17 or newer is needed, found ${java_version:-none}: \
install a JDK (Debian and Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17)."

find_python() {
    for python in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
        if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    fail "Python 3.11, 3.12 or 3.13 is needed: install one, or name it with PYTHON=..."
}

if ! [ -x "$venv/bin/python" ]; then
    python=$(find_python)
    "$python" -m venv "$venv" || fail "$python cannot make a virtual environment \
(Debian and Ubuntu: apt-get install python3-venv)."
fi
mkdir -p .setup
echo "setup: Python packages"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint requirements/constraints.txt -e ./awsglue_local -e '.[local,test,dev]'
echo "setup: the Lambda functions' packages"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade \
    --target .setup/lambda --requirement requirements/lambda.txt
echo "setup: JARs"
"$venv/bin/gluelocal" setup-jars --dir "$jars"
echo "setup: done"
