#!/bin/sh
# Every .py file of the installed Keras parses, into the tree that Python's own `ast` makes:
# parse_keras.sh ORACLE_FOLDER TOOL. Status 77 (skip) where Keras is not there.
set -eu
venv=$1
tool=$2
[ -f "$venv/.complete" ] || { echo "SKIPPED: there is no Keras to parse"; exit 77; }
keras=$(echo "$venv"/lib/python3*/site-packages/keras)
find "$keras" -name '*.py' | "$tool" -
exec "$venv/bin/python" "$(dirname "$0")/syntax_vs_python.py" "$tool" "$keras/src/layers" "$keras/src/applications"
