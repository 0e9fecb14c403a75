#!/usr/bin/env python3
"""Models with sparse inputs: what the generated C makes of CSR and COO, good and bad, and what stays sparse.

    LAMINA=build/bin/lamina CC=cc tests/sparse.py
"""
import ctypes
import os
import pathlib
import subprocess
import tempfile
import unittest

LAMINA = os.environ["LAMINA"]
OK, E_NULL, E_INDEX = 0, 1, 4
HEAD = "from keras import Input, Model\nfrom keras.layers import *\nfrom keras import ops\n"
MATRIX = "x = Input((4,), sparse=True, name='x')\nmodel = Model(x, Dense(2, use_bias=False, kernel_initializer='ones')(x))\n"


class Csr(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("nnz", ctypes.c_int64), ("row_ptr", ctypes.POINTER(ctypes.c_int64)),
                ("col", ctypes.POINTER(ctypes.c_int64)), ("values", ctypes.POINTER(ctypes.c_float))]


class Coo(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("nnz", ctypes.c_int64), ("index", ctypes.POINTER(ctypes.c_int64)),
                ("values", ctypes.POINTER(ctypes.c_float))]


def integers(*values):
    return (ctypes.c_int64 * max(1, len(values)))(*values)


def floats(*values):
    return (ctypes.c_float * max(1, len(values)))(*values)


def csr(row_ptr, col, values, nnz=None, size=None):
    return Csr(size or ctypes.sizeof(Csr), len(values) if nnz is None else nnz, integers(*row_ptr), integers(*col), floats(*values))


def coo(index, values, nnz=None):
    return Coo(ctypes.sizeof(Coo), len(values) if nnz is None else nnz, integers(*[i for row in index for i in row]), floats(*values))


class Sparse(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def lamina(self, text, command, *arguments, status=0):
        (self.path / "model.lam").write_text(HEAD + text)
        run = subprocess.run([LAMINA, command, "model.lam", *arguments], cwd=self.path, capture_output=True, text=True)
        self.assertEqual(run.returncode, status, run.stderr)
        return run

    def build(self, text, *arguments):
        self.lamina(text, "compile", "-w", "random", "-o", "model.c", "--target=generic", *arguments)
        command = os.environ.get("CC", "cc").split() + ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
                                                        "-Werror", "-fPIC", "-shared", "-o", "model.so", "model.c", "-lm"]
        subprocess.run(command, cwd=self.path, check=True)
        return ctypes.CDLL(str(self.path / "model.so")).model_run

    def call(self, function, x, batch=2):
        y = floats(*[-7.0] * (2 * batch))
        status = function(ctypes.c_size_t(batch), ctypes.byref(x), y, None)
        return status, list(y)

    def test_csr_with_duplicates_and_empty_rows(self):
        function = self.build(MATRIX)
        self.assertEqual(self.call(function, csr([0, 3, 3], [1, 1, 3], [1.0, 2.0, 4.0])), (OK, [7.0, 7.0, 0.0, 0.0]))
        self.assertEqual(self.call(function, csr([0, 0, 0], [], [])), (OK, [0.0] * 4))

    def test_csr_that_is_broken_writes_nothing(self):
        function = self.build(MATRIX)
        for x in (csr([0, 1, 2], [0, 4], [1, 1]), csr([0, 1, 2], [0, -1], [1, 1]), csr([0, 2, 1], [0, 1], [1, 1]),
                  csr([1, 1, 2], [0, 1], [1, 1]), csr([0, 1, 1], [0, 1], [1, 1]), csr([0, 1, 3], [0, 1], [1, 1]),
                  csr([0, 0, 0], [], [], nnz=-1), csr([0, 0, 0], [], [], size=8)):
            self.assertEqual(self.call(function, x), (E_INDEX, [-7.0] * 4))

    def test_coo_in_any_order(self):
        function = self.build(MATRIX, "--sparse-as=coo")
        self.assertEqual(self.call(function, coo([(1, 3), (0, 0), (1, 3)], [1.0, 2.0, 4.0])), (OK, [2.0, 2.0, 5.0, 5.0]))

    def test_coo_that_is_broken_writes_nothing(self):
        function = self.build(MATRIX, "--sparse-as=coo")
        for x in (coo([(2, 0)], [1]), coo([(0, 4)], [1]), coo([(-1, 0)], [1]), coo([(0, -1)], [1]), coo([], [], nnz=-1)):
            self.assertEqual(self.call(function, x), (E_INDEX, [-7.0] * 4))

    def test_null(self):
        self.assertEqual(self.build(MATRIX)(ctypes.c_size_t(1), None, floats(0, 0), None), E_NULL)

    def kernels(self, text):
        run = self.lamina(text, "compile", "-w", "random", "-o", "model.c")
        return run.stderr, "densify" in (self.path / "model.c").read_text().split("int model_run(")[1]

    def test_what_stays_sparse(self):
        x = "x = Input((6,), sparse=True, name='x')\nd = Input((3,), name='d')\ny = Input((2, 3), sparse=True, name='y')\n"
        for model in ("Model(x, Dense(2)(x))", "Model(x, Dense(2)(Rescaling(2.0)(x)))", "Model(y, Dense(2)(y))",
                      "Model([x, d], Dense(2)(Concatenate()([x, d])))", "Model(y, Dense(2)(Flatten()(y)))",
                      "Model([x, d], Dense(2)(Concatenate()([d, Rescaling(0.5)(x)])))", "Model(x, Dense(2)(Reshape((2, 3))(x)))"):
            said, densified = self.kernels(x + "model = " + model)
            self.assertNotIn("R640", said, model)
            self.assertFalse(densified, model)
            self.lamina(x + "model = " + model, "verify", "-w", "random")

    def test_what_is_made_dense_is_told(self):
        said, densified = self.kernels("x = Input((6,), sparse=True)\nmodel = Model(x, Dense(2)(Activation('exponential')(x)))")
        self.assertIn("[R640]", said)
        self.assertTrue(densified)


if __name__ == "__main__":
    unittest.main()
