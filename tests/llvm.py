#!/usr/bin/env python3
"""The forms that LLVM makes: what they export, that they say the same everywhere, and what goes wrong.

    LAMINA=build/bin/lamina LLVM=19 [RUNTIME=build/lib/liblamina_rt.a] tests/llvm.py

LLVM is the major version that lamina was built with; empty: built without. Tools of LLVM that are not there (opt, llvm-nm,
llvm-dwarfdump), gdb and qemu leave their tests skipped, with a word.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import corpus

LAMINA, LLVM, RUNTIME = os.environ["LAMINA"], os.environ.get("LLVM", ""), os.environ.get("RUNTIME", "")
FORMS = ("ll", "bc", "s", "o", "so", "a")
TARGETS = ("host", "generic", "x86-64", "x86-64-v3", "x86-64-v4", "aarch64")
RUNNABLE = TARGETS[:4] if "avx2" in corpus.processor_flags() else TARGETS[:1]  # what surely runs on this machine
MODEL = """from keras import Input, Model
from keras.layers import Dense, Embedding, Conv2D, Reshape

a = Input(shape=(12,), name='a')
ids = Input(shape=(3,), dtype='int32', name='ids')
image = Reshape((2, 3, 2))(a)
inner = Conv2D(4, 2, activation='gelu', name='edges')(image)
table = Embedding(5, 4, name='table')(ids)
both = Dense(4, name='both')(Reshape((2, 4))(inner)) @ Reshape((4, 3))(table)
model = Model([a, ids], both)
"""
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include "m.h"
int main(void) {
    static float a[2 * 12], y[2 * 6];
    static int32_t ids[2 * 3] = {0, 1, 2, 3, 4, 0}, wrong[2 * 3] = {0, 1, 2, 3, 5, 0};
    for (int i = 0; i < 24; i++) a[i] = (float)i / 8 - 1;
    char *space = aligned_alloc(64, 65536), *odd = space + 4;
    const void *in[] = {a, ids};
    void *out[] = {y};
    lamina_call call = {sizeof call, 2, NULL, in, out, space, 65536, NULL, NULL, NULL}, small = call, old = call, none = call;
    small.workspace_size = 1, old.size = 8, none.batch = 0, none.inputs = NULL;
    printf("%d %d %d %d ", m_run(0, NULL, NULL, NULL, NULL), m_run(2, NULL, ids, y, space), m_run(2, a, ids, y, odd),
           m_run(2, a, ids, y, NULL));
    printf("%d %d ", m_run(2, a, wrong, y, space), m_run(2, a, ids, y, space));
    printf("%d %d %d %d %d\n", m_model.run(&call), m_model.run(&small), m_model.run(&old), m_model.run(&none),
           m_model.run(NULL));
    printf("%s %zu %zu %d %s %s\n", m_model.name, m_model.n_inputs, m_model.workspace_bytes(&call),
           m_model.inputs[1].dtype == LAMINA_INT32, m_model.inputs[1].name, m_model.outputs[0].name);
    printf("%zu %zu\n", m_model.workspace_bytes(&call), (size_t)M_WORKSPACE_BYTES(2));
    for (int i = 0; i < 12; i++) printf("%.3f ", y[i]);
    return 0;
}
"""


def tool(name):
    return shutil.which(f"{name}-{LLVM}") or shutil.which(name)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        (self.path / "m.lam").write_text(MODEL)

    def tearDown(self):
        self.folder.cleanup()

    def run_tool(self, *command, env=None, cwd=None):
        return subprocess.run([str(c) for c in command], cwd=cwd or self.path, capture_output=True, text=True,
                              env={**os.environ, **(env or {})}, timeout=300)

    def lamina(self, status, *arguments, says=None, env=None, cwd=None):
        run = self.run_tool(LAMINA, *arguments, env=env, cwd=cwd)
        self.assertEqual(run.returncode, status, run.stderr)
        if says:
            self.assertIn(says, run.stderr)
        return run

    def give_data(self, ids=(0, 1, 2, 3, 4, 0)):
        corpus.npz_write(self.path / "x.npz", {"a": ("float32", (2, 12), corpus.uniform("a", 24, -1, 1)),
                                               "ids": ("int32", (2, 3), list(ids))})

    def compute(self, *arguments, status=0, **more):
        """The output by `lamina run`, or None where it fails."""
        self.lamina(status, "run", "m.lam", "-w", "random:1", "-i", "x.npz", "-o", "y.npz", *arguments, **more)
        return None if status else next(iter(corpus.npz_read(self.path / "y.npz").values()))

    def compile(self, output, *arguments, status=0, **more):
        return self.lamina(status, "compile", "m.lam", "-w", "random:1", "-o", output, *arguments, **more)

    def need(self, name):
        found = tool(name)
        if not found:
            self.skipTest(f"{name} is not installed")
        return found

    def answer(self, *command):
        run = self.run_tool(*command)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout


class Loading(Case):
    def test_without_the_module(self):
        """A compiler that has no LLVM, whether built so or moved away from its module, says so and emits C."""
        alone = self.path / "bin/lamina"
        alone.parent.mkdir()
        shutil.copy(LAMINA, alone)
        for form in FORMS:
            run = self.run_tool(alone, "compile", "m.lam", "-w", "random", "-o", "m." + form)
            self.assertEqual(run.returncode, 1)
            self.assertIn("[E610]", run.stderr)
        self.give_data()
        run = self.run_tool(alone, "run", "m.lam", "-w", "random", "-i", "x.npz", "-o", "y.npz", "--via=llvm")
        self.assertEqual(run.returncode, 1)
        self.assertIn("[E610]", run.stderr)
        (self.path / "x.npz").unlink()
        run = self.run_tool(alone, "compile", "m.lam", "-w", "random", "-o", "m.c")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual(sorted(p.name for p in self.path.iterdir()), ["bin", "m.c", "m.h", "m.lam"])


    def test_a_module_of_another_version(self):
        alone, module = self.path / "bin/lamina", self.path / "lib/lamina/lamina_llvm.so"
        for folder in (alone.parent, module.parent):
            folder.mkdir(parents=True)
        shutil.copy(LAMINA, alone)
        says = "[E610]" if LLVM else "built without LLVM"
        (self.path / "module.c").write_text("const unsigned long llvm_module[8] = {8};")
        self.answer("cc", "-shared", "-fPIC", "module.c", "-o", module)
        run = self.run_tool(alone, "compile", "m.lam", "-w", "random", "-o", "m.o")
        self.assertEqual(run.returncode, 1)
        self.assertIn("of another version [E610]" if LLVM else says, run.stderr)
        for content in ("int other;", None):
            (self.path / "module.c").write_text(content or "")
            if content:
                self.answer("cc", "-shared", "-fPIC", "module.c", "-o", module)
            else:
                module.write_text("this is no library")
            run = self.run_tool(alone, "compile", "m.lam", "-w", "random", "-o", "m.o")
            self.assertEqual(run.returncode, 1)
            self.assertIn(says, run.stderr)


@unittest.skipUnless(LLVM, "built without LLVM")
class Forms(Case):
    def test_each_form_links_and_computes_the_same(self):
        (self.path / "main.c").write_text(PROGRAM)
        self.compile("m.c")
        header = (self.path / "m.h").read_text()
        expected = None
        for form in ("c", "o", "a", "so", "s", "ll", "bc"):
            compiler = "cc" if form not in ("ll", "bc") else self.need("clang")
            if form != "c":
                self.compile("m." + form)
                cut = re.compile(r"\n \*   target .*")
                self.assertEqual(cut.sub("", (self.path / "m.h").read_text()), cut.sub("", header))
            self.answer(compiler, "-O1", "-I.", "main.c", "./m." + form, "-lm", "-o", "program")
            found = self.answer("./program")
            expected = expected or found
            self.assertEqual(found, expected, form)
        self.assertTrue(expected.startswith("0 1 3 3 4 0 0 3 1 0 1\nm 2 "), expected)

    def test_on_64_bit_arm(self):
        cross, qemu = shutil.which("aarch64-linux-gnu-gcc"), shutil.which("qemu-aarch64")
        if not cross or not qemu:
            self.skipTest("aarch64-linux-gnu-gcc or qemu-aarch64 is not installed")
        (self.path / "main.c").write_text(PROGRAM)
        answers = set()
        for form, arguments in (("o", ()), ("o", ("-O0",)), ("c", ())):
            self.compile("m." + form, "--target=aarch64", *arguments)
            self.answer(cross, "-O1", "-static", "-I.", "main.c", "m." + form, "-lm", "-o", "program")
            answers.add(self.answer(qemu, "./program"))
        self.compile("m.so", "--target=aarch64", env={"CC": cross})
        self.assertIn("aarch64", self.answer(self.need("llvm-readelf"), "-h", "m.so").lower())
        self.compile("m.o")
        self.answer("cc", "-I.", "main.c", "m.o", "-lm", "-o", "program")
        answers.add(self.answer("./program"))
        self.assertEqual(len(answers), 1, answers)

    def test_strict_arithmetic_gives_the_same_bits_everywhere(self):
        exact = PROGRAM.replace("%.3f ", "%a ")
        (self.path / "main.c").write_text(exact)
        cross, qemu, answers = shutil.which("aarch64-linux-gnu-gcc"), shutil.which("qemu-aarch64"), set()
        for target in RUNNABLE:
            for form, level in (("o", 0), ("o", 3), ("c", 2)):
                self.compile("m." + form, "--strict-math", "--target=" + target, f"-O{level}")
                self.answer("cc", "-O2", "-I.", "main.c", "m." + form, "-lm", "-o", "program")
                answers.add(self.answer("./program"))
        if cross and qemu:
            self.compile("m.o", "--strict-math", "--target=aarch64")
            self.answer(cross, "-static", "-I.", "main.c", "m.o", "-lm", "-o", "program")
            answers.add(self.answer(qemu, "./program"))
        self.assertEqual(len(answers), 1, answers)

    def test_only_the_interface_is_exported_and_nothing_can_be_written(self):
        nm, size = self.need("llvm-nm"), self.need("llvm-size")
        for target in TARGETS:
            self.compile("m.o", "--target=" + target)
            symbols = [line.split()[-2:] for line in self.answer(nm, "m.o").splitlines()]
            self.assertEqual(sorted(name for kind, name in symbols if kind in "TDRBVW"), ["m_model", "m_run"])
            self.assertLessEqual({name for kind, name in symbols if kind == "U"},
                                 {"memcpy", "memset", "memmove", "_GLOBAL_OFFSET_TABLE_"})
            sections = dict(re.findall(r"^(\.\S+)\s+(\d+)", self.answer(size, "-A", "m.o"), re.M))
            self.assertIn(".note.GNU-stack", sections)
            self.assertFalse({".data", ".bss", ".tdata", ".tbss"} & {s for s, n in sections.items() if int(n)}, sections)

    def test_the_intermediate_code_is_valid_at_every_level(self):
        opt = self.need("opt")
        for level in range(4):
            for target in TARGETS if level == 2 else ("host",):
                self.compile("m.ll", f"-O{level}", "--target=" + target, "-g")
                self.answer(opt, "-passes=verify", "-disable-output", "m.ll")
                text = (self.path / "m.ll").read_text()
                self.assertIn("@m_edges_kernel", text)
                self.assertNotIn(str(self.path), text)

    def test_the_same_bytes_everywhere(self):
        for form in FORMS:
            self.compile("m." + form, "-g", "--target=x86-64-v3", env={"CC": "cc"})
            first = (self.path / ("m." + form)).read_bytes()
            other = self.path / form
            other.mkdir()
            (other / "m.lam").write_text(MODEL)
            self.compile("m." + form, "-g", "--target=x86-64-v3", cwd=other, env={"LC_ALL": "C", "TZ": "Asia/Tokyo"})
            self.assertEqual(first, (other / ("m." + form)).read_bytes(), form)

    def test_weights_beside_it(self):
        (self.path / "main.c").write_text("""
#include <stdio.h>
#include "m.h"
static unsigned char bytes[1 << 20];
static double space[1 << 12];
int main(int argc, char **argv) {
    static float a[12] = {1}, y[6];
    static int32_t ids[3] = {1, 2, 3};
    FILE *f = fopen(argv[argc - 1], "rb");
    if (fread(bytes, 1, sizeof bytes, f) != M_WEIGHTS_BYTES || m_model.weights_bytes != M_WEIGHTS_BYTES) return 1;
    printf("%d ", m_run(1, a, ids, y, space, NULL));
    printf("%d", m_run(1, a, ids, y, space, bytes));
    for (int i = 0; i < 6; i++) printf(" %.4f", y[i]);
    return 0;
}
""")
        answers = set()
        for form in ("c", "o"):
            self.compile("m." + form, "--weights-as=binary")
            self.answer("cc", "-I.", "main.c", "m." + form, "-lm", "-o", "program")
            answers.add(self.answer("./program", "m.weights.bin"))
        self.assertEqual(len(answers), 1, answers)
        self.assertTrue(answers.pop().startswith("1 0 "))
        self.compile("m.o", "--weights-as=incbin", status=2, says="incbin is for C")

    def test_with_the_runtime_library(self):
        if not RUNTIME:
            self.skipTest("liblamina_rt is not given")
        (self.path / "main.c").write_text(PROGRAM)
        answers = set()
        for arguments in ((), ("--link-runtime",), ("--link-runtime", "--strict-math")):
            self.compile("m.o", *arguments)
            self.answer("cc", "-I.", "main.c", "m.o", RUNTIME, "-lm", "-o", "program")
            answers.add(self.answer("./program"))
        self.assertEqual(len(answers), 1, answers)

    def test_to_standard_output(self):
        run = self.lamina(0, "compile", "m.lam", "-w", "random", "-o", "/dev/stdout", "--emit=ll")
        self.assertIn("define ", run.stdout)
        self.assertEqual(sorted(p.name for p in self.path.iterdir()), ["m.lam"])


@unittest.skipUnless(LLVM, "built without LLVM")
class Running(Case):
    """`lamina run`: in memory, without any other program."""

    def setUp(self):
        super().setUp()
        self.give_data()

    def test_is_the_default_and_needs_no_compiler(self):
        self.assertEqual(self.compute(env={"CC": "/nowhere/cc", "PATH": "/nowhere", "TMPDIR": "/nowhere"}),
                         self.compute("--via=llvm"))

    def test_every_way_agrees(self):
        shape, exact = self.compute("--via=reference")
        for arguments in ((), ("--target=host",), ("--target=generic",), ("--target=x86-64",), ("--strict-math",), ("-O0",)):
            if os.uname().machine != "x86_64" and "x86" in " ".join(arguments):
                continue
            found = self.compute("--via=llvm", *arguments)
            self.assertEqual(found[0], shape)
            self.assertLess(max(abs(a - b) for a, b in zip(found[1], exact)), 1e-6, arguments)

    def test_strict_math_gives_the_same_bits_for_every_target(self):
        machine = ("--target=x86-64",) if os.uname().machine == "x86_64" else ("--target=aarch64",)
        answers = [self.compute("--strict-math", *arguments) for arguments in ((), machine, ("--target=generic",))]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])

    def test_what_cannot_be_run(self):
        other = "aarch64" if os.uname().machine == "x86_64" else "x86-64"
        self.compute(f"--target={other}", status=1, says="[E620]")
        self.compute("--via=llvm", "--target=portable", status=1, says="[E612]")
        self.compute("--via=jit", status=2, says="expected one of llvm, c, reference")
        self.give_data(ids=(0, 1, 2, 3, 5, 0))
        self.compute(status=1, says="[E554]")

    def test_verify_compares_it(self):
        run = self.lamina(0, "verify", "m.lam", "-w", "random")
        self.assertEqual(re.findall(r"^\S+ +(\w+) .* agrees$", run.stdout.split("\nlayer ")[0], re.M),
                         ["c", "llvm"])


@unittest.skipUnless(LLVM, "built without LLVM")
class Debugging(Case):
    def test_lines_are_those_of_the_model(self):
        dump = self.need("llvm-dwarfdump")
        for form, level in (("o", 0), ("o", 3), ("so", 2)):
            self.compile("m." + form, "-g", f"-O{level}")
            self.assertIn("No errors", self.answer(dump, "--verify", "m." + form))
            lines = {int(n) for n in re.findall(r"^0x\w+ +(\d+)", self.answer(dump, "--debug-line", "m." + form), re.M)}
            conv = 1 + MODEL.split("\n").index(next(line for line in MODEL.split("\n") if "edges" in line))
            self.assertIn(conv, lines)
            self.assertLessEqual(lines, set(range(0, MODEL.count("\n") + 1)))

    def test_a_debugger_stops_at_a_layer(self):
        gdb = self.need("gdb")
        (self.path / "main.c").write_text(PROGRAM)
        self.compile("m.o", "-g")
        self.answer("cc", "-I.", "main.c", "m.o", "-lm", "-o", "program")
        run = self.run_tool(gdb, "-batch", "-nx", "-ex", "set startup-with-shell off", "-ex", "break m.lam:7", "-ex", "run",
                            "-ex", "backtrace", "-ex", "info line", "./program")
        if "ptrace" in run.stderr:
            self.skipTest("gdb may not trace here")
        self.assertRegex(run.stdout, r"m_run .*at (\./)?m\.lam:7", run.stdout + run.stderr)


@unittest.skipUnless(LLVM, "built without LLVM")
class Mistakes(Case):
    def test_targets(self):
        self.compile("m.o", "--target=z80", status=2, says="no such target")
        self.compile("m.o", "--target=znver5", status=2, says="no such target")  # LLVM's names of processors are no targets
        self.compile("m.o", "--target=portable", status=2, says="is for C")
        self.compile("m.o", "--target=cortex-m4", status=2, says="is for C")
        self.compile("m.c", "-g", status=2, says="-g is for")

    def test_linkers(self):
        self.compile("m.so", status=1, says="[E611]", env={"CC": "/nowhere/cc"})
        self.compile("m.so", status=1, says="[E611]", env={"CC": "false"})
        self.compile("m.so", "--target=aarch64", status=1, says="CC=aarch64-linux-gnu-gcc", env={"CC": ""})
        self.assertEqual(sorted(p.name for p in self.path.iterdir()), ["m.lam"])

    def test_places_that_cannot_be_written(self):
        for form in FORMS:
            self.compile("nowhere/m." + form, status=1, says="[E002]")
        self.lamina(1, "compile", "m.lam", "-w", "random", "-o", "/dev/full", "--emit=o", says="[E002]")


if __name__ == "__main__":
    unittest.main()
