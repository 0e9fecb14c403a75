#!/usr/bin/env python3
"""What docs/generated_code.md promises of emitted C, whatever the model: compiled and run by several compilers.

    tests/generated_code.py --lamina build/bin/lamina [--jobs N] [MODEL.lam or FOLDER ...]

For each model: no warning from gcc, clang and tcc as C99, C11 and C17, nor from its header in C++17; no variable that changes
(.data, .bss), and no other symbols than its own; every function's stack, and that of a run, within what the header states; no
access beside a buffer, by pages that cannot be read; 64 threads at once give the same bits; the floating-point state of the caller
stays; AddressSanitizer, UndefinedBehaviorSanitizer, MemorySanitizer and ThreadSanitizer have nothing to say. Without models: one
of each kind of kernel. Those that need code of the user's, or that do not compile to C, are counted and left out.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import corpus

TESTS = pathlib.Path(__file__).resolve().parent
SAMPLE = """networks/text_transformer networks/unet_level networks/mobilenet_block recurrent/bidirectional_masked
    sparse/dense_on_sparse""".split()
WARNINGS = """-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wdouble-promotion -Wvla -Wcast-qual -Wundef
    -Wstrict-prototypes -Wmissing-prototypes -Werror""".split()
HEADER_WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wcast-qual -Wundef -Werror".split()
FUNCTION_STACK = 4096
CLANG = next((c for c in ("clang-19", "clang") if shutil.which(c)), "clang")


class Fault(Exception):
    pass


def command(*arguments, cwd=None):
    run = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, cwd=cwd, timeout=900,
                         env={**os.environ, "TSAN_OPTIONS": "halt_on_error=1"})
    if run.returncode:
        raise Fault(f"`{' '.join(map(str, arguments))}` gave status {run.returncode}:\n{(run.stdout + run.stderr)[-3000:]}")
    return run.stdout


def emit(options, model, folder, target):
    """model.c and model.h in that folder; False where this model has no C of its own."""
    file = corpus.File(model)
    if file.expects_error or file.compile_error:
        return False
    run = subprocess.run([options.lamina, "compile", model, *file.args, "-w", "random:3", f"--target={target}", "--prefix=model",
                          "-o", folder / "model.c"], capture_output=True, text=True)
    return run.returncode == 0 and "extern const lamina_external" not in (folder / "model.h").read_text()


def check_warnings(folder):
    """Leaves an optimised object of each compiler behind, and the stack of each function of gcc's."""
    for compiler, *flags in ("gcc", "-O2", "-fstack-usage"), (CLANG, "-O3", "-ffp-contract=off"):
        command(compiler, "-std=c99", *flags, *WARNINGS, "-c", "model.c", "-o", f"{compiler}.o", cwd=folder)
        for standard in ("c11", "c17"):
            command(compiler, f"-std={standard}", "-fsyntax-only", *WARNINGS, "model.c", cwd=folder)
    command("tcc", "-Wall", "-Werror", "-c", "model.c", "-o", "tcc.o", cwd=folder)
    (folder / "user.cc").write_text('#include "model.h"\n#include "model.h"\nconst lamina_model *a() { return &model_model; }\n')
    for compiler in ("g++", CLANG.replace("clang", "clang++")):
        command(compiler, "-std=c++17", *HEADER_WARNINGS, "-c", "user.cc", "-o", "user.o", cwd=folder)


def check_symbols(folder):
    for name in ("gcc.o", f"{CLANG}.o"):
        for section, size in re.findall(r"^(\.[\w.]+)\s+(\d+)", command("size", "-A", name, cwd=folder), re.M):
            changes = re.match(r"\.(data|bss|tdata|tbss)(?!\.rel\.ro)", section)
            if changes and int(size):
                raise Fault(f"{name}: {size} bytes in {section}: variables that change")
        for symbol in re.findall(r" [TDBRCVW] (\S+)$", command("nm", name, cwd=folder), re.M):
            if not symbol.startswith("model_"):
                raise Fault(f"{name}: the symbol {symbol} is not the model's own")


def stated_stack(folder):
    return int(re.search(r"stack below ([\d,]+) bytes", (folder / "model.h").read_text()).group(1).replace(",", ""))


def check_stack(folder):
    """Of each function as gcc tells it, and of a whole run; the most of all, in bytes."""
    most = 0
    for path in folder.glob("*.su"):
        for function, size, kind in re.findall(r"^(\S+)\t(\d+)\t(\S+)$", path.read_text(), re.M):
            most = max(most, int(size))
            if kind == "dynamic" or int(size) > FUNCTION_STACK:
                raise Fault(f"{function} takes {size} bytes of stack ({kind})")
    return most


def build(folder, name, compiler, *flags, model="model.c"):
    command(compiler, "-std=c11", "-DHEADER=\"model.h\"", "-DMODEL=model_model", f"-I{folder}", f"-I{TESTS}/generated", *flags,
            TESTS / "generated/drive.c", folder / model, "-o", folder / name, "-lm", "-lpthread", "-Wl,-z,now")
    return folder / name


def check_runs(folder, compiler):
    drive = build(folder, "drive", compiler, "-O2", model=f"{compiler}.o")
    for way in ("guards", "state", "threads"):
        command(drive, way)
    depth = int(command(drive, "stack"))
    if depth > stated_stack(folder):
        raise Fault(f"a run takes {depth} bytes of stack by {compiler}, the header states {stated_stack(folder)}")
    return depth


def check_sanitizers(folder):
    strict = "-fno-sanitize-recover=all"
    command(build(folder, "address", "gcc", "-O1", "-g", "-fsanitize=address,undefined", strict), "memory")
    command(build(folder, "memory", CLANG, "-O1", "-g", "-fsanitize=memory", "-fsanitize-memory-track-origins", strict), "memory")
    command(build(folder, "threads", "gcc", "-O1", "-g", "-fsanitize=thread"), "threads")


def check(options, model):
    """(what, text): the stack of a run, or why not."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        try:
            if not emit(options, model, folder, "portable"):
                return "left out", None
            check_warnings(folder)
            check_symbols(folder)
            frame = check_stack(folder)
            depths = [check_runs(folder, "gcc"), check_runs(folder, CLANG)]
            emit(options, model, folder, "host")
            check_sanitizers(folder)
        except (Fault, subprocess.TimeoutExpired) as fault:
            return "fault", str(fault)
        return "fine", (frame, max(depths))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    models = options.models or [TESTS / "corpus" / f"{name}.lam" for name in SAMPLE]
    models = [m for path in models for m in (sorted(path.rglob("*.lam")) if path.is_dir() else [path])]
    counts, most = {"fine": 0, "left out": 0, "fault": 0}, (0, 0)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for model, (what, text) in zip(models, pool.map(lambda m: check(options, m), models)):
            counts[what] += 1
            if what == "fault":
                print(f"{model}: {text}", flush=True)
            elif what == "fine":
                most = tuple(map(max, most, text))
    print(", ".join(f"{n} {what}" for what, n in counts.items()) + f"; stack at most {most[0]} bytes a function, {most[1]} a run")
    return counts["fault"] > 0 or not counts["fine"]


if __name__ == "__main__":
    sys.exit(main())
