#!/usr/bin/env python3
"""The module that `lamina compile -o mlp.py` makes: arguments, errors, threads, pickles, and life without numpy.

    LAMINA=build/bin/lamina tests/python_module.py

Values are run.py's matter (--via=python). Uses Debian's python3 with numpy where this one has none.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

LAMINA = str(pathlib.Path(os.environ["LAMINA"]).resolve())
MODELS = {
    "mlp": "x = Input((4,), name='x')\nmodel = Model(x, layers.Dense(3, activation='tanh', name='y')(x))\n",
    "two": "a = Input((2,), name='a')\nb = Input((3,), dtype='int32', name='b')\n"
           "model = Model([a, b], [layers.Dense(2, name='p')(a), layers.Embedding(5, 2, name='q')(b)])\n",
    "scalar": "x = Input((1,), name='x')\nmodel = Model(x, layers.Rescaling(2.0)(x))\n",
    "memory": "x = Input((2, 3), batch_size=1, name='x')\nmodel = Model(x, layers.LSTM(2, stateful=True)(x))\n",
    "steps": "x = Input((None, 3), name='x')\nmodel = Model(x, layers.Conv1D(2, 3, padding='same')(x))\n",
    "half": "x = Input((3,), dtype='bfloat16', name='x')\nmodel = Model(x, layers.Rescaling(2.0, dtype='bfloat16')(x))\n",
    "flags": "x = Input((3,), dtype='bool', name='x')\nmodel = Model(x, ops.logical_not(x))\n",
    "sparse": "x = Input((4,), sparse=True, name='x')\nmodel = Model(x, layers.Dense(2, use_bias=False)(x))\n",
}
CHECK = """
    import numpy as np
    def refuses(kind, says, call, *args, **kwargs):
        try:
            call(*args, **kwargs)
        except kind as error:
            assert says in str(error), error
        else:
            raise AssertionError("nothing was raised: " + says)
"""


def with_numpy():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import numpy"], capture_output=True, check=False).returncode == 0:
            return python
    raise RuntimeError("no interpreter with numpy is here: see scripts/install_dependencies.sh")


class Module(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.holder.cleanup)
        cls.folder = pathlib.Path(cls.holder.name)
        cls.python = with_numpy()
        for name, text in MODELS.items():
            (cls.folder / f"{name}.lam").write_text(text)
            cls.compile(name)

    @classmethod
    def compile(cls, name, *arguments):
        run = subprocess.run([LAMINA, "compile", f"{name}.lam", "-w", "random", "-o", f"{name}.py", "-O0", *arguments],
                             cwd=cls.folder, capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(run.stderr)

    def run_python(self, code, python=None, options=()):
        run = subprocess.run([python or self.python, "-W", "error", *options, "-c", textwrap.dedent(CHECK if not python else "") +
                              textwrap.dedent(code)], cwd=self.folder, capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_arguments(self):
        self.run_python("""
            import mlp, two
            x = np.random.default_rng(0).random((6, 4), np.float32)
            y = mlp.predict(x)
            assert y.shape == (6, 3) and y.dtype == np.float32
            for same in (mlp.predict(x=x), mlp.predict([x]), mlp.predict({"x": x}), mlp.Model()(x), mlp.predict(x.tolist())):
                assert np.array_equal(same, y)
            a, b = np.ones((2, 2), np.float32), np.array([[0, 1, 4]] * 2)
            p, q = two.predict(a, b)
            assert p.shape == (2, 2) and q.shape == (2, 3, 2)
            for same in (two.predict([a, b]), two.predict({"b": b, "a": a}), two.predict(a, b=b)):
                assert np.array_equal(same[0], p) and np.array_equal(same[1], q)
            refuses(TypeError, "no input 'c'", two.predict, a, c=b)
            refuses(TypeError, "input 'b' is missing", two.predict, a)
            refuses(TypeError, "given twice", two.predict, a, b, a=a)
            refuses(TypeError, "takes 2 inputs", two.predict, a, b, a)
            refuses(ValueError, "has 3 samples, others have 2", two.predict, a, np.zeros((3, 3), int))
            assert "input  b: int32 (None, 3)" in two.__doc__ and two.OUTPUTS[0] == ("p", "float32", (None, 2))
            """)

    def test_layouts_and_types(self):
        self.run_python("""
            import mlp, two, flags
            x = np.random.default_rng(0).random((6, 4), np.float32)
            y = mlp.predict(x)
            wide = np.zeros((6, 8), np.float32)
            wide[:, ::2] = x
            misaligned = np.frombuffer(b"." + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape)
            read_only = x.copy()
            read_only.flags.writeable = False
            for same in (np.asfortranarray(x), wide[:, ::2], x.astype(">f4"), x.astype(np.float64), misaligned, read_only,
                         x[::-1][::-1]):
                assert np.array_equal(mlp.predict(same), y)
            assert np.array_equal(mlp.predict(x[::-1]), y[::-1])
            assert np.array_equal(x, np.random.default_rng(0).random((6, 4), np.float32))
            assert np.array_equal(mlp.predict(np.ones((1, 4), int)), mlp.predict(np.ones((1, 4), np.float32)))
            a = np.ones((1, 2), np.float32)
            assert np.array_equal(two.predict(a, np.array([[0., 1., 2.]]))[1], two.predict(a, np.array([[0, 1, 2]]))[1])
            refuses(ValueError, "takes int32, and 0.5 is none", two.predict, a, np.array([[0.5, 1, 2]]))
            refuses(ValueError, "takes int32, and nan is none", two.predict, a, np.array([[np.nan, 1, 2]]))
            refuses(ValueError, "4294967297 is none", two.predict, a, np.array([[2**32 + 1, 1, 2]]))
            refuses(ValueError, "18446744073709551615 is none", two.predict, a, np.array([[2**64 - 1, 1, 2]], np.uint64))
            refuses(ValueError, "out of range", two.predict, a, np.array([[5, 1, 2]]))
            refuses(TypeError, "not <U1", mlp.predict, np.array([["a", "b", "c", "d"]]))
            refuses(TypeError, "complex", mlp.predict, np.ones((1, 4), complex))
            assert flags.predict(np.array([[True, False, True]])).tolist() == [[False, True, False]]
            assert flags.predict([[1, 0, 0]]).dtype == bool
            refuses(ValueError, "takes bool, and 2 is none", flags.predict, [[2, 0, 0]])
            """)

    def test_shapes_as_keras(self):
        self.run_python("""
            import mlp, scalar, steps, memory, half
            refuses(ValueError, "has shape (4,), expected (None, 4): a single sample has a batch axis too", mlp.predict, np.ones(4))
            refuses(ValueError, "has shape (2, 5), expected (None, 4)", mlp.predict, np.ones((2, 5)))
            assert mlp.predict(np.ones((2, 4, 1))).shape == (2, 3)
            assert mlp.predict(np.ones((0, 4))).shape == (0, 3)
            assert scalar.predict(np.arange(3.0)).tolist() == [[0.0], [2.0], [4.0]]
            assert steps.predict(np.ones((2, 7, 3))).shape == (2, 7, 2) and steps.predict(np.ones((1, 9, 3))).shape == (1, 9, 2)
            refuses(ValueError, "expected (1, 2, 3)", memory.predict, np.ones((2, 2, 3)))
            assert half.predict(np.array([[1.0, -3.0, 1.00390625]])).tolist() == [[2.0, -6.0, 2.0]]
            """)

    def test_state_is_of_the_instance(self):
        self.run_python("""
            import memory, pickle
            x = np.ones((1, 2, 3), np.float32)
            one, other = memory.Model(), memory.Model()
            first, second = one.predict(x), one.predict(x)
            assert not np.array_equal(first, second)
            assert np.array_equal(other.predict(x), first)
            copy = pickle.loads(pickle.dumps(other))
            assert np.array_equal(copy.predict(x), second) and np.array_equal(other.predict(x), second)
            one.reset()
            assert np.array_equal(one.predict(x), first)
            """)

    def test_threads_and_processes(self):
        self.run_python("""
            import mlp, pickle
            from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
            x = [np.random.default_rng(i).random((50 * i + 1, 4), np.float32) for i in range(20)]
            alone = [mlp.predict(part) for part in x]
            model = mlp.load()
            assert mlp.load() is model
            with ThreadPoolExecutor(4) as pool:
                for _ in range(5):
                    for found, expected in zip(pool.map(model.predict, x), alone):
                        assert np.array_equal(found, expected)
            with ProcessPoolExecutor(2) as pool:
                for found, expected in zip(pool.map(model.predict, x), alone):
                    assert np.array_equal(found, expected)
                for found, expected in zip(pool.map(mlp.predict, x), alone):
                    assert np.array_equal(found, expected)
            """)

    def test_sparse(self):
        self.run_python("""
            import sparse
            x = np.array([[0, 1, 0, 2], [0, 0, 0, 0], [3, 0, 0, 0]], np.float32)
            y = sparse.predict(x)
            class Csr:
                shape = x.shape
                indptr, indices = np.array([0, 2, 2, 3], np.int32), np.array([1, 3, 0], np.int32)
                data = np.array([1.0, 2.0, 3.0])
                def tocoo(self): raise AssertionError
                def tocsr(self): return self
            assert np.array_equal(sparse.predict(Csr()), y) and y.any()
            assert np.array_equal(y[2], y[2]) and not y[1].any()
            """)
        self.compile("sparse", "--sparse-as=coo")
        self.run_python("""
            import sparse
            x = np.array([[0, 1, 0, 2], [0, 0, 0, 0], [3, 0, 0, 0]], np.float32)
            assert not sparse.predict(x)[1].any() and sparse.predict(x)[2].any()
            """)
        self.compile("sparse")

    def test_another_library_is_refused(self):
        library = self.folder / "libscalar.so"
        own = library.read_bytes()
        library.unlink()
        self.run_python('import scalar\nrefuses(ImportError, "cannot load the compiled model", scalar.predict, [[1.0]])')
        self.compile("mlp", "--prefix=scalar")
        (self.folder / "libmlp.so").replace(library)
        self.run_python('import scalar\nrefuses(ImportError, "not the library", scalar.predict, [[1.0]])')
        library.unlink()
        library.write_bytes(own)
        self.compile("mlp")

    def test_weights_in_a_file(self):
        self.compile("mlp")
        self.run_python("import mlp\nnp.save('plain.npy', mlp.predict(np.ones((3, 4))))")
        self.compile("mlp", "--weights-as=binary")
        self.assertTrue((self.folder / "mlp.weights.bin").exists())
        self.run_python("import mlp\nassert np.array_equal(np.load('plain.npy'), mlp.predict(np.ones((3, 4))))")
        (self.folder / "mlp.weights.bin").write_bytes(b"short")
        self.run_python("import mlp\nrefuses(ImportError, 'does not hold the', mlp.predict, np.ones((3, 4)))")
        self.compile("mlp")

    def test_without_numpy(self):
        (self.folder / "bare").mkdir(exist_ok=True)
        (self.folder / "bare" / "numpy.py").write_text("raise ImportError\n")
        self.run_python("""
            import sys
            sys.path[:0] = ["bare"]
            import array, mlp, two
            y = mlp.predict(array.array("f", [1.0] * 8))
            assert y.shape == (2, 3) and y.format == "f", (y.shape, y.format)
            z = mlp.predict(memoryview(array.array("f", [1.0] * 8)).cast("B").cast("f", (2, 4)))
            assert y.tolist() == z.tolist() and mlp.predict(memoryview(bytes(32)).cast("f", (2, 4))).shape == (2, 3)
            assert two.predict(array.array("f", [1, 2]), array.array("i", [0, 1, 2]))[1].shape == (1, 3, 2)
            for wrong, says in ((array.array("d", [1.0] * 4), "takes float32"), (array.array("f", [1.0] * 5), "has shape (5,)")):
                try:
                    mlp.predict(wrong)
                except (TypeError, ValueError) as error:
                    assert says in str(error), error
                else:
                    raise AssertionError(says)
            """, python=sys.executable)

    def test_where_it_goes(self):
        run = subprocess.run([LAMINA, "compile", "mlp.lam", "-w", "random", "--emit=python", "-o", "/dev/stdout"],
                             cwd=self.folder, capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 2)
        self.assertIn("comes with its library", run.stderr)
        (self.folder / "d").mkdir()
        run = subprocess.run([LAMINA, "compile", "../mlp.lam", "-w", "random", "--emit=python"], cwd=self.folder / "d",
                             capture_output=True, text=True, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual(sorted(os.listdir(self.folder / "d")), ["libmlp.so", "mlp.py"])


if __name__ == "__main__":
    unittest.main()
