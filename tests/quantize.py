#!/usr/bin/env python3
"""Quantised models: the same bits by every way of running, ranges as data and as a file, and what is told. Only python3.

    LAMINA=build/bin/lamina tests/quantize.py [--all-ways] [unittest options]

The models are those of tests/corpus/int8, with weights and inputs made from their names. Without --all-ways each takes every
third way, in turn. docs/quantization.md says what is computed.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest

import corpus
import run

LAMINA = str(pathlib.Path(os.environ["LAMINA"]).resolve())
FILES = sorted((corpus.CORPUS / "int8").glob("*.lam"))
SANITIZED = os.environ.get("SANITIZED") == "1"
ALL_WAYS = "--all-ways" in sys.argv
OPTIONS = types.SimpleNamespace(lamina=LAMINA, timeout=300)
# Beside those of --strict-math, which int8 has without asking.
MORE_WAYS = [(["--via=c", "--target=portable"], "tcc"), (["--via=c", "--target=x86-64-v3"], "gcc -O2"),
             (["--via=c", "--target=x86-64-v3"], "clang -O2"), (["--via=c", "--threads=3:1"], "gcc -O1"),
             (["--via=llvm", "-O0", "--target=x86-64-v3"], None), (["--via=c", "--target=cortex-m4"], "gcc -O2")]


def ways():
    there = [(arguments, cc) for arguments, cc in MORE_WAYS if (shutil.which(cc.split()[0]) if cc else run.strict_ways_here(OPTIONS))]
    return [way for way in run.strict_ways_here(OPTIONS) + there
            if "x86-64-v3" not in str(way) or "avx2" in pathlib.Path("/proc/cpuinfo").read_text()]


def float32(values):
    """The reference's doubles as float32, which they are exactly where int8 numbers were scaled."""
    return [corpus.struct.unpack("<f", corpus.struct.pack("<f", v))[0] for v in values]


class Model:
    """A file of the corpus with its weights and inputs in a folder."""

    def __init__(self, path, folder):
        self.file, self.folder = corpus.File(path), pathlib.Path(folder)
        self.weights, self.inputs = run.write_weights(OPTIONS, self.file, folder), run.write_inputs(self.file, folder)
        self.quantize = ["--quantize=int8", "--calibrate", self.inputs]

    def lamina(self, command, *arguments, status=0, cc=None):
        done = subprocess.run([LAMINA, command, str(self.file.path), *self.weights, *map(str, arguments)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=300, check=False, cwd=self.folder,
                              env={**os.environ, **({"CC": cc} if cc else {})})
        if done.returncode != status:
            raise AssertionError(f"`lamina {command} {self.file.path} {' '.join(map(str, arguments))}` gave status {done.returncode}, "
                                 f"expected {status}:\n{done.stderr}")
        return done

    def outputs(self, arguments, cc=None):
        result = self.folder / "y.npz"
        if arguments[0] == "--via=object":
            run.run_object(OPTIONS, self.file, str(self.folder), self.weights, self.inputs, str(result), [*self.quantize, *arguments[1:]])
        else:
            self.lamina("run", "-i", self.inputs, "-o", result, *self.quantize, *arguments, cc=cc)
        return corpus.npz_read(result)


class SameBits(unittest.TestCase):
    """Outputs that come from int8 numbers are the reference's to the bit; those behind float32 layers are close to it."""

    def check(self, model, index):
        reference = model.outputs(["--via=reference"])
        floats = {op for op in reference if op.startswith("softmax")}
        chosen = [way for k, way in enumerate(ways()) if ALL_WAYS or k % 3 == index % 3]
        for arguments, cc in chosen:
            with self.subTest(model=model.file.path.name, way=arguments, cc=cc):
                for name, (shape, values) in model.outputs(arguments, cc).items():
                    self.assertEqual(shape, reference[name][0])
                    if name in floats:
                        for value, expected in zip(values, reference[name][1]):
                            self.assertAlmostEqual(value, expected, delta=1e-6)
                    else:
                        self.assertEqual(list(values), float32(reference[name][1]))

    @unittest.skipIf(SANITIZED, "compiled C has no sanitizers")
    def test_every_way_gives_the_same_bits(self):
        for index, path in enumerate(FILES):
            with tempfile.TemporaryDirectory() as folder:
                self.check(Model(path, folder), index)

    def test_int8_is_close_to_float32(self):
        """Within a few hundredths of the largest value: made-up weights, ranges from the same data."""
        for path in FILES:
            with tempfile.TemporaryDirectory() as folder, self.subTest(model=path.name):
                model = Model(path, folder)
                for name, (_, values) in model.outputs(["--via=reference"]).items():
                    golden = model.file.outputs[name][1]
                    largest = max(abs(g) for g in golden)
                    for value, expected in zip(corpus.spread(values), golden):
                        self.assertAlmostEqual(value, expected, delta=0.06 * largest)


class Ranges(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.model = Model(corpus.CORPUS / "int8/float_island.lam", self.folder.name)
        self.path = pathlib.Path(self.folder.name)

    def emit(self, *arguments, status=0):
        done = self.model.lamina("compile", "--quantize=int8", "-o", "m.c", *arguments, status=status)
        return (self.path / "m.c").read_text() if status == 0 else None, done.stderr

    def test_a_file_of_ranges_stands_for_the_data(self):
        table = self.model.lamina("quantize", "--calibrate", self.model.inputs, "-o", "q.json").stdout
        self.assertIn("conv2d (conv2d)", table)
        self.assertEqual(self.emit("--calibrate", self.model.inputs)[0], self.emit("--calibrate", "q.json")[0])

    def test_null_keeps_a_value_float32(self):
        self.model.lamina("quantize", "--calibrate", self.model.inputs, "-o", "q.json")
        ranges = json.loads((self.path / "q.json").read_text())
        dense = [value for value in ranges["values"] if value["op"] == "dense"][0]
        dense["least"] = dense["most"] = None
        (self.path / "q.json").write_text(json.dumps(ranges))
        code, said = self.emit("--calibrate", "q.json")
        self.assertRegex(said, r"layer 'dense' computes in float32.*\[R660\]")
        self.assertNotIn("lmrt_dense_i8(&", code)

    def test_ranges_of_another_model_are_refused(self):
        self.model.lamina("quantize", "--calibrate", self.model.inputs, "-o", "q.json")
        text = (self.path / "q.json").read_text()
        for changed, says in ((text.replace('"layer": "dense"', '"layer": "other"'), "of layer 'other' where the model has"),
                              (text.replace("lamina ranges 1", "lamina ranges 9"), "no file of ranges"),
                              (text[:200], "line "), (text.replace('"bias_error": [', '"bias_error": [0,', 1), "no list of"),
                              (text.replace('"bias_error": [', '"bias_error": 1, "b": [', 1), "no list of"), ("[]", "no file of ranges"),
                              (re.sub(r'"least": -?[\d.e-]+', '"least": 1e9', text), "is to be from 1e+09 to")):
            (self.path / "q.json").write_text(changed)
            said = self.emit("--calibrate", "q.json", status=1)[1]
            self.assertIn("[E661]", said)
            self.assertIn(says, said)

    def test_biases_make_up_for_what_rounding_adds(self):
        """Without them the errors are those of each layer on top of each other."""
        model = self.model = Model(corpus.CORPUS / "int8/conv_residual.lam", self.folder.name)
        model.lamina("quantize", "--calibrate", model.inputs, "-o", "q.json")
        ranges = json.loads((self.path / "q.json").read_text())
        self.assertTrue(any("bias_error" in value for value in ranges["values"]))
        for value in ranges["values"]:
            value.pop("bias_error", None)
        (self.path / "plain.json").write_text(json.dumps(ranges))
        rms = []
        for name in ("q.json", "plain.json"):
            found = json.loads(model.lamina("verify", "-i", model.inputs, "--quantize=int8", "--calibrate", name, "--format=json").stdout)
            rms.append([row["rms_error"] for row in found["quantization"] if row["operation"] == "dense"][0])
        self.assertLess(rms[0], rms[1])

    def test_other_weights_are_told(self):
        self.model.lamina("quantize", "--calibrate", self.model.inputs, "-o", "q.json")
        self.model.weights = ["-w", "random:7"]
        self.assertIn("[W660]", self.emit("--calibrate", "q.json")[1])

    def test_ways_of_calibrating_differ(self):
        """One value among many that is far out; the ways themselves are the unit test's."""
        (name, (dtype, shape, use)), = self.model.file.inputs.items()
        values = corpus.input_values(name, dtype, shape, use)
        corpus.npz_write(self.model.inputs, {name: (dtype, shape, [100.0, *values[1:]])})
        codes = {self.emit("--calibrate", self.model.inputs, f"--calibrate-by={way}")[0] for way in ("minmax", "percentile:95")}
        self.assertEqual(len(codes), 2)

    def test_dependencies_name_the_data(self):
        self.emit("--calibrate", self.model.inputs, "-MD")
        self.assertIn(self.model.inputs, (self.path / "m.d").read_text())


class Told(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.model = Model(corpus.CORPUS / "int8/float_island.lam", self.folder.name)

    def test_layers_that_stay_float_are_named(self):
        said = self.model.lamina("compile", "-o", "m.c", *self.model.quantize).stderr
        self.assertEqual(sorted(set(re.findall(r"layer '(\w+)' computes in float32", said))), ["layer_normalization", "softmax"])

    def test_summary_and_verify_show_scales_saturation_and_errors(self):
        for command in (("summary",), ("verify", "-i", self.model.inputs)):
            out = self.model.lamina(*command, *self.model.quantize).stdout
            row = re.search(r"conv2d \(conv2d\) +│ int8 +│ +([\d.e-]+) │ +(-?\d+) │ +([\d.]+) % │ +([\d.e-]+) │ +([\d.]+) %", out)
            self.assertTrue(row, out)
            self.assertEqual(int(row[2]), -128)  # of relu
            self.assertGreater(float(row[4]), 0)
            self.assertRegex(out, r"layer_normalization \(normalize\) +│ float32")

    def test_saturation_is_counted(self):
        out = self.model.lamina("summary", *self.model.quantize, "--calibrate-by=percentile:50").stdout
        self.assertGreater(float(re.search(r"conv2d_1 \(conv2d\) +│ int8 +│[^│]+│[^│]+│ +([\d.]+) %", out)[1]), 10)

    def test_data_without_samples_is_refused(self):
        x = pathlib.Path(self.folder.name) / "empty.npz"
        corpus.npz_write(str(x), {name: (dtype, (0, *shape[1:]), []) for name, (dtype, shape, _) in self.model.file.inputs.items()})
        self.assertIn("[E660]", self.model.lamina("quantize", "--calibrate", x, status=1).stderr)

    def test_a_model_without_weights_stays_as_it_is(self):
        path = pathlib.Path(self.folder.name) / "softmax.lam"
        path.write_text("x = Input((4,))\nmodel = Model(x, Softmax()(x))\n")
        corpus.npz_write(self.folder.name + "/s.npz", {"input_layer": ("float32", (2, 4), [0.5] * 8)})
        done = subprocess.run([LAMINA, "compile", path, "--quantize=int8", "--calibrate", self.folder.name + "/s.npz", "-o", "-",
                               "--emit=c"], capture_output=True, text=True, check=False, cwd=self.folder.name)
        self.assertIn("[W661]", done.stderr)

    def test_open_dimensions_are_refused(self):
        path = pathlib.Path(self.folder.name) / "open.lam"
        path.write_text("x = Input((None, 4), name='x')\nmodel = Model(x, Dense(2)(x))\n")
        corpus.npz_write(self.folder.name + "/s.npz", {"x": ("float32", (2, 3, 4), [0.5] * 24)})
        for arguments, status in (((), 1), (("--dim", "x_dim1=3"), 0)):
            done = subprocess.run([LAMINA, "compile", path, "-w", "random", "--quantize=int8", "--calibrate", self.folder.name + "/s.npz",
                                   "-o", "open.c", *arguments], capture_output=True, text=True, check=False, cwd=self.folder.name)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertEqual("[E641]" in done.stderr, status == 1, done.stderr)
        for command in ("quantize", "summary"):
            done = subprocess.run([LAMINA, command, path, "-w", "random", "--quantize=int8", "--calibrate", self.folder.name + "/s.npz"],
                                  capture_output=True, text=True, check=False, cwd=self.folder.name)
            self.assertEqual((done.returncode, done.stderr.count("[E641]")), (1, 1), done.stderr)

    def test_bad_usage(self):
        for arguments, says in ((("--quantize=int8",), "needs --calibrate"), (("--quantize=int4",), "expected one of int8"),
                                (("--calibrate", "x.npz"), "goes with --quantize"), (("--calibrate-by=mse",), "goes with --quantize"),
                                ((*self.model.quantize, "--calibrate-by=percentile:20"), "P from 50 to 100"),
                                (("--quantize=int8", "--calibrate", "q.json", "--calibrate-by=mse"), "nothing beside it")):
            self.assertIn(says, self.model.lamina("compile", "-o", "m.c", *arguments, status=2).stderr)


class RealData(unittest.TestCase):
    """Trained networks on images: what int8 may cost at most."""

    def answers(self, folder, model, *arguments):
        folder = corpus.CORPUS.parent.parent / "examples" / folder
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([LAMINA, "run", model, *arguments, "-o", out + "/y.npz", "-Wno-everything"], check=True, cwd=folder,
                           capture_output=True, timeout=600)
            (shape, values), = corpus.npz_read(out + "/y.npz").values()
        rows = [values[i * shape[1]:(i + 1) * shape[1]] for i in range(shape[0])]
        return [max(range(len(row)), key=row.__getitem__) for row in rows]

    def test_digits_lose_at_most_half_a_percent(self):
        arguments = ["digits.py", "-w", "digits.weights.h5", "-i", "test.npz"]
        labels = corpus.npy_parse((corpus.CORPUS.parent.parent / "examples/digits/labels.npy").read_bytes())[1]
        right = [sum(a == b for a, b in zip(self.answers("digits", *arguments, *more), labels)) / len(labels)
                 for more in ([], ["--quantize=int8", "--calibrate", "calibration.npz"])]
        self.assertGreater(right[0], 0.97)
        self.assertGreaterEqual(right[1], right[0] - 0.005)

    def test_photographs_keep_their_class(self):
        for folder, model in (("person_detector", "vww"), ("image_classifier", "resnet8")):
            arguments = [model + ".lam", "-w", model + ".weights.h5", "-i", "images.npy"]
            for by in ("minmax", "percentile", "mse"):
                self.assertEqual(self.answers(folder, *arguments),
                                 self.answers(folder, *arguments, "--quantize=int8", "--calibrate", "images.npy", f"--calibrate-by={by}"))


if __name__ == "__main__":
    unittest.main(argv=[a for a in sys.argv if a != "--all-ways"])
