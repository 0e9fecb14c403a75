#!/usr/bin/env python3
"""What diagnostics are for people and tools: JSON as rustc writes it, SARIF, fix-its that compile, places that are exact,
and one error for one mistake. Needs only python3.

    LAMINA=build/bin/lamina tests/diagnostics.py
    LAMINA=build/bin/lamina tests/diagnostics.py --mutations 2000 --seed 3     # the long form of the last test
"""
import argparse
import io
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import tokenize
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAMINA = str(pathlib.Path(os.environ["LAMINA"]).resolve())
HEAD = "import keras\nfrom keras import Input, Model\nfrom keras.layers import *\n"

# One mistake each: what is wrong, and what the fix-it must make of it. `x` has 8 features, `image` is 8x8x3.
FIXES = [
    ("y = Dense(4, activation='rellu')(x)", "y = Dense(4, activation='relu')(x)"),
    ('y = Dense(4, activation="sigmiod")(x)', 'y = Dense(4, activation="sigmoid")(x)'),
    ("y = Dense(4, activation=softmax)(x)", "y = Dense(4, activation='softmax')(x)"),
    ("y = Dense(4, activaton='relu')(x)", "y = Dense(4, activation='relu')(x)"),
    ("y = Dense(4, use_bias=true)(x)", "y = Dense(4, use_bias=True)(x)"),
    ("y = Dense(4, activation=none)(x)", "y = Dense(4, activation=None)(x)"),
    ("y = Dense(units='4')(x)", "y = Dense(units=4)(x)"),
    ("y = Dens(4)(x)", "y = Dense(4)(x)"),
    ("y = Linear(4)(x)", "y = Dense(4)(x)"),
    ("y = dense(4)(x)", "y = Dense(4)(x)"),
    ("y = keras.layers.Dnese(4)(x)", "y = keras.layers.Dense(4)(x)"),
    ("y = keras.layers.BatchNorm1d()(x)", "y = keras.layers.BatchNormalization()(x)"),
    ("y = keras.layers.max_pooling2d(2)(image)", "y = keras.layers.MaxPooling2D(2)(image)"),
    ("y = Conv2d(4, 3)(image)", "y = Conv2D(4, 3)(image)"),
    ("y = Conv2D(4, 3, padding='smae')(image)", "y = Conv2D(4, 3, padding='same')(image)"),
    ("y = Conv2D(4, 3, stride=2)(image)", "y = Conv2D(4, 3, strides=2)(image)"),
    ("y = Dense(4, kernel_initializer='glorot_unifrom')(x)", "y = Dense(4, kernel_initializer='glorot_uniform')(x)"),
    ("y = Dense(4, kernel_initializer='xavier_uniform')(x)", "y = Dense(4, kernel_initializer='glorot_uniform')(x)"),
    ("y = keras.ops.exps(x)", "y = keras.ops.exp(x)"),
    ("y = keras.ops.reduce_mean(x, axis=-1)", "y = keras.ops.mean(x, axis=-1)"),
    ("y = x.reshap((-1, 4, 2))", "y = x.reshape((-1, 4, 2))"),
    ("y = Dense(4)(imagee)", "y = Dense(4)(image)"),
    ("y = Input((32))", "y = Input((32,))"),
    ("y = Input(32)", "y = Input((32,))"),
    ("y = Input((32,), nmae='y')", "y = Input((32,), name='y')"),
    ("y = Input((32,), dtype='flaot32')", "y = Input((32,), dtype='float32')"),
    ("y = Bidirectional(LSTM(3), merge_mode='concatt')(Reshape((4, 2))(x))",
     "y = Bidirectional(LSTM(3), merge_mode='concat')(Reshape((4, 2))(x))"),
    ("y = Dense(4)(x) if True els x", "y = Dense(4)(x) if True else x"),
    ("y = x\nfor i in range(2)\n    y = Dense(4)(y)", "y = x\nfor i in range(2):\n    y = Dense(4)(y)"),
]

SPAN = {"file_name": str, "byte_start": int, "byte_end": int, "line_start": int, "line_end": int, "column_start": int,
        "column_end": int, "is_primary": bool, "text": list, "label": (str, type(None)),
        "suggested_replacement": (str, type(None)), "suggestion_applicability": (str, type(None)),
        "expansion": type(None)}
REPORT = {"message": str, "code": (dict, type(None)), "level": str, "spans": list, "children": list,
          "rendered": (str, type(None))}


def lamina(path, *options):
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", "NO_COLOR": "1"}
    return subprocess.run([LAMINA, "check", str(path), *options], capture_output=True, text=True, encoding="utf-8",
                          env=environment, timeout=120)


def json_reports(path):
    return [json.loads(line) for line in lamina(path, "--diagnostics=json").stderr.splitlines()]


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "m.lam"

    def write(self, text):
        self.path.write_text(text, encoding="utf-8")
        return self.path

    def model(self, statement):
        return self.write(HEAD + "x = Input((8,))\nimage = Input((8, 8, 3))\n" + statement + "\nmodel = Model([x, image], y)\n"
                          if "y = Input" not in statement else HEAD + statement + "\nmodel = Model(y, y * 2)\n")


def check_fields(test, value, fields):
    for name, kind in fields.items():
        test.assertIn(name, value)
        test.assertIsInstance(value[name], kind, name)


def check_json(test, report, source):
    """One object, as rustc's documentation of --error-format=json describes it."""
    check_fields(test, report, REPORT)
    test.assertIn(report["level"], ("error", "warning", "note", "help"))
    if report["code"]:
        check_fields(test, report["code"], {"code": str, "explanation": str})
    for span in report["spans"]:
        check_fields(test, span, SPAN)
        lines = source.split("\n")
        test.assertEqual(len(span["text"]), span["line_end"] - span["line_start"] + 1)
        for number, line in enumerate(span["text"], span["line_start"]):
            test.assertEqual(line["text"], lines[number - 1])
            test.assertLessEqual(line["highlight_end"], len(line["text"]) + 1)
        begin = len("\n".join(lines[:span["line_start"] - 1] + [lines[span["line_start"] - 1][:span["column_start"] - 1]])
                    .encode())
        test.assertEqual(begin, span["byte_start"])
        test.assertIn(span["suggestion_applicability"],
                      (None,) if span["suggested_replacement"] is None else ("MachineApplicable", "MaybeIncorrect"))
    for child in report["children"]:
        check_json(test, child, source)


class Json(Case):
    def test_fields(self):
        source = HEAD + "x = Input((8,))\n# \u00e9\u6f22\ny = Conv2D(4,\n    3)(x); z = 'e\u0301' + Dens(3)\nmodel = Model(x, y)\n"
        reports = json_reports(self.write(source))
        self.assertEqual([report["code"]["code"] for report in reports], ["E207", "E301"])
        for report in reports:
            check_json(self, report, source)
            self.assertTrue(report["spans"][0]["is_primary"])
            self.assertEqual(report["rendered"].count("error: "), 1)
        text = lamina(self.path).stderr
        self.assertEqual("".join(report["rendered"] for report in reports), text)


def pointed(sarif_region, source):
    """The text of a region of one line."""
    assert sarif_region["startLine"] == sarif_region["endLine"]
    return source.split("\n")[sarif_region["startLine"] - 1][sarif_region["startColumn"] - 1:sarif_region["endColumn"] - 1]


class Sarif(Case):
    def log(self, source):
        run = lamina(self.write(source), "--diagnostics=sarif")
        log = json.loads(run.stderr)
        self.assertEqual(log["version"], "2.1.0")
        self.assertEqual(len(log["runs"]), 1)
        return log["runs"][0], run.returncode

    def test_no_results(self):
        run, status = self.log(HEAD + "x = Input((8,))\nmodel = Model(x, Dense(3)(x))\n")
        self.assertEqual((run["results"], run["tool"]["driver"]["rules"], status), ([], [], 0))

    def test_results(self):
        source = HEAD + "x = Input((8,))\nh = '\u6f22' and Dense(4, activation='rellu')\ny = LSTM(3)(x)\nmodel = Model(input=x, output=y)\n"
        run, status = self.log(source)
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual(status, 1)
        self.assertEqual(run["columnKind"], "unicodeCodePoints")
        self.assertEqual([result["ruleId"] for result in run["results"]][:2], ["E208", "E207"])
        for result in run["results"]:
            rule = rules[result["ruleIndex"]]
            self.assertEqual(rule["id"], result["ruleId"])
            for part in ("shortDescription", "fullDescription", "help"):
                self.assertTrue(rule[part]["text"])
            self.assertIn(result["level"], ("error", "warning", "note"))
            self.assertTrue(result["message"]["text"])
            place = result["locations"][0]["physicalLocation"]
            self.assertEqual(place["artifactLocation"]["uri"], "file://" + str(self.path))
        activation, shape = run["results"][:2]
        change = activation["fixes"][0]["artifactChanges"][0]["replacements"][0]
        self.assertEqual((pointed(change["deletedRegion"], source), change["insertedContent"]["text"]), ("rellu", "relu"))
        related = shape["relatedLocations"][0]
        self.assertIn("of shape (None, 8), made here", related["message"]["text"])
        self.assertEqual(pointed(related["physicalLocation"]["region"], source), "Input((8,))")

    def test_paths_are_uris(self):
        self.path = self.path.with_name("my model \u00e9.lam")
        run, _ = self.log("x = y\n")
        uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        self.assertTrue(uri.endswith("/my%20model%20%C3%A9.lam"))


class Fixes(Case):
    def test_each_fix_makes_the_file_compile(self):
        for wrong, right in FIXES:
            with self.subTest(wrong):
                path = self.model(wrong)
                source = path.read_bytes()
                fixes = [span for report in json_reports(path) for child in report["children"] for span in child["spans"]
                         if span["suggested_replacement"] is not None]
                self.assertTrue(fixes, lamina(path).stderr)
                span = fixes[0]
                fixed = source[:span["byte_start"]] + span["suggested_replacement"].encode() + source[span["byte_end"]:]
                self.assertIn(right, fixed.decode())
                shown = right.split("\n")[1 if "\n" in right else 0]
                self.assertIn(" | " + shown + "\n", lamina(path).stderr)
                path.write_bytes(fixed)
                self.assertEqual(lamina(path).returncode, 0, lamina(path).stderr)


class Quotes(Case):
    """Marks stand under what they mark, whatever the line holds."""

    def quoted(self, source):
        lines = lamina(self.write(source)).stderr.split("\n")
        at = next(i for i, line in enumerate(lines) if "error:" in line)
        return lines[at + 1][12:], lines[at + 2][12:]

    def test_wide_and_combining_characters_and_tabs(self):
        for before, shown in (("'\u6f22\u5b57'", 6), ("'e\u0301'", 3), ("'\U0001F600'", 4), ("\t'a'\t", 11), ("'\u00e9'", 3)):
            line, marks = self.quoted(f"x = [{before}, missing]\n")
            self.assertNotIn("\t", line)
            self.assertEqual(marks, " " * (5 + shown + 2) + "^~~~~~~")

    def test_ranges_of_several_lines(self):
        text = lamina(self.write(HEAD + "x = Input((8,))\ny = Conv2D(\n    4,\n    3,\n)(x)\n")).stderr
        self.assertIn("        5 | y = Conv2D(\n          |     ^~~~~~~\n      ... |\n        8 | )(x)\n          | ~~~~\n", text)

    def test_long_lines_are_cut_around_the_place(self):
        line, marks = self.quoted("x = [" + "1, " * 2000 + "missing, " + "2, " * 2000 + "]\n")
        self.assertLess(len(line), 220)
        self.assertTrue(line.startswith("...") and line.endswith("..."))
        self.assertEqual(line[marks.index("^"):marks.index("^") + 7], "missing")


# ---- one mistake, one error ----

def typo(word, dice):
    """The word with one letter changed, left out, added, or swapped with the next."""
    at, way = dice.randrange(len(word)), dice.randrange(4)
    letter = dice.choice("aeinxz")
    if way == 3 and at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2:]
    return word[:at] + (letter if way else "") + word[at + (way < 2):]


def mutate(text, dice):
    """The text with one token wrong."""
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline)
              if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP, tokenize.STRING)
              and token.start[0] == token.end[0] and len(token.string) < 40]
    token = dice.choice(tokens)
    if token.type == tokenize.NAME:
        new = typo(token.string, dice)
    elif token.type == tokenize.NUMBER:
        new = dice.choice(["0", "-1", "7", "1000", "1.5", "'x'", "None"])
    elif token.type == tokenize.OP:
        new = dice.choice(["", token.string * 2, ",", ")"])
    else:
        new = token.string[0] + typo(token.string[1:-1] or "a", dice) + token.string[-1]
    lines = text.split("\n")
    line = lines[token.start[0] - 1]
    lines[token.start[0] - 1] = line[:token.start[1]] + new + line[token.end[1]:]
    return "\n".join(lines)


def measure(path, seed, count):
    """(mutations with an error, those with exactly one, the others' reports) over the corpus."""
    dice = random.Random(seed)
    files = sorted(file for area in ("networks", "layer", "conv", "recurrent", "attention", "model", "scripts", "classes")
                   for file in (ROOT / "tests" / "corpus" / area).glob("*.lam"))
    files = [file for file in files if not re.search("# error|errors", file.name + file.read_text(encoding="utf-8"))]
    wrong = one = 0
    several = []
    for _ in range(count):
        path.write_text(mutate(dice.choice(files).read_text(encoding="utf-8"), dice), encoding="utf-8")
        run = lamina(path)
        assert run.returncode in (0, 1), run.stderr
        errors = len(re.findall(r"^\S+:\d+:\d+: error: |^lamina: error: ", run.stderr, re.M))
        wrong += errors > 0
        one += errors == 1
        if errors > 1:
            several.append(run.stderr)
    return wrong, one, several


class Cascades(Case):
    def test_a_typo_in_the_first_of_fifty_layers(self):
        for first in ("Dens(8)", "Dense(8, activation='rellu')", "Dense(8, unitss=3)", "Dense('8')", "Conv2D(8, 3)"):
            source = HEAD + f"x0 = Input((8,))\nx1 = {first}(x0)\n"
            source += "".join(f"x{i} = Dense(8)(x{i - 1})\n" for i in range(2, 51)) + "model = Model(x0, x50)\nmodel.summary()\n"
            with self.subTest(first):
                self.assertEqual(len(json_reports(self.write(source))), 1)

    def test_a_misspelt_import(self):
        source = "from keras import Inputt, Model\nfrom keras.layers import Dense\na = Input((3,))\nb = Input((3,))\n" \
                 "model = Model([a, b], Dense(3)(a + b))\n"
        self.assertEqual([report["code"]["code"] for report in json_reports(self.write(source))], ["E306"])

    def test_one_mutation_gives_one_error(self):
        wrong, one, several = measure(self.path, 7, 60)
        print(f"one error for one mistake: {one} of {wrong}", file=sys.stderr)
        self.assertGreaterEqual(one, 0.95 * wrong, "\n\n".join(several))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mutations", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options, rest = parser.parse_known_args()
    if not options.mutations:
        unittest.main(argv=[sys.argv[0], *rest])
    with tempfile.TemporaryDirectory() as folder:
        wrong, one, several = measure(pathlib.Path(folder) / "m.lam", options.seed, options.mutations)
    print(*several, f"one error for one mistake: {one} of {wrong}", sep="\n")


if __name__ == "__main__":
    main()
