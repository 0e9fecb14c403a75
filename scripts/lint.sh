#!/bin/sh
# scripts/lint.sh [BUILD [FILE ...]]   cppcheck and clang-tidy over the compiler and the runtime, or over these files of theirs; minutes.
# Status 1 where either has something to say. What they are asked is in .clang-tidy and scripts/cppcheck_suppressions.txt.
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
[ $# -eq 0 ] || shift
jobs=$(nproc)
mkdir -p "$build/lint"
# One command for each own source: generated ones and the same kernel for another vector unit say nothing new.
python3 - "$build" "$@" <<'PYTHON'
import json, os, sys
build, chosen = sys.argv[1], {os.path.abspath(f) for f in sys.argv[2:]}
own = tuple(os.path.join(os.getcwd(), part, "") for part in ("compiler", "runtime"))
first = {}
for entry in json.load(open(f"{build}/compile_commands.json")):
    if entry["file"].startswith(own) and (not chosen or entry["file"] in chosen):
        first.setdefault(entry["file"], entry)
json.dump(list(first.values()), open(f"{build}/lint/compile_commands.json", "w"))
open(f"{build}/lint/files.txt", "w").write("".join(f + "\n" for f in sorted(first) if "/runtime/" not in f))
PYTHON
status=0
cppcheck --project="$build/lint/compile_commands.json" --enable=warning,performance,portability --inline-suppr --quiet -j "$jobs" \
    --suppressions-list=scripts/cppcheck_suppressions.txt --error-exitcode=1 || status=1
xargs -P "$jobs" -n 8 clang-tidy -p "$build/lint" --quiet --warnings-as-errors='*' <"$build/lint/files.txt" 2>/dev/null || status=1
exit "$status"
