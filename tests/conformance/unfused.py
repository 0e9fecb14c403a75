#!/usr/bin/env python3
"""No strict copy of the kernels holds an instruction that multiplies and adds with one rounding: `unfused.py OBJECTS...`

The compilers were allowed to make them (-ffp-contract=fast), so this shows that no product in the text is left open to it.
"""
import re
import shutil
import subprocess
import sys

FUSED = re.compile(r"\t(vfn?m(?:add|sub)\w*|fn?m(?:add|sub|la|ls)\w*)\b")


def fused(path, objdump):
    """{function: instruction} of the first fused instruction in each."""
    text = subprocess.run([objdump, "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=True).stdout
    found, function = {}, "?"
    for line in text.splitlines():
        head = re.match(r"[0-9a-f]+ <(.*)>:", line)
        function = head[1] if head else function
        instruction = FUSED.search(line)
        if instruction:
            found.setdefault(function, instruction[1])
    return found


def main():
    objdump = shutil.which("objdump")
    if not objdump:
        print("no objdump here: not looked")
        return 0
    problems = 0
    for path in sys.argv[1:]:
        for function, instruction in fused(path, objdump).items():
            problems += 1
            print(f"{path}: {function} has {instruction}: put LMRT(rounded)(...) around the product that it adds")
    print(f"{len(sys.argv) - 1} objects, {problems} functions with fused instructions")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
