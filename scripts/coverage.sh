#!/bin/sh
# scripts/coverage.sh [BUILD]   which share of the compiler's own lines and branches the tests run; half an hour. Needs gcovr.
# BUILD/coverage.txt has a line for each file, BUILD/coverage/index.html the lines themselves. The kernels of the runtime are held
# by their conformance tests instead, over every size around a vector's.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build-coverage}
jobs=$(nproc)
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1 -DLAMINA_COVERAGE=ON -DLAMINA_ORACLE=OFF >/dev/null
cmake --build "$build"
find "$build" -name '*.gcda' -delete
ctest --test-dir "$build" -j "$jobs" --output-on-failure -E '^(conformance|find|generated_code|reproducible|example)' ||
    echo "coverage.sh: some tests failed; the counts are of what ran" >&2
mkdir -p "$build/coverage"
gcovr -r . "$build" -f 'compiler/' -e '.*/build.*' -j "$jobs" --exclude-unreachable-branches --exclude-throw-branches \
    --print-summary --txt "$build/coverage.txt" --html-details "$build/coverage/index.html"
