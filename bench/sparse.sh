#!/bin/sh
# bench/sparse.sh [DENSITY]   measures Dense on a sparse input (default density 0.01) beside making the input dense first
# LAMINA is the compiler (default build/bin/lamina), CC the C compiler, CPU the processor to run on (default 0).
# Each line: the median time of a call from CSR, from COO, and from CSR by filling a dense input for the dense model.
set -eu
cd "$(dirname "$0")/.."
lamina=${LAMINA:-build/bin/lamina} density=${1:-0.01} folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# compile PREFIX WIDTH UNITS SPARSE [OPTION]
compile() {
    printf 'from keras import Input, Model\nfrom keras.layers import Dense\nx = Input((%s,), sparse=%s)\nmodel = Model(x, Dense(%s)(x))\n' \
        "$2" "$4" "$3" >"$folder/$1.lam"
    "$lamina" compile "$folder/$1.lam" -w random:1 --target=host --prefix="$1" -o "$folder/$1.o" ${5:+"$5"}
}

pin=
command -v taskset >/dev/null && pin="taskset -c ${CPU:-0}"
echo "batch x width -> units   CSR us   COO us   made dense us   (density $density)"
for case in "1 10000 128" "32 10000 64" "1 1000 16" "32 1000 16"; do
    set -- $case
    compile csr "$2" "$3" True
    compile coo "$2" "$3" True --sparse-as=coo
    compile dense "$2" "$3" False
    ${CC:-cc} -O2 -Iruntime/include bench/sparse.c "$folder/csr.o" "$folder/coo.o" "$folder/dense.o" -o "$folder/bench" -lm
    $pin "$folder/bench" "$1" "$2" "$3" "$density"
done
