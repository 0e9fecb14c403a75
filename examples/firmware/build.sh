#!/bin/sh
# A model, its weights and samples as an image for a board; says what it takes of flash and RAM.
#
#   build.sh BOARD MODEL WEIGHTS SAMPLES.npy IMAGE.elf      BOARD: microbit, mps2-an386, mps2-an500 or mps3-an547
#
# WEIGHTS is anything that `lamina -w` takes, "-" where the model file brings them. What is made on the way stays in IMAGE.parts/.
# The environment: LAMINA (lamina), CROSS (arm-none-eabi-), OPTIMIZE (-O3), LAMINA_FLAGS (further options, as --quantize=int8).
set -eu
board=$1 model=$2 weights=$3 samples=$(realpath "$4") image=$5
here=$(cd "$(dirname "$0")" && pwd)
lamina=${LAMINA:-lamina} cross=${CROSS:-arm-none-eabi-} optimize=${OPTIMIZE:--O3}

case $board in
microbit) target=cortex-m0 clock=16 float="-mfloat-abi=soft" ;;
mps2-an386) target=cortex-m4 clock=25 float="-mfloat-abi=hard -mfpu=fpv4-sp-d16" ;;
mps2-an500) target=cortex-m7 clock=25 float="-mfloat-abi=hard -mfpu=fpv5-sp-d16" ;;
mps3-an547) target=cortex-m55 clock=32 float="-mfloat-abi=hard" ;;
*) echo "build.sh: there is no board \"$board\"" >&2; exit 2 ;;
esac
cpu="-mthumb -mcpu=$target $float"

parts=$image.parts
mkdir -p "$parts"
[ "$weights" = - ] || set -- -w "$weights"
[ "$weights" != - ] || set --
"$lamina" compile "$model" "$@" ${LAMINA_FLAGS:-} --target="$target" --prefix=model -o "$parts/model.c"

# What the header states: the macros of the elements of a sample (the input's stands first, the output's last), and figures.
macros=$(sed -n 's/^#define \(MODEL_[A-Z0-9_]*_SIZE\) .*/\1/p' "$parts/model.h")
input=$(echo "$macros" | head -n 1) output=$(echo "$macros" | tail -n 1)
figure() { sed -n "s/.*$1 \([0-9,]*\) bytes.*/\1/p" "$parts/model.h" | head -n 1 | tr -d ,; }
constants=$(figure weights) stack=$(($(figure "stack below") + 512)) # and of main, and what it says

warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
for source in "$parts/model.c" "$here/main.c" "$here/machine.c" "$here/start.c"; do
    "${cross}gcc" -std=c99 $cpu $optimize $warnings -ffunction-sections -fdata-sections -I"$parts" -DCLOCK_MHZ=$clock \
        -DINPUT_SIZE="$input" -DOUTPUT_SIZE="$output" -c "$source" -o "$parts/$(basename "$source" .c).o"
done
"${cross}gcc" $cpu -DINPUT="\"$samples\"" -c "$here/input.S" -o "$parts/input.o"

linked=yes
"${cross}gcc" $cpu -nostartfiles -L"$here" -T"$here/boards/$board.ld" -Wl,--defsym=stack_bytes=$stack -Wl,--gc-sections \
    -Wl,--print-memory-usage "$parts/main.o" "$parts/machine.o" "$parts/start.o" "$parts/input.o" "$parts/model.o" -lm \
    -o "$image" >"$parts/link.txt" 2>&1 || linked=no

# A region's figures, used and there, in bytes: of "FLASH:  76552 B  64 KB  116.81%".
region() {
    awk -v name="$1:" 'function bytes(n, unit) { return n * (unit == "KB" ? 1024 : unit == "MB" ? 1048576 : 1) }
        $1 == name { printf "%d %d", bytes($2, $3), bytes($4, $5) }' "$parts/link.txt"
}
set -- $(region FLASH) $(region RAM)
name=$(basename "$model" | sed 's/\.[^.]*$//')
if [ $linked = no ]; then
    rm -f "$image"
    if [ $# -ne 4 ] || ! grep -q overflowed "$parts/link.txt"; then
        cat "$parts/link.txt" >&2
    else
        echo "$name does not fit $board: it needs $1 bytes of flash, where there are $2, and $3 bytes of RAM, where there are $4" >&2
    fi
    exit 1
fi
samples_bytes=$(wc -c <"$samples")
workspace=$((0x$("${cross}nm" -S "$image" | awk '$4 == "workspace" { print $2 }')))
[ "$workspace" -gt 1 ] || workspace=0 # an array has an element
echo "$name on $board: flash $1 of $2 bytes: weights $constants, samples $samples_bytes, code $(($1 - constants - samples_bytes))"
echo "  RAM $3 of $4 bytes: workspace $workspace, stack $stack, output and the rest $(($3 - workspace - stack))"
