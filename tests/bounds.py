#!/usr/bin/env python3
"""The error bound of lamina verify: no way of computing a model of the corpus is further from the reference than it says.

    LAMINA=build/bin/lamina tests/bounds.py                    some models
    LAMINA=build/bin/lamina tests/bounds.py --every 1          all of them (minutes), with the shares that they take
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

LAMINA = str(pathlib.Path(os.environ["LAMINA"]).resolve())
CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
SHARE = re.compile(r" (\S+) +([\d.]+|inf) %  ")  # the bound, and the share of it

MODEL = """from keras import Input, Model, ops
from keras.layers import Dense, BatchNormalization, LSTM, Softmax

x = Input((6, 5), name='x')
h = Dense(4, activation='gelu', name='mix')(x)
h = BatchNormalization(name='norm')(h)
y = LSTM(3, name='recall')(h)
"""


def verify(path, *arguments):
    environment = {**os.environ, "CC": os.environ.get("CC", "cc") + " -O1"}
    return subprocess.run([LAMINA, "verify", str(path), "-w", "random", *arguments], capture_output=True, text=True,
                          env=environment)


def shares(text):
    """Of the rows where anything may be rounded, or is wrong: whole numbers have a bound of 0."""
    return [float(share) / 100 for bound, share in SHARE.findall(text) if float(bound) > 0 or float(share) > 0]


def compilable():
    return [f for f in sorted(CORPUS.rglob("*.lam")) if "# error:" not in f.read_text(errors="replace")]


def walk(files, *arguments):
    """(shares of the rows that are not exact, problems); a model that cannot be compiled, or has inputs of its own demands, says
    why."""
    found, problems = [], []
    for path in files:
        run = verify(path, *arguments)
        if run.returncode == 0:
            found += shares(run.stdout)
        if run.returncode not in (0, 1) or "[E555]" in run.stderr or "[E006]" in run.stderr:
            problems.append(f"{path}: {run.stderr}")
    return sorted(found), problems


class Bounds(unittest.TestCase):
    def model(self, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name, "m.lam")
        path.write_text(MODEL + text)
        return path

    def test_of_the_corpus(self):
        found, problems = walk(compilable()[::31])
        self.assertEqual(problems, [])
        self.assertGreater(len(found), 60)
        self.assertLessEqual(found[-1], 1)
        self.assertGreater(found[len(found) // 2], 0.0005)  # a bound that nothing comes near says nothing

    def test_each_layer_has_a_row(self):
        run = verify(self.model("model = Model(x, Softmax(name='probabilities')(y))"))
        self.assertEqual(run.returncode, 0, run.stderr)
        layers = run.stdout.split("\nlayer ")[1]
        self.assertEqual(re.findall(r"^(\w+) .* agrees$", layers, re.M), ["mix", "norm", "recall", "probabilities"])

    def test_for_programs(self):
        run = verify(self.model("model = Model(x, [y, ops.log(ops.abs(h - h / 3 * 3))])"), "--format=json")
        self.assertEqual(run.returncode, 0, run.stderr)
        found = json.loads(run.stdout)
        self.assertEqual(found["batch"], 4)
        rows = {row.get("layer"): row for row in found["rows"]}
        self.assertTrue({"mix", "norm", "recall", "log"} <= set(rows))
        self.assertTrue(0 < rows["mix"]["error"] < rows["mix"]["bound"] and rows["mix"]["agrees"])
        self.assertEqual(rows["log"]["without_bound"], rows["log"]["elements"])
        self.assertIsNone(rows["log"]["bound"])

    def test_without_a_bound(self):
        ids = "ops.cast(ops.floor(h / h), 'int32')"  # 0 or 1: rounding decides
        run = verify(self.model("from keras.layers import Embedding\nmodel = Model(x, Embedding(3, 2)(" + ids + "))"))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("elements have no bound", run.stdout)

    def test_roots_near_zero(self):
        run = verify(CORPUS / "regressions" / "root_of_squares_at_zero.lam")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertNotIn("no bound", run.stdout)
        for function in ("ops.sqrt(h - h / 3 * 3)", "ops.log(ops.abs(h - h / 3 * 3))"):  # may be NaN, or any size
            run = verify(self.model(f"model = Model(x, {function})"))
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertRegex(run.stdout, r" - +no bound")

    def test_strict_arithmetic(self):
        found, problems = walk(compilable()[7::173], "--strict-math")
        self.assertEqual(problems, [])
        self.assertLessEqual(found[-1], 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, required=True)
    parser.add_argument("arguments", nargs="*", help="for lamina verify, after --")
    options = parser.parse_args()
    found, problems = walk(compilable()[::options.every], *options.arguments)
    print(*problems, sep="\n")
    print(f"{len(found)} rows; share of the bound: median {found[len(found) // 2]:.2%}, "
          f"nine of ten below {found[len(found) * 9 // 10]:.2%}, largest {found[-1]:.2%}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main() if "--every" in sys.argv else unittest.main())
