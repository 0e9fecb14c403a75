#!/usr/bin/env python3
"""Mutates the configurations of saved models: Lamina must answer with diagnostics, never with a crash.

    tests/fuzz_saved.py --lamina build-sanitize/bin/lamina --seed N --seconds 300 --keep FOLDER
"""
import argparse
import copy
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import zipfile

FIXTURES = pathlib.Path(__file__).resolve().parent / "saved"
ODD = [None, True, False, 0, 1, -1, 2, 3, 1 << 62, -(1 << 62), 1e308, float("nan"), float("inf"), "", "x", "a/b", "\0", "\n'",
       [], {}, [[]], [None], "relu", "linear", {"class_name": "__tuple__", "items": [1]}, {"class_name": "__slice__", "config": 3},
       {"class_name": "Dense", "config": {}}, {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}},
       ["x", 0, 0], ["x", 0, 0, {}], 100000, [1] * 20, "TFOpLambda", "Sequential", "Functional", "InputLayer", "Bidirectional"]


def places(value, out):
    if isinstance(value, dict):
        for k in value:
            out.append((value, k))
            places(value[k], out)
    elif isinstance(value, list):
        for i in range(len(value)):
            out.append((value, i))
            places(value[i], out)
    return out


def mutate(config, rng):
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        spots = places(config, [])
        if not spots:
            return config
        holder, key = rng.choice(spots)
        action = rng.randrange(6)
        if action == 0:
            holder[key] = copy.deepcopy(rng.choice(ODD))
        elif action == 1:
            other, k = rng.choice(spots)
            holder[key] = copy.deepcopy(other[k])
        elif action == 2:
            del holder[key]
        elif action == 3 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif action == 4 and isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
            holder[key] += rng.choice([-1, 1, 7, 1 << 31])
        elif isinstance(holder, dict):
            holder[rng.choice(["name", "config", "class_name", "layers", "units", "axis", "x", "shared_object_id"])] = \
                copy.deepcopy(rng.choice(ODD))
    return config


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--keep", default="/tmp")
    options = parser.parse_args()
    rng, end, count, bad, fine = random.Random(options.seed), time.time() + options.seconds, 0, 0, 0
    seeds = []
    for path in sorted(FIXTURES.glob("*.keras")):
        with zipfile.ZipFile(path) as z:
            seeds.append(z.read("config.json").decode())
    seeds += [p.read_text() for p in sorted(FIXTURES.glob("*.json"))]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "m.keras"
        while time.time() < end:
            config = mutate(json.loads(rng.choice(seeds)), rng)
            text = json.dumps(config).encode()
            if rng.random() < 0.05 and text:
                at = rng.randrange(len(text))
                text = text[:at] + bytes([rng.randrange(256)]) + text[at + rng.randrange(3):]
            with zipfile.ZipFile(path, "w") as z:
                z.writestr("metadata.json", json.dumps({"keras_version": rng.choice(["3.15.1", "2.4.0", "1.2.2"])}))
                z.writestr("config.json", text)
            try:
                run = subprocess.run([options.lamina, "summary", path], capture_output=True, timeout=60)
                status, err = run.returncode, run.stderr.decode("utf-8", "replace")
            except subprocess.TimeoutExpired:
                status, err = -1, "it does not end"
            count += 1
            fine += status == 0
            silent = status == 1 and "error" not in err
            if status not in (0, 1) or silent or "[E1" in err:  # the code it makes is always Python
                bad += 1
                kept = pathlib.Path(options.keep) / f"fuzz_saved_{options.seed}_{count}.keras"
                kept.write_bytes(path.read_bytes())
                print(f"{kept}: status {status}\n{err[:600]}", flush=True)
    print(f"{count} files, {fine} fine, {bad} bad")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
