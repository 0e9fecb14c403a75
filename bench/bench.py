#!/usr/bin/env python3
"""Measures Lamina beside the engines that a user would pick instead. bench/run.sh makes the environment and calls this.

For each model and batch every engine sits in a process of its own, pinned to one core; they take turns, so that what disturbs
the machine hits all. A figure is the median of the calls in an engine's quietest turn; on a machine that others load too,
--shortest takes the shortest call of all turns, which it disturbs least. --json has both.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import zlib

import lamina
import peers
import table

HERE = pathlib.Path(__file__).resolve().parent
KEEP = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "MKL_", "OPENBLAS_"))}
WORK = pathlib.Path(os.environ.get("LAMINA_BENCH", "build/bench"))
INT8_TOLERANCE = 0.3  # random weights cost more than trained ones
TOLERANCE = 1e-4  # of the largest element of the answer; what is worse is no answer


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", help="names or files (default: all of bench/models)")
    parser.add_argument("--held-out", action="store_true", help="the models of bench/held_out too")
    parser.add_argument("--batches", default="1,32")
    parser.add_argument("--int8", action="store_true", help="quantised, beside LiteRT's int8; calibrated on the input of batch 32")
    parser.add_argument("--engines", help="of these: " + ",".join([*peers.PEERS, *lamina.WAYS]))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.15, help="of one engine's turn")
    parser.add_argument("--shortest", action="store_true", help="the shortest call, not a median")
    parser.add_argument("--quick", action="store_true", help="without the two large models, fewer rounds")
    parser.add_argument("--core", default=str(os.cpu_count() - 1))
    parser.add_argument("--lamina", default=str(HERE.parent / "build/bin/lamina"))
    parser.add_argument("--work", type=pathlib.Path, default=WORK)
    parser.add_argument("--json", type=pathlib.Path, help="write all figures there")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    return parser.parse_args()


def model_files(chosen):
    names = chosen.models or sorted(str(p) for p in HERE.glob("models/*.lam"))
    if chosen.held_out:
        names += sorted(str(p) for p in HERE.glob("held_out/*.lam"))
    files = []
    for name in names:
        found = [p for p in (pathlib.Path(name), *HERE.glob(f"*/{name}.lam")) if p.is_file()]
        if not found:
            sys.exit(f"no model {name}; there are: " + " ".join(sorted(p.stem for p in HERE.glob("*/*.lam"))))
        if not (chosen.quick and found[0].stem in ("resnet50", "wide_mlp")):
            files.append(found[0].resolve())
    return files


def prepared(chosen, model, batches):
    """The model's folder with all that prepare.py makes, made again where the model or what makes it changed."""
    folder = (chosen.work / "models" / model.stem).resolve()
    sources = b"".join(p.read_bytes() for p in (model, HERE / "prepare.py", HERE / "onnx_writer.py"))
    stamp, want = folder / "stamp", f"{zlib.crc32(sources)} {' '.join(batches)}"
    if not stamp.exists() or stamp.read_text() != want:
        print(f"preparing {model.stem}", file=sys.stderr)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "log").open("w") as log:  # TensorFlow talks
            subprocess.run([sys.executable, HERE / "prepare.py", model, folder, *batches], check=True, env=KEEP, stderr=log)
        stamp.write_text(want)
    return folder


class Engine:
    """A worker process and what it measured."""

    def __init__(self, chosen, name, model, batch, folder, library):
        self.name, self.shortest, self.medians = name, [], []
        command = ["taskset", "-c", chosen.core, sys.executable, "-B", HERE / "worker.py", name, model.stem, batch, folder,
                   (chosen.work / "timer.so").resolve(), *([library] if library else [])]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=KEEP, text=True,
                                        stderr=subprocess.DEVNULL)
        self.facts = json.loads(self.process.stdout.readline() or '{"failure": "the engine died"}')
        if not self.facts.get("error", 0) <= (INT8_TOLERANCE if chosen.int8 else TOLERANCE):
            self.facts["failure"] = f"wrong answer: off by {self.facts['error']:.1e} of the largest element"

    def turn(self, seconds):
        if "failure" not in self.facts:
            print(seconds, file=self.process.stdin, flush=True)
            figures = json.loads(self.process.stdout.readline())
            self.shortest.append(figures["shortest"])
            self.medians.append(figures["median"])

    def result(self, shortest):
        self.process.stdin.close()
        self.process.wait()
        figures = {}
        if self.medians:
            figures = {"quietest": min(self.medians), "shortest": min(self.shortest),
                       "all_turns": statistics.median(self.medians)}
            figures["time"] = figures["shortest" if shortest else "quietest"]
        return {**self.facts, **figures}


def measure(chosen, model, batch, folder, libraries):
    engines = [Engine(chosen, name, model, batch, folder, libraries.get(name)) for name in chosen.engines.split(",")]
    for _ in range(chosen.rounds):
        for engine in engines:
            engine.turn(chosen.seconds)
    return {engine.name: engine.result(chosen.shortest) for engine in engines}


def tools(chosen):
    """The timer and what the machine reaches, measured now."""
    chosen.work.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", chosen.work / "timer.so", HERE / "timer.c"], check=True)
    subprocess.run(["gcc", "-O3", "-march=native", "-o", chosen.work / "floor", HERE / "floor.c"], check=True)
    return json.loads(subprocess.run(["taskset", "-c", chosen.core, chosen.work / "floor"], check=True,
                                     stdout=subprocess.PIPE).stdout)


def main():
    chosen = options()
    chosen.engines = chosen.engines or ",".join([*(peers.INT8_PEERS if chosen.int8 else peers.PEERS), *lamina.WAYS])
    chosen.rounds = min(chosen.rounds, 5) if chosen.quick else chosen.rounds
    batches, floor, rows = chosen.batches.split(","), tools(chosen), []
    for model in model_files(chosen):
        folder = prepared(chosen, model, ["1", "32"] if set(batches) <= {"1", "32"} else batches)
        libraries, took = {}, {}
        for way in lamina.WAYS:
            if way in chosen.engines.split(","):
                calibrate = folder / "x32.npy" if chosen.int8 else None
                libraries[way], took[way] = lamina.build(chosen.lamina, model, folder, way, calibrate)
        facts = json.loads((folder / "facts.json").read_text())
        for batch in batches:
            engines = measure(chosen, model, batch, folder, libraries)
            rows.append({"model": model.stem, "batch": int(batch), **facts, "built": took, "engines": engines})
            print(table.line(rows[-1], floor), file=sys.stderr, flush=True)
            if chosen.json:
                chosen.json.write_text(json.dumps({"floor": floor, "rows": rows}, indent=1))
    print(table.table(rows, floor, chosen.markdown, "the shortest" if chosen.shortest else "the median of the quietest turn"))


if __name__ == "__main__":
    main()
