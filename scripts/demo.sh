#!/bin/sh
# Installs what is missing, builds Lamina, compiles the person detector to C, and asks it about three photographs.
set -eu
cd "$(dirname "$0")/.."
scripts/install_dependencies.sh
cmake -S . -B build -G Ninja >build.log 2>&1 || { cat build.log; exit 1; }
cmake --build build --target lamina >>build.log 2>&1 || { cat build.log; exit 1; }
rm -f build.log

mkdir -p build/demo
build/bin/lamina compile examples/person_detector/vww.lam -w examples/person_detector/vww.weights.h5 -o build/demo/vww.c
cc -O2 -Ibuild/demo -Iexamples/common examples/person_detector/main.c examples/common/photo.c build/demo/vww.c -lm \
    -o build/demo/person_detector
for photo in person flower temple; do
    build/demo/person_detector examples/person_detector/photos/$photo.ppm
done
