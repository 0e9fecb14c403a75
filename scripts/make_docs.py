#!/usr/bin/env python3
"""Writes docs/diagnostics.md and docs/layers.md from what the compiler says of itself. Needs only python3.

    LAMINA=build/bin/lamina scripts/make_docs.py

tests/docs.py checks that the files in docs/ are what this script writes.
"""
import os
import pathlib
import re
import subprocess
import sys
import textwrap

DOCS = pathlib.Path(__file__).resolve().parent.parent / "docs"
NOTICE = "<!-- Written by scripts/make_docs.py from what `lamina` says; edit the compiler's tables instead. -->\n"

GROUPS = (("E0", "Command line and files"), ("E1", "Text and grammar"), ("E20", "Layers, their arguments and inputs"),
          ("E21", "Input, Model and Sequential"), ("E25", "Shapes and tensors"), ("E3", "Evaluation of the file"),
          ("E4", "Weights"), ("E5", "Data for run and verify"), ("E6", "Compilation"), ("E9", "Errors of Lamina itself"),
          ("R", "Remarks"), ("W", "Warnings"))


def ask(lamina, *arguments):
    return subprocess.run([lamina, *arguments], check=True, capture_output=True, text=True, encoding="utf-8").stdout


# ---- diagnostics ----

def explain(lamina, code):
    """The parts of `lamina explain CODE`: title, kind, text, example, cure."""
    head, _, body = ask(lamina, "explain", code).partition("\n\n")
    title, kind = re.fullmatch(re.escape(code) + r": (.*) \((.*?)\)", head).groups()
    text, _, rest = body.partition("\n\nExample:\n")
    example, _, cure = rest.rpartition("\n\nCure:\n") if "\n\nCure:\n" in rest else (rest, "", "")
    indented = re.compile(r"^    ", re.M)
    return title, kind, text.strip(), indented.sub("", example.rstrip("\n")), indented.sub("", cure).strip()


def group_of(code):
    """The last group that begins at the code or before it."""
    return [title for first, title in GROUPS if first <= code][-1]


def plain(text):
    """Text without meaning to Markdown, but for what stands in backquotes."""
    parts = text.split("`")
    return "`".join(part if i % 2 else re.sub(r"[*<]|\b_|_\b|(?<!\w)_", r"\\\g<0>", part) for i, part in enumerate(parts))


def wrapped(text, width=118):
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def diagnostics(lamina):
    codes = [line.split()[0] for line in ask(lamina, "list", "diagnostics").splitlines()]
    entries = {}
    for code in sorted(codes, key=lambda code: ("EWR".index(code[0]), code)):
        entries.setdefault(group_of(code), []).append((code, *explain(lamina, code)))
    out = [NOTICE, "# Diagnostics\n",
           "Every error and warning has a code that keeps its meaning; `lamina explain CODE` prints its entry. Where\n"
           "Python would raise an exception, the message begins with that exception's name. `-Wno-NAME` switches the\n"
           "warnings of one name off, `-Werror=NAME` makes errors of them, `--strict-keras` rejects what Keras 3 rejects.\n"]
    for group, rows in entries.items():
        out.append(f"## {group}\n")
        for code, title, kind, text, example, cure in rows:
            kind = re.sub(r"-W\S+", lambda flag: f"`{flag[0]}`", kind)
            out.append(f"### {code}: {plain(title)}\n\n" + wrapped(f"*{kind}*. {plain(text)}") + "\n")
            if example:
                out.append(f"```text\n{example}\n```\n")
            if cure:
                out.append(wrapped(plain(cure)) + "\n")
    return "\n".join(out)


# ---- layers ----

def layer_blocks(lamina):
    """(name, about, [(parameter, default, remark)]) of each layer."""
    blocks = []
    for line in ask(lamina, "list", "layers").splitlines():
        if not line.startswith(" "):
            name, _, about = line.partition(": ")
            blocks.append((name, about, []))
            continue
        name, rest = line.split(None, 1)
        value, _, about = rest.partition("  ")
        blocks[-1][2].append((name, value.lstrip("= ").strip(), about.strip()))
    return blocks


def layer_text(name, about, parameters):
    out = [f"## {name}\n\n{plain(about)}\n"]
    ignored = [parameter for parameter, _, remark in parameters if remark == "(no effect on inference)"]
    shown = [row for row in parameters if row[0] not in ignored]
    if shown:
        out.append("| argument | default | |\n|---|---|---|")
        for parameter, value, remark in shown:
            value = "required" if value == "(required)" else f"`{value}`"
            out.append(f"| `{parameter}` | {value} | {plain(remark)} |".replace("|  |", "| |"))
        out.append("")
    if ignored:
        names = ", ".join(f"`{name}`" for name in ignored)
        out.append(wrapped(f"Accepted, without effect on inference: {names}.") + "\n")
    return "\n".join(out)


def layers(lamina):
    blocks = layer_blocks(lamina)
    activations = ask(lamina, "list", "activations").split()
    out = [NOTICE, "# Layers and activations\n",
           "The arguments are those of Keras 3, with its defaults. Every layer also takes `name`, `dtype` and `trainable`.\n"
           "A layer of Keras that is not here can stand in a file, but a model that contains it cannot be compiled (E310).\n",
           "## Activations\n\nBy name or as an object, in `activation=`, in `Activation(...)`, or called on a tensor:\n",
           wrapped(" ".join(f"`{name}`" for name in activations)) + "\n"]
    out += [layer_text(*block) for block in blocks]
    return "\n".join(out)


FILES = {"diagnostics.md": diagnostics, "layers.md": layers}


def main():
    lamina = os.environ.get("LAMINA", "lamina")
    for name, write in FILES.items():
        (DOCS / name).write_text(write(lamina), encoding="utf-8")
        print(f"docs/{name}", file=sys.stderr)


if __name__ == "__main__":
    main()
