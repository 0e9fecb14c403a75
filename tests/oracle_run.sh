#!/bin/sh
# Runs a script of this folder in the environment that oracle_setup.sh made: oracle_run.sh FOLDER SCRIPT ARGUMENTS.
# Status 77 (skip): it is not there.
set -eu
venv=$1
script=$2
shift 2
[ -f "$venv/.complete" ] || { echo "SKIPPED: there is no Keras to compare with"; exit 77; }
exec "$venv/bin/python" "$(dirname "$0")/$script" "$@"
