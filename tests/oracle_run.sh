#!/bin/sh
# Runs oracle.py in the environment that oracle_setup.sh made: oracle_run.sh FOLDER ARGUMENTS. Status 77: not there.
set -eu
venv=$1
shift
[ -f "$venv/.complete" ] || { echo "SKIPPED: there is no Keras to compare with"; exit 77; }
exec "$venv/bin/python" "$(dirname "$0")/oracle.py" "$@"
