#!/usr/bin/env python3
"""The documentation holds what it says: generated pages are fresh, and what they show is what happens. Only python3.

    LAMINA=build/bin/lamina tests/docs.py

Each page runs in a folder of its own, beside a copy of examples/, with `lamina` on the PATH:
  - a fenced block whose first line is a comment with nothing but a file name (`# x.lam`, `/* x.c */`) becomes that file;
  - in a ```console block, `$ ` lines are run by sh, and what they print (both streams) is compared with the lines below;
    `...` stands for any text, on a line of its own for any lines.
Pages about an installed Lamina are run by tests/install.py (with PREFIX, where it is).
Other blocks are text.
"""
import difflib
import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAMINA = str(pathlib.Path(os.environ["LAMINA"]).resolve())
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
NAMED = re.compile(r"(?:# |/\* |// )([\w./-]+\.\w+)(?: \*/)?\n")


def commands_of(block):
    """(command, expected lines) of a console block; a command goes on after a backslash at a line's end."""
    commands = []
    for line in block.splitlines():
        if commands and commands[-1][0].endswith("\\"):
            commands[-1][0] += "\n" + line
        elif line.startswith("$ "):
            commands.append([line[2:], []])
        else:
            commands[-1][1].append(line.rstrip())
    return commands


def matches(expected, got):
    """Whether the lines are the expected ones, where `...` is any number of lines."""
    if not expected:
        return not got
    if expected[0] == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    pattern = ".*".join(re.escape(part) for part in expected[0].split("...")) if expected[0] else ""
    return bool(got) and re.fullmatch(pattern, got[0]) is not None and matches(expected[1:], got[1:])


def installed():
    """As if liblamina and the headers were where the system looks."""
    library = pathlib.Path(LAMINA).parent.parent / "lib"
    return {"C_INCLUDE_PATH": f"{ROOT}/include:{ROOT}/runtime/include", "LIBRARY_PATH": str(library),
            "LD_LIBRARY_PATH": str(library)}


class Pages(unittest.TestCase):
    maxDiff = None

    def add_tools(self, folder):
        """python3 with numpy: Debian's, where this one has none. A cc that links sanitized libraries."""
        for python in (sys.executable, "/usr/bin/python3"):
            if subprocess.run([python, "-c", "import numpy"], capture_output=True, check=False).returncode == 0:
                (folder / "python3").write_text(f'#!/bin/sh\nexec {python} "$@"\n')
                (folder / "python3").chmod(0o755)
                break
        if os.environ.get("SANITIZED") == "1":
            (folder / "cc").write_text('#!/bin/sh\ncase " $* " in\n'
                                       f'*" -llamina "*) exec {shutil.which("cc")} "$@" -fsanitize=address,undefined ;;\nesac\n'
                                       f'exec {shutil.which("cc")} "$@"\n')
            (folder / "cc").chmod(0o755)

    def run_page(self, path):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / ".bin").mkdir()
            (folder / ".bin" / "lamina").symlink_to(LAMINA)
            shutil.copytree(ROOT / "examples", folder / "examples")
            self.add_tools(folder / ".bin")
            prefix = os.environ.get("PREFIX")
            found = {"CMAKE_PREFIX_PATH": prefix, "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig", "LD_LIBRARY_PATH": f"{prefix}/lib",
                     "BUILD": os.environ["BUILD"]} if prefix else installed()
            environment = {**os.environ, **found, "PATH": f"{folder}/.bin:{os.environ['PATH']}", "NO_COLOR": "1",
                           "LC_ALL": "C.UTF-8"}
            for language, block in FENCE.findall(path.read_text(encoding="utf-8")):
                named = NAMED.match(block)
                if named:
                    (folder / named[1]).parent.mkdir(parents=True, exist_ok=True)
                    (folder / named[1]).write_text(block, encoding="utf-8")
                for command, expected in commands_of(block) if language == "console" else ():
                    self.run_command(command, expected, folder, environment)

    def run_command(self, command, expected, folder, environment):
        run = subprocess.run(["sh", "-c", command], cwd=folder, env=environment, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, encoding="utf-8", timeout=300)
        got = [line.rstrip() for line in run.stdout.splitlines()]
        while expected and not expected[-1]:
            expected.pop()
        with self.subTest(command=command):
            difference = "\n".join(difflib.unified_diff(expected, got, "shown", "printed", lineterm=""))
            self.assertTrue(matches(expected, got), "\n" + difference)


class Generated(unittest.TestCase):
    def test_pages_are_what_lamina_says(self):
        spec = importlib.util.spec_from_file_location("make_docs", ROOT / "scripts" / "make_docs.py")
        make_docs = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(make_docs)
        for name, write in make_docs.FILES.items():
            with self.subTest(page=name):
                fresh = (ROOT / "docs" / name).read_text(encoding="utf-8") == write(LAMINA)
                self.assertTrue(fresh, f"docs/{name} is old: run LAMINA={LAMINA} scripts/make_docs.py")


def needs(path):
    """A page whose tools are missing is left out."""
    tools = {"firmware.md": ("arm-none-eabi-gcc", "qemu-system-arm")}.get(path.name, ())
    missing = [tool for tool in tools if not shutil.which(tool)]
    return unittest.skipIf(missing, f"{', '.join(missing)} missing")


def add_pages():
    generated, of_installed = {"diagnostics.md", "layers.md"}, {"building.md"}
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        if path.name not in generated and (path.name in of_installed) == ("PREFIX" in os.environ):
            setattr(Pages, "test_" + path.stem.lower(), needs(path)(lambda self, path=path: self.run_page(path)))


add_pages()
if __name__ == "__main__":
    unittest.main()
