#!/bin/sh
# One program, linked with a model in every form, gives Keras' answers each time.
#   link_forms.sh LAMINA CLANG MODEL.lam WEIGHTS INPUTS.npy GOLDEN.npy
# CLANG (may be empty) takes the forms of LLVM. For 64-bit ARM the program runs in qemu-aarch64, where that is installed.
set -eu
lamina=$1 clang=$2 model=$3 weights=$4 inputs=$5 golden=$6
common=$(cd "$(dirname "$0")" && pwd)
name=$(basename "$model" .lam)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

check() { # check COMPILER FORM [TARGET [RUNNER [FLAG]]]: makes the form, links check_golden.c with it, and runs that
    "$lamina" compile "$model" -w "$weights" -o "$name.$2" ${3:+--target=$3}
    $1 ${5:-} -O2 -I. -DMODEL="${name}_model" -DMODEL_HEADER="\"$name.h\"" "$common/check_golden.c" "./$name.$2" -lm -o program
    printf '%-4s %-10s ' "$2" "${3:-}"
    ${4:-} ./program "$inputs" "$golden"
    rm -f program "$name".*
}

for form in c o a so s; do check cc "$form"; done
if [ -n "$clang" ]; then
    for form in bc ll; do check "$clang" "$form"; done
fi
for target in x86-64 x86-64-v3 generic; do
    if grep -q avx2 /proc/cpuinfo 2>/dev/null; then check cc o "$target"; fi
done
if command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then
    check aarch64-linux-gnu-gcc o aarch64 qemu-aarch64 -static
else
    echo "aarch64: not run, aarch64-linux-gnu-gcc or qemu-aarch64 is not installed"
fi
