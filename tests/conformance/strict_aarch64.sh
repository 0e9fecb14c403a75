#!/bin/sh
# Strict kernels compiled for aarch64, run under qemu, give the bits that they give here:
# strict_aarch64.sh SOURCE BUILD (the build tree, with conformance_strict_* made). Skipped (77) without cross compiler or qemu.
set -e
source=$1 build=$2
command -v aarch64-linux-gnu-gcc > /dev/null && command -v qemu-aarch64 > /dev/null || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
include="-I$source/runtime -I$source/runtime/include -I$source/runtime/reference -I$source/tests/conformance -I$build/runtime"
echo 'UNIT(strict_aarch64, 0)' > "$work/units.h"
aarch64-linux-gnu-gcc -O3 -ffp-contract=fast -DLMRT_STRICT -DLMRT_COPY=_strict_aarch64 $include \
    -c "$source/runtime/library/copy.c" -o "$work/copy.o"
for test in rows elements matrix unary int8 int8_rows; do
    aarch64-linux-gnu-gcc -static -O1 -DCONFORMANCE_SAME_BITS -DCONFORMANCE_UNITS="\"$work/units.h\"" $include \
        "$source/tests/conformance/conformance.c" "$source/tests/conformance/test_$test.c" \
        "$source"/runtime/reference/*.c "$work/copy.o" -o "$work/$test" -lm
    qemu-aarch64 "$work/$test" 400009 > "$work/there" || { cat "$work/there"; exit 1; }
    "$build/bin/conformance_strict_$test" 400009 > "$work/here"
    there=$(cut -d: -f1 "$work/there") here=$(cut -d: -f1 "$work/here")
    echo "$test: aarch64 $there, here $here"
    [ "$there" = "$here" ]
done
