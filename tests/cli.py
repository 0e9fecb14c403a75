#!/usr/bin/env python3
"""The command line as a user meets it: statuses, messages, files written or not. Needs only python3 (and cc for run).

    LAMINA=build/bin/lamina tests/cli.py
"""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

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


class CommandLine(unittest.TestCase):
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

    def test_later_options_say_not_yet(self):
        for option in ("--link-runtime", "--strict-math", "--threads=2", "-g", "--dim=n=3"):
            self.expect(2, "compile", "mlp.lam", option, says="not available yet")

    def test_later_forms_say_not_yet(self):
        for suffix in ("ll", "bc", "s", "o", "so", "a"):
            self.expect(2, "compile", "mlp.lam", "-o", "mlp." + suffix, says="not available yet")

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
        self.expect(1, "run", "mlp.lam", "-w", "random", "-i", "x.npz", "-o", "y.npz", env={"CC": "/no/such/cc"},
                    says="[E006]")

    def test_verify_agrees_with_keras(self):
        run = self.expect(0, "verify", LOGISTIC / "logistic.lam", "-w", LOGISTIC / "logistic.npz", "-i",
                          LOGISTIC / "points.npy", "--expect", LOGISTIC / "golden.npy")
        self.assertEqual(run.stdout.count("agrees"), 2, run.stdout)

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
        self.expect(2, "plot", "mlp.lam", "-o", "g.svg", says="not available yet")

    def test_a_saved_model_is_refused_with_a_cure(self):
        (self.path / "m.keras").write_bytes(b"PK\3\4 not really")
        self.expect(1, "check", "m.keras", says="[E004]")


if __name__ == "__main__":
    unittest.main()
