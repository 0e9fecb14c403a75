#!/bin/sh
# Installs the Debian packages that building and testing need, where any is missing. Needs root or sudo only then.
set -eu
packages="gcc g++ clang cmake ninja-build ccache flex bison pkg-config git libhdf5-dev libzip-dev libjansson-dev libcmocka-dev llvm-19-dev clang-19 tcc python3 python3-venv"
# What tests alone use: MemorySanitizer, programs for 64-bit ARM and firmware, made and run on this machine, a debugger, and
# what packages, manual pages and completions are tried with.
packages="$packages libclang-rt-19-dev qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm llvm-19 gdb dpkg-dev file man-db zsh fish python3-numpy"
missing=""
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
echo "Installing:$missing"
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
