#!/usr/bin/env python3
"""Runs a stateful model as shared libraries, piece by piece, against the same layers over the whole sequence at once.

    tests/state.py --lamina build/bin/lamina
"""
import argparse
import ctypes
import os
import pathlib
import random
import subprocess
import tempfile

BATCH, STEPS, WIDTH, UNITS = 2, 3, 4, 5
MODEL = """from keras import Input, Model
from keras.layers import GRU, LSTM
x = Input(({steps}, {width}), batch_size={batch})
y = GRU({units}, stateful={stateful}, name="last")(LSTM(3, stateful={stateful}, return_sequences=True, name="first")(x))
model = Model(x, y)
"""


def library(options, folder, name, steps, stateful, form):
    model = folder / f"{name}.lam"
    model.write_text(MODEL.format(steps=steps, width=WIDTH, batch=BATCH, units=UNITS, stateful=stateful))
    out = folder / f"{name}_{form}.so"
    if form == "c":
        source = folder / f"{name}.c"
        subprocess.run([options.lamina, "compile", model, "-w", "random:7", "-o", source], check=True)
        subprocess.run([os.environ.get("CC", "cc"), "-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", source, "-o", out,
                        "-lm"], check=True)
    else:
        run = subprocess.run([options.lamina, "compile", model, "-w", "random:7", f"--prefix={name}", "-o", out],
                             capture_output=True, text=True)
        if run.returncode:
            assert "LLVM" in run.stderr, run.stderr  # a build without it
            return None
    return ctypes.CDLL(str(out))


def run(function, x, count, *rest):
    data = (ctypes.c_float * len(x))(*x)
    y, workspace = (ctypes.c_float * count)(), ctypes.create_string_buffer(1 << 20)
    at = (ctypes.addressof(workspace) + 63) // 64 * 64
    assert function(data, y, ctypes.c_void_p(at), *rest) == 0
    return list(y)


def piece(x, k):
    """Steps k * STEPS ... of every sample."""
    size = STEPS * WIDTH
    return [v for b in range(BATCH) for v in x[(2 * b + k) * size:(2 * b + k + 1) * size]]


def check(options, folder, form):
    whole = library(options, folder, "whole", 2 * STEPS, False, form)
    pieces = library(options, folder, "pieces", STEPS, True, form)
    if not whole:
        return
    rng = random.Random(1)
    x = [rng.uniform(-1, 1) for _ in range(BATCH * 2 * STEPS * WIDTH)]
    expected = run(whole.whole_run, x, BATCH * UNITS)
    state = (ctypes.c_float * 256)(*[9.0] * 256)
    for _ in range(2):  # a reset starts anew
        pieces.pieces_reset(state)
        first = run(pieces.pieces_run, piece(x, 0), BATCH * UNITS, state)
        second = run(pieces.pieces_run, piece(x, 1), BATCH * UNITS, state)
        assert max(abs(a - b) for a, b in zip(second, expected)) < 1e-5, (form, second, expected)
        assert max(abs(a - b) for a, b in zip(first, expected)) > 1e-3, form
    data = (ctypes.c_float * len(x))(*x)
    assert pieces.pieces_run(data, data, state, None) == 1, form  # LAMINA_E_NULL


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lamina", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for form in ("c", "llvm"):
            check(options, pathlib.Path(folder), form)
    print("state: fine")


if __name__ == "__main__":
    main()
