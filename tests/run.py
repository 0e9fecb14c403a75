#!/usr/bin/env python3
"""Runs the corpus against lamina: diagnostics where they are expected, and golden outputs by every way of execution.

    tests/run.py --lamina build/bin/lamina [--via llvm,c,reference,object,python,emit,strict] [--jobs 2] [FILES or FOLDERS]

`strict` runs each file with --strict-math by several compilers, flags and targets, and demands the same bits from all.
Needs only python3. The golden values come from real Keras (see oracle.py).
"""
import argparse
import concurrent.futures
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

import corpus


class Failure(Exception):
    pass


def lamina(options, *arguments, env=None):
    run = subprocess.run([options.lamina, *map(str, arguments)], capture_output=True, timeout=options.timeout,
                         stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
    run.err, run.out = run.stderr.decode("utf-8", "replace"), run.stdout.decode("utf-8", "replace")
    if run.returncode not in (0, 1):
        raise Failure(f"`lamina {' '.join(map(str, arguments))}` gave status {run.returncode}:\n{run.err}")
    return run


def reported(err, path):
    """(line, code) of each error and warning about the file."""
    pattern = re.escape(str(path)) + r":(\d+):\d+: (?:error|warning): .*\[([EW]\d{3})\]$"
    return sorted((int(line), code) for line, code in re.findall(pattern, err, re.M))


def check_diagnostics(options, file):
    run = lamina(options, "check", file.path, *file.args)
    found, expected = reported(run.err, file.path), sorted(file.errors)
    if found != expected:
        raise Failure(f"diagnostics: expected {expected}, found {found}\n{run.err}")
    if (run.returncode != 0) != file.expects_error:
        raise Failure(f"status {run.returncode}\n{run.err}")


def list_weights(options, file):
    """{key: shape} as `lamina list weights` tells them."""
    run = lamina(options, "list", "weights", file.path, *file.args)
    if run.returncode:
        raise Failure("list weights:\n" + run.err)
    rows = re.findall(r"^(\S+)\s+\(([\d, ]*)\)", run.out, re.M)
    return {key: tuple(int(d) for d in dims.split(",") if d.strip()) for key, dims in rows}


def write_weights(options, file, folder):
    shapes = list_weights(options, file)
    if not shapes:
        return []
    path = os.path.join(folder, "w.npz")
    corpus.npz_write(path, {k: (corpus.weight_dtype(k), s, corpus.weight_values(k, s)) for k, s in shapes.items()})
    return ["-w", path]


def write_inputs(file, folder):
    path = os.path.join(folder, "x.npz")
    corpus.npz_write(path, {name: (dtype, shape, corpus.input_values(name, dtype, shape, use))
                            for name, (dtype, shape, use) in file.inputs.items()})
    return path


def close(value, golden, tolerance, scale):
    if isinstance(value, int) and isinstance(golden, int):
        return value == golden
    value = float(value)
    if math.isnan(golden) or math.isinf(golden):
        return value == golden or (math.isnan(value) and math.isnan(golden))
    return abs(value - golden) <= tolerance * max(1.0, scale)


# The reference computes in float64; what differs more than rounding is Keras' own float64 (its gelu has constants rounded
# to float32, for one).
REFERENCE_TOLERANCE = 2e-8


def compare(file, via, outputs):
    if list(outputs) != list(file.outputs):
        raise Failure(f"via {via}: outputs {list(outputs)}, expected {list(file.outputs)}")
    tolerance = (file.reference_atol or REFERENCE_TOLERANCE) if via == "reference" else file.atol
    tolerance = max(tolerance, file.rounding)
    for name, (shape, golden) in file.outputs.items():
        found_shape, values = outputs[name]
        if tuple(found_shape) != tuple(shape):
            raise Failure(f"via {via}: {name} has shape {found_shape}, expected {shape}")
        scale = max([abs(g) for g in golden if math.isfinite(g)], default=1.0)
        for value, expected in zip(corpus.spread(values), golden):
            if not close(value, expected, tolerance, scale):
                raise Failure(f"via {via}: {name}: {value!r}, expected {expected!r}")


def check_emitted(options, file):
    """Through every stage up to the C text, which nobody compiles here: for the sanitizers."""
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "model.c")
        run = lamina(options, "compile", file.path, *file.args, *write_weights(options, file, folder), "-o", source)
        if file.compile_error:
            if f"[{file.compile_error}]" not in run.err:
                raise Failure(f"expected {file.compile_error}, got status {run.returncode}\n{run.err}")
        elif run.returncode or not os.path.getsize(source):
            raise Failure(f"compile: status {run.returncode}\n{run.err}")


# How --strict-math is tried: the way and target, and the C compiler with flags; without one, by LLVM.
STRICT_WAYS = [
    (["--via=c", "--target=portable"], "gcc -O0"),
    (["--via=c", "--target=portable"], "gcc -O3 -march=native -ffp-contract=fast"),
    (["--via=c", "--target=generic"], "gcc -O3 -march=native -ffp-contract=fast"),
    (["--via=c", "--target=x86-64"], "clang -O3 -ffp-contract=fast"),
    (["--via=c", "--target=host"], "clang -O2 -ffp-contract=fast"),
    (["--via=c", "--target=portable"], "clang -O1 -march=native"),
    (["--via=llvm"], None),
    (["--via=llvm", "--target=generic"], None),
    (["--via=object", "--target=host", "-O3"], None),
    (["--via=object", "--target=x86-64", "-O0"], None),
]


def strict_ways_here(options):
    """Compilers that are installed, and LLVM where it is built in; x86-64 on its own machines."""
    llvm = os.path.exists(os.path.join(os.path.dirname(options.lamina), "../lib/lamina/lamina_llvm.so"))
    return [(arguments, cc) for arguments, cc in STRICT_WAYS if (shutil.which(cc.split()[0]) if cc else llvm)
            and ("--target=x86-64" not in arguments or os.uname().machine == "x86_64")]


def strict_ways(options, file):
    """The first, which the others are compared with, and the others: `--strict-ways` of them, in turn from file to file."""
    first, *others = options.ways_here
    count = min(options.strict_ways or len(others), len(others))
    start = options.order[file.path] * count
    return [first, *(others[(start + i) % len(others)] for i in range(count))]


def bits(outputs):
    """The outputs as text that differs where a bit does; NaN is NaN."""
    return {name: (shape, [v.hex() if isinstance(v, float) and not math.isnan(v) else str(v) for v in values])
            for name, (shape, values) in outputs.items()}


def check_strict(options, file):
    with tempfile.TemporaryDirectory() as folder:
        weights, inputs = write_weights(options, file, folder), write_inputs(file, folder)
        first, result = None, os.path.join(folder, "y.npz")
        for arguments, cc in strict_ways(options, file):
            way = f"{' '.join(arguments)} ({cc or 'LLVM'})"
            if arguments[0] == "--via=object":
                run_object(options, file, folder, weights, inputs, result, ["--strict-math", *arguments[1:]])
            else:
                run = lamina(options, "run", file.path, *file.args, *weights, "-i", inputs, "-o", result, "--strict-math",
                             *arguments, env={"CC": cc} if cc else {})
                if file.compile_error:
                    return
                if run.returncode:
                    raise Failure(f"run --strict-math {way}:\n{run.err}")
            found = corpus.npz_read(result)
            compare(file, way, found)
            first = first or bits(found)
            for name, value in bits(found).items():
                if value != first[name]:
                    raise Failure(f"--strict-math: {name} has other bits by {way} than by the first way")


def run_object(options, file, folder, weights, inputs, result, arguments):
    """The form that LLVM makes, as a shared library that another process loads and calls. False where it may not compile."""
    library = os.path.join(folder, "model.so")
    run = lamina(options, "compile", file.path, *file.args, *weights, "-o", library, "--prefix=model", *arguments)
    if file.compile_error:
        if f"[{file.compile_error}]" not in run.err:
            raise Failure(f"expected {file.compile_error}, got status {run.returncode}\n{run.err}")
        return False
    if run.returncode:
        raise Failure(f"compile to a shared library: status {run.returncode}\n{run.err}")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "call_model.py")
    call = subprocess.run([sys.executable, script, library, "model", inputs, result], capture_output=True, text=True,
                          timeout=options.timeout)
    if call.returncode:
        raise Failure(f"the shared library gave status {call.returncode}\n{call.stderr}")
    return True


def check_object(options, file):
    with tempfile.TemporaryDirectory() as folder:
        result = os.path.join(folder, "y.npz")
        if run_object(options, file, folder, write_weights(options, file, folder), write_inputs(file, folder), result,
                      options.extra):
            compare(file, "object", corpus.npz_read(result))


# The generated Python module, by an interpreter that has numpy: Debian's, where this one has none.
CALL_PYTHON = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy
import model_module
x = numpy.load(sys.argv[2])
y = model_module.predict({name: x[name] for name in x})
y = y if isinstance(y, list) else [y]
named = {}
for (name, _, _), value in zip(model_module.OUTPUTS, y):
    k = 0
    while (name if k == 0 else f"{name}_{k}") in named:
        k += 1
    named[name if k == 0 else f"{name}_{k}"] = value
numpy.savez(sys.argv[3], **named)
"""


def python_with_numpy():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import numpy"], capture_output=True, check=False).returncode == 0:
            return python
    raise Failure("no interpreter with numpy is here")


def check_python(options, file):
    with tempfile.TemporaryDirectory() as folder:
        module, result = os.path.join(folder, "model_module.py"), os.path.join(folder, "y.npz")
        run = lamina(options, "compile", file.path, *file.args, *write_weights(options, file, folder), "-o", module,
                     *options.extra)
        if file.compile_error:
            if f"[{file.compile_error}]" not in run.err:
                raise Failure(f"expected {file.compile_error}, got status {run.returncode}\n{run.err}")
            return
        if run.returncode:
            raise Failure(f"compile to a Python module: status {run.returncode}\n{run.err}")
        call = subprocess.run([python_with_numpy(), "-W", "error", "-c", CALL_PYTHON, folder, write_inputs(file, folder), result],
                              capture_output=True, text=True, timeout=options.timeout, check=False)
        if call.returncode:
            raise Failure(f"the Python module failed:\n{call.stderr}")
        compare(file, "python", corpus.npz_read(result))


def check_outputs(options, file, via):
    if via == "python":
        return check_python(options, file)
    if via == "emit":
        return check_emitted(options, file)
    if via == "strict":
        return check_strict(options, file)
    if via == "object":
        return check_object(options, file)
    with tempfile.TemporaryDirectory() as folder:
        weights, inputs = write_weights(options, file, folder), write_inputs(file, folder)
        result = os.path.join(folder, "y.npz")
        run = lamina(options, "run", file.path, *file.args, *weights, "-i", inputs, "-o", result, f"--via={via}",
                     *options.extra)
        if file.compile_error and not (via == "reference" and run.returncode == 0):
            if run.returncode != 1 or f"[{file.compile_error}]" not in run.err:
                raise Failure(f"expected {file.compile_error}, got status {run.returncode}\n{run.err}")
            return
        if run.returncode:
            raise Failure(f"run --via={via}:\n{run.err}")
        compare(file, via, corpus.npz_read(result))


def check(options, file):
    check_diagnostics(options, file)
    if file.expects_error or options.check_only:
        return
    if not file.outputs and not file.compile_error:
        if file.keras == "rejects":
            return
        raise Failure("no golden outputs: run `oracle.py --update` on it")
    for via in options.via:
        check_outputs(options, file, via)


def attempt(options, file):
    try:
        check(options, file)
    except (Failure, subprocess.TimeoutExpired) as error:
        return str(error)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--via", default="reference,c")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("--strict-ways", type=int, metavar="N", help="of strict arithmetic for each file, in turn, not all")
    parser.add_argument("--check-only", action="store_true", help="diagnostics only")
    parser.add_argument("--extra", action="append", default=[], help="a further argument for `lamina run`")
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args()
    options.via = options.via.split(",")
    options.ways_here = strict_ways_here(options) if "strict" in options.via else []
    files = corpus.files(options.paths)
    options.order = {file.path: i for i, file in enumerate(files)}
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for file, problem in zip(files, pool.map(lambda f: attempt(options, f), files)):
            if problem:
                failed += 1
                print(f"FAILED {os.path.relpath(file.path)}\n    " + problem.replace("\n", "\n    "))
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
