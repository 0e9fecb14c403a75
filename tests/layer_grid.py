#!/usr/bin/env python3
"""The grid of layers: every layer over combinations of its arguments, boundary shapes first, against real Keras.

    python layer_grid.py --lamina build/bin/lamina [--layers Conv2D,LSTM] [--seed 0] [--each N] [--via reference] [--sample 8]

Runs in the virtual environment of oracle.py; layer_grid_rows.py says what is enumerated. Where the product of a layer's
arguments is small, all of it is taken, else combinations in which each pair of values occurs (made greedily from the
seed). A case is one line of a model file. Each is built by Keras; those that Keras takes are put together into models of a
few lines, whose names, shapes, parameters, weights and outputs (on fixed random weights and inputs) must be Lamina's; those
that Keras refuses must be refused by Lamina at that line. (Some it takes and cannot run, or computes another shape than it
announces: they say nothing.) What fails is split up until single cases are left, and these
are printed. --sample N sends each N-th model through the JIT too; --each N takes N random cases
of each layer instead of the grid.
"""
import argparse
import itertools
import pathlib
import random
import re
import sys
import tempfile
import warnings

import oracle  # first: it sets the environment that Keras reads

import numpy as np

import corpus
import layer_grid_rows
import random_models
import run as runner

HEAD = "from keras import Input, Model, ops\nfrom keras.layers import *\n\noutputs = []\n"
WHOLE = 40  # the largest product that is taken as it is
TOGETHER = 8  # cases in one model
CANDIDATES = 12  # from which the next combination is chosen
CANNOT_RUN = "cannot run"
TRIES = 2  # combinations that Keras refuses, before a pair of values is given up
SHOWN = 3  # mismatches of one kind that are printed


class Case:
    """One layer with one combination of arguments: `lines` of a model file that add to `inputs` and `outputs`."""

    def __init__(self, row, number, chosen):
        self.row, self.number, self.chosen = row, number, chosen
        self.inputs, self.uses, self.batch = [], [], None
        for k, text in enumerate(chosen["@in"].split()):
            self.add_input(f"x{number}_{k}", *text.split(":"))

    def add_input(self, name, shape, dtype=None, low=None, high=None):
        extents = "".join(f"{d}, " for d in shape.split(",") if d)
        self.inputs.append((name, f"({extents.strip()})", dtype))
        if low:
            self.uses.append(f"# use: {name} {'ints' if dtype != 'float32' else 'uniform'} {low} {high}")
        elif not dtype:
            self.uses.append(f"# use: {name} uniform -1 1")

    def layer(self):
        given = [f"{k}={v}" for k, v in self.chosen.items() if v is not None and k[0] != "@"]
        return f"{self.row.name}({', '.join(given)})"

    def lines(self):
        names = []
        for name, shape, dtype in self.inputs:
            yield f"{name} = Input({shape}" + (f", dtype='{dtype}'" if dtype else "") + (
                f", batch_size={self.batch}" if self.batch else "") + f", name='{name}')"
            before = self.chosen.get("@before")
            names.append(f"{before}({name})" if before and not dtype else name)
        y, call = f"y{self.number}", self.chosen.get("@call") or "({0})"
        yield f"{y} = {self.layer()}{call.format(*names, *[''] * 3)}"
        after = self.chosen.get("@after")
        if after:
            yield f"{y} = {after}({y})"
        yield f"outputs += list({y}) if isinstance({y}, (list, tuple)) else [{y}]"

    def text(self):
        return "".join(line + "\n" for line in self.lines())

    def __str__(self):
        extra = {k: v for k, v in self.chosen.items() if k[0] == "@" and v}
        return f"{self.layer()}  {extra}"


def model_text(cases):
    inputs = ", ".join(name for case in cases for name, *_ in case.inputs)
    uses = "".join(use + "\n" for case in cases for use in case.uses)
    return uses + HEAD + "".join(case.text() for case in cases) + f"model = Model([{inputs}], outputs)\n"


# ---- which combinations ----

def pairs_of(chosen):
    return set(itertools.combinations([(k, v) for k, v in chosen.items()], 2))


def choose(row, rng, wanted):
    """Of a few combinations with one wanted pair, that with the most; and how many it has."""
    forced, best, gain = dict(rng.choice(sorted(wanted, key=repr))), None, 0
    for _ in range(CANDIDATES):
        chosen = {name: forced.get(name) if name in forced else rng.choice(values) for name, values in row.arguments.items()}
        if row.valid(chosen) or rng.random() < 0.02:
            found = len(wanted & pairs_of(chosen))
            best, gain = (chosen, found) if found > gain else (best, gain)
    return forced, best


def pairwise(row, rng, keras_takes):
    """Combinations in which every pair of values occurs, in one that Keras takes where a few tries find such."""
    names = list(row.arguments)
    wanted = {((a, v), (b, w)) for a, b in itertools.combinations(names, 2)
              for v in row.arguments[a] for w in row.arguments[b]}
    tries = {}
    while wanted:
        forced, chosen = choose(row, rng, wanted)
        pair = tuple(forced.items())
        tries[pair] = tries.get(pair, 0) + 1
        if tries[pair] > TRIES:
            wanted.discard(pair)
        elif chosen is not None:
            yield chosen
            if keras_takes(chosen):
                wanted -= pairs_of(chosen)


def combinations(row, seed, keras_takes):
    product = 1
    for values in row.arguments.values():
        product *= len(values)
    if product <= WHOLE:
        for values in itertools.product(*row.arguments.values()):
            yield dict(zip(row.arguments, values))
    else:
        yield from pairwise(row, random.Random(f"{seed} {row.name}"), keras_takes)


def few(row, rng, count):
    """Random combinations that can be meant."""
    for _ in range(20 * count):
        chosen = {name: rng.choice(values) for name, values in row.arguments.items()}
        if count and row.valid(chosen):
            count -= 1
            yield chosen


def cases_of(options, row):
    """The cases, each with what Keras says against it."""
    reasons, known = {}, {}

    def refusal(chosen):
        key = repr(chosen)
        if key not in known:
            known[key] = Case(row, len(known), chosen)
            reasons[known[key]] = keras_refusal(known[key])
        return reasons[known[key]]

    def takes(chosen):
        return refusal(chosen) is None

    rng = random.Random(f"{options.seed} few {row.name} {row.arguments['@in']}")
    for chosen in few(row, rng, options.each) if options.each else combinations(row, options.seed, takes):
        refusal(chosen)
    return reasons


# ---- comparison ----

def load(folder, cases):
    path = pathlib.Path(folder) / "model.lam"
    path.write_text(model_text(cases))
    return corpus.File(path)


def keras_refusal(case):
    """What Keras says against the case; None where it takes it and gives finite numbers."""
    with tempfile.TemporaryDirectory() as folder:
        file = load(folder, [case])
        try:
            model = oracle.keras_model(file, "float32")
        except oracle.Rejected as error:
            return f"{type(error.error).__name__}: {error.error}"
        try:
            outputs = oracle.keras_outputs(file, oracle.inputs_of(file, model))
        except Exception as error:  # it builds the model and cannot run it: the CPU kernels of TensorFlow lack things
            return f"{CANNOT_RUN}: {type(error).__name__}: {error}"
        for tensor, found in zip(model.outputs, outputs.values()):
            if not fits(tensor.shape, found.shape):
                return f"{CANNOT_RUN}: Keras announces shape {tensor.shape} and computes {found.shape}"
    return None


def fits(announced, computed):
    return len(announced) == len(computed) and all(a in (None, c) for a, c in zip(announced, computed))


def compare_shapes(options, file, model):
    """Each row of the summary: the name (shortened as Keras does), the output shapes, the parameters."""
    summary = runner.lamina(options, "summary", file.path)
    if summary.returncode:
        raise runner.Failure("summary:\n" + summary.err)
    rows = [[cell.strip() for cell in line.split("│")[1:5]] for line in summary.out.split("Total params")[0].splitlines()
            if line.startswith("│")]
    for operation in model.operations:
        shapes = [tuple(t.shape) for t in oracle.keras.tree.flatten(operation.output)]
        shown = [row for row in rows if row[0].startswith(operation.name[:20])]
        texts = [re.findall(r"\([^()]*\)", row[1]) for row in shown]
        if [str(s).replace(",)", ")") for s in shapes] not in texts and all(len(" ".join(map(str, shapes))) < 60 for _ in shapes):
            raise runner.Failure(f"{operation.name}: Keras has shapes {shapes}, summary says {[r[1] for r in shown]}")


def compare_outputs(options, file, model, vias, tolerance):
    """As oracle.compare_outputs, and the types."""
    inputs = oracle.inputs_of(file, model)
    expected = oracle.keras_outputs(file, inputs)
    inside = getattr(model, "_functional", None) or model
    dtypes = dict(zip(oracle.unique_names(inside.output_names), [t.dtype for t in model.outputs]))
    file.inputs = inputs
    with tempfile.TemporaryDirectory() as folder:
        weights, data = runner.write_weights(options, file, folder), runner.write_inputs(file, folder)
        for via in vias:
            result = f"{folder}/{via}.npz"
            run = runner.lamina(options, "run", file.path, *weights, "-i", data, "-o", result, f"--via={via}")
            if run.returncode:
                raise runner.Failure(f"run --via={via}:\n{run.err}")
            with np.load(result) as found:
                compare_arrays(via, {k: found[k] for k in found}, expected, dtypes, tolerance)


def compare_arrays(via, found, expected, dtypes, tolerance):
    if list(found) != list(expected):
        raise runner.Failure(f"via {via}: outputs {list(found)}, Keras has {list(expected)}")
    for name, golden in expected.items():
        if found[name].shape != golden.shape:
            raise runner.Failure(f"via {via}: {name}: shape {found[name].shape}, Keras has {golden.shape}")
        if via != "reference" and str(found[name].dtype) != dtypes[name]:
            raise runner.Failure(f"via {via}: {name} is {found[name].dtype}, Keras says {dtypes[name]}")
        whole = golden.dtype.kind in "iub" and tolerance < 1e-3
        bound = 0 if whole else tolerance if via == "reference" else max(tolerance, 5e-5)
        error, where = random_models.difference(found[name], golden)
        if error > bound:
            raise runner.Failure(f"via {via}: {name}{list(map(int, where))} is {found[name][where]!r}, "
                                 f"expected {golden[where]!r} (difference {error:.3g})")


def disagreement(options, cases, vias):
    """Why the model of these cases, all of which Keras takes, is not Keras'; None where it is."""
    with tempfile.TemporaryDirectory() as folder:
        file = load(folder, cases)
        try:
            model = oracle.keras_model(file, "float32")
            oracle.compare_structure(options, file, model)
            compare_shapes(options, file, model)
            compare_outputs(options, file, model, vias, max(case.row.tolerance for case in cases))
        except (runner.Failure, oracle.Rejected) as problem:
            return str(problem)
    return None


def refused_lines(options, cases):
    """The cases that Lamina does not report an error for."""
    with tempfile.TemporaryDirectory() as folder:
        file = load(folder, cases)
        run = runner.lamina(options, "check", file.path)
        lines = [line for line, code in runner.reported(run.err, file.path) if code[0] == "E"]
        text = file.path.read_text().splitlines()
        silent = []
        for case in cases:
            mine = {text.index(line) + 1 for line in case.lines()}
            if not mine & set(lines):
                silent.append(case)
        return silent


class Grid:
    def __init__(self, options):
        self.options, self.models = options, 0

    def check_taken(self, cases):
        """(case, problem) of each that disagrees: all together, and one by one if something is wrong."""
        self.models += 1
        vias = list(self.options.via)
        if self.options.sample and self.models % self.options.sample == 0:
            vias.append(self.options.sample_via)
        problem = disagreement(self.options, cases, vias)
        if problem is None:
            return
        alone = [(case, self.alone(case, vias)) for case in cases]
        alone = [(case, why) for case, why in alone if why]
        if alone or "[E603]" not in problem:
            yield from alone or [(cases[0], "only with others in one model: " + problem)]

    def alone(self, case, vias):
        why = disagreement(self.options, [case], vias)
        if why and "[E603]" in why:  # works along the batch axis, which must then be known
            case.batch = oracle.BATCH
            why = disagreement(self.options, [case], vias)
        return why

    def check_refused(self, cases):
        silent = refused_lines(self.options, cases)
        for case in silent:
            if refused_lines(self.options, [case]):
                yield case, "Lamina takes it"

    def show(self, failures):
        kinds = {}
        for case, problem in failures:
            kinds.setdefault(random_models.kind(problem), []).append((case, problem))
        for kind, same in kinds.items():
            for case, problem in same[:SHOWN]:
                print(f"    MISMATCH {case}\n        " + problem.strip()[:900].replace("\n", "\n        "), flush=True)
            if same[SHOWN:]:
                print(f"    and {len(same) - SHOWN} more like this ({kind})")

    def layer(self, row):
        reasons, failures = cases_of(self.options, row), []
        taken = [case for case, why in reasons.items() if why is None]
        refused = [case for case, why in reasons.items() if why and not why.startswith(CANNOT_RUN)]
        for k in range(0, len(taken), TOGETHER):
            failures += self.check_taken(taken[k:k + TOGETHER])
        for k in range(0, len(refused), TOGETHER):
            failures += [(c, f"{p}; Keras: {reasons[c]}") for c, p in self.check_refused(refused[k:k + TOGETHER])]
        compared = len(taken) + len(refused)
        good = compared - len(failures)
        print(f"{row.name:28} {good:4} of {compared:4} agree ({len(taken)} taken, {len(refused)} refused by both), "
              f"{len(reasons) - compared} that Keras cannot run", flush=True)
        self.show(failures)
        for case, why in reasons.items() if self.options.verbose else ():
            if why:
                print(f"    refused {case}\n        {why[:300]}")
        return compared, len(failures)


def main():
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--layers", help="only these, by comma")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--each", type=int, default=0, help="random cases of each layer; 0: the grid")
    parser.add_argument("--via", default="reference")
    parser.add_argument("--sample", type=int, default=8, help="each such model runs by --sample-via too; 0: none")
    parser.add_argument("--sample-via", default="llvm")
    parser.add_argument("--timeout", type=float, default=60)
    parser.add_argument("--verbose", action="store_true", help="also tell what Keras refuses, and why")
    options = parser.parse_args()
    options.via = options.via.split(",")
    wanted = options.layers and options.layers.split(",")
    missing, stale = layer_grid_rows.uncovered(oracle.keras.layers)
    if missing or stale:
        print(f"keras.layers has classes without a row or a reason: {missing}; reasons for none or twice: {stale}")
        return 1
    grid, compared, failed = Grid(options), 0, 0
    for row in layer_grid_rows.ROWS:
        if not wanted or row.name in wanted:
            one, bad = grid.layer(row)
            compared, failed = compared + one, failed + bad
    share = 100.0 * (compared - failed) / max(1, compared)
    print(f"{compared} cases, {failed} mismatches: {share:.2f} % agree")
    return 1 if failed or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
