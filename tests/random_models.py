#!/usr/bin/env python3
"""Random model files: Lamina against real Keras, over every layer, boundary shapes first.

    python random_models.py --lamina build/bin/lamina [--seed 0] [--count 200] [--via reference,verify,c] [--save DIR]

`reference` compares the float64 executor with Keras in float64; `verify` the JIT, the C and each layer with that, within the
error bound that Lamina computes, with compiler, level, arithmetic and a disabled pass drawn from the graph's seed; `c` the C
of every few graphs as a program calls it, within that bound too.

Runs in the virtual environment of oracle.py. Graph number N of a run has the seed SEED+N and nothing else decides it, so
`--seed S --count 1` repeats one. A graph whose outputs are constant or not finite does not count. Each mismatch is printed
with its seed and a model file that was shrunk as long as the same kind of failure stayed; --save writes those files.

The C of several models is pasted into one file for each run of the C compiler, which also tests that they may share one;
it is called through its descriptor, on arrays with guards around them.
"""
import argparse
import ctypes
import faulthandler
import gc
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import oracle  # first: it sets the environment that Keras reads

import numpy as np

import corpus
import random_model_ops
import run as runner

PASSES = ["fold-constants", "simplify", "sink-movement", "share", "recognize-affine", "fold-affine", "merge-pad", "fuse-epilogue"]
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
REFUSALS = {"E279", "E602", "E603"}  # cannot be compiled (yet), and Lamina says so
GUARD = 256  # bytes around every array that C code gets
HEAD = "from keras import Input, Model, Sequential, activations, ops\nfrom keras.layers import *\n\n"


class Graph:
    """A model file as statements, so that it can be shrunk: `definitions` are named texts (inner models, shared layers),
    `steps` are [name, format of the expression, names of the inputs], `outputs` names of tensors."""

    def __init__(self, definitions, steps, outputs, uses=()):
        self.definitions, self.steps, self.outputs, self.uses = definitions, steps, outputs, list(uses)

    def needed(self):
        wanted, steps = set(self.outputs), []
        for step in reversed(self.steps):
            if step[0] in wanted:
                wanted.update(step[2])
                steps.append(step)
        return steps[::-1]

    def text(self):
        steps = self.needed()
        body = [f"{name} = {expression.format(*inputs)}" for name, expression, inputs in steps]
        definitions = ""
        for name, text in reversed(list(self.definitions.items())):  # an inner model may use one above it
            if re.search(rf"\b{name}\b", "\n".join(body) + definitions):
                definitions = text + "\n" + definitions
        inputs = [name for name, expression, _ in steps if expression.startswith("Input(")]
        uses = "".join(f"# use: {use}\n" for use in self.uses if f"name='{use.split()[0]}'" in "".join(body))
        model = f"model = Model([{', '.join(inputs)}], [{', '.join(self.outputs)}])\n"
        return HEAD + uses + definitions + "\n".join(body) + "\n" + model


class Case:
    """One graph in Keras: weights, inputs and outputs for each batch."""

    def __init__(self, text, folder):
        self.path = pathlib.Path(folder) / "model.lam"
        self.path.write_text(text)
        self.file = corpus.File(self.path)
        model = oracle.keras_model(self.file, "float64")
        self.weights = {}
        for key, variable in oracle.weights_of(model).items():
            value = np.array(corpus.weight_values(key, tuple(variable.shape)), dtype="float32").reshape(variable.shape)
            variable.assign(value.astype("float64"))
            self.weights[key] = value
        self.inside = getattr(model, "_functional", None) or model
        # structure and types are those under the policy float32; a layer may have another of its own
        self.dtypes = [t.dtype for t in oracle.keras_model(self.file, "float32").outputs]
        batches = {t.shape[0] for t in model.inputs}
        floats = all(t.dtype.startswith("float") for t in model.inputs)  # Keras takes integers into float32
        self.tolerance = runner.REFERENCE_TOLERANCE if floats else 1e-6
        self.batches = [3, 1] if None in batches else [next(iter(batches))]
        self.runs = {batch: self.evaluate(model, batch) for batch in self.batches}
        # what runs in another type of whole numbers than Keras says has that type
        self.dtypes = [y.dtype.name if "int" in dtype and y.dtype.kind in "iu" else dtype
                       for dtype, y in zip(self.dtypes, self.runs[self.batches[0]][1].values())]

    def inputs(self, model, batch):
        arrays = {}
        for tensor in model.inputs:
            name, dtype = tensor._keras_history.operation.name, tensor.dtype.replace("float64", "float32")
            shape = tuple(batch if d is None else d for d in tensor.shape)
            values = corpus.input_values(name, dtype, shape, self.file.input_use(name, dtype))
            arrays[name] = np.array(values, dtype=dtype).reshape(shape)
        return arrays

    def evaluate(self, model, batch):
        arrays = self.inputs(model, batch)
        values = [a.astype(t.dtype) for a, t in zip(arrays.values(), model.inputs)]
        # Keras' eager sums take (1, n, 1) for a bias of the last axis: one sample is computed as two.
        alone = batch == 1 and self.batches != [1]
        if alone:
            values = [np.concatenate([v, v]) for v in values]
        structure = oracle.keras.tree.pack_sequence_as(self.inside._inputs_struct, values)
        results = [np.asarray(r) for r in oracle.keras.tree.flatten(model(structure, training=False))]
        if alone:
            results = [r[:1] for r in results]
        return arrays, dict(zip(oracle.unique_names(self.inside.output_names), results))

    def useful(self):
        outputs = self.runs[self.batches[0]][1]
        wide = all(np.abs(np.asarray(a, dtype="float64")).max(initial=0) < 1e15 for a in outputs.values())
        return wide and oracle.useful(self.file, outputs) is None

    def write(self, folder):
        """Arguments for lamina: the weights; and the inputs of each batch as files."""
        np.savez(f"{folder}/w.npz", **self.weights)
        for batch, (arrays, _) in self.runs.items():
            np.savez(f"{folder}/x{batch}.npz", **arrays)
        return ["-w", f"{folder}/w.npz"] if self.weights else []


def difference(found, golden):
    """(largest difference relative to max(1, |golden|), where)"""
    golden = np.asarray(golden, dtype="float64")
    if golden.size == 0:
        return 0.0, None
    found = np.asarray(found, dtype="float64")
    same = (found == golden) | (np.isnan(found) & np.isnan(golden))
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0.0, np.abs(found - golden))
    apart = np.where(np.isnan(apart), np.inf, apart)
    scale = max(1.0, np.abs(golden[np.isfinite(golden)]).max(initial=0))
    where = np.unravel_index(apart.argmax(), apart.shape)
    return apart[where] / scale, where


def compare(case, batch, via, found, tolerance):
    expected = case.runs[batch][1]
    if list(found) != list(expected):
        raise runner.Failure(f"via {via}: outputs {list(found)}, Keras has {list(expected)}")
    for (name, golden), dtype in zip(expected.items(), case.dtypes):
        if found[name].shape != golden.shape:
            raise runner.Failure(f"via {via}: {name} has shape {found[name].shape}, Keras has {golden.shape}")
        narrowed = str(found[name].dtype).replace("float64", "float32")  # the reference computes floats in float64
        if (narrowed if via == "reference" else str(found[name].dtype)) != (
                dtype.replace("float64", "float32") if via == "reference" else dtype):
            raise runner.Failure(f"via {via}: {name} is {found[name].dtype}, Keras says {dtype}")
        error, where = difference(found[name], golden)
        if error > tolerance:
            raise runner.Failure(f"via {via}: batch {batch}: {name}{list(map(int, where))} is {found[name][where]!r}, "
                                 f"expected {golden[where]!r} (difference {error:.3g})")


def check_reference(options, case):
    with tempfile.TemporaryDirectory() as folder:
        weights = case.write(folder)
        for batch in case.batches:
            run = runner.lamina(options, "run", case.path, *weights, "-i", f"{folder}/x{batch}.npz", "-o",
                                f"{folder}/y.npz", "--via=reference")
            if run.returncode:
                raise runner.Failure("run --via=reference:\n" + run.err)
            with np.load(f"{folder}/y.npz") as outputs:
                compare(case, batch, "reference", {k: outputs[k] for k in outputs}, case.tolerance)


def drawn(seed):
    """How a graph is compiled for `verify`: flags, and the C compiler."""
    rng = random.Random(seed * 104729 + 5)
    flags = [rng.choice(["-O0", "-O1", "-O2", "-O2", "-O3"])]
    flags += ["--strict-math"] if rng.random() < 0.2 else []
    flags += [f"--disable-pass={rng.choice(PASSES)}"] if rng.random() < 0.3 else []
    here = [c for c in ("gcc -O0", "gcc -O0", "gcc -O2", "clang -O0", "clang -O1") if shutil.which(c.split()[0])]
    return flags, rng.choice(here or ["cc"])


def check_verify(options, case, flags, compiler):
    with tempfile.TemporaryDirectory() as folder:
        weights = case.write(folder)
        batch = case.batches[0]
        run = runner.lamina(options, "verify", case.path, *weights, "-i", f"{folder}/x{batch}.npz", *flags,
                            env={"CC": compiler})
        if run.returncode:
            raise runner.Failure(f"verify {' '.join(flags)} with {compiler}:\n{run.err}")
        return [float(share) for share in re.findall(r" ([\d.]+) %  ", run.out)], "have no bound" in run.out


def check_found(options, case, batch, found, flags):
    """What C code gave, within the bound of the reference."""
    with tempfile.TemporaryDirectory() as folder:
        weights = case.write(folder)
        np.savez(f"{folder}/y.npz", **found)
        run = runner.lamina(options, "verify", case.path, *weights, "-i", f"{folder}/x{batch}.npz", "--expect",
                            f"{folder}/y.npz", *flags)
        if run.returncode:
            raise runner.Failure(f"via c: batch {batch}:\n{run.err}")


# ---- C ----

class Call(ctypes.Structure):
    """lamina_call"""
    _fields_ = [("size", ctypes.c_size_t), ("batch", ctypes.c_size_t), ("dims", ctypes.c_void_p),
                ("inputs", ctypes.POINTER(ctypes.c_void_p)), ("outputs", ctypes.POINTER(ctypes.c_void_p)),
                ("workspace", ctypes.c_void_p), ("workspace_size", ctypes.c_size_t), ("state", ctypes.c_void_p),
                ("weights", ctypes.c_void_p), ("parallel", ctypes.c_void_p)]


class Description(ctypes.Structure):
    """lamina_model"""
    _fields_ = [(n, ctypes.c_uint32) for n in ("abi", "size", "tensor_size", "flags")] + [
        ("name", ctypes.c_char_p), ("producer", ctypes.c_char_p)] + [
        (n, ctypes.c_size_t) for n in ("n_inputs", "n_outputs", "n_dims")] + [
        (n, ctypes.c_void_p) for n in ("inputs", "outputs", "dims")] + [
        (n, ctypes.c_size_t) for n in ("workspace_align", "state_bytes", "weights_bytes")] + [
        ("workspace_bytes", ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.POINTER(Call))),
        ("run", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Call)))]


class Guarded:
    """`size` bytes, aligned to `align` and no more, between bytes that must not change."""

    def __init__(self, size, align):
        self.memory = np.full(size + 2 * GUARD + 2 * align, 0xA5, dtype=np.uint8)
        start = self.memory.ctypes.data + GUARD
        self.begin = GUARD + (-start) % (2 * align) + (align if align < 64 else 0)
        self.end = self.begin + size
        self.data = self.memory[self.begin:self.end]
        self.data[:] = 0xFF  # NaN in floats, so that what is read before it is written shows
        self.address = self.data.ctypes.data if size else self.memory.ctypes.data + self.begin

    def intact(self):
        return (self.memory[:self.begin] == 0xA5).all() and (self.memory[self.end:] == 0xA5).all()


def pointers(guards):
    return (ctypes.c_void_p * max(1, len(guards)))(*[g.address for g in guards])


def call_c(description, case, batch):
    arrays, expected = case.runs[batch]
    inputs, outputs = [], []
    for array in arrays.values():
        guard = Guarded(array.nbytes, array.itemsize)
        guard.data[:] = np.frombuffer(array.tobytes(), np.uint8)
        inputs.append(guard)
    for dtype, y in zip(case.dtypes, expected.values()):
        outputs.append(Guarded(y.size * np.dtype(dtype).itemsize, np.dtype(dtype).itemsize))
    call = Call(size=ctypes.sizeof(Call), batch=batch, inputs=pointers(inputs), outputs=pointers(outputs))
    workspace = Guarded(description.workspace_bytes(call), max(1, description.workspace_align))
    call.workspace, call.workspace_size = workspace.address, len(workspace.data)
    status = description.run(call)
    if status:
        raise runner.Failure(f"via c: batch {batch}: status {status}")
    if not all(g.intact() for g in [*inputs, *outputs, workspace]):
        raise runner.Failure(f"via c: batch {batch}: wrote outside its arrays")
    if any(g.data.tobytes() != a.tobytes() for g, a in zip(inputs, arrays.values())):
        raise runner.Failure(f"via c: batch {batch}: wrote to an input")
    return {n: np.frombuffer(g.data.tobytes(), d).reshape(y.shape)
            for g, d, (n, y) in zip(outputs, case.dtypes, expected.items())}


class Pack:
    """Models that go through the C compiler together, and what they are compiled with."""

    def __init__(self, options, seed):
        rng = random.Random(seed * 7919 + 1)
        self.options, self.cases, self.rng = options, [], rng
        self.target = rng.choice(["host", "host", "generic", "x86-64", "x86-64-v3"])
        self.level = "-O1" if rng.random() < 0.7 else "-O2"

    def flags(self):
        flags = [f"--target={self.target}", self.rng.choice(["-O0", "-O1", "-O2", "-O2", "-O3"])]
        return flags + ([f"--disable-pass={self.rng.choice(PASSES)}"] if self.rng.random() < 0.3 else [])

    def add(self, seed, graph, case):
        self.cases.append((seed, graph, case, self.flags()))

    def emit(self, folder, prefix, case, flags):
        inner = f"{folder}/{prefix}"
        os.makedirs(inner)
        run = runner.lamina(self.options, "compile", case.path, *case.write(inner), "-o", f"{folder}/{prefix}.c", *flags)
        if run.returncode:
            raise runner.Failure(f"compile {' '.join(flags)}:\n{run.err}")

    def build(self, folder, prefixes):
        source = "".join(f'#include "{p}.c"\n' for p in prefixes)
        pathlib.Path(folder, "pack.c").write_text(source)
        command = [*self.options.cc.split(), self.level, "-std=c99", *WARNINGS, "-fPIC", "-shared", "-o",
                   f"{folder}/pack.so", f"{folder}/pack.c", "-lm"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise runner.Failure("the C compiler:\n" + done.stderr[:3000])
        return ctypes.CDLL(f"{folder}/pack.so")

    def run(self):
        """Yields (seed, graph, flags, problem) of each failure."""
        with tempfile.TemporaryDirectory() as folder:
            good = []
            for k, (seed, graph, case, flags) in enumerate(self.cases):
                try:
                    self.emit(folder, f"m{seed}_{k}", case, flags)
                    good.append((f"m{seed}_{k}", seed, graph, case, flags))
                except runner.Failure as problem:
                    yield seed, graph, flags, problem
            if not good:
                return
            try:
                library = self.build(folder, [g[0] for g in good])
            except runner.Failure as problem:
                yield good[0][1], good[0][2], good[0][4], problem
                return
            for prefix, seed, graph, case, flags in good:
                try:
                    description = Description.in_dll(library, f"{prefix}_model")
                    for batch in case.batches:
                        check_found(self.options, case, batch, call_c(description, case, batch), flags)
                except runner.Failure as problem:
                    yield seed, graph, flags, problem


def check_alone(options, graph, via, flags):
    """The problem of one graph, None where it is fine; Rejected and others where Keras does not take it."""
    with tempfile.TemporaryDirectory() as folder:
        case = Case(graph.text(), folder)
        if not case.useful():
            return None
        if via == "reference":
            try:
                return check_reference(options, case)
            except runner.Failure as problem:
                return problem
        if via == "verify":
            try:
                check_verify(options, case, flags[:-1], flags[-1])
                return None
            except runner.Failure as problem:
                return problem
        pack = Pack(options, 0)
        pack.cases.append((0, graph, case, flags))
        return next((problem for *_, problem in pack.run()), None)


def kind(problem):
    """What a failure is about, without its numbers."""
    codes = sorted(re.findall(r"\[([EW]\d{3})\]", str(problem)))  # errors first
    return codes[0] if codes else re.sub(r"[\d.]+", "", str(problem))[:14]


def smaller(graph):
    """Graphs with one thing less."""
    for k in range(len(graph.outputs)):
        if len(graph.outputs) > 1:
            yield Graph(graph.definitions, graph.steps, graph.outputs[:k] + graph.outputs[k + 1:], graph.uses)
    for k, (name, expression, inputs) in reversed(list(enumerate(graph.steps))):
        for other in dict.fromkeys(inputs):  # the step's result becomes one of its inputs
            def replaced(names):
                return [other if n == name else n for n in names]
            steps = [[n, e, replaced(i)] for n, e, i in graph.steps[:k] + graph.steps[k + 1:]]
            yield Graph(graph.definitions, steps, replaced(graph.outputs), graph.uses)
        if name in graph.outputs and inputs:
            outputs = [inputs[0] if n == name else n for n in graph.outputs]
            yield Graph(graph.definitions, graph.steps, outputs, graph.uses)
        for simpler in simpler_arguments(expression):
            yield Graph(graph.definitions, graph.steps[:k] + [[name, simpler, inputs]] + graph.steps[k + 1:],
                        graph.outputs, graph.uses)


def simpler_arguments(expression):
    """The expression without one keyword argument."""
    for found in re.finditer(r", \w+=(?:\([^()]*\)|\[[^\[\]]*\]|'[^']*'|[-\w.]+)", expression):
        yield expression[:found.start()] + expression[found.end():]


def shrink(options, graph, via, flags, problem):
    wanted, tries = kind(problem), 0
    graph = Graph(graph.definitions, graph.needed(), graph.outputs, graph.uses)
    progress = True
    while progress and tries < options.shrink:
        progress = False
        for candidate in smaller(graph):
            tries += 1
            if tries > options.shrink:
                break
            try:
                found = check_alone(options, candidate, via, flags)
            except Exception:  # not a model any more
                continue
            if found and kind(found) == wanted:
                graph, problem, progress = Graph(candidate.definitions, candidate.needed(), candidate.outputs, graph.uses), found, True
                break
    return graph, problem


class Session:
    def __init__(self, options):
        self.options, self.counts, self.kinds = options, {"graphs": 0, "reference": 0, "verify": 0, "c": 0, "failed": 0}, {}
        self.shares, self.unbounded, self.made = [], 0, set()
        self.pack = None

    def report(self, seed, graph, via, flags, problem):
        if kind(problem) in REFUSALS:
            self.kinds[kind(problem)] = self.kinds.get(kind(problem), 0) + 1
            if self.options.verbose:
                print(f"refused seed {seed}: {problem}", flush=True)
            return
        self.counts["failed"] += 1
        same = self.kinds[kind(problem)] = self.kinds.get(kind(problem), 0) + 1
        if same <= 3:
            graph, problem = shrink(self.options, graph, via, flags, problem)
        print(f"FAILED seed {seed} via {via} {' '.join(flags)}\n    " + str(problem).replace("\n", "\n    "))
        print("    | " + graph.text().replace("\n", "\n    | "), flush=True)
        if self.options.save:
            os.makedirs(self.options.save, exist_ok=True)
            pathlib.Path(self.options.save, f"seed{seed}_{via}.lam").write_text(graph.text())

    def flush(self):
        if self.pack:
            print("c: seeds", *[c[0] for c in self.pack.cases], file=sys.stderr, flush=True)
            for seed, graph, flags, problem in self.pack.run():
                self.report(seed, graph, "c", flags, problem)
            self.pack = None

    def tell(self):
        """What the bound left, and which layers no graph had."""
        known = re.findall(r"^(\w+)", runner.lamina(self.options, "list", "layers").out, re.M)
        print("layers in no graph:", *sorted(set(known) - self.made))
        if self.shares:
            shares = sorted(self.shares)
            print(f"share of the error bound: median {shares[len(shares) // 2]:.2f} %, largest {shares[-1]:.2f} %; "
                  f"{self.unbounded} graphs with elements that have none")

    def one(self, seed):
        graph = Graph(*random_model_ops.generate(random.Random(seed)))
        self.counts["graphs"] += 1
        with tempfile.TemporaryDirectory() as folder:
            try:
                case = Case(graph.text(), folder)
            except Exception as error:  # Keras refuses the model, or to run it
                self.kinds["rejected"] = self.kinds.get("rejected", 0) + 1
                if self.options.verbose:
                    print(f"rejected seed {seed}: {error}", flush=True)
                return
            if not case.useful():
                self.kinds["constant or too large"] = self.kinds.get("constant or too large", 0) + 1
                return
            self.made.update(re.findall(r"\b([A-Z]\w+)\(", case.path.read_text()))
            self.check(seed, graph, case)

    def check(self, seed, graph, case):
        if "reference" in self.options.via:
            self.counts["reference"] += 1
            try:
                check_reference(self.options, case)
            except (runner.Failure, subprocess.TimeoutExpired) as problem:
                self.report(seed, graph, "reference", [], problem)
                return
        if "verify" in self.options.via:
            self.counts["verify"] += 1
            flags, compiler = drawn(seed)
            try:
                shares, unbounded = check_verify(self.options, case, flags, compiler)
                self.shares += shares
                self.unbounded += unbounded
            except (runner.Failure, subprocess.TimeoutExpired) as problem:
                self.report(seed, graph, "verify", [*flags, compiler], problem)
                return
        if "c" in self.options.via.split(",") and seed % self.options.every == 0:
            self.counts["c"] += 1
            self.pack = self.pack or Pack(self.options, seed)
            kept = tempfile.mkdtemp(dir=self.options.scratch)
            case.path = case.path.rename(pathlib.Path(kept) / "model.lam")
            self.pack.add(seed, graph, case)
            if len(self.pack.cases) >= self.options.pack:
                self.flush()


def main():
    faulthandler.enable()
    gc.freeze()  # Keras collects garbage in every clear_session: not among what was imported
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--via", default="reference,verify,c")
    parser.add_argument("--every", type=int, default=4, help="C for every such graph")
    parser.add_argument("--pack", type=int, default=8, help="models in one run of the C compiler")
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    parser.add_argument("--shrink", type=int, default=60, help="models to try for making a failure smaller")
    parser.add_argument("--save", help="folder for the shrunk models")
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--verbose", action="store_true", help="also tell what Keras rejects")
    options = parser.parse_args()
    session = Session(options)
    with tempfile.TemporaryDirectory() as options.scratch:
        for seed in range(options.seed, options.seed + options.count):
            session.one(seed)
            if (seed - options.seed) % 100 == 99:
                print(f"so far, to seed {seed}:", session.counts, session.kinds, file=sys.stderr, flush=True)
        session.flush()
    session.tell()
    print(", ".join(f"{v} {k}" for k, v in session.counts.items()), session.kinds)
    return 1 if session.counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
