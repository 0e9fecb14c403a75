#!/usr/bin/env python3
"""Models compiled with --threads against the same without: the same bits, alone, by the pool of the runtime, and by a
parallel-for that takes tasks backwards; as C and as an object; and no data race, by ThreadSanitizer.

    tests/threads.py --lamina build/bin/lamina [--threads N] [--all] [MODEL.lam ...]
"""
import argparse
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import corpus

TESTS = pathlib.Path(__file__).resolve().parent
RUNTIME = TESTS.parent / "runtime"
MODELS = {
    "images": """from keras import Input, Model
from keras.layers import *
x = Input((24, 24, 3))
y = Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
y = DepthwiseConv2D(3, padding="same", activation="relu")(y)
z = Conv2D(64, 1, activation="gelu")(y)
y = Add()([Conv2D(64, 3, padding="same", dilation_rate=2)(y), z])
y = MaxPooling2D(3, strides=2, padding="same")(LayerNormalization()(y))
y = Concatenate()([y, AveragePooling2D(2, strides=1, padding="same")(y)])
y = Dense(10, activation="softmax")(Flatten()(y))
model = Model(x, y)
""",
    "words": """from keras import Input, Model
from keras.layers import *
x = Input((40, 48))
y = LayerNormalization()(x + MultiHeadAttention(4, 12)(x, x))
y = y + Dense(48)(Dense(192, activation="gelu")(y))
y = Conv1D(64, 5, padding="same", activation="tanh")(y)
model = Model(x, GlobalAveragePooling1D()(y))
""",
    "volume": """from keras import Input, Model
from keras.layers import *
x = Input((7, 9, 8, 3), batch_size=3)
y = Conv3D(16, 3, padding="same", activation="relu")(x)
y = Conv3D(16, (5, 1, 3), strides=2, padding="same")(y)
model = Model(x, Permute((4, 1, 3, 2))(y))
""",
    "tiles": """from keras import Input, Model
from keras.layers import *
x = Input((22, 19, 24))
y = Conv2D(32, 3, padding="same", activation="relu")(x)
y = Add()([y, Conv2D(32, 3, padding="same", activation="gelu")(y)])
model = Model(x, GlobalAveragePooling2D()(Conv2D(40, 3)(y)))
""",
    "rows": """from keras import Input, Model
from keras.layers import Dense
x = Input((70,))
model = Model(x, Dense(300, activation="relu")(x))
""",
}


INPUTS = {"images": (17, 24, 24, 3), "rows": (33, 70)}


def command(arguments, what):
    run = subprocess.run([str(a) for a in arguments], capture_output=True, text=True)
    if run.returncode:
        raise AssertionError(f"{what}: {run.stdout[-3000:]}{run.stderr[-3000:]}")
    return run.stdout


def compile_pair(options, folder, model, threads, work, target, form="c"):
    """single.FORM and threaded.FORM of a model; False where it does not compile."""
    common = [options.lamina, "compile", model, "-w", "random:3", f"--target={target}"]
    extra = re.findall(r"^# (?:compile|args): (.*)$", pathlib.Path(model).read_text(), re.M)
    common += [word for line in extra for word in line.split()]
    single = subprocess.run([*map(str, common), "-o", str(folder / f"single.{form}")], capture_output=True, text=True)
    if single.returncode:
        return False
    command([*common, f"--threads={threads}:{work}", "-o", folder / f"threaded.{form}"], model)
    return True


def build_and_run(folder, flags, what, form="c"):
    cc = os.environ.get("CC", "cc")
    command([cc, "-std=c99", "-Wall", "-Wextra", "-Werror", *flags, f"-I{RUNTIME}/include", f"-I{folder}",
             TESTS / "threads_run.c", folder / f"single.{form}", folder / f"threaded.{form}", RUNTIME / "pool/pool.c", "-o",
             folder / "run", "-lm", "-lpthread"], f"{what}: the C compiler")
    return int(command([folder / "run"], what).split()[-4])


def check_run(options, model, name, threads, work):
    """`lamina run` gives the same file with threads and without."""
    shape = INPUTS.get(name)
    if not shape:
        return
    with tempfile.TemporaryDirectory() as temporary:
        data, result = os.path.join(temporary, "x.npy"), os.path.join(temporary, "y.npy")
        count = math.prod(shape)
        with open(data, "wb") as file:
            file.write(corpus.npy_bytes("float32", shape, [i * 37 % 101 / 50 - 1 for i in range(count)]))
        answers = []
        for extra in ([], [f"--threads={threads}:{work}"]):
            command([options.lamina, "run", model, "-w", "random:3", "-i", data, "-o", result, *extra], f"{name}: run")
            answers.append(pathlib.Path(result).read_bytes())
        assert answers[0] == answers[1], f"{name}: `lamina run` gives other bits with --threads={threads}:{work}"


def check(options, model, name, threads, work):
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        what = f"{name} --threads={threads}:{work}"
        if not compile_pair(options, folder, model, threads, work, "host"):
            return 0
        cut = build_and_run(folder, ["-O2"], what)
        if options.objects:
            compile_pair(options, folder, model, threads, work, "host", "o")
            objects = build_and_run(folder, ["-O2"], f"{what} (objects)", "o")
            assert objects == cut, f"{what}: {objects} steps cut in objects, {cut} in C"
        if not options.all and work == 1:
            compile_pair(options, folder, model, threads, work, "generic")
            build_and_run(folder, ["-O1", "-g", "-fsanitize=thread"], f"{what} (thread sanitizer)")
        return cut


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lamina", required=True)
    parser.add_argument("--all", action="store_true", help="without ThreadSanitizer, and models may have no step to cut")
    parser.add_argument("--only", nargs="*", choices=MODELS, default=list(MODELS), help="of the models made here")
    parser.add_argument("--objects", action="store_true", help="as objects too: this lamina has LLVM")
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    failed = 0
    jobs = [(model, model, 3, 1) for model in options.models]
    with tempfile.TemporaryDirectory() as temporary:
        if not jobs:
            for name in options.only:
                path = pathlib.Path(temporary) / f"{name}.lam"
                path.write_text(MODELS[name])
                jobs += [(path, name, 2, 100000), (path, name, 3, 1)]
        for model, name, threads, work in jobs:
            try:
                cut = check(options, model, name, threads, work)
                check_run(options, model, name, threads, work)
                assert cut or options.all, f"{name}: no step was cut"
            except AssertionError as error:
                failed += 1
                print(error)
    print(f"{len(jobs) - failed} of {len(jobs)} models the same by threads")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
