#!/bin/sh
# The entry point in Glue 5.1's image: `entrypoint.sh tests [ARGUMENT OF PYTEST ...]` or
# `entrypoint.sh job NAME [--OPTION VALUE ...]`
set -eu
what=$1
shift
here=$(dirname "$0")
sh "$here/install.sh" python3
case $what in
tests) exec sh "$here/pytest.sh" python3 "$@" ;;
job) exec sh "$here/job.sh" "$@" ;;
*)
    echo "entrypoint.sh: found '$what'; allowed are tests, job" >&2
    exit 1
    ;;
esac
