#!/bin/sh
# Builds a compiler without LLVM (mostly out of ccache, when it follows a build with it), and runs what must hold then.
#   llvm_off.sh SOURCE FOLDER BUILD_TYPE
set -eu
cmake -S "$1" -B "$2" -G Ninja -DCMAKE_BUILD_TYPE="$3" -DLAMINA_LLVM=OFF -DBUILD_TESTING=OFF >/dev/null
cmake --build "$2" --target lamina >"$2/build.log" 2>&1 || { tail -50 "$2/build.log"; exit 1; }
[ ! -e "$2/lib/lamina/lamina_llvm.so" ] || { echo "there is a module, though it is switched off"; exit 1; }
LAMINA="$2/bin/lamina" LLVM="" "$1/tests/llvm.py"
LAMINA="$2/bin/lamina" "$1/tests/python_module.py" # by the C compiler then
