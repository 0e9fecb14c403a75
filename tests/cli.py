#!/usr/bin/env python3
"""The command line as a user meets it: statuses, messages, files written or not. Needs only python3 (and cc for run).

    LAMINA=build/bin/lamina tests/cli.py
"""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import zipfile

import corpus

LAMINA = os.environ["LAMINA"]
EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"
LOGISTIC = EXAMPLES / "logistic_regression"

MLP = """from keras import Input, Model
from keras.layers import Dense
x = Input(shape=(32,), name='x')
y = Dense(16, activation='softmax')(x)
model = Model(x, y)
"""
BROKEN = MLP.replace("model = ", "z = Dense(4)(Dense(3))\nmodel = ")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        (self.path / "mlp.lam").write_text(MLP)
        (self.path / "broken.lam").write_text(BROKEN)

    def tearDown(self):
        self.folder.cleanup()

    def lamina(self, *arguments, stdin=None, env=None):
        run = subprocess.run([LAMINA, *map(str, arguments)], cwd=self.path, capture_output=True, text=True, input=stdin,
                             env={**os.environ, **(env or {})}, timeout=120)
        self.assertGreaterEqual(run.returncode, 0, "ended by a signal:\n" + run.stderr)
        return run

    def expect(self, status, *arguments, says=None, **more):
        run = self.lamina(*arguments, **more)
        self.assertEqual(run.returncode, status, run.stderr)
        if says:
            self.assertIn(says, run.stderr)
        return run

    def files(self):
        return sorted(p.name for p in self.path.iterdir())


class CommandLine(Case):
    # ---- usage ----

    def test_no_command_is_bad_usage(self):
        self.expect(2, says="usage: lamina COMMAND")

    def test_misspelt_command_is_corrected(self):
        self.expect(2, "complie", "mlp.lam", says="did you mean 'compile'?")

    def test_misspelt_option_is_corrected(self):
        self.expect(2, "check", "mlp.lam", "--strict-kears", says="did you mean '--strict-keras'?")

    def test_option_of_another_command_is_refused(self):
        self.expect(2, "check", "mlp.lam", "--prefix=a", says="no option of `lamina check`")

    def test_missing_argument_is_told(self):
        self.expect(2, "compile", "mlp.lam", "-o", says="needs an argument")

    def test_missing_model_is_told(self):
        self.expect(2, "check", says="needs MODEL")

    def test_time_report_has_stages_and_passes(self):
        report = self.expect(0, "compile", "mlp.lam", "-w", "random", "-o", "t.c", "-ftime-report").stderr
        for row in ("reading the model", "reading the weights", "running the passes", "  fold-constants", "planning", "writing C",
                    "total"):
            self.assertRegex(report, rf"(?m)^{row} +[0-9.]+ +[0-9.]+ % +[0-9.]+ +[0-9.]+ MiB")
        self.assertEqual(self.expect(0, "check", "mlp.lam").stderr, "")

    def test_verbose_tells_stages_and_commands(self):
        said = self.expect(0, "compile", "mlp.lam", "-w", "random", "-o", "t.c", "-v").stderr
        self.assertEqual(said.splitlines()[0], "lamina: reading the model")
        self.assertEqual(said.splitlines()[-1], "lamina: wrote t.c")

    def test_help_and_version(self):
        self.assertIn("commands:", self.expect(0, "--help").stdout)
        self.assertIn("--weights-as", self.expect(0, "compile", "--help").stdout)
        self.assertRegex(self.expect(0, "--version").stdout, r"^Lamina \d+\.\d+\.\d+\n$")

    def test_unknown_pass_is_refused(self):
        self.expect(2, "compile", "mlp.lam", "--disable-pass=nope", says="no such pass")

    # ---- check ----

    def test_check_is_silent_when_fine(self):
        run = self.expect(0, "check", "mlp.lam")
        self.assertEqual((run.stdout, run.stderr), ("", ""))

    def test_check_reads_standard_input(self):
        self.expect(0, "check", "-", stdin=MLP)
        self.expect(1, "check", "-", stdin="x = Input(", says="<stdin>:1:")

    def test_missing_file_is_an_error(self):
        self.expect(1, "check", "nothing.lam", says="cannot read 'nothing.lam': No such file or directory [E001]")
        self.expect(1, "check", ".", says="[E001]")

    def test_diagnostics_as_json(self):
        run = self.expect(1, "check", "broken.lam", "--diagnostics=json")
        for line in run.stderr.splitlines():
            report = json.loads(line)
            self.assertEqual(report["spans"][0]["line_start"], 5)
            self.assertEqual(report["level"], "error")

    def test_warnings_as_errors(self):
        (self.path / "old.lam").write_text(MLP.replace("Model(x, y)", "Model(input=x, output=y)"))
        self.expect(0, "check", "old.lam", says="warning:")
        self.expect(1, "check", "old.lam", "-Werror", says="error:")
        self.expect(1, "check", "old.lam", "--strict-keras", says="error:")
        self.assertEqual(self.expect(0, "check", "old.lam", "-Wno-legacy").stderr, "")

    def test_color_only_when_asked(self):
        self.assertNotIn("\033", self.expect(1, "check", "broken.lam").stderr)
        self.assertIn("\033[1;31m", self.expect(1, "check", "broken.lam", "--color=always").stderr)

    # ---- compile ----

    def test_compile_needs_weights(self):
        self.expect(1, "compile", "mlp.lam", says="[E005]")
        self.assertEqual(self.files(), ["broken.lam", "mlp.lam"])

    def test_compile_writes_source_and_header(self):
        self.expect(0, "compile", "mlp.lam", "-w", "random:3")
        self.assertEqual(self.files(), ["broken.lam", "mlp.c", "mlp.h", "mlp.lam"])

    def test_nothing_is_written_on_an_error(self):
        self.expect(1, "compile", "broken.lam", "-w", "random")
        self.expect(1, "compile", "mlp.lam", "-w", "nothing.npz")
        self.expect(1, "compile", "mlp.lam", "-w", "random", "-o", "no/such/folder/mlp.c", says="[E002]")
        self.assertEqual(self.files(), ["broken.lam", "mlp.lam"])

    def test_same_inputs_give_the_same_bytes(self):
        for name in ("a", "b"):
            (self.path / name).mkdir()
            model = "mlp.lam" if name == "a" else self.path / "mlp.lam"
            self.expect(0, "compile", model, "-w", "random:1", "-o", f"{name}/mlp.c",
                        env={"TZ": "Asia/Tokyo" if name == "a" else "UTC", "LC_ALL": "C.UTF-8"})
        for suffix in ("c", "h"):
            self.assertEqual((self.path / f"a/mlp.{suffix}").read_bytes(), (self.path / f"b/mlp.{suffix}").read_bytes())

    def test_to_standard_output_with_its_header(self):
        self.expect(2, "compile", "mlp.lam", "-w", "random", "-o", "/dev/stdout", says="--emit=c")
        run = self.expect(0, "compile", "-", "-w", "random", "-o", "/dev/stdout", "--emit=c", stdin=MLP)
        self.assertIn("int model_run(", run.stdout)
        self.assertIn("#define MODEL_WORKSPACE_BYTES", run.stdout)
        (self.path / "one.c").write_text(run.stdout)
        subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-c", "one.c"], cwd=self.path, check=True)

    def test_standard_output_may_be_a_file(self):
        with open(self.path / "out.txt", "w") as out:
            subprocess.run([LAMINA, "compile", "mlp.lam", "-w", "random", "-o", "/dev/stdout", "--emit=c"], cwd=self.path,
                           stdout=out, check=True)
        self.assertIn("int mlp_run(", (self.path / "out.txt").read_text())
        self.assertTrue(os.path.islink("/dev/stdout"))

    def test_a_symbolic_link_is_written_through(self):
        (self.path / "real").mkdir()
        (self.path / "real/mlp.c").write_text("")
        (self.path / "mlp.c").symlink_to("real/mlp.c")
        self.expect(0, "compile", "mlp.lam", "-w", "random")
        self.assertTrue((self.path / "mlp.c").is_symlink())
        self.assertIn("mlp_run", (self.path / "real/mlp.c").read_text())

    def test_link_runtime_leaves_the_kernels_out(self):
        self.expect(0, "compile", "mlp.lam", "-w", "random", "--link-runtime")
        text = (self.path / "mlp.c").read_text()
        self.assertIn("\nvoid lmrt_dense_f32(const lmrt_dense *d, size_t rows", text)
        self.assertNotIn("LMRT_LEVEL", text)
        self.assertIn("-llamina_rt", text)

    def test_prefix(self):
        self.expect(0, "compile", "mlp.lam", "-w", "random", "-o", "9 lives.c")
        self.assertIn("_run(", (self.path / "9 lives.h").read_text())
        self.expect(0, "compile", "mlp.lam", "-w", "random", "--prefix=net")
        self.assertIn("int net_run(", (self.path / "mlp.h").read_text())
        self.expect(2, "compile", "mlp.lam", "-w", "random", "--prefix=9", says="C identifier")

    def test_dependency_file(self):
        (self.path / "parts.py").write_text("width = 16\n")
        (self.path / "two.lam").write_text("from parts import width\n" + MLP.replace("16", "width"))
        self.expect(0, "compile", "two.lam", "-w", "random", "-MD", "-MF", "two.dep", "-MT", "target")
        rule = (self.path / "two.dep").read_text()
        self.assertTrue(rule.startswith("target: two.lam"), rule)
        self.assertIn("parts.py", rule)

    def test_print_after(self):
        run = self.expect(0, "compile", "mlp.lam", "-w", "random", "--print-after=lower", "--print-after=plan")
        self.assertIn("dense", run.stderr)

    def test_convolutions(self):
        (self.path / "c.lam").write_text(
            "from keras import Input, Model\nfrom keras.layers import Conv2D\nx = Input((16, 16, 32))\n"
            "model = Model(x, Conv2D(32, 3, padding='same')(x))\n")

        def plan(*arguments):
            return self.expect(0, "compile", "c.lam", "-w", "random", "-o", "c.c", "--print-after=plan", *arguments).stderr

        for way, kernel in ("auto", "winograd4"), ("direct", "conv2d"), ("winograd2", "winograd2"), ("winograd4", "winograd4"):
            self.assertIn(f" {kernel}_f32(", plan(f"--conv={way}"))
        self.assertRegex(plan(), r"winograd 4x4; estimated thousand cycles a sample: direct [0-9.]+, 2x2 [0-9.]+, 4x4 [0-9.]+")
        for arguments in ("--strict-math",), ("--target=generic",):
            self.assertIn(" conv2d_f32(", plan(*arguments))
        self.assertIn(" conv2d_f32(", plan("--strict-math", "--conv=winograd4"))
        self.expect(2, "compile", "c.lam", "--conv=fft", says="expected one of auto, direct, winograd2, winograd4")

    def test_module_definitions(self):
        (self.path / "d.lam").write_text("units = 16\n" + MLP.replace("16", "units"))
        self.assertIn("7", self.expect(0, "summary", "d.lam", "-D", "units=7").stdout)

    # ---- run and verify ----

    def point(self):
        corpus.npz_write(self.path / "x.npz", {"x": ("float32", (2, 32), corpus.uniform("x", 64, -1, 1))})

    def test_run_by_c_and_by_reference(self):
        self.point()
        for via in ("c", "reference"):
            self.expect(0, "run", "mlp.lam", "-w", "random:1", "-i", "x.npz", "-o", via + ".npz", "--via=" + via)
        (shape, by_c), (_, reference) = (corpus.npz_read(self.path / f"{v}.npz")["dense"] for v in ("c", "reference"))
        self.assertEqual(shape, (2, 16))
        self.assertLess(max(abs(a - b) for a, b in zip(by_c, reference)), 1e-6)
        self.assertAlmostEqual(sum(by_c[:16]), 1, 5)

    def test_run_says_what_is_wrong_with_data(self):
        self.point()
        arrays = {"z": ("float32", (2, 32), [0.0] * 64)}
        corpus.npz_write(self.path / "z.npz", arrays)
        corpus.npz_write(self.path / "narrow.npz", {"x": ("float32", (2, 31), [0.0] * 62)})
        (self.path / "junk.npy").write_bytes(b"no array")
        run = ("run", "mlp.lam", "-w", "random", "-o", "y.npz", "--via=reference", "-i")
        self.expect(1, *run, "z.npz", says="no input 'z'")
        self.expect(1, *run, "narrow.npz", says="shape (2, 31), expected (None, 32)")
        self.expect(1, *run, "junk.npy", says="junk.npy")
        self.expect(1, *run, "missing.npy", says="missing.npy")
        self.assertNotIn("y.npz", self.files())

    def test_run_without_a_compiler(self):
        self.point()
        self.expect(1, "run", "mlp.lam", "-w", "random", "-i", "x.npz", "-o", "y.npz", "--via=c",
                    env={"CC": "/no/such/cc"}, says="[E006]")

    def test_verify_agrees_with_keras(self):
        run = self.expect(0, "verify", LOGISTIC / "logistic.lam", "-w", LOGISTIC / "logistic.npz", "-i",
                          LOGISTIC / "points.npy", "--expect", LOGISTIC / "golden.npy")
        outputs = run.stdout.split("\nlayer ")[0]
        self.assertEqual(outputs.count("agrees"), 3 if " llvm " in outputs else 2, run.stdout)

    def test_verify_sees_other_weights(self):
        self.expect(1, "verify", LOGISTIC / "logistic.lam", "-w", "random", "-i", LOGISTIC / "points.npy", "--expect",
                    LOGISTIC / "golden.npy", says="[E555]")

    # ---- looking ----

    def test_explain(self):
        self.assertIn("Cure", self.expect(0, "explain", "e207").stdout)
        self.expect(2, "explain", "E999", says="no diagnostic")

    def test_lists(self):
        for what in ("layers", "activations", "targets", "passes", "diagnostics"):
            self.assertTrue(self.expect(0, "list", what).stdout)
        self.assertIn("dense/kernel", self.expect(0, "list", "weights", "mlp.lam").stdout)
        self.expect(2, "list", "layer", says="did you mean 'layers'?")

    def test_history_of_a_variable_and_of_a_layer(self):
        self.assertIn("dense", self.expect(0, "history", "mlp.lam", "y").stdout)
        self.assertIn("dense", self.expect(0, "history", "mlp.lam", "dense:0:0").stdout)
        self.expect(1, "history", "mlp.lam", "desne", says="did you mean 'dense'?")

    def test_plot(self):
        self.expect(0, "plot", "mlp.lam", "-o", "g.dot")
        self.assertTrue((self.path / "g.dot").read_text().startswith("digraph"))
        self.expect(0, "plot", "mlp.lam", "-o", "g.svg")
        self.expect(2, "plot", "mlp.lam", "-o", "g.png", says=".svg or .dot")
        self.assertIn("digraph", self.expect(0, "plot", "mlp.lam", "-o", "/dev/stdout", "--emit=dot").stdout)

    def test_a_damaged_saved_model(self):
        (self.path / "m.keras").write_bytes(b"PK\3\4 not really")
        self.expect(1, "check", "m.keras", says="[E504]")

    def test_saved_models_may_be_large(self):
        with zipfile.ZipFile(self.path / "large.keras", "w") as archive:
            archive.writestr("config.json", "{}")
            archive.writestr("model.weights.h5", bytes(65 << 20))
        self.expect(1, "check", "large.keras", says="[E421]")
        for name in ("m.keras", "m.h5", "m.hdf5"):
            for content in (b"", b"no model"):
                (self.path / name).write_bytes(content)
                self.expect(1, "check", name, says="[E401]")

    def test_a_tensor_that_is_not_there(self):
        self.expect(1, "history", "mlp.lam", "dense:1", says="[E003]")
        for text in ("dense:", "dense:0:1", "dense:x", "dense:0:0:0", ":0", "dense:99999999999999999999"):
            self.expect(1, "history", "mlp.lam", text, says="[E003]")


ADD = """a = Input((3,), name='a')
b = Input((3,), name='b')
model = Model([a, b], [layers.Add(name='sum')([a, b]), layers.Subtract(name='rest')([a, b])])
"""


class Outputs(Case):
    """Where results go, and what may go wrong there."""

    def setUp(self):
        super().setUp()
        corpus.npz_write(self.path / "x.npz", {"x": ("float32", (2, 32), corpus.uniform("x", 64, -1, 1))})
        for name, first in (("a", 1.0), ("b", 5.0)):
            (self.path / f"{name}.npy").write_bytes(corpus.npy_bytes("float32", (1, 3), [first, 2.0, 3.0]))
        (self.path / "add.lam").write_text(ADD)
        self.before = self.files()

    def writers(self, name):
        """Each command that writes, told to write to `name` (with its suffix)."""
        yield "compile", "mlp.lam", "-w", "random", "-o", name + ".c"
        yield "plot", "mlp.lam", "-o", name + ".dot"
        yield "run", "mlp.lam", "-w", "random", "-i", "x.npz", "--via=reference", "-o", name + ".npz"
        yield "run", "mlp.lam", "-w", "random", "-i", "x.npz", "--via=reference", "-o", name + ".npy"

    def test_places_that_cannot_be_written(self):
        for suffix in ("c", "dot", "npz", "npy"):
            (self.path / f"folder.{suffix}").mkdir()
        (self.path / "locked").mkdir(mode=0o555)
        before = self.files()
        names = ["folder", "mlp.lam/y", "no/such/folder/y", "x" * 300] + (["locked/y"] if os.geteuid() else [])
        for name in names:
            for command in self.writers(name):
                with self.subTest(command):
                    self.expect(1, *command, says="[E002]")
        self.assertEqual(self.files(), before)

    def test_a_full_device(self):
        for command in (("compile", "mlp.lam", "-w", "random", "--emit=c"), ("plot", "mlp.lam"),
                        ("run", "mlp.lam", "-w", "random", "-i", "x.npz", "--via=reference")):
            self.expect(1, *command, "-o", "/dev/full", says="No space left on device [E002]")
        for command in ("summary mlp.lam", "history mlp.lam", "list layers", "list weights mlp.lam", "explain E207",
                        "--help", "--version", "check --help"):
            with open("/dev/full", "w") as full:
                run = subprocess.run([LAMINA, *command.split()], cwd=self.path, stdout=full, stderr=subprocess.PIPE)
            self.assertEqual(run.returncode, 1, command)
            self.assertIn(b"No space left on device", run.stderr)

    def test_a_closed_pipe(self):
        reader, writer = os.pipe()
        os.close(reader)
        run = subprocess.run([LAMINA, "list", "diagnostics"], stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        self.assertEqual(run.returncode, 1)
        self.assertIn(b"Broken pipe", run.stderr)

    def test_the_suffix_is_checked(self):
        for name in ("folder", "y.txt", "y"):
            self.expect(2, "compile", "mlp.lam", "-w", "random", "-o", name, says="suffix")
            self.expect(2, "run", "mlp.lam", "-w", "random", "-i", "x.npz", "-o", name, says=".npy or .npz")
        self.assertEqual(self.files(), self.before)

    def test_run_with_each_form_of_data(self):
        run = ("run", "add.lam", "--via=reference")
        self.expect(0, *run, "-i", "a=a.npy", "-i", "b=b.npy", "-o", "y.npz")
        found = corpus.npz_read(self.path / "y.npz")
        self.assertEqual(list(found), ["sum", "rest"])
        self.assertEqual([values for _, values in found.values()], [[6.0, 4.0, 6.0], [-4.0, 0.0, 0.0]])
        self.expect(1, *run, "-i", "a=a.npy", "-i", "b=b.npy", "-o", "y.npy", says="[E506]")
        self.expect(1, *run, "-i", "a=a.npy", "-i", "a=b.npy", "-o", "z.npz", says="given twice [E551]")
        self.expect(1, *run, "-i", "a=a.npy", "-o", "z.npz", says="'b' is missing")
        self.expect(1, *run, "-i", "a.npy", "-o", "z.npz", says="say which one this is")
        self.expect(1, *run, "-i", "c=a.npy", "-i", "b=b.npy", "-o", "z.npz", says="its inputs are: a, b")
        self.assertEqual(self.files(), sorted(self.before + ["y.npz"]))

    def test_run_to_a_pipe(self):
        run = subprocess.run([LAMINA, "run", "mlp.lam", "-w", "random", "-i", "x.npz", "-o", "/dev/stdout", "--via=reference"],
                             cwd=self.path, capture_output=True)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(corpus.npy_parse(run.stdout)[0], (2, 16))

    def test_dependencies_by_default(self):
        self.expect(0, "compile", "mlp.lam", "-w", "random", "-MD")
        self.assertEqual((self.path / "mlp.d").read_text(), "mlp.c: mlp.lam\n")
        self.expect(0, "compile", "mlp.lam", "-w", "random", "-MD", "-o", "a b.c")
        self.assertEqual((self.path / "a b.d").read_text(), "a\\ b.c: mlp.lam\n")
        self.expect(2, "compile", "mlp.lam", "-w", "random", "-MF", "x.d", says="-MD")
        self.expect(1, "compile", "mlp.lam", "-w", "random", "-MD", "-MF", "no/x.d", "-o", "new.c", says="[E002]")
        self.assertNotIn("new.c", self.files())


class Inputs(Case):
    """Model files of every kind, sensible or not."""

    def check(self, status, content, *arguments, says=None):
        (self.path / "m.lam").write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.expect(status, "check", "m.lam", *arguments, says=says)

    def test_every_command_reads_standard_input(self):
        self.expect(0, "compile", "-", "-w", "random", stdin=MLP)
        self.assertIn("int model_run(", (self.path / "model.h").read_text())
        self.expect(0, "compile", "-", "-w", "random", "-o", "named.c", "-MD", stdin=MLP)
        self.assertEqual((self.path / "named.d").read_text(), "named.c:\n")
        corpus.npz_write(self.path / "x.npz", {"x": ("float32", (1, 32), [0.5] * 32)})
        self.expect(0, "run", "-", "-w", "random", "-i", "x.npz", "-o", "y.npy", "--via=reference", stdin=MLP)
        self.expect(0, "plot", "-", "-o", "g.dot", stdin=MLP)
        self.assertIn("Dense", self.expect(0, "summary", "-", stdin=MLP).stdout)
        self.assertIn("dense", self.expect(0, "history", "-", "y", stdin=MLP).stdout)
        self.assertIn("dense/kernel", self.expect(0, "list", "weights", "-", stdin=MLP).stdout)

    def test_files_without_a_model(self):
        for content in ("", "\n", "# nothing\n# here\n", "\ufeff", "x = 3\n", "pass"):
            self.check(1, content, says="[E311]")
        self.expect(1, "check", "/dev/null", says="[E311]")

    def test_files_that_are_no_text(self):
        self.check(1, bytes(range(256)) * 8, says="[E120]")
        self.check(1, b"x = '\xff'\n", says="[E119]")
        self.check(1, b"\x7fELF\x02\x01\x01")
        self.expect(1, "check", "/dev/zero", says="[E001]")

    def test_line_ends(self):
        for end in ("\r\n", "\r"):
            self.check(0, MLP.replace("\n", end))
            self.check(1, BROKEN.replace("\n", end), says="m.lam:5:14: error:")
        self.check(0, MLP.rstrip("\n"))

    def test_long_lines_are_shown_in_part(self):
        run = self.check(1, MLP + "s = '" + "\u00e9" * 500000 + "' + missing + '" + "y" * 500000 + "'\n", says="[E301]")
        self.assertIn("m.lam:6:500010:", run.stderr)
        _, quote, marks = run.stderr.splitlines()[:3]
        self.assertLess(len(quote), 400)
        self.assertEqual(quote[marks.index("^"):][:7], "missing")

    def test_deep_nesting(self):
        for text in ("(" * 100000 + "1" + ")" * 100000, "-" * 100000 + "1", "1" + "+1" * 100000, "a" + ".b" * 100000,
                     "a" + "[0]" * 100000, "f" + "()" * 100000, "not " * 100000 + "a", "lambda: " * 100000 + "1"):
            self.check(1, "x = " + text + "\n", says="[E121]")
        self.check(1, "".join(" " * i + "if 1:\n" for i in range(2000)) + " " * 2000 + "pass\n", says="[E121]")
        self.check(0, MLP + "a = []\nfor i in range(100000):\n    a = [a]\nb = str(a)\nc = a == b\n")

    def test_nesting_on_a_small_stack(self):
        many = 1000000
        for text in ("x = 1" + "+1" * many, "x = a" + ".b" * many, "x = a" + "[0]" * many, "x = f" + "()" * many,
                     "x = " + "(" * many, "x = " + "-" * many + "1", "if a: pass\n" + "elif a: pass\n" * many):
            (self.path / "m.lam").write_text(text + "\n")
            run = subprocess.run(["sh", "-c", f"ulimit -s 64; exec {LAMINA} check m.lam"], cwd=self.path,
                                 capture_output=True, text=True, check=False)
            self.assertEqual((run.returncode, run.stderr.count("[E121]")), (1, 1), run.stderr[:500])

    def test_values_that_hold_themselves(self):
        for call in ("Dense(a)(x)", "Dense(4)(a)", "layers.Add()(a)", "Model(x, a)", "Input(a)", "layers.Reshape(a)(x)",
                     "Sequential(a)"):
            self.check(1, f"a = []\na.append(a)\nx = Input((4,))\nmodel = {call}\n")

    def test_huge_numbers(self):
        self.check(1, "n = 10 ** 10 ** 10\nx = Input((n,))\nmodel = Model(x, x)\n", says="64 bits")
        self.check(1, "x = Input((10 ** 400,))\nmodel = Model(x, x)\n", says="64 bits")
        self.check(1, "x = Input((4,))\nmodel = Model(x, Dense(2 ** 63)(x))\n", says="64 bits")
        for text in ("[0] * 10 ** 12", "'a' * 10 ** 13", "list(range(10 ** 15))", "'%1000000000000d' % 3"):
            run = self.check(1, f"a = {text}\n")
            self.assertRegex(run.stderr, r"\[E3\d\d\]")
        (self.path / "big.lam").write_text("x = Input((4,))\nmodel = Model(x, Dense(10 ** 18)(x))\n")
        self.expect(1, "compile", "big.lam", "-w", "random")
        self.expect(0, "summary", "big.lam")
        (self.path / "big.lam").write_text("x = Input((6, 6, 3))\ny = layers.Conv2D(2 ** 62, 3, use_bias=False)(x)\n"
                                           "model = Model(x, layers.BatchNormalization()(y))\n")
        self.assertIn("Total params: ? (", self.expect(0, "summary", "big.lam").stdout)

    def test_bounds_name_the_flag_that_raises_them(self):
        loop = "n = 0\nwhile n < 3000:\n    n += 1\n" + MLP
        self.check(1, loop, "--max-steps=5000", says="--max-steps raises the bound [E314]")
        self.check(0, loop, "--max-steps=50000")
        deep = "def f(n):\n    return n and f(n - 1)\nf(60)\n" + MLP
        run = self.check(1, deep, "--max-depth=50", says="--max-depth raises the bound [E315]")
        self.assertLess(run.stderr.count("note:"), 20)
        self.check(0, deep, "--max-depth=80")
        for body in ("x = Dense(32)(x)", "x = x + 1", "Dense(3)"):
            many = MLP + f"for i in range(50):\n    {body}\n"
            self.check(1, many, "--max-nodes=40", says="--max-nodes raises the bound [E316]")
            self.check(0, many, "--max-nodes=200")
        self.check(1, "while True:\n    Dense(3)\n", "--max-nodes=1000", says="[E316]")
        for wrong in ("0", "-1", "many", "", "1e3", "99999999999999999999"):
            self.expect(2, "check", "mlp.lam", f"--max-steps={wrong}", says="expected a positive number")

    def test_a_bound_cannot_be_caught(self):
        self.check(1, "try:\n    while True:\n        pass\nexcept BaseException:\n    pass\n" + MLP, "--max-steps=1000",
                   says="[E314]")


class Reports(Case):
    """How diagnostics are shown."""

    def test_twenty_errors_are_shown_and_the_rest_counted(self):
        (self.path / "many.lam").write_text("".join(f"v{i} = undefined_{i}\n" for i in range(25)))
        run = self.expect(1, "check", "many.lam", says="5 more errors are not shown")
        self.assertEqual(run.stderr.count("error:"), 20)
        lines = self.expect(1, "check", "many.lam", "--diagnostics=json").stderr.splitlines()
        self.assertEqual(len(lines), 21)
        self.assertEqual(json.loads(lines[-1])["message"], "5 more errors are not shown")
        (self.path / "many.lam").write_text("".join(f"v{i} = undefined_{i}\n" for i in range(21)))
        self.expect(1, "check", "many.lam", says="1 more error is not shown")

    def test_json_of_warnings_and_notes(self):
        (self.path / "old.lam").write_text(MLP.replace("Model(x, y)", "Model(input=x, outputs=y)")
                                           + "model.load_weights('w.h5')\n")
        run = self.expect(0, "check", "old.lam", "--diagnostics=json")
        levels = {}
        for line in run.stderr.splitlines():
            report = json.loads(line)
            levels[report["level"]] = report
            self.assertEqual(set(report), {"$message_type", "message", "code", "level", "spans", "children", "rendered"})
        self.assertEqual(set(levels), {"warning", "note"})
        self.assertEqual(levels["warning"]["code"]["code"], "W200")
        self.assertEqual(levels["note"]["code"]["code"], "W100")
        self.assertEqual(levels["warning"]["children"][0]["level"], "help")

    def test_json_survives_any_text(self):
        (self.path / "odd.lam").write_bytes("y = Dense(4, activation='a\\x01\"\u00e9\u2028\\ud800')(Input((2,)))\n".encode())
        for line in self.expect(1, "check", "odd.lam", "--diagnostics=json").stderr.strip().split("\n"):
            json.loads(line)

    def test_text_of_a_file_does_not_reach_the_terminal_raw(self):
        (self.path / "odd.lam").write_bytes(b"x = '\x1b[31m\xc2\x9b1m' + missing\n")
        run = self.expect(1, "check", "odd.lam", says="\ufffd[31m\ufffd1m")
        self.assertNotRegex(run.stderr, "[\x1b\x9b]")

    def test_colors(self):
        run = ("check", "broken.lam")
        self.assertIn("\033[", self.expect(1, *run, "--color=always", env={"NO_COLOR": "1"}).stderr)
        self.assertNotIn("\033[", self.expect(1, *run, "--color=never").stderr)
        self.assertNotIn("\033[", self.expect(1, *run, env={"NO_COLOR": ""}).stderr)
        self.expect(2, *run, "--color=sometimes", says="expected one of auto, always, never")
        self.expect(2, *run, "--diagnostics=xml", says="expected one of text, json")

    def test_names_of_warnings(self):
        for name in ("nope", "no-nope", "error=nope", "no-error=nope"):
            self.expect(2, "check", "mlp.lam", "-W" + name, says="there is no such warning")
        (self.path / "old.lam").write_text(MLP.replace("Model(x, y)", "Model(input=x, output=y)"))
        for flags, status in ((["-Werror", "-Wno-error=legacy"], 0), (["-Werror=legacy"], 1), (["-Wno-everything"], 0),
                              (["-Werror", "-Wno-error"], 0), (["-Werror=legacy", "-Wno-legacy"], 0), (["-Wall", "-Wextra"], 0)):
            self.expect(status, "check", "old.lam", *flags)

    def test_definitions_and_calls(self):
        self.expect(1, "check", "mlp.lam", "-D", "3=4", says="[E319]")
        self.expect(1, "check", "mlp.lam", "--model=x", says="[E312]")
        self.expect(1, "check", "mlp.lam", "--model=modle", says="[E312]")
        for call in ("build", "build(", "nothing()", "x()", "", "1 + 1", "Dense(4)", "(" * 5000):
            run = self.expect(1, "check", "mlp.lam", "--call=" + call)
            self.assertIn("error:", run.stderr)


# What the short examples of the diagnostics take for granted.
PRELUDE = """a = Input((4,)); b = Input((4,)); x = Input((4,)); d = {1: 2}
layer = Dense(3); y = layer(x); m = Model(x, y, name='m'); model = m
"""


class Explanations(Case):
    def examples(self):
        for line in self.expect(0, "list", "diagnostics").stdout.splitlines():
            text = self.expect(0, "explain", line.split()[0]).stdout
            example = re.search(r"\nExample:\n(.*?)\n\n", text + "\n\n", re.S)
            if example:
                yield line.split()[0], "".join(part[4:] + "\n" for part in example[1].split("\n"))

    def test_each_example_provokes_its_diagnostic(self):
        bounds = ("--max-steps=20000", "--max-nodes=2000")
        told_in_words = {"E119", "E120", "E121"}  # bytes that no text shows, and text too long to show
        for code, example in self.examples():
            if code[1] not in "1236" or code in told_in_words or example.startswith("lamina "):
                continue
            with self.subTest(code):
                reports = ""
                for content in (example, PRELUDE + example):
                    (self.path / "example.lam").write_text(content)
                    reports += self.lamina("compile", "example.lam", "-w", "random", "-o", "example.c", *bounds).stderr
                self.assertIn(f"[{code}]", reports)


if __name__ == "__main__":
    unittest.main()
