#!/usr/bin/env python3
"""Models with dimensions that are left to run time: what the generated C takes, refuses and computes.

    LAMINA=build/bin/lamina CC=cc tests/dims.py
"""
import ctypes
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

LAMINA = os.environ["LAMINA"]
OK, E_NULL, E_WORKSPACE, E_DIMS = 0, 1, 3, 5
FLOATS = ctypes.POINTER(ctypes.c_float)

MODEL = """from keras import Input, Model
from keras.layers import Conv1D, GlobalMaxPooling1D
x = Input((None, 2), name='x')
model = Model(x, GlobalMaxPooling1D()(Conv1D(3, 2)(x))[:, ::-1] + x[:, 2, :1])
"""


class Dims(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)
        (self.path / "model.lam").write_text(MODEL)

    def lamina(self, *arguments):
        return subprocess.run([LAMINA, *map(str, arguments)], cwd=self.path, capture_output=True, text=True)

    def build(self):
        run = self.lamina("compile", "model.lam", "-w", "random", "-o", "model.c", "--target=generic")
        self.assertEqual(run.returncode, 0, run.stderr)
        command = os.environ.get("CC", "cc").split() + ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow",
                                                        "-Werror", "-fPIC", "-shared", "-o", "model.so", "model.c", "-lm"]
        subprocess.run(command, cwd=self.path, check=True)
        function = ctypes.CDLL(str(self.path / "model.so")).model_run
        function.argtypes = [ctypes.c_size_t, ctypes.c_size_t, FLOATS, FLOATS, ctypes.c_void_p]
        return function

    def workspace_bytes(self, batch, extent):
        text = (self.path / "model.h").read_text()
        body = re.search(r"#define MODEL_WORKSPACE_BYTES\(batch, x_dim1\) (.*)", text)[1]
        body = body.replace("(size_t)", "").replace("(batch) == 0 ? 0 :", "0 if batch == 0 else")
        return eval(body, {"batch": batch, "x_dim1": extent})

    def run_at(self, function, extent, room=None):
        """Status and result on inputs that grow; the bytes behind the workspace must stay."""
        room = self.workspace_bytes(2, extent) if room is None else room
        x = (ctypes.c_float * max(1, 2 * extent * 2))(*[0.25 * i for i in range(min(2 * extent * 2, 4096))])
        y = (ctypes.c_float * 6)()
        memory = ctypes.create_string_buffer(b"\xa5" * (room + 128), room + 128)
        start = -ctypes.addressof(memory) % 64
        status = function(2, extent, x, y, ctypes.addressof(memory) + start)
        self.assertEqual(set(memory.raw[start + room:]), {0xA5}, "written behind the workspace")
        return status, list(y)

    def test_extents_from_the_least_on(self):
        function = self.build()
        for extent in (3, 4, 5, 16, 17, 31):
            status, y = self.run_at(function, extent)
            self.assertEqual(status, OK)
            self.assertTrue(all(v == v for v in y))

    def test_extents_that_the_model_cannot_take(self):
        function = self.build()
        for extent in (0, 1, 2, 1 << 60):
            self.assertEqual(self.run_at(function, extent, room=4096)[0] if extent < 3 else
                             function(2, extent, (ctypes.c_float * 1)(), (ctypes.c_float * 6)(), None), E_DIMS)

    def test_batch_of_none_comes_first(self):
        self.assertEqual(self.build()(0, 0, None, None, None), OK)

    def test_agrees_with_the_reference(self):
        run = self.lamina("verify", "model.lam", "-w", "random")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("agrees", run.stdout)

    def test_names_of_dimensions_are_corrected(self):
        run = self.lamina("check", "model.lam", "--dim", "y_dim1=4")
        self.assertEqual(run.returncode, 1)
        self.assertIn("did you mean 'x_dim1'? ", run.stderr.replace("\n", " "))
        for text in ("x_dim1", "x_dim1=", "x_dim1=0", "x_dim1=-3", "x_dim1=4x", "x_dim1=99999999999999999999"):
            run = self.lamina("check", "model.lam", "--dim", text)
            self.assertEqual(run.returncode, 1)
            self.assertIn("[E640]", run.stderr)

    def test_data_that_is_too_short(self):
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 2), }".ljust(117) + b"\n"
        (self.path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00\x76\x00" + header + bytes(16))
        (self.path / "cut.lam").write_text(MODEL.replace("GlobalMaxPooling1D()(Conv1D(3, 2)(x))[:, ::-1] + x[:, 2, :1]",
                                                         "GlobalMaxPooling1D()(x[:, :3])"))
        run = self.lamina("run", "cut.lam", "-i", "x.npy", "-o", "y.npy", "--via=c")
        self.assertEqual(run.returncode, 1)
        self.assertIn("[E642]", run.stderr)


if __name__ == "__main__":
    unittest.main()
