#!/usr/bin/env python3
"""liblamina as programs have it: from C and C++, shared and static, and what it shows of itself. Only python3 and the compilers.

    LIBRARY=build/lib STATIC=build/lib/liblamina.a LIBS="-lzip ..." FLAGS="-fsanitize=..." tests/library.py
"""
import os
import pathlib
import shlex
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIBRARY = pathlib.Path(os.environ["LIBRARY"]).resolve()
FLAGS = ["-I", str(ROOT / "include"), "-I", str(ROOT / "runtime" / "include"), "-Wall", "-Wextra", "-Wpedantic", "-Werror",
         *shlex.split(os.environ.get("FLAGS", ""))]
SHARED = [f"-L{LIBRARY}", f"-Wl,-rpath,{LIBRARY}", "-llamina"]
STATIC = [str(LIBRARY / "liblamina.a"), *shlex.split(os.environ.get("LIBS", ""))]


class Library(unittest.TestCase):
    def build_and_run(self, compiler, source, libraries):
        # Beside lamina itself: the modules are found from there where the library is part of the program.
        with tempfile.TemporaryDirectory(dir=LIBRARY.parent / "bin") as folder:
            program = pathlib.Path(folder) / "embed"
            subprocess.run([*compiler, *FLAGS, str(ROOT / "tests" / "library" / source), "-o", str(program), *libraries],
                           check=True, timeout=120)
            place = LIBRARY.parent / "bin" / f"embed-{pathlib.Path(folder).name}"
            program.rename(place)
            try:
                run = subprocess.run([str(place)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
            finally:
                place.unlink()
            self.assertEqual(run.returncode, 0, run.stdout)
            self.assertNotIn("WRONG", run.stdout)

    def test_c(self):
        self.build_and_run(["cc", "-std=c11"], "embed.c", SHARED)

    def test_c_static(self):
        self.build_and_run(["cc", "-std=c11"], "embed.c", STATIC)

    def test_cpp(self):
        self.build_and_run(["c++", "-std=c++11"], "embed.cpp", SHARED)

    def test_only_the_interface_is_seen(self):
        declared = {line.split("(")[0].split()[-1].lstrip("*") for line in
                    (ROOT / "include" / "lamina" / "compiler.h").read_text().splitlines() if line.startswith("LAMINA_API ")}
        for arguments in (["-D", str(LIBRARY / "liblamina.so")], [str(LIBRARY / "liblamina.a")]):
            with self.subTest(library=arguments[-1]):
                shown = subprocess.run(["nm", "--defined-only", "--extern-only", *arguments], stdout=subprocess.PIPE,
                                       text=True, check=True).stdout
                names = {line.split()[-1] for line in shown.splitlines() if len(line.split()) == 3}
                names = {n for n in names if not n.startswith(("__asan", "__odr_asan", "__ubsan"))}
                self.assertEqual(names, declared)

    def test_soname(self):
        shown = subprocess.run(["readelf", "-d", str(LIBRARY / "liblamina.so")], stdout=subprocess.PIPE, text=True,
                               check=True).stdout
        self.assertIn("[liblamina.so.0]", shown)


if __name__ == "__main__":
    unittest.main()
