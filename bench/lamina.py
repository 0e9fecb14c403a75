"""Lamina's ways to machine code: what each compiler makes of a model, as a shared library that worker.py
calls.
"""
import ctypes
import pathlib
import shutil
import subprocess
import time

import numpy as np

CLANG = next((c for c in ("clang-19", "clang-18", "clang-17", "clang-16", "clang") if shutil.which(c)), "clang")
WAYS = {
    "gcc-O3": ["gcc", "-O3", "-march=native"],
    "gcc-O2": ["gcc", "-O2"],
    "clang-O3": [CLANG, "-O3"],
    "object": None,  # LLVM, without a C compiler
}
INLINE_LIMIT = 16 << 20  # larger weights are not read as C text, which says nothing of the code's speed


def build(compiler, model, folder, way, calibrate=None):
    """Compiles, to int8 where there are samples to calibrate on, to FOLDER/WAY/NAME.so where that is older than what it is made of; its path, and what each step took."""
    out = pathlib.Path(folder) / (f"{way}-int8" if calibrate else way)
    out.mkdir(exist_ok=True)
    name, weights = pathlib.Path(model).stem, pathlib.Path(folder) / "model.weights.h5"
    library, flags = out / f"{name}.so", WAYS[way]
    target = out / (f"{name}.c" if flags else f"{name}.o")
    command = [compiler, "compile", model, "-w", weights, "-o", target, f"--prefix={name}"]
    if flags and weights.stat().st_size > INLINE_LIMIT:
        command.append("--weights-as=incbin")
    if calibrate:
        command += ["--quantize=int8", "--calibrate", calibrate, "-Wno-everything"]
    modules = pathlib.Path(compiler).parent.glob("../lib/lamina/*.so")
    sources = [pathlib.Path(compiler), pathlib.Path(model), weights, *modules]
    if library.exists() and library.stat().st_mtime > max(s.stat().st_mtime for s in sources):
        return library, {}
    start = time.perf_counter()
    subprocess.run(command, check=True)
    middle = time.perf_counter()
    subprocess.run([*(flags or ["gcc"]), "-fPIC", "-shared", "-o", library, target, "-lm"], check=True, cwd=out)
    return library, {"lamina": middle - start, "cc": time.perf_counter() - middle}


class Call(ctypes.Structure):
    """lamina_call; nothing past the workspace is set."""
    _fields_ = [("size", ctypes.c_size_t), ("batch", ctypes.c_size_t), ("rest", ctypes.c_void_p * 8)]


class Model(ctypes.Structure):
    """lamina_model, as far as its functions."""
    _fields_ = [("abi", ctypes.c_uint32 * 4), ("names", ctypes.c_void_p * 2), ("counts", ctypes.c_size_t * 3),
                ("tensors", ctypes.c_void_p * 3), ("sizes", ctypes.c_size_t * 3),
                ("workspace_bytes", ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.POINTER(Call)))]


def lamina(task, library):
    """The plain function, as a program would call it; its workspace is full of NaN at first."""
    code = ctypes.CDLL(str(library))
    described = Model.in_dll(code, f"{task.name}_model")
    size = described.workspace_bytes(ctypes.byref(Call(ctypes.sizeof(Call), task.batch)))
    memory = np.full(size // 4 + 64, np.nan, "f4")
    workspace = memory.ctypes.data + (-memory.ctypes.data) % 64
    task.keep += [code, memory]
    task.facts["workspace"] = size
    run = ctypes.cast(getattr(code, f"{task.name}_run"), ctypes.c_void_p).value
    return run, [task.batch, task.x.ctypes.data, task.y.ctypes.data, workspace]
