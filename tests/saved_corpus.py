#!/usr/bin/env python3
"""Saves the models of the corpus with real Keras, and asks Lamina for the same answers from the saved file.

    python saved_corpus.py --lamina build/bin/lamina [--suffix keras|h5] [--shard I/N] [FILES]

For each valid file: the saved model must compute exactly what the model file does; so must the code that it is
converted to, and that code, run by Keras, must build a model of the same layers, shapes and weights.
Runs in the oracle's virtual environment (see oracle.py).
"""
import argparse
import contextlib
import io
import os
import pathlib
import sys
import tempfile

import numpy as np

import corpus
import oracle
import run as runner

keras = oracle.keras


def shape_of(model):
    """Layers and variables; of a variable's path its own layer and name (what stands before says in which model it was
    built first), and none of random generators, whose names follow the order they were made in."""
    operations = getattr(getattr(model, "_functional", None) or model, "operations", model.layers)
    return [(type(o).__name__, o.name if isinstance(o, keras.Layer) else "") for o in operations], [
        (v.path.split("/")[-2:], tuple(v.shape)) for v in model.variables if not v.path.endswith("/seed_generator_state")]


def rebuild(path):
    """The model of converted code, as Keras builds it."""
    keras.backend.clear_session(free_memory=False)
    scope = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(pathlib.Path(path).read_text(), path, "exec"), scope)
    return scope["model"]


def answers(options, file, data, folder, model, *more):
    result = os.path.join(folder, "y.npz")
    run = runner.lamina(options, "run", model, *more, "-i", data, "-o", result, "--via=reference")
    if run.returncode:
        raise runner.Failure(f"run {os.path.basename(str(model))}:\n{run.err}")
    return corpus.npz_read(result)


def keras_reads_back(saved, model, data):
    """Whether the model that Keras makes of its own file has the same inputs and answers."""
    try:
        again = keras.models.load_model(saved)
        found, expected = (keras.tree.flatten(m(list(data.values()))) for m in (again, model))
    except Exception:
        return False
    return [i.name for i in again.inputs] == [i.name for i in model.inputs] and all(
        np.allclose(f, e, rtol=1e-6, equal_nan=True) for f, e in zip(found, expected, strict=True))


def compare(options, file, folder):
    """Why there is nothing to compare, or None."""
    model = oracle.keras_model(file, "float32")
    for key, variable in oracle.weights_of(model).items():
        variable.assign(np.array(corpus.weight_values(key, variable.shape)).reshape(variable.shape))
    saved = os.path.join(folder, f"m.{options.suffix}")
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            model.save(saved)
    except Exception:
        return "Keras cannot save it"
    file.inputs = oracle.inputs_of(file, model)
    try:
        return compare_saved(options, file, folder, model, saved)
    except runner.Failure:
        if keras_reads_back(saved, model, file.inputs):
            raise
        return "Keras reads another model back"


def compare_saved(options, file, folder, model, saved):
    code = os.path.join(folder, "c.lam")
    data, shape = runner.write_inputs(file, folder), shape_of(model)
    expected = answers(options, file, data, folder, file.path, *file.args, *runner.write_weights(options, file, folder))
    custom = runner.lamina(options, "check", saved)
    if custom.returncode and "[E422]" in custom.err:
        return "it has code of its own"
    found = answers(options, file, data, folder, saved)
    if found != expected:
        raise runner.Failure(f"the saved model gives other values: {list(found)} for {list(expected)}")
    convert = runner.lamina(options, "convert", saved, "-o", code)
    if convert.returncode:
        raise runner.Failure(f"convert:\n{convert.err}")
    text = pathlib.Path(code).read_text()
    try:
        again = rebuild(code)
    except Exception as error:
        raise runner.Failure(f"Keras rejects the code: {error}\n{text}")
    if shape_of(again) != shape:
        raise runner.Failure(f"Keras builds another model:\n{shape_of(again)}\n{shape}\n{text}")
    weights = os.path.join(folder, "c.weights.npz")
    found = answers(options, file, data, folder, code, *(["-w", weights] if os.path.exists(weights) else []))
    if list(found.values()) != list(expected.values()):
        raise runner.Failure("the code gives other values:\n" + text)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--suffix", default="keras", choices=["keras", "h5"])
    parser.add_argument("--shard", default="0/1", metavar="I/N")
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args()
    shard, shards = map(int, options.shard.split("/"))
    files = [f for f in corpus.files(options.paths)
             if f.outputs and not f.expects_error and not f.compile_error and f.keras != "rejects"]
    passed, failed, left = 0, 0, 0
    for file in files[shard::shards]:
        with tempfile.TemporaryDirectory() as folder:
            try:
                problem = compare(options, file, folder)
                passed, left = passed + (not problem), left + bool(problem)
            except (oracle.Rejected, runner.Failure) as error:
                failed += 1
                print(f"FAILED {os.path.relpath(file.path)}\n    " + str(error).replace("\n", "\n    "), flush=True)
    print(f"{passed} passed, {failed} failed, {left} left out (no saved model holds their code, or Keras cannot read it back)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
