#!/usr/bin/env python3
"""What lamina writes depends on the model, the weights and the options alone: every form, byte for byte, from other directories,
under other locales, time zones, address layouts, environments, heaps and limits, and by other builds of lamina.

    tests/reproducible.py --lamina build/bin/lamina [--other build-sanitize/bin/lamina ...] [MODEL.lam ...]
"""
import argparse
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

import corpus

TESTS = pathlib.Path(__file__).resolve().parent
SAMPLE = "networks/text_transformer recurrent/bidirectional_masked".split()
COMMANDS = [["compile", "-w", "random:5", "-o", "out/model.c"], ["compile", "-w", "random:5", "--threads=2", "-o", "out/threads.c"],
            ["plot", "-o", "out/model.dot"], ["summary"], ["history"], ["list", "weights"]]
LLVM_COMMANDS = [["compile", "-w", "random:5", "--target=x86-64-v3", "-o", f"out/model.{form}"] for form in ("ll", "so")]
LOCALE_SOURCE = ("de_DE", "UTF-8")


def small_stack():
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, resource.getrlimit(resource.RLIMIT_STACK)[1]))


def closed_umask():
    os.umask(0o077)


def other_locale(folder):
    """The environment of a locale with a decimal comma, where the system can make one."""
    if not shutil.which("localedef") or not os.path.isdir("/usr/share/i18n/locales"):
        return {"LC_ALL": "POSIX"}
    name, charset = LOCALE_SOURCE
    subprocess.run(["localedef", "-i", name, "-f", charset, folder / f"{name}.{charset}"], check=True, capture_output=True)
    return {"LC_ALL": f"{name}.{charset}", "LOCPATH": str(folder)}


def outputs(lamina, model, commands, folder, environment=None, before=None, prefix=(), absolute=False):
    """{what: bytes} of all the commands, run in a folder of their own in which the model lies."""
    folder.mkdir(parents=True)
    (folder / "out").mkdir()
    shutil.copy(model, folder / model.name)
    arguments = corpus.File(model).args
    found = {}
    for command in commands:
        path = folder / model.name if absolute else model.name
        words = [command[0], *command[1:2], path, *command[2:]] if command[0] == "list" else [command[0], path, *command[1:]]
        run = subprocess.run([*prefix, lamina, *words, *arguments], cwd=folder, preexec_fn=before, capture_output=True,
                             env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0", "NO_COLOR": "1", **(environment or {})})
        assert run.returncode == 0, f"{model.name}: {' '.join(map(str, words))}: {run.stderr.decode()}"
        found[" ".join(command)] = run.stdout
    for path in sorted((folder / "out").iterdir()):
        found[path.name] = path.read_bytes()
    return found


def variants(folder, lamina, others):
    same = {"lamina": lamina}
    yield "another directory", {**same, "folder": folder / "a much/longer näme/of a/folder"}
    yield "an absolute path", {**same, "absolute": True}
    yield "a locale with a decimal comma", {**same, "environment": other_locale(folder)}
    yield "another time zone", {**same, "environment": {"TZ": "Asia/Kathmandu"}}
    yield "a large environment", {**same, "environment": {f"PADDING_{i}": "x" * 1000 for i in range(50)}}
    yield "another home and temporary folder", {**same, "environment": {"HOME": "/nonexistent", "TMPDIR": str(folder)}}
    yield "a heap filled with other bytes", {**same, "environment": {"MALLOC_PERTURB_": "165"}}
    yield "another umask", {**same, "before": closed_umask}
    yield "a small stack", {**same, "before": small_stack}
    if shutil.which("setarch"):
        yield "no address layout randomisation", {**same, "prefix": ("setarch", os.uname().machine, "-R")}
    for other in others:
        yield f"the build {other.parent.parent.name}", {"lamina": other}


def check(options, model):
    faults = 0
    has_llvm = (options.lamina.parent.parent / "lib/lamina/lamina_llvm.so").exists()
    commands = COMMANDS + (LLVM_COMMANDS if has_llvm else [])
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        expected = outputs(options.lamina, model, commands, folder / "first")
        for number, (what, how) in enumerate(variants(folder, options.lamina, options.other)):
            lamina, where = how.pop("lamina"), how.pop("folder", folder / str(number))
            found = outputs(lamina, model, commands, where, **how)
            shows_path = ("summary", "history") if how.get("absolute") else ()
            different = [name for name in expected if found.get(name) != expected[name] and name not in shows_path]
            if different:
                faults += 1
                print(f"{model.name}: {what}: other bytes in {', '.join(different)}", flush=True)
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamina", type=pathlib.Path, required=True)
    parser.add_argument("--other", type=pathlib.Path, nargs="*", default=[], help="other builds of the same sources")
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    options.lamina = options.lamina.resolve()
    options.other = [path.resolve() for path in options.other if path.exists()]
    models = options.models or [TESTS / "corpus" / f"{name}.lam" for name in SAMPLE]
    return sum(check(options, model) for model in models) > 0


if __name__ == "__main__":
    sys.exit(main())
