#!/usr/bin/env python3
"""Measures the compiler itself; bench/run.sh --compiler calls this.

Graphs of 10,000 and 100,000 layers checked; the models of bench/models in every form; the C compilers on the emitted C; from the
model file to the first answer of `lamina run`. The shortest of several runs, wall time, and the most memory of any.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import bench

HERE = pathlib.Path(__file__).resolve().parent
MODELS = ["logreg", "resnet8", "mobilenet_v2", "resnet50"]
FORMS = ["c", "ll", "bc", "s", "o", "so", "a"]
HEAD = "from keras import Input, Model\nfrom keras.layers import Add, Dense, ReLU\nx = y = Input((8,))\n"
GRAPHS = {
    "chain": lambda n: f"for i in range({n}):\n    y = Dense(8)(y)\n",
    "wide": lambda n: f"y = Add()([Dense(8)(x) for i in range({n - 1})])\n",
    "branching": lambda n: f"for i in range({n // 4}):\n    y = ReLU()(Add()([Dense(8)(y), Dense(8)(y)]))\n",
    "written out": lambda n: "".join(f"y = Dense(8, name='layer_{i}')(y)\n" for i in range(n)),
}


def run(command, runs, folder):
    """The shortest wall time in seconds, and the most memory in MB."""
    shortest, most = float("inf"), 0
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        shortest = min(shortest, time.perf_counter() - start)
        most = max(most, usage.ru_maxrss / 1024)
        if status:
            sys.exit(f"failed: {' '.join(map(str, command))}")
    return shortest, most


def growth(options, folder, command, names, counts, runs):
    print(f"lamina {command}, seconds (MB)".ljust(32) + f"{counts[0]:8,} layers {counts[1]:10,} layers    ratio")
    for name in names:
        figures = []
        for count in counts:
            path = folder / f"graph{count}.lam"
            path.write_text(HEAD + GRAPHS[name](count) + "model = Model(x, y)\n")
            words = [path] if command == "check" else [path, "-w", "random", "-o", folder / "x.c"]
            figures.append(run([options.lamina, command, *words], runs, folder))
        (small, _), (large, most) = figures
        print(f"{name:32} {small:14.3f} {large:11.2f} ({most:.0f}) {large / small:8.1f}")


def graphs(options, folder):
    growth(options, folder, "check", GRAPHS, (10_000, 100_000), options.runs)


def compilations(options, folder):
    growth(options, folder, "compile", ["chain", "wide", "branching"], (2_000, 20_000), 1)


def forms(options, folder):
    print("\nlamina compile, milliseconds    " + " ".join(f"{'.' + f:>7}" for f in FORMS) + "   .c, weights apart")
    for name, (model, weights) in options.models.items():
        row = []
        for form in FORMS + ["c --weights-as=incbin"]:
            suffix, *more = form.split()
            command = [options.lamina, "compile", model, "-w", weights, "-o", folder / f"{name}.{suffix}", *more]
            row.append(run(command, options.runs, folder)[0] * 1e3)
        print(f"{name:31} " + " ".join(f"{t:7.0f}" for t in row))


def c_compilers(options, folder):
    print("\nthe C compiler on emitted C, seconds (MB)     gcc -O2          gcc -O3 -march=native   clang -O3")
    for name, (model, weights) in options.models.items():
        source = folder / f"{name}.c"
        row = []
        for form in "inline", "incbin":
            run([options.lamina, "compile", model, "-w", weights, "-o", source, f"--weights-as={form}"], 1, folder)
            for flags in ["gcc", "-O2"], ["gcc", "-O3", "-march=native"], [bench.lamina.CLANG, "-O3"]:
                row.append("%.2f (%.0f)" % run([*flags, "-c", source, "-o", folder / "x.o"], 1, folder))
        print(f"{name:40}" + " ".join(f"{cell:>16}" for cell in row[:3]))
        print(f"{'  weights by .incbin':40}" + " ".join(f"{cell:>16}" for cell in row[3:]))


def starts(options, folder):
    """Of the compiler with its modules beside it, and alone."""
    model, weights = options.models["logreg"]
    alone = folder / "bin" / "lamina"
    alone.parent.mkdir()
    shutil.copy(options.lamina, alone)
    for what, compiler in (("with the LLVM module beside it", options.lamina), ("without", alone)):
        best = run([compiler, "compile", model, "-w", "random", "-o", folder / "x.c"], 5 * options.runs, folder)[0]
        print(f"lamina compile logreg -o x.c, {what}: {best * 1e3:.1f} ms")


def first_answers(options, folder):
    print()
    starts(options, folder)
    for name, source in (("logreg", None), ("mobilenet_v2", "random:1")):
        model, weights = options.models[name]
        command = [options.lamina, "run", model, "-w", source or weights, "-o", folder / "y.npy"]
        command += ["-i", weights.parent / "x1.npy"]
        print(f"lamina run {name}, model file to answer: {run(command, options.runs, folder)[0] * 1e3:.0f} ms")


def resident(options, folder):
    print()
    for name, elements in ("logreg", (32, 16)), ("mobilenet_v2", (224 * 224 * 3, 1000)):
        model, weights = options.models[name]
        run([options.lamina, "compile", model, "-w", weights, "-o", folder / f"{name}.o"], 1, folder)
        names = [f"-DNAME={name}", f"-DUPPER={name.upper()}", f"-DX={elements[0]}", f"-DY={elements[1]}"]
        command = ["gcc", "-O2", *names, "-include", f"{name}.h", "-I.", HERE / "resident.c", f"{name}.o", "-lm"]
        run([*command, "-o", "x"], 1, folder)
        sizes = [subprocess.check_output(words, cwd=folder, text=True) for words in (["./x"], ["size", f"{name}.o"])]
        code = int(sizes[1].splitlines()[1].split()[0]) // 1024
        print(f"{name} in memory: code and weights {code} kB, {sizes[0].strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina", default=str(HERE.parent / "build/bin/lamina"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--work", type=pathlib.Path, default=bench.WORK)
    options = parser.parse_args()
    options.models = {}
    for name in MODELS:
        model = HERE / "models" / f"{name}.lam"
        options.models[name] = model, bench.prepared(options, model, ["1", "32"]) / "model.weights.h5"
    with tempfile.TemporaryDirectory() as folder:
        for part in graphs, compilations, forms, c_compilers, first_answers, resident:
            part(options, pathlib.Path(folder))
            sys.stdout.flush()


main()
