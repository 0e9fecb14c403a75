"""One engine with one model in one process, so that engines do not meet:  worker.py ENGINE NAME BATCH FOLDER
TIMER [LIBRARY]

Prints one line of JSON when ready (the error against Keras' answer, relative to its largest element), then
one for each line read, which says for how many seconds to measure. Waits without using the processor, so
that others can be measured in between.
"""
import ctypes
import json
import os
import pathlib
import sys

import numpy as np

import lamina
import peers


class Task:
    def __init__(self, name, batch, folder):
        self.name, self.batch, self.folder, self.keep, self.facts = name, batch, pathlib.Path(folder), [], {}
        self.x = self.aligned(np.load(self.folder / f"x{batch}.npy"))
        self.golden = np.load(self.folder / f"y{batch}.npy")
        self.y = self.aligned(np.full_like(self.golden, np.nan))
        self.answer = lambda: self.y

    def aligned(self, array):
        memory = np.zeros(array.nbytes + 64, "u1")
        start = -memory.ctypes.data % 64
        copy = memory[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
        copy[...] = array
        return copy

    def file(self, suffix):
        path = self.folder / f"{self.batch}.{suffix}"
        if not path.exists():
            raise RuntimeError((self.folder / f"{path.name}.error").read_text())
        return path

    def error(self):
        difference = np.abs(self.answer().astype("f8") - self.golden).max()
        return float(difference / np.abs(self.golden).max())


def say(**values):
    print(json.dumps(values), flush=True)


class Call(ctypes.Structure):
    _fields_ = [("function", ctypes.c_void_p), ("arguments", ctypes.c_void_p * 8)]


def main():
    engine, name, batch, folder, timer_path, *library = sys.argv[1:]
    try:
        os.nice(-20)  # a neighbour on the core must not take slices
    except OSError:
        pass
    task, timer = Task(name, int(batch), folder), ctypes.PyDLL(timer_path)
    try:
        function, arguments = lamina.lamina(task, library[0]) if library else peers.ALL[engine](task)
        call = Call(function, (ctypes.c_void_p * 8)(*arguments))
        timer.timer_call(ctypes.byref(call))
        say(error=task.error(), **task.facts)
    except Exception as problem:
        say(failure=f"{type(problem).__name__}: {problem}"[:300])
        return
    shortest, median = ctypes.c_double(), ctypes.c_double()
    for line in sys.stdin:
        seconds = ctypes.c_double(float(line))
        timer.timer_measure(ctypes.byref(call), seconds, ctypes.byref(shortest), ctypes.byref(median))
        say(shortest=shortest.value, median=median.value)


main()
