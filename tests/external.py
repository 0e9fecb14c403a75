#!/usr/bin/env python3
"""Layers that the user supplies as C functions (--extern): in the generated code, in runs, and what is refused.

    LAMINA=build/bin/lamina CC=cc tests/external.py
"""
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import corpus

LAMINA = os.environ["LAMINA"]

# fft() is outside of the language: the function stands for what call() computes, and is given the weight of build().
MODEL = """import tensorflow as tf
from keras import Input, Model, layers

class Wave(layers.Layer):
    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, shape):
        self.k = self.add_weight(shape=(shape[-1],), initializer='ones', name='k')

    def call(self, x):
        return tf.signal.fft(x) * self.k

    def compute_output_shape(self, shape):
        return (shape[0], shape[1] * self.factor)

x = Input((3,), name='x')
model = Model(x, layers.Activation('relu')(Wave(name='w')(x)))
"""
# A class of which only the name is known, and a second input that is no float.
FOREIGN = """from keras import Input, Model
from our_layers import Wave

x = Input((3,), name='x')
i = Input((2,), dtype='int32', name='i')
model = Model([x, i], Wave(7, mode='slow', name='w')([x, i]))
"""
WAVE = """#include <stddef.h>
int wave(size_t samples, const float *x, const float *k, float *y) {
    for (size_t s = 0; s < samples; s++)
        for (size_t j = 0; j < 6; j++) y[s * 6 + j] = x[s * 3 + j % 3] * (j < 3 ? k[j] : -2.0f);
    return x[0] > 1000.0f ? 42 : 0;
}
"""
MAIN = """#include <stdio.h>
#include "model.h"
int main(void) {
    static const float x[12] = {1, -2, 3, -4, 5, -6, 0, 0, 1};
    static float y[24], room[1024];
    printf("%d", model_run(3, x, y, room));
    for (int i = 0; i < 18; i++) printf(" %g", y[i]);
    return 0;
}
"""
EXPECTED = [1, 0, 3, 0, 4, 0, 0, 5, 0, 8, 0, 12, 0, 0, 1, 0, 0, 0]


class External(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        for name, text in ("model.lam", MODEL), ("foreign.lam", FOREIGN), ("wave.c", WAVE), ("main.c", MAIN):
            (self.path / name).write_text(text)
        (self.path / "x.npy").write_bytes(self.npy("<f4", "3, 3", struct.pack("<9f", 1, -2, 3, -4, 5, -6, 0, 0, 1)))

    @staticmethod
    def npy(descr, shape, data):
        head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}".ljust(117) + "\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + data

    def lamina(self, *arguments, status=0):
        run = subprocess.run([LAMINA, *map(str, arguments)], cwd=self.path, capture_output=True, text=True)
        self.assertEqual(run.returncode, status, run.stderr)
        return run.stderr

    def refused(self, code, *arguments, file="model.lam", command="check"):
        error = self.lamina(command, file, *arguments, status=1)
        self.assertIn(f"[{code}]", error)
        return error

    def changed(self, *changes):
        text = MODEL
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        (self.path / "changed.lam").write_text(text)
        return "changed.lam"

    def program(self, form):
        self.lamina("compile", "model.lam", "-w", "random", "--extern", "Wave=wave", "-o", f"model.{form}")
        flags = ["-Wall", "-Wextra", "-Wmissing-prototypes", "-Werror"] if form == "c" else []
        (self.path / "main").unlink(missing_ok=True)
        subprocess.run(["cc", *flags, "-Wno-missing-prototypes", "main.c", f"model.{form}", "wave.c", "-o", "main", "-lm"],
                       cwd=self.path, check=True)
        status, *values = subprocess.run(["./main"], cwd=self.path, capture_output=True, text=True).stdout.split()
        return int(status), [float(v) for v in values]

    def test_c_calls_the_function_that_its_header_declares(self):
        self.assertEqual(self.program("c"), (0, EXPECTED))
        self.assertIn("int wave(size_t samples,\n         const float *input /* [samples][3] */,\n         const float *k /* [3] */,\n"
                      "         float *output /* [samples][6] */);", (self.path / "model.h").read_text())

    @unittest.skipIf(os.environ.get("LLVM") == "OFF", "built without LLVM")
    def test_object_calls_it_too(self):
        self.assertEqual(self.program("o"), (0, EXPECTED))

    def test_every_engine_runs_it(self):
        for via in ["reference", "c"] + (["llvm"] if os.environ.get("LLVM") != "OFF" else []):
            self.lamina("run", "model.lam", "-w", "random", "--extern", "Wave=wave", "--extern-lib", "wave.c", "-i", "x.npy",
                        "-o", "y.npz", f"--via={via}")
            (_, values), = corpus.npz_read(self.path / "y.npz").values()
            self.assertEqual(list(values), EXPECTED, via)

    def test_a_shared_library_is_loaded_as_it_is(self):
        subprocess.run(["cc", "-shared", "-fPIC", "wave.c", "-o", "libwave.so"], cwd=self.path, check=True)
        self.lamina("verify", "model.lam", "-w", "random", "--extern", "w=wave", "--extern-lib", "libwave.so")

    def test_what_the_function_returns_ends_the_run(self):
        (self.path / "x.npy").write_bytes(self.npy("<f4", "1, 3", struct.pack("<3f", 2000, 0, 0)))
        error = self.refused("E554", "-w", "random", "--extern", "Wave=wave", "--extern-lib", "wave.c", "-i", "x.npy", "-o",
                             "y.npy", "--via=reference", command="run")
        self.assertIn("wave returned 42", error)

    def test_a_class_from_elsewhere_needs_only_its_shape(self):
        self.lamina("compile", "foreign.lam", "--extern", "Wave=wave", "--extern-shape", "Wave=(None, 4)", "-o", "f.c")
        header = (self.path / "f.h").read_text()
        for parameter in "const float *input /* [samples][3] */", "const int32_t *input_2 /* [samples][2] */":
            self.assertIn(parameter, header)
        self.assertIn("--extern-shape 'Wave=", self.refused("E652", "--extern", "Wave=wave", file="foreign.lam"))

    def test_names_are_corrected(self):
        self.assertIn("did you mean 'Wave'?", self.refused("E651", "--extern", "Wav=wave"))
        self.assertIn("did you mean 'Wave'?", self.refused("E651", "--extern", "Wave=wave", "--extern", "wave=f"))
        for text in "Wave", "Wave=", "=wave", "Wave=3", "Wave=int", "Wave=a b":
            self.refused("E650", "--extern", text)
        self.refused("E650", "--extern", "Wave=wave", "--extern-shape", "Dense=(None, 2)")

    def test_names_of_the_c_library_are_taken(self):
        for name in "expf", "memset", "malloc", "printf", "qsort", "main", "_wave", "__wave", "lmrt_copy", "lamina_model":
            self.assertIn("call it something else, such as my_", self.refused("E690", "--extern", f"Wave={name}"))
        self.assertIn("expf() is a function of the C library (<math.h>)", self.refused("E690", "--extern", "Wave=expf"))
        self.lamina("check", "model.lam", "--extern", "Wave=expfs")

    def test_names_of_the_generated_code_are_taken(self):
        for name in "m_run", "m_model", "m_reset":
            for output in "m.c", "m.o":
                self.refused("E650", "-w", "random", "--extern", f"Wave={name}", "-o", output, command="compile")
        self.refused("E650", "-w", "random", "--extern", "Wave=model_run", "-i", "x.npy", "-o", "y.npy", command="run")
        self.lamina("compile", "model.lam", "-w", "random", "--extern", "Wave=m_wave", "-o", "m.c")

    def test_shapes_are_checked(self):
        for shape in "8", "(None, -1)", "(None, 'a')", "(None,", "()":
            self.refused("E652", "--extern", "Wave=wave", "--extern-shape", f"Wave={shape}")
        self.refused("E652", "--extern", "Wave=wave", file=self.changed(("(shape[0], shape[1] * self.factor)", "'wide'")))
        self.refused("E654", "--extern", "Wave=wave", "--extern-shape", "Wave=(5, 6)", "-w", "random", "-o", "m.c",
                     command="compile")

    def test_one_function_has_one_prototype(self):
        two = self.changed(("(Wave(name='w')(x))", "(Wave(name='b')(Wave(name='a')(x)))"))
        self.assertIn("--extern b=", self.refused("E653", "-w", "random", "--extern", "Wave=wave", "-o", "m.c", file=two,
                                                  command="compile"))
        self.lamina("compile", two, "-w", "random", "--extern", "a=wave", "--extern", "b=wave6", "-o", "m.c")
        self.assertIn("int wave6(", (self.path / "m.h").read_text())

    def test_what_a_function_cannot_be(self):
        open_ = self.changed(("Input((3,)", "Input((None, 3)"))
        self.assertIn("[E641]", self.lamina("compile", open_, "-w", "random", "--extern", "Wave=wave", "--extern-shape",
                                            "Wave=(None, None, 3)", "-o", "m.c", status=1))
        held = self.changed(("self.factor = factor", "self.factor = factor\n        self.inner = layers.Dense(2)"))
        self.refused("E654", "--extern", "Wave=wave", file=held)

    def test_a_run_needs_the_function(self):
        self.refused("E655", "-w", "random", "--extern", "Wave=wave", "-i", "x.npy", "-o", "y.npy", command="run")
        self.refused("E655", "-w", "random", "--extern", "Wave=wave", "--extern-lib", "none.so", "-i", "x.npy", "-o", "y.npy",
                     command="run")

    def test_an_argument_may_be_called_like_the_function(self):
        same = self.changed(("name='x'", "name='wave'"))
        self.lamina("compile", same, "-w", "random", "--extern", "Wave=wave", "-o", "m.c")
        subprocess.run(["cc", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-c", "m.c", "-o", "m.o"], cwd=self.path, check=True)


if __name__ == "__main__":
    unittest.main()
