#!/usr/bin/env python3
"""What `cmake --install` and CPack give: found and used from another place, by CMake, pkg-config and the shells; removed again.

    tests/install.py BUILD      where Lamina has been built
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
COMPILES = "Compiling the model"


def run(*command, cwd=None, env=None, status=0):
    done = subprocess.run([str(c) for c in command], cwd=cwd, env={**os.environ, **(env or {})}, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    assert done.returncode == status, f"{' '.join(map(str, command))} gave {done.returncode}:\n{done.stdout}"
    return done.stdout


class Installed(unittest.TestCase):
    """Everything here is done with a tree that was moved after it had been installed."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        run("cmake", "--install", BUILD, "--prefix", cls.folder / "first")
        cls.prefix = (cls.folder / "first").rename(cls.folder / "a place")
        cls.lamina = cls.prefix / "bin/lamina"
        shutil.copytree(cls.prefix / "share/doc/lamina/examples", cls.folder / "examples")

    def project(self, generator):
        source, build = self.folder / "examples/cmake_project", self.folder / generator.replace(" ", "_")
        run("cmake", "-S", source, "-B", build, "-G", generator, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        return source, build

    def test_cmake_project_in_c_and_cpp(self):
        _, build = self.project("Ninja")
        self.assertEqual(run("cmake", "--build", build).count(COMPILES), 3)
        self.assertEqual(run(build / "classify"), "class 9\n")
        self.assertEqual(run(build / "both"), "classes add up to 1, threads gave 0, all alike\n")
        self.assertIn("no work to do", run("cmake", "--build", build))

    def test_header_of_a_model_in_a_library(self):
        source = self.folder / "a library"
        (source / "models").mkdir(parents=True)
        shutil.copy(self.folder / "examples/cmake_project/ring.lam", source / "models/my ring.lam")
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(library LANGUAGES C)\nfind_package(Lamina REQUIRED)\n"
            "file(WRITE ${CMAKE_BINARY_DIR}/core.c \"int core;\")\nadd_library(core STATIC ${CMAKE_BINARY_DIR}/core.c)\n"
            "lamina_add_model(core \"models/my ring.lam\" WEIGHTS random:1)\n"
            "add_executable(size size.c)\ntarget_link_libraries(size PRIVATE core)\n")
        (source / "size.c").write_text('#include "my_ring.h"\nint main(void) { return my_ring_model.size == 0; }\n')
        for generator in "Ninja", "Unix Makefiles":
            with self.subTest(generator):
                build = source / generator
                run("cmake", "-S", source, "-B", build, "-G", generator, f"-DCMAKE_PREFIX_PATH={self.prefix}")
                run("cmake", "--build", build)
                run(build / "size")

    def test_models_are_made_again_when_something_changes(self):
        for generator in "Ninja", "Unix Makefiles":
            with self.subTest(generator):
                source, build = self.project(generator)
                make = ("cmake", "--build", build, "--target", "both")
                run(*make)
                self.assertNotIn(COMPILES, run(*make))
                header = build / "lamina/both/ring.h"
                self.assertIn("72 multiply-adds", header.read_text())
                text = (source / "ring.lam").read_text()
                (source / "ring.lam").write_text(text.replace("WIDTH = 24", "from width import WIDTH"))
                (source / "width.py").write_text("WIDTH = 32\n")
                self.assertEqual(run(*make).count(COMPILES), 1)
                before = header.read_text()
                (source / "width.py").write_text("WIDTH = 40\n")
                self.assertEqual(run(*make).count(COMPILES), 1, "a change of an imported module")
                self.assertNotEqual(header.read_text(), before)
                (source / "../logistic_regression/logistic.npz").touch()
                self.assertEqual(run(*make).count(COMPILES), 1, "a change of the weights")
                self.assertNotIn(COMPILES, run(*make))
                (source / "ring.lam").write_text(text)

    def test_pages_of_the_documentation(self):
        """docs/building.md, pkg-config too, whose flags have the space of the path in them."""
        run(sys.executable, ROOT / "tests/docs.py", "Pages", env={"LAMINA": str(self.lamina), "PREFIX": str(self.prefix),
                                                                 "BUILD": str(BUILD)})

    def test_licence_goes_along(self):
        self.assertIn("MIT-0", (self.prefix / "share/doc/lamina/LICENSE").read_text())

    def test_program_finds_its_modules(self):
        run(self.lamina, "compile", "person_detector/vww.lam", "-w", "person_detector/vww.weights.h5", "-o", "vww.c",
            cwd=self.folder / "examples")  # the HDF5 module
        if (self.prefix / "lib/lamina/lamina_llvm.so").exists():
            run(self.lamina, "compile", "cmake_project/ring.lam", "-w", "random", "-o", "ring.o", cwd=self.folder / "examples")

    def test_manual_pages(self):
        pages = sorted((self.prefix / "share/man/man1").iterdir())
        self.assertIn("lamina-compile.1", [page.name for page in pages])
        if not shutil.which("man"):
            self.skipTest("there is no man")
        for page in pages:
            self.assertEqual(run("sh", "-c", f"LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z '{page}' 2>&1 >/dev/null"), "")
        self.assertIn("--weights", run("man", "-l", pages[0].with_name("lamina-compile.1"), env={"MANWIDTH": "200", "TERM": "dumb",
                                                                                               "LC_ALL": "C.UTF-8"}))


class Completion(unittest.TestCase):
    def shell(self, name):
        if not shutil.which(name):
            self.skipTest(f"there is no {name}")
        return {"PATH": f"{BUILD / 'bin'}:{os.environ['PATH']}", "ASAN_OPTIONS": "detect_leaks=0"}

    def bash(self, line):
        words = line.replace("=", " = ").split() + ([""] if line.endswith((" ", "=")) else [])
        quoted = " ".join(f"'{w}'" for w in words)
        script = (f"compopt() {{ :; }}; . '{BUILD}/packaging/lamina.bash'; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
                  "_lamina; printf '%s\\n' \"${COMPREPLY[@]}\"")
        return run("bash", "-c", script, cwd=ROOT / "examples/logistic_regression", env=self.shell("bash")).split()

    def test_bash(self):
        self.assertEqual(self.bash("lamina co"), ["compile", "convert"])
        self.assertEqual(self.bash("lamina compile --wei"), ["--weights=", "--weights-as="])
        self.assertEqual(self.bash("lamina compile --conv=w"), ["winograd2", "winograd4"])
        self.assertEqual(self.bash("lamina compile --target x86-64-v"), ["x86-64-v3", "x86-64-v4"])
        self.assertEqual(self.bash("lamina compile logi"), ["logistic.lam"])
        self.assertEqual(self.bash("lamina compile -w logistic.n"), ["logistic.npz"])
        self.assertEqual(self.bash("lamina compile --include ../person_detector/ph"), ["../person_detector/photos"])
        self.assertEqual(self.bash("lamina list ta"), ["targets"])
        self.assertEqual(self.bash("lamina explain E20"), [f"E20{i}" for i in range(10) if f"E20{i}" in self.bash("lamina explain E")])

    def fish(self, line):
        text = run("fish", "-c", f"source '{BUILD}/packaging/lamina.fish'; complete -C '{line}'",
                   cwd=ROOT / "examples/logistic_regression", env={**self.shell("fish"), "HOME": "/nonexistent"})
        return [row.split("\t")[0] for row in text.splitlines()]

    def test_fish(self):
        self.assertEqual(self.fish("lamina co"), ["compile", "convert"])
        self.assertEqual(sorted(self.fish("lamina compile --weights-as=")), ["--weights-as=binary", "--weights-as=incbin",
                                                                             "--weights-as=inline"])
        self.assertIn("--conv", [word.split("=")[0] for word in self.fish("lamina compile --con")])
        self.assertEqual(self.fish("lamina compile logi")[0], "logistic.lam")
        self.assertEqual(self.fish("lamina list ta"), ["targets"])

    def zsh(self, *lines):
        """What zsh adds at a terminal of its own (zpty) when the tabulator is pressed behind each line."""
        script = """
zmodload zsh/zpty
ask() { zpty -w z "$1"; zpty -r -m z seen "*$2*" || exit 1 }
zpty z zsh -fi
ask "PS1=; fpath=('$PACKAGING' \\$fpath); autoload -Uz compinit; compinit -D -u; bindkey '^I' complete-word" ''
ask "compadd() { builtin compadd -O __added \\"\\$@\\"; print -r -- \\"<\\${(j:,:)__added}>\\"; builtin compadd \\"\\$@\\" }" ''
ask "finish() { print -r -- \\"<en\\"\\"d>\\"; zle kill-whole-line }; zle -N finish; bindkey '^X' finish; echo rea''dy" 'ready'
for line in "$@"; do
    zpty -w -n z "$line"$'\\t\\x18'
    zpty -r -m z seen '*<end>*' || exit 1
    print -r -- "$seen<next>"
done
zpty -d z
"""
        text = run("timeout", "60", "zsh", "-fc", script, "zsh", *lines, cwd=ROOT / "examples/logistic_regression",
                   env={**self.shell("zsh"), "PACKAGING": str(BUILD / "packaging"), "TERM": "dumb"})
        parts = [re.findall(r"<([^<>$]*)>", part) for part in text.split("<next>")[:-1]]
        return [sorted({word for added in part for word in added.split(",")} - {"", "end"}) for part in parts]

    def test_zsh(self):
        commands, options, values, files, words = self.zsh(
            "lamina co", "lamina compile --wei", "lamina compile --conv=w", "lamina compile logi", "lamina list ta")
        self.assertEqual(commands, ["compile", "convert"])
        self.assertEqual(options, ["--weights", "--weights-as"])
        self.assertEqual(values, ["winograd2", "winograd4"])
        self.assertEqual(files, ["logistic.lam"])
        self.assertEqual(words, ["targets"])


class Packages(unittest.TestCase):
    def test_uninstall_removes_all_that_was_installed(self):
        with tempfile.TemporaryDirectory() as folder:
            manifest = BUILD / "install_manifest.txt"
            run("cmake", "--install", BUILD, "--prefix", "/usr", env={"DESTDIR": folder})
            installed = manifest.read_text().splitlines()
            self.assertTrue(all(os.path.exists(folder + path) for path in installed))
            run("cmake", "-P", BUILD / "packaging/uninstall.cmake", env={"DESTDIR": folder})
            self.assertEqual([p for p in pathlib.Path(folder).rglob("*") if not p.is_dir()], [])
            manifest.unlink()
            self.assertIn("nothing has been installed", run("cmake", "-P", BUILD / "packaging/uninstall.cmake", status=1))

    def test_debian_package(self):
        if not shutil.which("dpkg-shlibdeps"):
            self.skipTest("there is no dpkg-dev")
        with tempfile.TemporaryDirectory() as folder:
            run("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", folder, cwd=folder)
            package = next(pathlib.Path(folder).glob("*.deb"))
            run("dpkg", "-x", package, pathlib.Path(folder) / "root")
            lamina = pathlib.Path(folder) / "root/usr/bin/lamina"
            run(lamina, "check", ROOT / "examples/logistic_regression/logistic.lam")
            self.assertIn("libc6", run("dpkg-deb", "-f", package, "Depends"))
            if shutil.which("lintian"):
                self.assertEqual(run("sh", "-c", f"lintian --pedantic --allow-root '{package}' 2>&1 || true"), "")


if __name__ == "__main__":
    unittest.main()
