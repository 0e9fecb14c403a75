#!/usr/bin/env python3
"""Saved models as MODEL: they compute what Keras computed, become readable code, and are never trusted.

    LAMINA=build/bin/lamina tests/saved_models.py

The fixtures in tests/saved were written by Keras 2 and Keras 3 (see make.py there). Needs only python3.
"""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import zipfile

LAMINA = os.environ["LAMINA"]
FIXTURES = pathlib.Path(__file__).resolve().parent / "saved"
WEIGHTS = FIXTURES.parent / "weights"
RENAMED = {"keras2_operations"}  # outputs of operations, whose names code cannot give
MODELS = sorted(p for s in ("*.keras", "*.h5") for p in FIXTURES.glob(s))


def tensor(name, node=0, index=0):
    return {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32",
                                                         "keras_history": [name, node, index]}}


def layer(class_name, name, inbound=(), module="keras.layers", **config):
    return {"module": module, "class_name": class_name, "config": {"name": name, **config}, "registered_name": None,
            "name": name, "inbound_nodes": [{"args": list(args), "kwargs": {}} for args in inbound]}


INPUT = layer("InputLayer", "x", batch_shape=[None, 4], dtype="float32")


def functional(*layers, inputs=("x", 0, 0), outputs=None):
    config = {"name": "m", "trainable": True, "layers": [INPUT, *layers], "input_layers": list(inputs),
              "output_layers": list(outputs or (layers[-1]["name"], 0, 0))}
    return {"module": "keras.src.models.functional", "class_name": "Functional", "config": config}


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def expect(self, status, *arguments, says=None):
        run = subprocess.run([LAMINA, *map(str, arguments)], cwd=self.path, capture_output=True, text=True, timeout=300)
        self.assertEqual(run.returncode, status, f"{arguments}\n{run.stderr}{run.stdout}")
        if says:
            self.assertIn(says, run.stderr)
        return run

    def archive(self, config, name="m.keras", version="3.15.1", **more):
        text = config if isinstance(config, (str, bytes)) else json.dumps(config)
        with zipfile.ZipFile(self.path / name, "w") as z:
            z.writestr("metadata.json", json.dumps({"keras_version": version}))
            z.writestr("config.json", text)
            for entry, data in more.items():
                z.writestr(entry, data)
        return name

    def refuse(self, config, code, *says, **more):
        run = self.expect(1, "summary", self.archive(config, **more), says=f"[{code}]")
        for text in says:
            self.assertIn(text, run.stderr)


class Values(Case):
    """What Keras computed is what comes out, from the file itself and from what it is converted to."""

    def check(self, path):
        data = [f"-i{path.with_suffix('.in.npz')}", f"--expect={path.with_suffix('.out.npz')}"]
        self.expect(0, "verify", path, *data)
        self.expect(0, "convert", path, "-o", "c.lam")
        weights = ["-w", "c.weights.npz"] if (self.path / "c.weights.npz").exists() else []
        for number, model in enumerate(([path], ["c.lam", *weights])):
            self.expect(0, "run", *model, "--via=reference", data[0], "-o", f"{number}.npz")
        if path.stem in RENAMED:
            return
        self.expect(0, "verify", "c.lam", *weights, *data)
        self.assertEqual((self.path / "0.npz").read_bytes(), (self.path / "1.npz").read_bytes())

    def test_every_fixture(self):
        self.assertGreater(len(MODELS), 10)
        for path in MODELS:
            with self.subTest(path.name):
                for old in self.path.iterdir():
                    old.unlink()
                self.check(path)

    def test_every_command_takes_one(self):
        model = FIXTURES / "nested.keras"
        self.assertIn("inner", self.expect(0, "summary", model).stdout)
        self.assertIn("two", self.expect(0, "history", model).stdout)
        self.assertIn("dd/kernel", self.expect(0, "list", "weights", model).stdout)
        self.expect(0, "check", model)
        self.expect(0, "plot", model, "-o", "g.dot")
        self.expect(0, "compile", model, "-o", "m.c", "-MD")
        self.assertIn("nested.keras", (self.path / "m.d").read_text())

    def test_w_replaces_the_weights(self):
        model = FIXTURES / "sequential.keras"
        for options in ([], ["-w", "random:3"]):
            self.expect(0, "compile", model, *options, "-o", f"m{len(options)}.c", "--prefix=m")
        self.assertNotEqual((self.path / "m0.c").read_text(), (self.path / "m2.c").read_text())

    def test_names_of_operations_are_those_of_the_file(self):
        self.assertIn("multiply", self.expect(0, "summary", FIXTURES / "second_in_session.keras").stdout)

    def test_models_of_the_weights_tests(self):
        for name in ("keras3.keras", "keras3_model.h5", "keras2_model.h5", "keras2.keras", "keras3_frozen_model.h5"):
            with self.subTest(name):
                self.expect(0, "verify", WEIGHTS / name)


class Code(Case):
    def test_converted_code_is_what_a_person_writes(self):
        self.expect(0, "convert", FIXTURES / "sequential.keras", "-o", "s.lam")
        self.assertEqual((self.path / "s.lam").read_text(), """\
# Made from sequential.keras by `lamina convert`; its weights: s.weights.npz
from keras import Input, Sequential, layers

model = Sequential([
    Input((5,)),
    layers.Dense(7),
    layers.BatchNormalization(),
    layers.ReLU(max_value=6.0),
    layers.Dense(2),
])
""")

    def test_a_model_file_is_not_converted(self):
        (self.path / "m.lam").write_text("model = Model(x := Input((3,)), x)\n")
        self.expect(2, "convert", "m.lam", says="a model file already")


class Refused(Case):
    def test_no_model(self):
        self.expect(1, "summary", WEIGHTS / "keras3.weights.h5", says="[E420]")
        self.expect(1, "summary", WEIGHTS / "model.npz", says="[E420]")

    def test_damaged_configuration(self):
        for text in ("", "{", "[1,]", '{"a": }', '{"a" 1}', "nul", '"\\ud800"', '"\\x"', "1e", "{}x", b"\xff", '{"a":"\1"}'):
            self.refuse(text, "E421")
        for config in (1, [], {}, {"class_name": 3}, {"class_name": "Functional", "module": "keras"},
                       {"class_name": "Functional", "module": "keras", "config": {}},
                       {"class_name": "Functional", "module": "keras", "config": {"layers": 3}},
                       {"class_name": "Functional", "module": "keras", "config": {"layers": [3]}}):
            self.refuse(config, "E421")

    def test_a_key_twice(self):
        text = json.dumps(functional(layer("ReLU", "a", [[tensor("x")]])))
        for key in ('"class_name": "ReLU"', '"units": 2'):
            self.refuse(text.replace('"class_name": "ReLU"', f'"class_name": "Dense", "units": 1, {key}'), "E421", "a key twice")
        self.expect(0, "summary", self.archive(text))

    def test_where_it_is_said(self):
        dense = layer("Dense", "d", [[tensor("x")]])
        dense["inbound_nodes"] = [{"args": 3}]
        self.refuse(functional(dense), "E421", "config.layers[1].inbound_nodes[0]")

    def test_values_out_of_range_are_shown_in_the_code(self):
        self.refuse(functional(layer("Dense", "d", [[tensor("x")]], units=-3)), "E204", "layers.Dense(-3")
        self.refuse(functional(layer("Dense", "d", [[tensor("x")]], units=3, unit=4)), "E201", "unit")

    def test_code_of_the_users_own(self):
        self.refuse(functional(layer("Mine", "d", [[tensor("x")]], module="my.module")), "E422", "Mine", '"d"')
        code = {"class_name": "__lambda__", "config": {"code": "4wEA", "defaults": None, "closure": None}}
        self.refuse(functional(layer("Lambda", "l", [[tensor("x")]], function=code)), "E422", "bytecode")
        own = {"module": "builtins", "class_name": "function", "config": "act", "registered_name": "function"}
        self.refuse(functional(layer("Dense", "d", [[tensor("x")]], units=2, activation=own)), "E422", "act")
        self.refuse({"module": "my", "class_name": "Net", "config": {"name": "net"}}, "E422", "Net")

    def test_graphs_that_do_not_hold_together(self):
        a, b = layer("ReLU", "a", [[tensor("b")]]), layer("ReLU", "b", [[tensor("a")]])
        self.refuse(functional(a, b), "E423", "loop")
        self.refuse(functional(layer("ReLU", "a", [[tensor("y")]])), "E423", '"y"')
        self.refuse(functional(layer("ReLU", "a", [[tensor("x", 1)]])), "E423")
        self.refuse(functional(layer("ReLU", "a", [[tensor("x", -1)]])), "E423")
        self.refuse(functional(layer("ReLU", "a", [[tensor("x", 0, -1)]])), "E423")
        self.refuse(functional(layer("ReLU", "a", [[tensor("x")]]), outputs=("a", 3, 0)), "E423")
        self.refuse(functional(layer("ReLU", "a", [[tensor("x")]]), layer("ReLU", "a", [[tensor("x")]])), "E421")

    def test_operations_that_are_not_known(self):
        many = layer("Add", "a", [[tensor("x"), tensor("x"), tensor("x")]], module="keras.src.ops.numpy")
        self.refuse(functional(many), "E424")

    def test_what_keras_3_cannot_say(self):
        old = functional(layer("BatchNormalization", "b", [[tensor("x")]], mode=1))
        self.refuse(old, "E426", "mode=1", version="1.2.2")
        old = functional(layer("UpSampling2D", "u", [[tensor("x")]], interpolation="bilinear"))
        self.refuse(old, "E426", "bilinear", version="2.2.4")
        old = functional(layer("Convolution2D", "c", [[tensor("x")]], dim_ordering="th", nb_filter=2))
        self.refuse(old, "E426", "dim_ordering", version="1.2.2")

    def test_kernels_of_theano(self):
        self.expect(1, "verify", FIXTURES / "theano" / "keras1.h5", says="[E427]")

    def test_gates_of_keras_1(self):
        path = self.path / "gates.lam"
        path.write_text("from keras import Input, Model\nfrom keras.layers import GRU, LSTM\nx = Input((4, 3))\n"
                        "model = Model(x, GRU(2)(LSTM(2, return_sequences=True)(x)))\n")
        self.expect(1, "compile", path, "-w", FIXTURES / "gates" / "keras1.h5", "-o", self.path / "m.c", says="[E683]")

    def test_bounds(self):
        self.refuse("[" * 1000, "E425")
        self.refuse("[" + "0," * (1 << 23) + "0]", "E425")
        deep = functional(layer("ReLU", "r", [[tensor("x")]]))
        for _ in range(45):
            deep = functional({**deep, "name": "m", "inbound_nodes": [{"args": [tensor("x")], "kwargs": {}}]})
        self.refuse(deep, "E425")

    def test_strings_do_not_become_code(self):
        evil = "a')\nimport os\nmodel = None #"
        run = self.expect(1, "convert", self.archive(functional(layer("Dense", evil, [[tensor("x")]], units=2))),
                          "-o", "/dev/stdout")
        self.assertNotIn("\nimport", run.stdout)
        self.refuse(functional(layer("Dense", "d", [[tensor("x")]], **{"units": 2, "x=1, y": 3})), "E421")


if __name__ == "__main__":
    unittest.main()
