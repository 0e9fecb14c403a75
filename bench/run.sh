#!/bin/sh
# bench/run.sh [--quick] [MODEL ...]   measures Lamina beside ONNX Runtime, OpenVINO and LiteRT   (--help tells the rest)
# bench/run.sh --compiler              measures the compiler itself
# bench/run.sh --threads N [MODEL ...] measures what --threads=N brings
# The environment (PyPI), the prepared models and all that is built lie in $LAMINA_BENCH, build/bench if that is not set.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" = --threads ]; then
    shift
    exec bench/threads.sh "$@"
fi
export LAMINA_BENCH="${LAMINA_BENCH:-build/bench}" PYTHONDONTWRITEBYTECODE=1
venv=$LAMINA_BENCH/venv
if [ ! -f "$venv/.complete" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 tensorflow-cpu==2.21.0 onnx \
        onnxruntime openvino ai-edge-litert
    touch "$venv/.complete"
fi
if [ "${1:-}" = --compiler ]; then
    shift
    exec "$venv/bin/python" bench/compiler.py "$@"
fi
exec "$venv/bin/python" bench/bench.py "$@"
