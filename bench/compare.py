#!/usr/bin/env python3
"""Times the emitted C of the example models against ONNX Runtime: one thread, one core, the same inputs, in turn.

    bench/run.sh                                  makes the environment (PyPI), then runs this

Each model is compiled by Lamina and then by gcc in two ways: plain `-O2`, and `-O3 -march=native`. Every engine's answer is
checked against Keras first. A figure is the median of many calls; the rounds of the engines alternate, so that the machine's
drift hits all of them.
"""
import argparse
import ctypes
import os
import pathlib
import runpy
import statistics
import subprocess
import tempfile
import time

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow")

import keras
import numpy as np
import onnxruntime

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"
MODELS = {"vww": ("person_detector", "vww.weights.h5"), "resnet8": ("image_classifier", "resnet8.weights.h5")}
ROUNDS, SECONDS = 9, 0.2


def keras_model(name):
    folder, weights = MODELS[name]
    keras.backend.clear_session()
    model = runpy.run_path(str(EXAMPLES / folder / f"{name}.lam"))["model"]
    model.load_weights(EXAMPLES / folder / weights)
    return model


def onnx_engine(model, x, folder):
    path = str(folder / "model.onnx")
    model.export(path, format="onnx", verbose=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    binding.bind_cpu_input(session.get_inputs()[0].name, x)
    binding.bind_output(session.get_outputs()[0].name)
    run = session.run_with_iobinding
    return lambda: run(binding), lambda: binding.copy_outputs_to_cpu()[0]


def lamina_engine(options, name, flags, x, classes, folder):
    where, weights = MODELS[name]
    source, library = folder / f"{name}.c", folder / f"{name}{'_'.join(flags)}.so"
    start = time.perf_counter()
    subprocess.run([options.lamina, "compile", EXAMPLES / where / f"{name}.lam", "-w", EXAMPLES / where / weights, "-o",
                    source], check=True)
    compiled = time.perf_counter()
    subprocess.run(["gcc", *flags, "-shared", "-fPIC", "-o", library, source, "-lm"], check=True)
    print(f"{name}: lamina compile {(compiled - start) * 1e3:.0f} ms, gcc {' '.join(flags)} "
          f"{time.perf_counter() - compiled:.1f} s, {source.stat().st_size / 1e6:.1f} MB of C")
    run = getattr(ctypes.CDLL(str(library)), f"{name}_run")
    run.argtypes = [ctypes.c_size_t] + [ctypes.c_void_p] * 3
    y, workspace = np.full((len(x), classes), np.nan, "f4"), np.zeros(1 << 20, "f4")
    aligned = workspace.ctypes.data + (-workspace.ctypes.data) % 64
    pointers = x.ctypes.data, y.ctypes.data, aligned
    keep = (x, y, workspace)  # the pointers do not
    return lambda: run(len(keep[0]), *pointers), lambda: y


def median_us(call):
    start, times = time.perf_counter(), []
    while time.perf_counter() - start < SECONDS:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e6


def compare(options, name):
    model = keras_model(name)
    x = np.ascontiguousarray(np.load(EXAMPLES / MODELS[name][0] / "images.npy")[:1])
    golden = model.predict(x, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        engines = {"ONNX Runtime " + onnxruntime.__version__: onnx_engine(model, x, folder)}
        for flags in (["-O2"], ["-O3", "-march=native"]):
            engines["Lamina, gcc " + " ".join(flags)] = lamina_engine(options, name, flags, x, golden.shape[1], folder)
        for engine, (call, answer) in engines.items():
            call()
            assert np.abs(answer() - golden).max() < 1e-5, f"{engine} is wrong on {name}"
        figures = {engine: [] for engine in engines}
        for _ in range(ROUNDS):
            for engine, (call, _) in engines.items():
                figures[engine].append(median_us(call))
    peer = statistics.median(next(iter(figures.values())))
    for engine, values in figures.items():
        middle = statistics.median(values)
        print(f"{name:8} {engine:32} {middle:9.1f} us  {middle / peer:5.2f} of the peer's time")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina", default="build/bin/lamina")
    parser.add_argument("models", nargs="*", default=list(MODELS))
    options = parser.parse_args()
    for name in options.models or MODELS:
        compare(options, name)


if __name__ == "__main__":
    main()
