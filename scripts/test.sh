#!/bin/sh
# Installs what is missing, then builds and runs all tests: with sanitizers over the compiler and its corpus, then the
# release build with the examples, the kernels, and the comparison with real Keras. With --long, no test takes a sample where it
# could take all (LAMINA_LONG_TESTS).
set -eu
cd "$(dirname "$0")/.."
case "${1-}" in
'') long=OFF ;;
--long) long=ON ;;
*) echo "usage: scripts/test.sh [--long]" >&2; exit 2 ;;
esac
scripts/install_dependencies.sh
jobs=$(nproc)
cmake --preset sanitize -DLAMINA_LONG_TESTS=$long >/dev/null
cmake --build --preset sanitize
cmake --preset release -DLAMINA_LONG_TESTS=$long >/dev/null
cmake --build --preset release
ctest --preset sanitize -j "$jobs"
ctest --preset release -j "$jobs"
