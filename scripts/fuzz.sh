#!/bin/sh
# scripts/fuzz.sh [SECONDS [NAME ...]]   searches with libFuzzer for bytes that crash, hang or leak: so many seconds (60) for each entry
# point of tests/fuzz, one after the other. What it finds lies in build-fuzz/found; what is worth keeping, it adds to build-fuzz/NAME, and
# `build-fuzz/bin/fuzz_NAME -merge=1 tests/fuzz/corpus/NAME build-fuzz/NAME` brings that into the tree. Needs clang-19.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- model config keras h5_model h5 npz safetensors data
targets=""
for name in "$@"; do targets="$targets fuzz_$name"; done
cmake -S . -B build-fuzz -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER=clang-19 -DLAMINA_FUZZ=ON -DLAMINA_SANITIZE=ON \
    -DLAMINA_ORACLE=OFF -DLAMINA_LLVM=OFF >/dev/null
# shellcheck disable=SC2086
cmake --build build-fuzz --target $targets lamina_hdf5 >build-fuzz/build.log || { cat build-fuzz/build.log; exit 1; }
status=0
for name in "$@"; do
    mkdir -p "build-fuzz/$name" build-fuzz/found
    dictionary=""
    [ ! -f "tests/fuzz/$name.dict" ] || dictionary="-dict=tests/fuzz/$name.dict"
    echo "fuzz_$name: $seconds seconds"
    # shellcheck disable=SC2086
    build-fuzz/bin/fuzz_$name "build-fuzz/$name" "tests/fuzz/corpus/$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 \
        -artifact_prefix="build-fuzz/found/$name-" $dictionary -print_final_stats=1 2>&1 |
        grep -E '^stat::(number_of_executed|average_exec)|ERROR|SUMMARY|Test unit written|^MS:' || true
    ls build-fuzz/found/$name-* >/dev/null 2>&1 && status=1
done
exit "$status"
