#!/usr/bin/env python3
"""What people look at: the numbers of `lamina summary`, pictures, reports and measured times. Needs only python3.

    LAMINA=build/bin/lamina tests/seeing.py
"""
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAMINA = str(pathlib.Path(os.environ["LAMINA"]).resolve())


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def lamina(self, *arguments, status=0):
        run = subprocess.run([LAMINA, *map(str, arguments)], cwd=self.path, capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, status, run.stderr)
        return run

    def model(self, text, name="m.lam"):
        (self.path / name).write_text(text)
        return name


# A layer, the shape of its input, and its multiply-accumulate operations for one sample, worked out by hand.
MACS = [
    ("Dense(16)", (32,), 32 * 16),
    ("Dense(16)", (5, 32), 5 * 32 * 16),
    ("EinsumDense('abc,cd->abd', output_shape=(None, 7))", (5, 32), 5 * 32 * 7),
    ("EinsumDense('abc,cde->abde', output_shape=(None, 3, 7))", (5, 32), 5 * 32 * 21),
    ("Conv1D(6, 3)", (10, 4), 8 * 3 * 4 * 6),
    ("Conv2D(8, 3, padding='same')", (6, 7, 3), 6 * 7 * 9 * 3 * 8),
    ("Conv2D(8, 3, groups=2, strides=2)", (7, 7, 4), 9 * 9 * 2 * 8),
    ("Conv3D(5, 2)", (4, 4, 4, 3), 27 * 8 * 3 * 5),
    ("Conv1DTranspose(6, 3, strides=2)", (10, 4), 10 * 3 * 4 * 6),
    ("Conv2DTranspose(5, 3, strides=2)", (4, 4, 3), 16 * 9 * 3 * 5),
    ("DepthwiseConv2D(3, depth_multiplier=2)", (5, 5, 4), 9 * 9 * 4 * 2),
    ("SeparableConv2D(6, 3)", (5, 5, 4), 9 * 9 * 4 + 9 * 4 * 6),
    ("SeparableConv1D(6, 3)", (7, 4), 5 * 3 * 4 + 5 * 4 * 6),
    ("SimpleRNN(7)", (5, 3), 5 * (3 * 7 + 7 * 7)),
    ("LSTM(7)", (5, 3), 5 * 4 * (3 * 7 + 7 * 7)),
    ("LSTM(7, return_sequences=True)", (5, 3), 5 * 4 * (3 * 7 + 7 * 7)),
    ("LSTM(7, unroll=True)", (5, 3), 5 * 4 * (3 * 7 + 7 * 7)),
    ("GRU(7)", (5, 3), 5 * 3 * (3 * 7 + 7 * 7)),
    ("GRU(7, reset_after=False)", (5, 3), 5 * 3 * (3 * 7 + 7 * 7)),
    ("RNN(LSTMCell(7))", (5, 3), 5 * 4 * (3 * 7 + 7 * 7)),
    ("RNN([GRUCell(7), GRUCell(2)])", (5, 3), 5 * 3 * (3 * 7 + 7 * 7 + 7 * 2 + 2 * 2)),
    ("Bidirectional(LSTM(7))", (5, 3), 2 * 5 * 4 * (3 * 7 + 7 * 7)),
    ("ConvLSTM2D(4, 3, padding='same')", (3, 5, 5, 2), 25 * 9 * (3 * 2 + 2 * 4) * 16),  # the first state is zero
    ("ConvLSTM1D(4, 3)", (3, 7, 2), 5 * 3 * (3 * 2 + 2 * 4) * 16),
    ("TimeDistributed(Dense(6))", (5, 4), 5 * 4 * 6),
    ("TimeDistributed(Conv2D(2, 3))", (5, 4, 4, 3), 5 * 4 * 9 * 3 * 2),
    ("SpectralNormalization(Dense(6))", (4,), 4 * 6),
    ("BatchNormalization()", (5, 4), 0),
    ("MaxPooling1D()", (6, 4), 0),
]
# The same for layers that take several inputs or stand in graphs.
MODELS = [
    ("x = Input((5, 8))\nm = layers.MultiHeadAttention(2, 3)(x, x)\nmodel = Model(x, m)",
     4 * 5 * 8 * 6 + 2 * 2 * 5 * 5 * 3),
    ("x = Input((5, 8))\nm = layers.GroupQueryAttention(2, 4, 2)(x, x)\nmodel = Model(x, m)",
     2 * 5 * 8 * 8 + 2 * 5 * 8 * 4 + 2 * 4 * 5 * 5 * 2),
    ("x = Input((5, 8))\nm = layers.Attention()([x, x])\nmodel = Model(x, m)", 2 * 5 * 5 * 8),
    ("x = Input((5, 8))\ny = Input((6, 8))\nmodel = Model([x, y], layers.Dot(axes=2)([x, y]))", 5 * 6 * 8),
    ("x = Input((5, 8))\nmodel = Model(x, keras.ops.matmul(x, keras.ops.transpose(x, (0, 2, 1))))", 5 * 5 * 8),
    ("x = Input((4,))\nd = layers.Dense(4)\nmodel = Model(x, d(d(x)))", 2 * 16),
    ("x = Input((4,), batch_size=3)\nmodel = Model(x, layers.Dense(6)(x))", 4 * 6),
    ("a = Input((4,))\ninner = Model(a, layers.Dense(3)(layers.Dense(5)(a)))\nx = Input((2, 4))\n"
     "model = Model(x, layers.TimeDistributed(inner)(x))", 2 * (4 * 5 + 5 * 3)),
    ("a = Input((4,))\ninner = Model(a, layers.Dense(3)(layers.Dense(5)(a)), name='inner')\nx = Input((4,))\n"
     "y = layers.add([inner(x), inner(layers.Dense(4)(x))])\nmodel = Model(x, y)", 2 * (4 * 5 + 5 * 3) + 16),
]


class Summary(Case):
    def macs(self, text):
        out = self.lamina("summary", self.model(text)).stdout
        total = int(re.search(r"^For one sample: ([\d,]+) MACs$", out, re.M)[1].replace(",", ""))
        rows = [row.split("│") for row in out.split("For one sample")[1].splitlines() if row.startswith("│")]
        self.assertEqual(sum(int(row[2].replace(",", "")) for row in rows), total, out)
        return total

    def test_macs_of_layers(self):
        for layer, shape, expected in MACS:
            with self.subTest(layer=layer):
                text = f"import keras\nfrom keras import Input\nfrom keras.layers import *\nx = Input({shape})\nmodel = keras.Model(x, {layer}(x))\n"
                self.assertEqual(self.macs(text), expected)

    def test_macs_of_graphs(self):
        for text, expected in MODELS:
            with self.subTest(model=text):
                self.assertEqual(self.macs("import keras\nfrom keras import Input, Model, layers\n" + text + "\n"), expected)

    def test_totals(self):
        out = self.lamina("summary", self.model("x = Input((32,))\nmodel = Model(x, Dense(16)(Dense(8)(x)))\n")).stdout
        self.assertIn("\n MACs: 384\n Weights: 1,632 bytes (1.59 KB)\n Workspace: 64 bytes for each sample of a batch, up to ",
                      out)

    def test_unknown_costs_say_why(self):
        out = self.lamina("summary", self.model("x = Input((None, 4), name='x')\nmodel = Model(x, Dense(3)(x))\n")).stdout
        self.assertIn(" MACs: ?\n", out)
        self.assertIn("Not known, since the model leaves x_dim1 open: give it with --dim x_dim1=N", out)
        out = self.lamina("summary", "m.lam", "--dim", "x_dim1=5").stdout
        self.assertIn(" MACs: 60\n", out)


RESIDUAL = """from keras import Input, Model
from keras.layers import *
a = Input((4,))
inner = Model(a, Dense(4)(a), name='inner')
x = i = Input((4,), name='left<script>alert(1)&"quoted"')
for _ in range(5):
    y = Dense(4, activation='relu')(x)
    x = add([x, inner(y)])
model = Model(i, x, name='<b>bold')
"""
SVG = "{http://www.w3.org/2000/svg}"


class Plot(Case):
    def svg(self, text, *more):
        self.lamina("plot", self.model(text), "-o", "g.svg", *more)
        return xml.etree.ElementTree.parse(self.path / "g.svg").getroot()

    def test_svg_is_well_formed_and_escaped(self):
        root = self.svg(RESIDUAL)
        self.assertEqual(root.tag, SVG + "svg")
        self.assertEqual({e.tag.replace(SVG, "") for e in root.iter()},
                         {"svg", "title", "style", "defs", "marker", "path", "rect", "g", "text"})
        texts = [e.text for e in root.iter(SVG + "text")]
        self.assertIn('left<script>alert(1)&"quoted"', texts)
        self.assertEqual(texts.count("inner"), 5)
        self.assertIn("prefers-color-scheme:dark", (self.path / "g.svg").read_text())
        self.assertNotIn("http", (self.path / "g.svg").read_text().replace("http://www.w3.org/2000/svg", ""))

    def test_text_stays_in_its_box(self):
        for group in self.svg(RESIDUAL.replace("'relu'", "'relu', name='W' * 40 + f'i{_}'")).iter(SVG + "g"):
            box = group.find(SVG + "rect")
            left, right = float(box.get("x")), float(box.get("x")) + float(box.get("width"))
            for line in group.iter(SVG + "text"):
                at, ends = float(line.get("x")), line.get("text-anchor") == "end"
                self.assertTrue(left < at < right)
                if not ends and line.get("class") == "n":  # capital W is as wide as letters get
                    self.assertLess(at + 12 * 0.95 * line.text.count("W"), right)

    def test_the_same_picture_again(self):
        self.svg(RESIDUAL)
        first = (self.path / "g.svg").read_bytes()
        self.svg(RESIDUAL)
        self.assertEqual(first, (self.path / "g.svg").read_bytes())

    def test_picture_of_the_documentation(self):
        """Made by: lamina plot residual.lam -o docs/pictures/residual.svg, with the model of docs/seeing.md."""
        page = (ROOT / "docs/seeing.md").read_text()
        self.lamina("plot", self.model(re.search(r"^```python\n(# residual.lam\n.*?)^```", page, re.M | re.S)[1],
                                       "residual.lam"), "-o", "g.svg")
        self.assertEqual((self.path / "g.svg").read_text(), (ROOT / "docs/pictures/residual.svg").read_text())

    def test_dot_by_suffix_and_by_emit(self):
        self.lamina("plot", self.model(RESIDUAL), "-o", "g.dot")
        self.assertTrue((self.path / "g.dot").read_text().startswith("digraph"))
        self.lamina("plot", "m.lam", "-o", "g.txt", "--emit=dot")
        self.assertEqual((self.path / "g.dot").read_text(), (self.path / "g.txt").read_text())
        self.lamina("plot", "m.lam", "-o", "g.png", status=2)

    def test_open_dimensions_are_no_hindrance(self):
        self.svg("x = Input((None, 4))\nmodel = Model(x, Dense(3)(x))\n")

    def test_unusual_characters(self):
        self.svg("x = Input((4,), name='a\\x01\\x7f\u4e2d\u6587')\nmodel = Model(x, Dense(3)(x))\n")


HTML = "{http://www.w3.org/1999/xhtml}"


class Report(Case):
    def page(self, text=RESIDUAL, *more):
        self.lamina("compile", self.model(text), "-w", "random", "-o", "m.c", "--report", "m.html", *more)
        return xml.etree.ElementTree.fromstring((self.path / "m.html").read_text().replace("<!DOCTYPE html>", ""))

    def tables(self, root):
        return [[["".join(cell.itertext()) for cell in row] for row in table.iter(HTML + "tr")]
                for table in root.iter(HTML + "table")]

    def test_page_holds_all_it_shows(self):
        self.page()
        text = (self.path / "m.html").read_text()
        self.assertEqual(set(re.findall(r"https?://[^\"]*", text)),
                         {"http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"})
        self.assertNotRegex(text, r"<(link|img|iframe|object|embed)|@import|url\((?!#)|\bsrc=| on\w+=\"")

    def test_no_script_but_its_own_runs(self):
        self.page()
        text = (self.path / "m.html").read_text()
        scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
        self.assertEqual(len(scripts), 1)
        digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
        self.assertIn(f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'", text)

    def test_names_are_escaped(self):
        root = self.page()
        layers = self.tables(root)[0]
        self.assertIn('left<script>alert(1)&"quoted"', [row[0] for row in layers])
        self.assertEqual(root.find(f".//{HTML}h1").text, "<b>bold")
        self.assertEqual(len(list(root.iter(HTML + "b"))), 0)

    def test_layers_and_passes(self):
        layers, passes, steps = self.tables(self.page())
        dense = [row for row in layers if row[1] == "Dense"]
        self.assertEqual(len(dense), 5)
        self.assertEqual({(row[3], row[4]) for row in dense}, {("20", "16")})
        self.assertEqual([row[4] for row in layers if row[0] == "inner"], ["80"])
        fused = [row for row in passes if row[1] == "fuse-epilogue"]
        self.assertTrue(fused and "unary 5 → 0" in fused[0][5], passes)
        self.assertTrue(any("dense" in row[1] for row in steps))

    def test_memory_map_has_no_overlap(self):
        root = self.page()
        boxes = []
        for group in root.findall(f".//{SVG}svg[@class='map']/{SVG}g"):
            boxes.append([float(group.find(SVG + "rect").get(name)) for name in ("x", "y", "width", "height")])
        self.assertGreater(len(boxes), 2)
        for i, (x, y, width, height) in enumerate(boxes):
            self.assertTrue(0 <= x <= 1000 and x + width <= 1000 and y >= 0)
            for u, v, w, h in boxes[:i]:
                self.assertTrue(x + width <= u + 0.2 or u + w <= x + 0.2 or y + height <= v + 0.2 or v + h <= y + 0.2)

    def test_the_same_page_again(self):
        self.page()
        first = (self.path / "m.html").read_bytes()
        self.page()
        self.assertEqual(first, (self.path / "m.html").read_bytes())

    def test_models_with_little_to_show(self):
        self.page("x = Input((4,))\nmodel = Model(x, x)\n")
        self.page("x = Input((None, 4))\nmodel = Model(x, Dense(3)(x))\n")
        self.page("x = Input((4,))\nmodel = Model(x, Dense(3)(x))\n", "-O0")

    def test_nothing_is_written_for_a_wrong_model(self):
        self.lamina("compile", self.model("model = Model(Input((4,)), 3)\n"), "-w", "random", "-o", "m.c", "--report",
                    "m.html", status=1)
        self.assertFalse((self.path / "m.html").exists())


class Profile(Case):
    def json(self, *more):
        run = subprocess.run([LAMINA, "profile", self.model(RESIDUAL), "--runs", "3", "--format=json", *more],
                             cwd=self.path, capture_output=True, text=True, timeout=120)
        return None if "without LLVM" in run.stderr else json.loads(run.stdout)

    def test_each_step_is_a_layer_s(self):
        for via in ("llvm", "c"):
            found = self.json("--via", via, "--batch", "7")
            if via == "llvm" and not found:
                continue
            self.assertEqual((found["model"], found["via"], found["batch"], found["runs"]), ("<b>bold", via, 7, 3))
            layers = {layer["name"]: layer for layer in found["layers"]}
            self.assertEqual(layers["inner"]["macs"], 7 * 5 * 16)
            self.assertGreater(layers["inner"]["seconds"], 0)
            self.assertTrue(all(step["layer"] in layers and step["seconds"] >= 0 for step in found["steps"]))
            times = sum(layer["seconds"] or 0 for layer in found["layers"])
            self.assertAlmostEqual(times, sum(step["seconds"] for step in found["steps"]), delta=1e-9)

    def test_times_are_in_the_report(self):
        out = self.lamina("profile", self.model(RESIDUAL), "--runs=2", "--report", "p.html").stdout
        self.assertRegex(out, r"\n\d+\.\d{3} .s for a batch of 1: medians of 2 runs, by ")
        text = (self.path / "p.html").read_text()
        xml.etree.ElementTree.fromstring(text.replace("<!DOCTYPE html>", ""))
        self.assertIn("Share of time", text)
        self.assertIn("medians of 2 runs on a batch of 1", text)

    def test_fixed_batch_and_open_dimensions(self):
        self.lamina("profile", self.model("x = Input((4,), batch_size=3)\nmodel = Model(x, Dense(3)(x))\n"), "--runs=1")
        self.lamina("profile", self.model("x = Input((None, 4))\nmodel = Model(x, Dense(3)(x))\n"), "--runs=1",
                    "--report=d.html")

    def test_bad_usage(self):
        name = self.model(RESIDUAL)
        self.lamina("profile", name, "--via=reference", status=2)
        self.lamina("profile", name, "--runs=0", status=2)
        self.lamina("profile", name, "--format=xml", status=2)
        self.lamina("profile", name, "-i", "x.npy", "--batch=2", status=2)


if __name__ == "__main__":
    unittest.main()
