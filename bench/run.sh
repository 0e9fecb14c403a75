#!/bin/sh
# Makes the benchmark's environment in build/bench (PyPI, once), then compares Lamina with ONNX Runtime on one core:
# bench/run.sh [MODEL ...]
set -eu
cd "$(dirname "$0")/.."
venv=build/bench
if [ ! -f $venv/.complete ]; then
    python3 -m venv $venv
    $venv/bin/pip install --quiet --disable-pip-version-check keras==3.15.1 tensorflow-cpu==2.21.0 onnx onnxruntime onnx_ir
    $venv/bin/pip install --quiet --disable-pip-version-check --no-deps tf2onnx
    touch $venv/.complete
fi
exec taskset -c 0 $venv/bin/python bench/compare.py "$@"
