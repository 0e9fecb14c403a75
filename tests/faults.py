#!/usr/bin/env python3
"""Every allocation and every file operation of the compiler failing in turn, once and for ever: it says what is wrong with
status 1 or does the whole work, leaves outputs whole or as they were and no temporary file, and never dies of a signal.

    tests/faults.py --lamina build/bin/lamina --shim build/tests/faults.so [--stride N] [MODEL...]

Model files get random weights; saved models (.keras, .h5) bring theirs; those of corpus/int8 are quantised, not compiled. Without
models: four of the corpus, two saved.
--stride N tries every N-th fault only, where there are more than 50 of a kind."""
import argparse
import errno
import os
from pathlib import Path
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import corpus

HERE = Path(__file__).resolve().parent
MODELS = ["corpus/networks/squeeze_excite.lam", "corpus/networks/text_cnn.lam", "corpus/networks/mixer_block.lam",
          "corpus/int8/float_island.lam", "saved/plain.keras", "saved/plain.h5"]
OLD = b"what was there before\n"
ERRORS = {"write": (errno.ENOSPC, errno.EIO, errno.EINTR), "short": (0,), "open": (errno.EMFILE, errno.EIO),
          "read": (errno.EIO, errno.EINTR), "close": (errno.EIO,), "rename": (errno.EIO,), "memory": (errno.ENOMEM,)}
failures = []


def fail(*words):
    failures.append(words)
    print("FAIL:", *words, flush=True)


def command(options, folder):
    model = next(path for path in folder.iterdir() if path.stem == "model" and path.suffix != ".npz")
    if (folder / "model.npz").exists():
        return [options.lamina, "quantize", model.name, "-w", "random", "--calibrate", "model.npz", "-o", "out.json"]
    return [options.lamina, "compile", model.name, *(("-w", "random") if model.suffix == ".lam" else ()), "-o", "out.c"]


def run(options, folder, kind="", at=0, ever=False, error=0):
    count = folder / "count"
    environment = dict(os.environ, LD_PRELOAD=str(options.shim), LAMINA_FAULT=kind, LAMINA_FAULT_AT=str(at),
                       LAMINA_FAULT_ERROR=str(error), LAMINA_FAULT_COUNT=str(count), NO_COLOR="1")
    if ever:
        environment["LAMINA_FAULT_EVER"] = "1"
    result = subprocess.run(command(options, folder), cwd=folder, env=environment, capture_output=True, text=True,
                            timeout=120, check=False)
    met = int(count.read_text()) if count.exists() else 0
    count.unlink(missing_ok=True)
    return result, met


def outputs(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.stem != "model"}


def put_back(folder, old):
    for name in outputs(folder):
        if name not in old:
            (folder / name).unlink()
    for name, data in old.items():
        (folder / name).write_bytes(data)


def judge(name, result, found, old, whole):
    """Whole or as before; the message says why. Both, where names were given one after the other."""
    if result.returncode == 0:
        if found != whole:
            fail(name, "success without the whole output", {k: len(v) for k, v in found.items()})
        return
    if result.returncode != 1 or "error" not in result.stderr:
        fail(name, "status", result.returncode, result.stderr[-300:])
    for path, data in found.items():
        if path not in whole:
            fail(name, "left", path)
        elif data not in (old.get(path), whole[path]):
            fail(name, "wrote a part of", path)


def try_faults(options, folder, model, kind, old, whole):
    tried = 0
    for error in ERRORS[kind]:
        for ever in (False, True):
            if ever and error == errno.EINTR or ever and kind == "short":
                continue
            put_back(folder, old)
            _, met = run(options, folder, kind)
            step = options.stride if met > 50 else 1
            for at in range(1, met + 1, step):
                put_back(folder, old)
                result, _ = run(options, folder, kind, at, ever, error)
                tried += 1
                name = f"{model}: {kind} {at} of {met}, {'for ever' if ever else 'once'}, errno {error}:"
                judge(name, result, outputs(folder), old, whole)
                if error == errno.EINTR and kind == "write" and result.returncode:
                    fail(name, "an interrupted call is to be repeated:", result.stderr)
    print(f"{model}: {kind}: {tried} faults", flush=True)


def try_kills(options, folder, model, old, whole, count):
    """A killed process may leave temporary files (out.c.PID-N.tmp), never a part of an output."""
    begin = time.monotonic()
    run(options, folder)
    length = time.monotonic() - begin
    for _ in range(count):
        put_back(folder, old)
        process = subprocess.Popen(command(options, folder), cwd=folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0, length * 1.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
        for path, data in outputs(folder).items():
            if not path.endswith(".tmp") and data not in (old.get(path), whole.get(path)):
                fail(f"{model}: killed: a part of {path}")
    print(f"{model}: killed {count} times", flush=True)


def try_model(options, model):
    folder = Path(tempfile.mkdtemp(prefix="faults"))
    try:
        shutil.copy(model, folder / f"model{model.suffix}")
        if model.parent.name == "int8":
            inputs = corpus.File(model).inputs
            corpus.npz_write(folder / "model.npz", {name: (dtype, shape, corpus.input_values(name, dtype, shape, use))
                                                    for name, (dtype, shape, use) in inputs.items()})
        result, _ = run(options, folder)
        if result.returncode:
            return fail(model.name, "does not compile without faults:", result.stderr)
        whole = outputs(folder)
        old = {name: OLD for name in whole}
        for kind in options.kinds or ERRORS:
            try_faults(options, folder, model.name, kind, old, whole)
        try_kills(options, folder, model.name, old, whole, options.kills)
    finally:
        shutil.rmtree(folder)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lamina", required=True, type=os.path.abspath)
    parser.add_argument("--shim", required=True, type=os.path.abspath)
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--kinds", nargs="*", choices=ERRORS)
    parser.add_argument("models", nargs="*", type=Path)
    options = parser.parse_args()
    for model in options.models or [HERE / name for name in MODELS]:
        try_model(options, model)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
