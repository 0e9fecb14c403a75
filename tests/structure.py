#!/usr/bin/env python3
"""Checks of the source tree itself: includes point one way, every diagnostic has a corpus file, sizes stay readable."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What each folder of compiler/ may include, besides itself.
BASE = {"base"}
GRAPH = BASE | {"value", "graph"}
LAYERS = GRAPH | {"syntax", "ir", "layers"}
MODEL = LAYERS | {"model"}
ALLOWED = {
    "base": set(), "syntax": BASE, "value": BASE | {"graph"}, "graph": GRAPH, "ir": GRAPH, "layers": LAYERS,
    "model": MODEL, "elaborate": MODEL, "data": BASE | {"value"}, "weights": MODEL | {"data"},
    "import": MODEL | {"data", "weights"}, "lower": MODEL,
    "passes": GRAPH | {"ir"}, "quantize": GRAPH | {"ir"}, "plan": GRAPH | {"ir"},
    "view": MODEL | {"passes", "quantize", "plan"}, "emit": GRAPH | {"ir", "plan"}, "cli": None, "api": None,
}
MOST_LINES = 500


def includes(path):
    return re.findall(r'^#include "(\w+)/', path.read_text(), re.M)


def check_includes():
    for path in sorted((ROOT / "compiler").rglob("*.[ch]")):
        folder = path.relative_to(ROOT / "compiler").parts[0]
        allowed = ALLOWED.get(folder)
        for other in includes(path):
            if allowed is not None and other in ALLOWED and other != folder and other not in allowed:
                yield f"{path.relative_to(ROOT)} includes {other}/, which is not above {folder}/"
    for path in sorted((ROOT / "runtime").rglob("*.[ch]")):
        for other in includes(path):
            if other in ALLOWED:
                yield f"{path.relative_to(ROOT)} includes the compiler's {other}/"


def check_diagnostics():
    """Every code of a model file has a corpus file; those of files, weights and data have tests of their own."""
    text = (ROOT / "compiler/base/diag.def").read_text()
    codes = re.findall(r"^DIAG\(([EWR]\d{3}),", text, re.M)
    tests = [p for p in (ROOT / "tests").rglob("*") if p.suffix in (".lam", ".py", ".c", ".def")]
    seen = "\n".join(p.read_text(errors="replace") for p in tests if p.name != "structure.py")
    for code in codes:
        if code != "E900" and not re.search(rf"\b{code}\b", seen):
            yield f"diagnostic {code} has no test"
    for code in {c for c in codes if codes.count(c) > 1}:
        yield f"diagnostic {code} is defined twice"


def check_sizes():
    for folder in ("compiler", "runtime", "examples"):
        for path in sorted((ROOT / folder).rglob("*.[chly]")):
            lines = path.read_text().count("\n")
            if lines > MOST_LINES and path.suffix != ".y":
                yield f"{path.relative_to(ROOT)} has {lines} lines"


def main():
    problems = [*check_includes(), *check_diagnostics(), *check_sizes()]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
