#!/usr/bin/env python3
"""keras.applications: Keras' own model files, compiled as they stand.

    applications.py --lamina build/bin/lamina                            how they are found: on a small tree of our own
    applications.py --lamina build/bin/lamina --site SITE                every architecture file of the installed Keras against
                                                                         tests/applications.json (Keras need not run for this)
    VENV/bin/python applications.py --update                             write what is missing there, from real Keras
    VENV/bin/python applications.py --lamina build/bin/lamina --outputs MobileNetV2 ...   [--via c]
                                                                         outputs against Keras, the same random weights

The last one is a long run: minutes and gigabytes for the large models. The JSON file keeps, for each model, the number of
rows of its summary, the total of parameters and a hash of all rows (name, class, output shape, parameters).
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import corpus

GOLDEN = pathlib.Path(__file__).resolve().parent / "applications.json"
MODELS = {"ConvNeXtTiny": "convnext", "DenseNet121": "densenet",
          "EfficientNetB0": "efficientnet", "EfficientNetB3": "efficientnet", "EfficientNetV2B0": "efficientnet_v2",
          "EfficientNetV2S": "efficientnet_v2", "InceptionResNetV2": "inception_resnet_v2", "InceptionV3": "inception_v3",
          "MobileNet": "mobilenet", "MobileNetV2": "mobilenet_v2", "MobileNetV3Small": "mobilenet_v3",
          "MobileNetV3Large": "mobilenet_v3", "NASNetMobile": "nasnet", "ResNet50": "resnet",
          "ResNet101": "resnet", "ResNet50V2": "resnet_v2", "VGG16": "vgg16", "VGG19": "vgg19", "Xception": "xception"}
# Inputs for the outputs, where the model leaves the extents of its own open.
SHAPES = {"NASNetMobile": (224, 224, 3), "MobileNetV3Small": (224, 224, 3), "MobileNetV3Large": (224, 224, 3)}


def digest(rows):
    return {"rows": len(rows), "params": sum(r[3] for r in rows),
            "hash": hashlib.sha256(json.dumps(rows).encode()).hexdigest()}


# ---- Lamina's side ----

def lamina_rows(lamina, path, call, include):
    run = subprocess.run([lamina, "summary", str(path), f"-I{include}", f"--call={call}"], capture_output=True, text=True,
                         timeout=600)
    if run.returncode:
        raise AssertionError(run.stderr)
    rows = []
    for line in run.stdout.split("Total params")[0].splitlines():
        cell = re.match(r"│ (\S+) \((\w+)\) +│ (.+?) +│ +([\d,]+) │", line)
        if cell:
            rows.append([cell[1], cell[2], cell[3], int(cell[4].replace(",", ""))])
    return rows


def compare_summaries(lamina, site):
    golden, failed = json.loads(GOLDEN.read_text()), 0
    for name, module in MODELS.items():
        path = pathlib.Path(site) / "keras/src/applications" / f"{module}.py"
        try:
            found = digest(lamina_rows(lamina, path, f"{name}(weights=None)", site))
            problem = None if found == golden[name] else f"Keras has {golden[name]}, Lamina {found}"
        except AssertionError as error:
            problem = str(error)
        if problem:
            failed += 1
            print(f"FAILED {name}: {problem}")
    print(f"{len(MODELS) - failed} passed, {failed} failed")
    return failed


# ---- Keras' side ----

def keras_model(name):
    import keras
    keras.backend.clear_session()
    arguments = {"weights": None}
    if name in SHAPES:
        arguments["input_shape"] = SHAPES[name]
    return getattr(keras.applications, name)(**arguments)


def keras_rows(model):
    import keras
    rows = []
    for operation in model.operations:
        is_layer = isinstance(operation, keras.layers.Layer)
        output = operation.output
        shape = str(tuple(output.shape)) if hasattr(output, "shape") else str([tuple(o.shape) for o in output])
        rows.append([operation.name, type(operation).__name__, shape, operation.count_params() if is_layer else 0])
    return rows


def update():
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow")
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    for name in MODELS:
        golden[name] = golden.get(name) or digest(keras_rows(keras_model(name)))
        print(name, golden[name], flush=True)
        GOLDEN.write_text(json.dumps(golden, indent=1) + "\n")


def compare_outputs(lamina, name, via, tolerance):
    import numpy as np

    import keras
    model = keras_model(name)
    rng = np.random.default_rng(1)
    for variable in model.weights:
        count = int(np.prod(variable.shape))
        flat = np.array(corpus.weight_values(variable.path, variable.shape), dtype="float32") if count < 64 else (
            rng.uniform(-1, 1, count) * (3 / max(1, np.prod(variable.shape[:-1]))) ** 0.5 if len(variable.shape) > 1
            else rng.uniform(0.5, 1.5, count) if re.search("variance|gamma", variable.path) else rng.uniform(-.5, .5, count))
        variable.assign(np.asarray(flat, dtype="float32").reshape(variable.shape))
    shape = [d or 1 for d in model.inputs[0].shape]
    x = rng.uniform(0, 1, shape).astype("float32")
    expected = np.asarray(model(x, training=False))
    site = pathlib.Path(keras.__file__).resolve().parent.parent
    with tempfile.TemporaryDirectory() as folder:
        weights, data, result = (os.path.join(folder, n) for n in ("m.weights.h5", "x.npy", "y.npy"))
        model.save_weights(weights)
        np.save(data, x)
        arguments = "weights=None" + (f", input_shape={SHAPES[name]}" if name in SHAPES else "")
        run = subprocess.run([lamina, "run", str(site / "keras/src/applications" / f"{MODELS[name]}.py"), f"-I{site}",
                              f"--call={name}({arguments})", "-w", weights, "-i", data, "-o", result, f"--via={via}"],
                             capture_output=True, text=True)
        if run.returncode:
            print(f"FAILED {name}: {run.stderr[-2000:]}")
            return 1
        found = np.load(result)
    difference = float(np.abs(found - expected).max() / max(1e-30, np.abs(expected).max()))
    print(f"{'passed' if difference <= tolerance else 'FAILED'} {name}: largest difference {difference:.3g} of the largest output",
          flush=True)
    return difference > tolerance


# ---- how the files are found: a tree of our own ----

UTILS = "def size(n, include_top):\n    return (n, n, 3) if include_top else (None, None, 3)\n"
VGG = """from keras.src import layers
from keras.src.api_export import keras_export
from keras.src.applications import imagenet_utils
from keras.src.models import Functional
from keras.src.ops import operation_utils
from keras.src.utils import file_utils


@keras_export(["keras.applications.vgg16.VGG16", "keras.applications.VGG16"])
def VGG16(include_top=True, weights="imagenet", input_tensor=None, classes=4):
    if not (weights in {"imagenet", None} or file_utils.exists(weights)):
        raise ValueError("no such weights")
    shape = imagenet_utils.size(8, include_top)
    x = img = layers.Input(shape) if input_tensor is None else input_tensor
    if input_tensor is not None:
        img = operation_utils.get_source_inputs(input_tensor)[0]
    x = layers.Conv2D(5, 3, name="block1_conv1")(x)
    x = layers.GlobalMaxPooling2D()(x)
    if include_top:
        x = layers.Dense(classes, name="predictions")(x)
    model = Functional(img, x, name="vgg16")
    if weights == "imagenet":
        model.load_weights(file_utils.get_file("vgg16.h5", "https://example.org/vgg16.h5"))
    elif weights is not None:
        model.load_weights(weights)
    return model


def preprocess_input(x):
    return x / 127.5 - 1.0
"""
TRANSFER = """import keras
from keras import layers
from keras.applications import VGG16, vgg16

base = VGG16(include_top=False)
base.trainable = False
x = keras.Input((9, 9, 3))
y = base(vgg16.preprocess_input(x), training=False)
model = keras.Model(x, layers.Dense(2)(y))
"""


class Finding(unittest.TestCase):
    lamina = None

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        self.apps = self.path / "site/keras/src/applications"
        self.apps.mkdir(parents=True)
        (self.apps / "imagenet_utils.py").write_text(UTILS)
        (self.apps / "vgg16.py").write_text(VGG)
        (self.path / "m.py").write_text(TRANSFER)

    def tearDown(self):
        self.folder.cleanup()

    def run_lamina(self, *arguments, status=0):
        run = subprocess.run([self.lamina, *arguments], cwd=self.path, capture_output=True, text=True, timeout=120)
        self.assertEqual(run.returncode, status, run.stderr)
        return run

    def test_without_the_sources_the_message_says_which_folder(self):
        run = self.run_lamina("check", "m.py", status=1)
        self.assertIn("E310", run.stderr)
        self.assertIn("by -I", run.stderr)

    def test_transfer_learning(self):
        run = self.run_lamina("summary", "m.py", "-Isite")
        self.assertIn("vgg16 (Functional)", run.stdout)
        self.assertIn("(None, 5)", run.stdout)

    def test_downloads_are_noted_at_the_call_in_the_users_file(self):
        run = self.run_lamina("check", "m.py", "-Isite")
        self.assertIn("m.py:5:8: note: ", run.stderr)
        self.assertIn("W300", run.stderr)
        self.assertIn("pass -w", run.stderr)
        given = self.run_lamina("compile", "m.py", "-Isite", "-w", "random", "-o", "m.c")
        self.assertIn("those of -w are taken", given.stderr)

    def test_the_files_are_in_the_depfile(self):
        self.run_lamina("compile", "m.py", "-Isite", "-w", "random", "-o", "m.c", "-MD")
        text = (self.path / "m.d").read_text()
        self.assertIn("vgg16.py", text)
        self.assertIn("imagenet_utils.py", text)

    def test_a_file_as_it_stands_finds_its_neighbours(self):
        run = self.run_lamina("summary", "site/keras/src/applications/vgg16.py", "--call=VGG16(weights=None)")
        self.assertIn("predictions (Dense)", run.stdout)
        run = self.run_lamina("summary", "m.py", "-I", "site/keras/src/applications")
        self.assertIn("vgg16 (Functional)", run.stdout)

    def test_a_weights_file_that_is_not_there(self):
        (self.path / "n.py").write_text("import keras\nmodel = keras.applications.VGG16(weights='no.h5')\n")
        run = self.run_lamina("check", "n.py", "-Isite", status=1)
        self.assertIn("no such weights", run.stderr)
        self.run_lamina("compile", "n.py", "-Isite", "-w", "random", "-o", "n.c")

    def test_an_input_tensor(self):
        (self.path / "t.py").write_text("import keras\nx = keras.Input((12, 12, 3))\n"
                                        "model = keras.applications.vgg16.VGG16(weights=None, input_tensor=x * 2.0)\n")
        run = self.run_lamina("summary", "t.py", "-Isite")
        self.assertIn("(None, 12, 12, 3)", run.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lamina")
    parser.add_argument("--site", help="the folder that holds the package keras")
    parser.add_argument("--venv", help="the same, below a virtual environment")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--outputs", nargs="+", metavar="MODEL")
    parser.add_argument("--via", default="c")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    options = parser.parse_args()
    if options.update:
        return update()
    if options.lamina:
        options.lamina = os.path.abspath(options.lamina)
    if options.outputs:
        return sys.exit(sum(compare_outputs(options.lamina, n, options.via, options.tolerance) for n in options.outputs) > 0)
    if options.venv:
        options.site = str(next(pathlib.Path(options.venv).glob("lib/python3*/site-packages")))
    if options.site:
        return sys.exit(compare_summaries(options.lamina, options.site) > 0)
    Finding.lamina = options.lamina
    unittest.main(argv=[sys.argv[0]])


if __name__ == "__main__":
    main()
