#!/usr/bin/env python3
"""Random model files with one thing changed, mostly for the worse: Lamina refuses just what Keras refuses.

    python random_invalid.py --lamina build/bin/lamina [--seed 0] [--count 1000] [--save DIR]

A valid graph of random_models.py gets one change: a number out of its range, another word, an argument that is gone or called
otherwise, another tensor. What Keras then refuses to build, `lamina check` must refuse, whatever its words; what Keras builds
and runs, Lamina accepts, or says by one of the codes of REFUSALS that it cannot. Runs in the virtual environment of oracle.py. Graph number N
of a run has the seed SEED+N and nothing else decides it.
"""
import argparse
import collections
import gc
import pathlib
import random
import re
import sys
import tempfile

import oracle  # first: it sets the environment that Keras reads

import corpus
import random_model_ops
import random_models
import run as runner

REFUSALS = {"E279", "E310", "E289", "E602", "E603", "E641", "E680"}  # Keras takes it, and Lamina says that it does not
NUMBERS = ["0", "1", "-1", "2", "7", "1000", "0.5", "-0.5", "1.0", "None", "True", "(1,)", "(2, 2)", "(3, 1, 2)", "'3'", "1e30"]
WORDS = ["same", "valid", "causal", "SAME", "channels_first", "relu", "linear", "nonesuch", "float16", "", "bilinear", "sum"]
VALUES = r"\([^()]*\)|\[[^\[\]]*\]|'[^']*'|[-\w.]+"


def with_number(rng, text):
    found = rng.choice(list(re.finditer(r"(?<![\w.'{])-?\d+(?:\.\d+)?(?![\w.'}])", text)))
    return text[:found.start()] + rng.choice(NUMBERS) + text[found.end():]


def with_word(rng, text):
    found = rng.choice(list(re.finditer(r"'[a-z_]+'", text)))
    return text[:found.start()] + repr(rng.choice(WORDS)) + text[found.end():]


def without_argument(rng, text):
    found = rng.choice(list(re.finditer(rf"(?:, )\w+=(?:{VALUES})|(?<=\()\w+=(?:{VALUES}), ", text)))
    return text[:found.start()] + text[found.end():]


def with_other_keyword(rng, text):
    found = rng.choice(list(re.finditer(r"\b(\w+)=(?!=)", text)))
    name = rng.choice([found[1] + "s", found[1][:-1], "units", "axis", "mask", "padding", "use_bias", "name"])
    return text[:found.start()] + name + text[found.end() - 1:]


def with_other_class(rng, text):
    names = ["Dense", "Conv1D", "Conv2D", "LSTM", "Flatten", "Add", "Dot", "Embedding", "MaxPooling2D", "UpSampling2D", "Permute",
             "LayerNormalization", "Softmax", "ZeroPadding2D", "Cropping1D", "RepeatVector"]
    found = rng.choice(list(re.finditer(r"\b[A-Z]\w+(?=\()", text)))
    return text[:found.start()] + rng.choice(names) + text[found.end():]


CHANGES = [with_number, with_number, with_number, with_word, without_argument, with_other_keyword, with_other_class]


def changed(rng, graph):
    """The graph with one change; drawn again while it has no place."""
    while True:
        found = try_change(rng, graph)
        if found:
            return found


def try_change(rng, graph):
    steps = [list(step) for step in graph.needed()]
    k = rng.randrange(len(steps))
    step = steps[k]
    if k and step[2] and rng.random() < 0.15:
        step[2] = list(step[2])
        step[2][rng.randrange(len(step[2]))] = rng.choice(steps[:k])[0]
    else:
        try:
            step[1] = rng.choice(CHANGES)(rng, step[1])
        except IndexError:
            return None
    return random_models.Graph(graph.definitions, steps, graph.outputs, graph.uses)


def keras_refuses(path):
    """Keras' words, or None."""
    try:
        oracle.keras_model(corpus.File(path), "float32")
    except Exception as error:
        return str(error).strip() or type(error).__name__
    return None


def keras_cannot_run(path):
    with tempfile.TemporaryDirectory() as folder:
        try:
            random_models.Case(path.read_text(), folder)
        except Exception:
            return True
    return False


def judge(options, path):
    """(kind, text); kind is None where both agree."""
    keras = keras_refuses(path)
    run = runner.lamina(options, "check", path)
    codes = re.findall(r"error: .*\[(E\d{3})\]$", run.err, re.M)
    if keras is None and not run.returncode:
        return None, "both accept"
    if keras is not None and run.returncode:
        return None, "both refuse"
    if keras is not None:
        return "Lamina accepts", keras
    if codes and codes[0] in REFUSALS:
        return None, f"only Lamina refuses, {codes[0]}"
    if keras_cannot_run(path):
        return None, "Keras builds what it cannot run, Lamina refuses"
    return f"Lamina refuses {codes[0] if codes else ''}", run.err


def main():
    gc.freeze()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--save", type=pathlib.Path, help="folder for the files on which the two differ")
    parser.add_argument("--timeout", type=float, default=60)
    options = parser.parse_args()
    counts, failed = collections.Counter(), 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.lam"
        for seed in range(options.seed, options.seed + options.count):
            rng = random.Random(seed)
            graph = changed(rng, random_models.Graph(*random_model_ops.generate(rng)))
            path.write_text(graph.text())
            try:
                kind, text = judge(options, path)
            except runner.Failure as crash:
                kind, text = "crash", str(crash)
            counts[kind or text] += 1
            if not kind:
                continue
            failed += 1
            print(f"FAILED seed {seed}: {kind}\n    " + text.replace("\n", "\n    "))
            print("    | " + graph.text().replace("\n", "\n    | "), flush=True)
            if options.save:
                options.save.mkdir(parents=True, exist_ok=True)
                (options.save / f"seed{seed}.lam").write_text(graph.text())
    print(", ".join(f"{n} {what}" for what, n in counts.most_common()))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
