#!/bin/sh
# Installs what is missing, then builds and runs all tests: with sanitizers over the compiler and its corpus, then the
# release build with the examples, the kernels, and the comparison with real Keras.
set -eu
cd "$(dirname "$0")/.."
scripts/install_dependencies.sh
jobs=$(nproc)
cmake --preset sanitize >/dev/null
cmake --build --preset sanitize
cmake --preset release >/dev/null
cmake --build --preset release
ctest --preset sanitize -j "$jobs"
ctest --preset release -j "$jobs"
