#!/bin/sh
# Makes the virtual environment of the oracle: oracle_setup.sh FOLDER. Quick where it is there already. Status 77 (skip)
# where the packages cannot be had.
set -eu
venv=$1
pinned="keras==3.15.1 tensorflow-cpu==2.21.0"
[ -f "$venv/.complete" ] && [ "$(cat "$venv/.complete")" = "$pinned" ] && exit 0
python3 -m venv "$venv" || { echo "SKIPPED: python3-venv is missing: the corpus was NOT compared with real Keras"; exit 77; }
if ! "$venv/bin/pip" install --quiet --disable-pip-version-check $pinned; then
    echo "SKIPPED: PyPI cannot be reached: the corpus was NOT compared with real Keras"
    exit 77
fi
printf '%s' "$pinned" >"$venv/.complete"
