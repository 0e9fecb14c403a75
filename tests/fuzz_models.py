#!/usr/bin/env python3
"""Mutates the corpus and asks `check`, `summary` and `history` about the result: any crash, hang or status past 1 is a bug.

    tests/fuzz_models.py --lamina build-sanitize/bin/lamina --seed 1 --seconds 480 [--keep FOLDER]

Use a build with the sanitizers. The same seed gives the same files. Needs only python3; not part of the default tests.
"""
import argparse
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

import corpus

TOKEN = re.compile(r"\s+|#[^\n]*|\w+|'[^'\n]*'|\"[^\"\n]*\"|.", re.S)
STRANGE = ["0", "-1", "None", "1.5", "10**30", "9223372036854775807", "''", "[]", "()", "{}", "x", "model", "*", "**",
           "True", "lambda: x", "(", ")", "[", ":", "=", "\\", "\n", "\t", "\"", "'''", "\0", "\xe9", "layers", "-", ".",
           "for i in range(3): ", "[x] * 3", "float('nan')", "1e400", "del x", "not ", "if ", "yield ", "x.", "@", "1j"]

BOUNDS = ["--max-steps=1000000", "--max-nodes=5000"]  # endless loops end soon, so that a hang stands out


def mutate_tokens(rng, text):
    tokens = TOKEN.findall(text)
    if len(tokens) < 2:
        return text + rng.choice(STRANGE)
    i, j = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    kind = rng.randrange(6)
    if kind == 0:
        del tokens[i]
    elif kind == 1:
        tokens.insert(i, tokens[j])
    elif kind == 2:
        tokens[i], tokens[j] = tokens[j], tokens[i]
    elif kind == 3:
        tokens[i] = rng.choice(STRANGE)
    elif kind == 4:
        words = [k for k, t in enumerate(tokens) if t[0].isalnum()] or [i]
        a, b = rng.choice(words), rng.choice(words)
        tokens[a] = tokens[b]
    else:
        numbers = [k for k, t in enumerate(tokens) if t.isdigit()] or [i]
        tokens[rng.choice(numbers)] = rng.choice(["0", "-1", "1", "7", "1000000007", "2**62", "None", "1.5", "()"])
    return "".join(tokens)


def mutate_lines(rng, text, other):
    lines = text.split("\n")
    i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(4)
    if kind == 0:
        del lines[i]
    elif kind == 1:
        lines.insert(i, lines[j])
    elif kind == 2:
        lines[i], lines[j] = lines[j], lines[i]
    else:
        lines.insert(i, rng.choice(other.split("\n")))
    return "\n".join(lines)


def mutant(rng, texts):
    text = rng.choice(texts)
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        text = mutate_tokens(rng, text) if rng.random() < 0.7 else mutate_lines(rng, text, rng.choice(texts))
    return text


def problem(lamina, command, path, seconds):
    """What is wrong with lamina's answer, or None."""
    try:
        run = subprocess.run([lamina, command, path, *BOUNDS], capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return f"more than {seconds} s"
    err = run.stderr.decode("utf-8", "replace")
    if run.returncode not in (0, 1) or "Sanitizer" in err or "runtime error:" in err:
        return f"status {run.returncode}\n{err[-3000:]}"
    if run.returncode == 1 and "error: " not in err:
        return "status 1 without an error"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=480)
    parser.add_argument("--hang", type=float, default=5, help="seconds after which a run hangs")
    parser.add_argument("--keep", help="where the files that show a problem are kept")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    texts = [file.text for file in corpus.files([])]
    end, tried, found = time.monotonic() + options.seconds, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "m.lam")
        while time.monotonic() < end:
            text = mutant(rng, texts)
            pathlib.Path(path).write_bytes(text.encode("utf-8", "replace"))
            for command in ("check", "summary") + (("history",) if tried % 8 == 0 else ()):
                what = problem(options.lamina, command, path, options.hang)
                if not what:
                    continue
                found += 1
                print(f"seed {options.seed}, file {tried}: lamina {command}: {what}", flush=True)
                if options.keep:
                    os.makedirs(options.keep, exist_ok=True)
                    pathlib.Path(options.keep, f"{options.seed}_{tried}_{command}.lam").write_bytes(
                        pathlib.Path(path).read_bytes())
            tried += 1
    print(f"{tried} files, {found} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
