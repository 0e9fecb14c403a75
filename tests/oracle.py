#!/usr/bin/env python3
"""Runs the corpus in real Keras and compares: names, shapes, parameter counts, error lines, outputs.

    python oracle.py --lamina build/bin/lamina [FILES]     compare Lamina with Keras, afresh, all values
    python oracle.py --update [FILES]                      write the golden comments of files that have none

Runs in the virtual environment that tests/oracle_setup.sh makes (keras and tensorflow-cpu, versions pinned there).
Structure comes from the float32 model; values from the same file run under the float64 policy.
"""
import argparse
import contextlib
import io
import os
import re
import sys
import tempfile
import traceback

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow",
                  TF_ENABLE_ONEDNN_OPTS="0")

import keras
import numpy as np

import corpus
import oracle_cpu
import oracle_outside
import run as runner

oracle_cpu.install()

BATCH = 3


class Rejected(Exception):
    """Keras raised; `line` is the line of the file."""

    def __init__(self, error, line):
        super().__init__(f"line {line}: {type(error).__name__}: {error}")
        self.error, self.line = error, line


def keras_model(file, floatx):
    """The model of the file as `lamina` would choose it, built by Keras."""
    keras.config.set_floatx(floatx)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy(floatx)
    keras.backend.clear_session(free_memory=False)  # collecting garbage takes longer than most files
    scope = {"__name__": "__main__", "__file__": str(file.path)}
    for name in dir(keras.layers):
        scope.setdefault(name, getattr(keras.layers, name))
    scope.update(Input=keras.Input, Model=keras.Model, Sequential=keras.Sequential, keras=keras, layers=keras.layers,
                 ops=keras.ops, activations=keras.activations)
    define = dict(a.split("=", 1) for flag, a in zip(file.args, file.args[1:]) if flag == "-D")
    sys.path.insert(0, str(file.path.parent))
    try:
        source = file.text
        for name, value in define.items():
            source = re.sub(rf"^{name} *=.*$", f"{name} = {value}", source, flags=re.M)
        outside = oracle_outside.stood_in() if file.stand_ins else contextlib.nullcontext()
        with outside, contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(source, str(file.path), "exec"), scope)
            return choose(file, scope)
    except Exception as error:
        lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file.path)]
        line = lines[-1] if lines else getattr(error, "lineno", None)
        raise Rejected(error, line) from error
    finally:
        sys.path.pop(0)


def choose(file, scope):
    for argument in file.args:
        if argument.startswith("--model="):
            return scope[argument[8:]]
        if argument.startswith("--call="):
            return eval(argument[7:].strip("'"), scope)
    if isinstance(scope.get("model"), keras.Model):
        return scope["model"]
    models = [v for v in scope.values() if isinstance(v, keras.Model)]
    if not models:
        raise LookupError("the file makes no model")
    return models[-1]


def weights_of(model):
    """Variables by Lamina's key: the path, repeats numbered in the order of model.layers."""
    found, seen = {}, set()

    def visit(layer):
        inner = getattr(layer, "layers", None) if isinstance(layer, keras.Model) else None
        if inner is not None:
            for one in inner:
                visit(one)
            return
        for variable in layer.trainable_variables + layer.non_trainable_variables if layer.trainable else layer.variables:
            if id(variable) in seen or "seed_generator" in variable.path:
                continue
            seen.add(id(variable))
            key, k = variable.path, 0
            while key in found:
                k += 1
                key = f"{variable.path}_{k}"
            found[key] = variable

    visit(model)
    return found


def inputs_of(file, model):
    arrays = {}
    for tensor, name in zip(model.inputs, [t._keras_history.operation.name for t in model.inputs]):
        shape = file.input_shape(name, tensor.shape, BATCH)
        arrays[name] = (tensor.dtype, shape, file.input_use(name, tensor.dtype))
    return arrays


def unique_names(names):
    out = []
    for name in names:
        key, k = name, 0
        while key in out:
            k += 1
            key = f"{name}_{k}"
        out.append(key)
    return out


def sparse_tensor(values):
    import tensorflow  # Keras' back end; it has sparse tensors of its own
    return tensorflow.sparse.from_dense(values)


def keras_outputs(file, inputs):
    """{output name: array} in float64, with the corpus' weights and inputs."""
    model = keras_model(file, "float64")
    for key, variable in weights_of(model).items():
        variable.assign(np.array(corpus.weight_values(key, variable.shape)).reshape(variable.shape))
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.Normalization) and layer.input_mean is None:
            layer.finalize_state()  # as loading weights does
    values = [np.array(corpus.input_values(name, dtype, shape, use)).reshape(shape).astype(dtype)
              for name, (dtype, shape, use) in inputs.items()]
    values = [v.astype(t.dtype) for v, t in zip(values, model.inputs)]
    values = [sparse_tensor(v) if t.sparse else v for v, t in zip(values, model.inputs)]
    inside = getattr(model, "_functional", None) or model  # a Sequential keeps its structure and names there
    result = keras.tree.flatten(model(keras.tree.pack_sequence_as(inside._inputs_struct, values), training=False))
    return dict(zip(unique_names(inside.output_names), [np.asarray(r) for r in result]))


def useful(file, outputs):
    """A golden that is constant, saturated or not finite proves little."""
    arrays = [np.asarray(a, dtype="float64") for a in outputs.values()]
    if any(not np.isfinite(a).all() for a in arrays):
        return "an output is not finite"
    if all(a.size > 1 and np.ptp(a) < 1e-6 for a in arrays) or all(a.size == 0 for a in arrays):
        return "every output is constant"
    return None


def update(file):
    model = keras_model(file, "float32")
    inputs, params = inputs_of(file, model), model.count_params()
    outputs = keras_outputs(file, inputs)
    problem = useful(file, outputs)
    if problem and "saturated: on purpose" not in file.text:
        return problem
    text = re.sub(r"^# (?:input|output|params)\b(?! :).*\n", "", file.text, flags=re.M).rstrip("\n") + "\n"
    if not re.search(r"^# --- Keras", text, flags=re.M):
        text += "\n"
    text = re.sub(r"\n*# --- Keras.*\n", "\n\n", text).rstrip("\n") + "\n"
    text += f"\n# --- Keras {keras.__version__} ---\n"
    for name, (dtype, shape, use) in inputs.items():
        text += f"# input {name} {dtype} {shape!r} {' '.join(use)}\n"
    for name, array in outputs.items():
        whole = array.dtype.kind in "iub"
        flat = corpus.spread(np.asarray(array, dtype=array.dtype if whole else "float64").ravel().tolist())
        text += f"# output {name} {tuple(array.shape)!r} {' '.join(str(int(v)) if whole else f'{v:.12g}' for v in flat)}\n"
    file.path.write_text(text + f"# params {params}\n")
    return None


def compare_structure(options, file, model):
    summary = runner.lamina(options, "summary", file.path, *file.args)
    if summary.returncode:
        raise runner.Failure("summary:\n" + summary.err)
    count = re.search(r"Total params: ([\d,]+)", summary.out)
    if not count or int(count[1].replace(",", "")) != model.count_params():
        raise runner.Failure(f"parameters: Keras has {model.count_params()}, summary says {count and count[1]}")
    for operation in getattr(model, "operations", model.layers):
        if operation.name[:20] not in summary.out:
            raise runner.Failure(f"`{operation.name}` is missing in the summary:\n{summary.out}")
    shapes = {k: tuple(v.shape) for k, v in weights_of(model).items()}
    if runner.list_weights(options, file) != shapes:
        raise runner.Failure(f"weights: Keras has {shapes}, Lamina {runner.list_weights(options, file)}")


def compare_outputs(options, file, model):
    inputs = inputs_of(file, model)
    expected = keras_outputs(file, inputs)
    file.inputs = inputs
    with tempfile.TemporaryDirectory() as folder:
        weights, data = runner.write_weights(options, file, folder), runner.write_inputs(file, folder)
        result = os.path.join(folder, "y.npz")
        for via in options.via:
            run = runner.lamina(options, "run", file.path, *file.args, *weights, "-i", data, "-o", result,
                                f"--via={via}", *options.extra)
            if run.returncode:
                raise runner.Failure(f"run --via={via}:\n{run.err}")
            found = {n: np.array(v, dtype="float64").reshape(s) for n, (s, v) in corpus.npz_read(result).items()}
            compare_arrays(file, via, found, expected)


def compare_arrays(file, via, found, expected):
    if list(found) != list(expected):
        raise runner.Failure(f"via {via}: outputs {list(found)}, Keras has {list(expected)}")
    for name, golden in expected.items():
        golden = np.asarray(golden, dtype="float64")
        if found[name].shape != golden.shape:
            raise runner.Failure(f"via {via}: {name}: shape {found[name].shape}, Keras has {golden.shape}")
        tolerance = (file.reference_atol or runner.REFERENCE_TOLERANCE) if via == "reference" else file.atol
        bound = max(file.rounding, tolerance) * max(1.0, np.abs(golden[np.isfinite(golden)]).max(initial=0))
        same = np.isclose(found[name], golden, rtol=0, atol=bound, equal_nan=True)
        if not same.all():
            worst = np.nanmax(np.abs(found[name] - golden))
            raise runner.Failure(f"via {via}: {name}: differs from Keras by up to {worst:.3g}")


def compare_rejection(file, error):
    """Keras stops at its first error: its line must be the first expected one. CPython reports one syntax error of its
    choice, and may point at what follows it: that line is near an expected one."""
    lines = [line for line, code in file.errors if code[0] == "E"]
    if file.keras == "accepts" and isinstance(error.error, LookupError) and error.line is None:
        return  # it ran every line, and the file makes no model
    if not lines or file.keras == "accepts":
        raise runner.Failure(f"Keras rejects it: {error}")
    syntax = isinstance(error.error, SyntaxError)
    allowed = lines if syntax else lines[:1]
    if error.line is not None and min(abs(error.line - line) for line in allowed) > (2 if syntax else 0):
        raise runner.Failure(f"Keras' error is in line {error.line}, expected in {allowed}: {error}")


def compare(options, file):
    try:
        model = keras_model(file, "float32")
    except Rejected as error:
        if file.keras != "rejects":
            compare_rejection(file, error)
        return
    if file.keras == "rejects":
        raise runner.Failure("is marked `keras: rejects`, but Keras accepts it")
    if file.expects_error:
        if file.keras != "accepts":
            raise runner.Failure("expects an error, but Keras accepts it")
        return
    compare_structure(options, file, model)
    if not file.compile_error:
        compare_outputs(options, file, model)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--all", action="store_true", help="with --update: also files that have goldens")
    parser.add_argument("--via", default="reference")
    parser.add_argument("--timeout", type=float, default=120)
    parser.add_argument("--shard", default="0/1", metavar="I/N", help="every N-th file only, from the I-th on")
    parser.add_argument("--extra", action="append", default=[])
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args()
    options.via = options.via.split(",")
    shard, shards = map(int, options.shard.split("/"))
    files, failed, done = corpus.files(options.paths)[shard::shards], 0, 0
    for file in files:
        if options.update and (file.expects_error or file.keras == "rejects" or (file.outputs and not options.all)):
            continue
        done += 1
        try:
            problem = update(file) if options.update else compare(options, file)
        except (Rejected, runner.Failure) as error:
            problem = str(error)
        except Exception as error:  # a fault of Keras or of this script: named, counted, not fatal
            problem = f"{type(error).__name__}: {error}"
        if problem:
            failed += 1
            print(f"FAILED {os.path.relpath(file.path)}\n    " + problem.replace("\n", "\n    "), flush=True)
    print(f"{done - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
