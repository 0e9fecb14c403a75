#!/bin/sh
# Runs an image in QEMU: run.sh BOARD IMAGE.elf. An instruction takes a nanosecond, so that times are repeatable.
set -eu
exec qemu-system-arm -M "$1" -kernel "$2" -display none -monitor none -serial none -icount shift=0 \
    -chardev stdio,id=console -semihosting-config enable=on,target=native,chardev=console
