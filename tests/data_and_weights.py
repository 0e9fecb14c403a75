#!/usr/bin/env python3
"""Weights and data files: every format gives the same model, and what is wrong in a file is told, never a crash.

    LAMINA=build/bin/lamina tests/data_and_weights.py

The fixtures in tests/weights were written by Keras 2, Keras 3 and numpy (see make_fixtures.py). Needs only python3.
"""
import json
import os
import pathlib
import random
import resource
import shutil
import struct
import subprocess
import tempfile
import unittest
import warnings
import zipfile

import corpus

LAMINA = os.environ["LAMINA"]
FIXTURES = pathlib.Path(__file__).resolve().parent / "weights"
FORMATS = ["keras3.weights.h5", "keras3.keras", "keras3_model.h5", "keras2_weights.h5", "keras2_model.h5", "keras2.keras",
           "keras2_frozen.h5", "keras2_partly_frozen.h5", "model.safetensors"]

# The model of make_fixtures.py.
MODEL = """from keras import Input, Model, Sequential, layers
a = Input((3,))
b = layers.Dense(3, name="inner_a")(a)
b = layers.BatchNormalization(name="inner_bn")(b)
inner = Model(a, layers.Dense(3, name="inner_b")(b), name="inner")
x = Input((3, 3, 2), name="image")
y = layers.DepthwiseConv2D(2, name="dw")(x)
y = layers.SeparableConv2D(3, 1, name="sep")(y)
y = layers.BatchNormalization(name="bn")(y)
y = inner(layers.GlobalAveragePooling2D(name="pool")(y))
y = Sequential([layers.Dense(2, name="seq_dense")], name="seq")(y)
shared = layers.Dense(2, name="shared")
model = Model(x, shared(shared(y)), name="model")
"""
SMALL = """from keras import Input, Model, layers
x = Input((3,), name="x")
model = Model(x, layers.Dense(4, name="head")(x))
"""
KERNEL, BIAS = ("float32", (3, 4), [i / 8 for i in range(12)]), ("float32", (4,), [1.0, 2.0, 3.0, 4.0])
FROZEN = """from keras import Input, Model, layers
a = Input((3,))
inner = Model(a, layers.Dense(3, name="second")(layers.Dense(3, name="first")(a)), name="inner")
x = Input((3,), name="x")
model = Model(x, inner(x))
"""
EMBEDDING = """from keras import Input, Model, layers
x = Input((2,), dtype="int32", name="ids")
model = Model(x, layers.Embedding(5, 3, name="table")(x))
"""


def npy(header, data=b"", version=1):
    """An .npy with any header at all."""
    text = header.encode("latin-1")
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text + data


def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


class FileCase(unittest.TestCase):
    before = None  # what a process does before it becomes lamina

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        (self.path / "m.lam").write_text(MODEL)
        (self.path / "s.lam").write_text(SMALL)
        (self.path / "e.lam").write_text(EMBEDDING)
        pixels = ("float32", (2, 3, 3, 2), corpus.uniform("pixels", 36, -1, 1))
        (self.path / "image.npy").write_bytes(corpus.npy_bytes(*pixels))
        (self.path / "x.npy").write_bytes(corpus.npy_bytes("float32", (1, 3), [1.0, 2.0, 3.0]))
        self.made = set(self.path.iterdir())

    def tearDown(self):
        self.folder.cleanup()

    def lamina(self, *arguments):
        run = subprocess.run([LAMINA, *map(str, arguments)], cwd=self.path, capture_output=True, timeout=60,
                             stdin=subprocess.DEVNULL, preexec_fn=self.before)
        run.err, run.out = run.stderr.decode("utf-8", "replace"), run.stdout.decode("utf-8", "replace")
        self.assertIn(run.returncode, (0, 1), f"{arguments}:\n{run.err}")
        self.assertNotIn("Sanitizer", run.err)
        return run

    def put(self, name, content):
        (self.path / name).write_bytes(content)
        self.made.add(self.path / name)
        return name

    def put_npz(self, name, arrays):
        corpus.npz_write(self.path / name, arrays)
        self.made.add(self.path / name)
        return name

    def outputs(self, model, weights, data):
        """The outputs' bytes."""
        run = self.lamina("run", model, "-w", weights, "-i", data, "-o", "y.npz", "--via=reference")
        self.assertEqual(run.returncode, 0, run.err)
        return corpus.npz_read(self.path / "y.npz"), run.err

    def refuses(self, *arguments, code=None, says=()):
        """Status 1, and no file of the output is there."""
        run = self.lamina(*arguments)
        self.assertEqual(run.returncode, 1, f"{arguments}: {run.err}")
        self.assertIn("error: ", run.err)
        if code:
            self.assertIn(f"[{code}]", run.err)
        for text in (says,) if isinstance(says, str) else says:
            self.assertIn(text, run.err)
        self.assertEqual({p for p in self.path.iterdir()} - self.made, set())
        return run

    def refuses_weights(self, weights, code=None, says=(), model="s.lam"):
        return self.refuses("compile", model, "-w", weights, "-o", "out.c", code=code, says=says)

    def refuses_data(self, data, code=None, says=(), model="s.lam"):
        return self.refuses("run", model, "-w", "random", "-i", data, "-o", "y.npy", "--via=reference", code=code, says=says)


class Weights(FileCase):
    def test_every_format_gives_the_same_model(self):
        golden, _ = self.outputs("m.lam", FIXTURES / "model.npz", "image.npy")
        for name in FORMATS:
            with self.subTest(name):
                found, _ = self.outputs("m.lam", FIXTURES / name, "image.npy")
                self.assertEqual(found, golden)

    def test_another_order_in_an_old_file_is_told(self):
        self.put("f.lam", FROZEN.encode())
        found, err = self.outputs("f.lam", FIXTURES / "keras3_frozen_model.h5", "x.npy")
        self.assertIn("[W402]", err)
        kernels = {f"{name}/kernel": ("float32", (3, 3), [100.0 * i + j for j in range(9)])
                   for i, name in ((0, "first"), (2, "second"))}
        biases = {f"{name}/bias": ("float32", (3,), [100.0 * i + j for j in range(3)])
                  for i, name in ((1, "first"), (3, "second"))}
        self.put_npz("f.npz", {**kernels, **biases})
        self.assertEqual(self.outputs("f.lam", "f.npz", "x.npy")[0], found)

    def test_hdf5_needs_its_reader(self):
        (self.path / "bin").mkdir()
        lamina = shutil.copy(LAMINA, self.path / "bin/lamina")
        run = subprocess.run([lamina, "check", "s.lam"], cwd=self.path, capture_output=True, timeout=60)
        self.assertEqual(run.returncode, 0, run.stderr)
        run = subprocess.run([lamina, "compile", "m.lam", "-w", FIXTURES / "keras3_model.h5"], cwd=self.path,
                             capture_output=True, timeout=60)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"[E415]", run.stderr)

    def test_keys_are_those_that_are_listed(self):
        keys = [line.split()[0] for line in self.lamina("list", "weights", "m.lam").out.splitlines() if "/" in line]
        self.assertEqual(sorted(keys), sorted(corpus.npz_read(FIXTURES / "model.npz")))

    def test_missing_extra_and_renamed(self):
        self.put_npz("missing.npz", {"head/kernel": KERNEL})
        self.refuses_weights("missing.npz", "E410", ("head/bias", "lacks 1 of the model's 2 weights"))
        self.put_npz("renamed.npz", {"haed/kernel": KERNEL, "head/bias": BIAS})
        self.refuses_weights("renamed.npz", "E410", ("head/kernel", "haed/kernel", "renamed?"))
        self.put_npz("others.npz", {"a/kernel": KERNEL, "a/bias": BIAS})
        run = self.refuses_weights("others.npz", "E410", ("a/kernel", "a/bias"))
        self.assertEqual(run.err.count("renamed?"), 2)
        self.put_npz("extra.npz", {"head/kernel": KERNEL, "head/bias": BIAS, "tail/bias": BIAS})
        run = self.lamina("run", "s.lam", "-w", "extra.npz", "-i", "x.npy", "-o", "y.npy", "--via=reference")
        self.assertEqual(run.returncode, 0, run.err)
        self.assertRegex(run.err, r"(?s)1 more array .*\[W400\].*tail/bias")
        (self.path / "y.npy").unlink()
        self.refuses("compile", "s.lam", "-w", "extra.npz", "-o", "out.c", "-Werror=extra-weights", code="W400")

    def test_shapes_stand_side_by_side(self):
        self.put_npz("t.npz", {"head/kernel": ("float32", (4, 3), KERNEL[2]), "head/bias": BIAS})
        run = self.refuses_weights("t.npz", "E411", ("transposed?",))
        self.assertTrue(any("(3, 4)" in line and "(4, 3)" in line for line in run.err.splitlines()), run.err)
        self.put_npz("w.npz", {"head/kernel": ("float32", (3, 5), [0.0] * 15), "head/bias": ("float32", (5,), [0.0] * 5)})
        self.refuses_weights("w.npz", "E411", ("other width: 4 in the model, 5 in the file", "one layer was given another width"))

    def test_other_models_files(self):
        for name in FORMATS + ["model.npz"]:
            with self.subTest(name):
                self.refuses_weights(FIXTURES / name)

    def test_types_that_are_no_numbers(self):
        header = "{'descr': '<U1', 'fortran_order': False, 'shape': (4,), }"
        with zipfile.ZipFile(self.path / "text.npz", "w") as archive:
            archive.writestr("head/kernel.npy", corpus.npy_bytes(*KERNEL))
            archive.writestr("head/bias.npy", npy(header, b"a\0\0\0" * 4))
        self.made.add(self.path / "text.npz")
        self.refuses_weights("text.npz", says="head/bias")
        tensors = {"head/kernel": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]},
                   "head/bias": {"dtype": "F4", "shape": [4], "data_offsets": [48, 50]}}
        self.put("f4.safetensors", safetensors(tensors, bytes(50)))
        self.refuses_weights("f4.safetensors", "E412", "head/bias")

    def test_random_is_reproducible(self):
        first, again, other, zero = (self.outputs("s.lam", w, "x.npy")[0] for w in
                                     ("random:7", "random:7", "random:8", "random"))
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
        self.assertEqual(zero, self.outputs("s.lam", "random:0", "x.npy")[0])
        (self.path / "y.npz").unlink()
        for wrong in ("random:", "random:x", "random:-1", "random:99999999999999999999999"):
            self.refuses_weights(wrong, "E402")

    def test_initializers_that_do_not_fit(self):
        for which in ("Identity()", "Orthogonal()"):
            (self.path / "s.lam").write_text("from keras import Input, Model, layers, initializers\nx = Input((3,))\n"
                                             f"model = Model(x, layers.Dense(4, bias_initializer=initializers.{which})(x))\n")
            self.refuses_weights("random", "E403", "bias")

    def test_unreadable_sources(self):
        self.refuses_weights("nothing.npz", "E001")
        self.refuses_weights(".", "E001")
        self.refuses_weights(self.put("empty.h5", b""))
        self.refuses_weights(self.put("notes.txt", b"weights: none\n"), "E400")
        self.refuses_weights(self.put("one.npy", corpus.npy_bytes(*BIAS)), "E400", "savez")
        self.refuses_weights(self.put("p.pt", b"\x80\x02}q\0."), "E400", "pickle")


class HostileFiles(FileCase):
    """Damaged or made to mislead: told with status 1 (or, where the bytes do not matter, read), never worse."""

    @unittest.skipIf(os.environ.get("SANITIZED") == "1", "a sanitizer takes all addresses")
    def test_memory_is_what_the_model_expects(self):
        """Packed arrays that the model does not want, or not of that size, are not unpacked."""
        side, limit = 8192, 192 << 20  # 256 MiB each, from 260 kB
        with zipfile.ZipFile(self.path / "large.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name in ("head/kernel.npy", "another.npy"):
                with archive.open(name, "w", force_zip64=True) as entry:
                    entry.write(npy(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({side}, {side}), }}"))
                    for _ in range(side // 64):
                        entry.write(bytes(side * 4 * 64))
            archive.writestr("head/bias.npy", corpus.npy_bytes(*BIAS))
        self.made.add(self.path / "large.npz")
        self.before = lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        self.refuses_weights("large.npz", "E411", "(8192, 8192)")

    def test_truncated(self):
        for name in ("keras3.weights.h5", "keras3.keras", "keras2_model.h5", "model.npz", "model.safetensors"):
            whole = (FIXTURES / name).read_bytes()
            for length in {0, 1, 7, 8, 60, len(whole) // 3, len(whole) // 2, len(whole) - 60, len(whole) - 1}:
                with self.subTest(f"{name} cut to {length}"):
                    self.refuses_weights(self.put(name, whole[:length]), model="m.lam")

    def test_truncated_in_the_middle_is_called_damaged(self):
        for name, code in (("keras3.weights.h5", "E401"), ("model.safetensors", "E401"), ("model.npz", "E504")):
            whole = (FIXTURES / name).read_bytes()
            self.refuses_weights(self.put(name, whole[:len(whole) // 2]), code, model="m.lam")

    def test_flipped_bytes(self):
        for name in ("keras3.weights.h5", "keras3.keras", "keras2_weights.h5", "model.npz", "model.safetensors"):
            whole, rng = (FIXTURES / name).read_bytes(), random.Random(name)
            for place in [rng.randrange(100) for _ in range(6)] + [rng.randrange(len(whole)) for _ in range(6)]:
                with self.subTest(f"{name}, byte {place}"):
                    damaged = bytearray(whole)
                    damaged[place] ^= rng.randrange(1, 256)
                    self.put(name, damaged)
                    self.lamina("run", "m.lam", "-w", name, "-i", "image.npy", "-o", "y.npy", "--via=reference")

    def test_npy_headers(self):
        good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }"
        for header in ("", "{", "[]", "x" * 70, good.replace("(1, 3)", "(1, -3)"), good.replace("(1, 3)", "1"),
                       good.replace("(1, 3)", "(1,, 3)"), good.replace("False", "None"), good.replace("'shape'", "'shap'"),
                       good.replace("(1, 3)", "(" + "1, " * 70 + ")"), good + "x", "{" * 5000, good[:-3]):
            with self.subTest(header[:80]):
                self.refuses_data(self.put("bad.npy", npy(header, bytes(12))), "E501")
        for shape in ("(4611686018427387904, 4)", "(18446744073709551616,)", "(1000000000, 1000000000, 1000000000)",
                      "(1, 300000000)", "(2, 3)", "(1,)"):
            with self.subTest(shape):
                self.refuses_data(self.put("huge.npy", npy(good.replace("(1, 3)", shape), bytes(12))))
        self.refuses_data(self.put("long.npy", npy(good, bytes(16))), "E503")
        self.refuses_data(self.put("v9.npy", npy(good, bytes(12), 9)), "E501")
        self.refuses_data(self.put("length.npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff" + bytes(12)), "E501")
        for kind in ("|O", "<U3", "<c8", "<M8[s]", "|V4", "<f16"):
            with self.subTest(kind):
                self.refuses_data(self.put("kind.npy", npy(good.replace("<f4", kind), bytes(48))), "E502")

    def test_archives(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with zipfile.ZipFile(self.path / "twice.npz", "w") as archive:
                for _ in range(2):
                    archive.writestr("x.npy", corpus.npy_bytes("float32", (1, 3), [0.0] * 3))
        self.made.add(self.path / "twice.npz")
        self.refuses_data("twice.npz", "E504", "twice")
        for name in ("../x", "/x", "a/../x", "C:\\x", "x" * 3000, "\x1b[31mx"):
            with self.subTest(name[:20]):
                self.put_npz("path.npz", {name: ("float32", (1, 3), [0.0] * 3)})
                self.assertNotIn("\x1b", self.refuses_data("path.npz").err)
        with zipfile.ZipFile(self.path / "zip.npz", "w", zipfile.ZIP_BZIP2) as archive:
            archive.writestr("x.npy", corpus.npy_bytes("float32", (1, 3), [0.0] * 3))
        self.made.add(self.path / "zip.npz")
        self.refuses_data("zip.npz", "E504", "deflate")
        self.refuses_data(self.put("none.npz", b"PK\5\6" + bytes(18)), "E551")

    def test_archive_bombs(self):
        with zipfile.ZipFile(self.path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }", bytes(1 << 16)))
        whole = (self.path / "bomb.npz").read_bytes()
        self.made.add(self.path / "bomb.npz")
        self.refuses_data("bomb.npz", "E503")
        directory = whole.index(b"PK\1\2")
        claim = bytearray(whole)
        struct.pack_into("<I", claim, directory + 24, 0xF0000000)  # 4 GiB from some hundred bytes
        self.refuses_data(self.put("ratio.npz", bytes(claim)), "E504", "more than it can hold")
        extra = struct.pack("<HHQ", 1, 8, 1 << 40)
        struct.pack_into("<I", claim, directory + 24, 0xFFFFFFFF)
        struct.pack_into("<H", claim, directory + 30, len(extra))
        at = directory + 46 + len("x.npy")
        claim[at:at] = extra
        end = claim.index(b"PK\5\6")
        struct.pack_into("<I", claim, end + 12, end - directory)
        self.refuses_data(self.put("terabyte.npz", bytes(claim)), "E505")

    def test_safetensors_headers(self):
        head = {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}
        bias = {"dtype": "F32", "shape": [4], "data_offsets": [48, 64]}
        cases = [safetensors({}, length=1 << 62), safetensors({}, length=3), safetensors(b"[" * 100000),
                 safetensors(b'{"a":' * 100000), safetensors(b"\xff\xfe{}"), safetensors(b"null"), safetensors(b'{"a": 1}')]
        for change in ({"data_offsets": [48, 0]}, {"data_offsets": [-48, 0]}, {"data_offsets": [0, 1 << 62]},
                       {"data_offsets": [0, 44]}, {"data_offsets": [0]}, {"data_offsets": "0"}, {"shape": [3, -4]},
                       {"shape": [1 << 62, 1 << 62]}, {"shape": [3.5, 4]}, {"shape": {}}, {"dtype": 7}, {"dtype": "F33"},
                       {"shape": [1] * 100}, {"data_offsets": [16, 64]}):
            cases.append(safetensors({"head/kernel": {**head, **change}, "head/bias": bias}, bytes(64)))
        double = json.dumps({"head/kernel": head})[:-1] + ", " + json.dumps({"head/kernel": head, "head/bias": bias})[1:]
        cases.append(safetensors(double.encode(), bytes(64)))
        for content in cases:
            with self.subTest(content[8:160]):
                self.refuses_weights(self.put("bad.safetensors", content))


class Data(FileCase):
    def test_no_array(self):
        self.refuses_data(self.put("photo.jpg", b"\xff\xd8\xff\xe0"), "E500")
        self.refuses_data(self.put("empty.npy", b""), "E500", "empty")
        self.refuses_data("nothing.npy", "E001")
        self.refuses_data(".", "E001")

    def test_names_and_shapes(self):
        array = ("float32", (1, 3), [0.0] * 3)
        self.refuses_data(self.put_npz("z.npz", {"z": array}), "E551", "its inputs are: x")
        self.refuses_data(self.put_npz("xz.npz", {"x": array, "z": array}), "E551")
        self.refuses_data("z=x.npy", "E551")
        self.refuses_data(self.put("wide.npy", corpus.npy_bytes("float32", (1, 4), [0.0] * 4)), "E552",
                          "shape (1, 4), expected (None, 3)")
        self.refuses_data(self.put("flat.npy", corpus.npy_bytes("float32", (3,), [0.0] * 3)), "E552")

    def test_batches_differ(self):
        self.put("two.lam", b"a = Input((1,), name='a')\nb = Input((1,), name='b')\n"
                            b"model = Model([a, b], layers.Add()([a, b]))\n")
        self.put_npz("ab.npz", {"a": ("float32", (1, 1), [0.0]), "b": ("float32", (2, 1), [0.0, 1.0])})
        self.refuses("run", "two.lam", "-i", "ab.npz", "-o", "y.npy", "--via=reference", code="E552", says="samples")

    def test_integers(self):
        ids = {"fraction.npy": ("float32", (1, 2), [0.5, 1.0]), "outside.npy": ("int32", (1, 2), [0, 5]),
               "below.npy": ("int32", (1, 2), [-6, 0]), "nan.npy": ("float32", (1, 2), [float("nan"), 0.0]),
               "wide.npy": ("int64", (1, 2), [1 << 40, 0])}
        codes = {"outside.npy": "E554", "below.npy": "E554"}
        for name, array in ids.items():
            with self.subTest(name):
                self.put(name, corpus.npy_bytes(*array))
                self.refuses_data(name, codes.get(name, "E553"), model="e.lam")
        self.put("fine.npy", corpus.npy_bytes("float64", (1, 2), [4.0, 0.0]))
        self.outputs("e.lam", "random", "fine.npy")

    def test_several_outputs_need_an_archive(self):
        self.put("outs.lam", b"a = Input((3,), name='a')\nmodel = Model(a, [a + 1, a * 2])\n")
        self.refuses("run", "outs.lam", "-i", "x.npy", "-o", "y.npy", "--via=reference", code="E506", says=".npz")

    def test_layouts_of_numpy(self):
        """Big-endian, Fortran order, version 2 and narrow types are what numpy may write."""
        golden, _ = self.outputs("s.lam", "random:1", "x.npy")
        header = "{'descr': '%s', 'fortran_order': %s, 'shape': (1, 3), }"
        for kind, order, data, version in ((">f4", False, struct.pack(">3f", 1, 2, 3), 1),
                                           ("<f8", True, struct.pack("<3d", 1, 2, 3), 1),
                                           ("<f2", False, struct.pack("<3e", 1, 2, 3), 2),
                                           ("|i1", False, bytes([1, 2, 3]), 3)):
            with self.subTest(kind):
                self.put("other.npy", npy(header % (kind, order), data, version))
                self.assertEqual(self.outputs("s.lam", "random:1", "other.npy")[0], golden)


if __name__ == "__main__":
    unittest.main()
