#!/bin/sh
# bench/run.sh --threads N [MODEL ...]   measures what --threads=N brings: models of bench/models and bench/held_out, all if none is named
# LAMINA is the compiler (default build/bin/lamina), CC the C compiler, BATCHES which batches (default "1 32"), SECONDS_EACH for
# how long a line is measured (default 2). Each line has the shortest call, in microseconds, of code without --threads, of code
# with it on one thread, and of that by the runtime's pool on N; and how many times faster N are than code without. The three
# take turns; whatever else the machine runs falls on the pool first, so measure on an idle one.
set -eu
cd "$(dirname "$0")/.."
lamina=${LAMINA:-build/bin/lamina} threads=${1:?how many threads?} folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
shift
[ $# -gt 0 ] || set -- $(basename -s .lam bench/models/*.lam bench/held_out/*.lam)
printf '%-16s %5s %12s %12s %12s %8s\n' model batch without "one thread" "$threads threads" faster
for model; do
    file=$(find bench/models bench/held_out -name "$model.lam")
    "$lamina" compile "$file" -w random:1 --target=host --prefix=alone -o "$folder/alone.o"
    "$lamina" compile "$file" -w random:1 --target=host --prefix=shared -o "$folder/shared.o" --threads="$threads"
    ${CC:-cc} -O2 -Iruntime/include bench/threads.c runtime/pool/pool.c "$folder/alone.o" "$folder/shared.o" \
        -o "$folder/bench" -lm -lpthread
    for batch in ${BATCHES:-1 32}; do
        printf '%-16s ' "$model"
        "$folder/bench" "$threads" "$batch" "${SECONDS_EACH:-2}"
    done
done
