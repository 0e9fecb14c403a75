#!/usr/bin/env python3
"""Writes the saved models of this folder, with inputs and what Keras answers: run it with the oracle's Python.

    build/oracle/bin/python tests/saved/make.py                       # all that Keras 3 writes
    PYTHONPATH=FOLDER_WITH_tf_keras .../python tests/saved/make.py 2  # those of Keras 2 (tf_keras)

Each is NAME.keras (packed, to be small) or NAME.h5, NAME.in.npz and NAME.out.npz. Weights are drawn with a fixed seed.
"""
import os
import pathlib
import sys
import zipfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import numpy as np  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
MODELS = []
if sys.argv[1:] == ["2"]:
    import tf_keras as keras
    import tensorflow as tf
    K, VERSION = keras.backend, 2
else:
    import keras
    VERSION = 3
L, Input, Model, Sequential = keras.layers, keras.Input, keras.Model, keras.Sequential


def model(version, suffixes, clear=True):
    def add(function):
        if version == VERSION:
            MODELS.append((function, suffixes, clear))
        return function
    return add


@model(3, "keras h5")
def plain():
    x = Input((6, 6, 3))
    y = L.Conv2D(4, 3, padding="same", activation="relu", kernel_regularizer="l2")(x)
    y = L.BatchNormalization(epsilon=1e-2)(y)
    z = L.DepthwiseConv2D((3, 2), strides=2, padding="same", use_bias=False)(y)
    z = L.Activation("swish", name="act")(z)
    z = L.ZeroPadding2D(((1, 0), (0, 2)))(z)
    y = L.AveragePooling2D(2)(y)
    y = L.Flatten()(y)
    z = L.Flatten()(z)
    return Model(x, L.Dense(3, activation="softmax")(L.Concatenate()([y, z])))


@model(3, "keras h5")
def nested():
    inner = Sequential([Input((4,)), L.Dense(3, activation="gelu"), L.Dense(4)], name="inner")
    i = Input((4,), name="i")
    two = Model(i, [L.Dense(4, name="dd")(i), L.LeakyReLU(0.1)(i)], name="two")
    x = Input((4,), name="x")
    p, q = two(x)
    r, s = two(q)
    return Model(x, [L.Add()([inner(x), p]), r, inner(s)])


@model(3, "keras h5")
def structures():
    a, b = Input((5,), name="a"), Input((5,), name="b")
    shared = L.Dense(4, activation="tanh", name="shared")
    p, q = shared(a), shared(b)
    r = shared(L.Dense(5)(p))
    y = (p * 2.0 - q) / (1.5 + r)
    return Model({"a": a, "b": b}, {"first": y[:, 1:3], "others": [L.Subtract()([p, q]), -r]}, name="pair")


@model(3, "keras h5")
def sequential():
    return Sequential([L.Dense(7, input_shape=(5,)), L.BatchNormalization(), L.ReLU(6.0), L.Dense(2)])


@model(3, "keras")
def built_later():
    m = Sequential([L.Dense(3, activation="elu"), L.Dense(2)])
    m.build((None, 4))
    return m


@model(3, "keras", clear=False)
def second_in_session():
    x = Input((4,))
    return Model(x, L.Dense(2, activation=L.LeakyReLU(0.3))(x + 1.0) * 0.5)


@model(3, "keras")
def layers_in_two_models():
    shared = L.Dense(4, name="shared")
    i, j, k = Input((4,)), Input((4,)), Input((4,))
    a = Model(i, shared(i), name="a")
    b = Model(j, shared(L.Activation("tanh")(shared(j))), name="b")
    return Model(k, b(a(k)))


@model(3, "keras")
def embedded():
    x = Input((3,), batch_size=2, dtype="int32", name="ids")
    y = L.Embedding(10, 4, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.3))(x)
    return Model(x, L.Permute((2, 1))(L.Reshape((4, 3))(y)))


@model(2, "h5")
def keras2():
    x = Input((6, 6, 3))
    y = L.SeparableConv2D(4, 3, activation="hard_sigmoid")(x)
    y = L.BatchNormalization()(y)
    y = L.DepthwiseConv2D(2, depth_multiplier=2)(y)
    y = L.LeakyReLU(alpha=0.2)(y)
    y = L.GlobalAveragePooling2D()(y)
    return Model(x, L.Dense(2, activation="hard_sigmoid")(y))


@model(2, "h5")
def keras2_nested():
    i = Input((4,), name="i")
    two = Model(i, [L.Dense(4, name="dd")(i), L.ReLU(max_value=1.0)(i)], name="two")
    inner = Sequential([L.Dense(3, input_shape=(4,)), L.Dense(4)], name="inner")
    x = Input((4,), name="x")
    p, q = two(x)
    r, s = two(inner(q))
    return Model([x], [L.Add()([p, s]), inner(r)])


@model(2, "h5")
def keras2_operations():
    x, y = Input((3, 4), name="x"), Input((3, 4), name="y")
    z = x * 2.0 + y
    z = 1.0 - tf.nn.relu(z)
    return Model({"x": x, "y": y}, [z[:, 1:, ::-1], z / (y * y + 1.0)])


def keras1(name, backend):
    """What Keras 1 wrote, by hand: its names for arguments, no version, one Merge layer; the model of Keras 3 beside it."""
    import h5py
    import json
    x = Input((6, 6, 2), name="in")
    y = L.Conv2D(3, 2, strides=2, padding="same", activation="relu", name="c")(x)
    y = L.MaxPooling2D(2, padding="valid", name="p")(y)
    f = L.Flatten(name="f")(y)
    a = L.Dense(4, name="a")(f)
    b = L.Dense(4, activation="tanh", name="b")(f)
    m = Model(x, L.Concatenate(axis=1, name="m")([a, b]))
    draw(m, np.random.default_rng(1))

    def layer(class_name, name, inbound, **config):
        return {"class_name": class_name, "name": name, "config": {"name": name, "trainable": True, **config},
                "inbound_nodes": [[[n, 0, 0] for n in inbound]] if inbound else []}

    dense = dict(init="glorot_uniform", W_regularizer=None, b_regularizer=None, activity_regularizer=None,
                 W_constraint=None, b_constraint=None, bias=True, input_dim=12, output_dim=4)
    layers = [
        layer("InputLayer", "in", [], batch_input_shape=[None, 6, 6, 2], input_dtype="float32", sparse=False),
        layer("Convolution2D", "c", ["in"], nb_filter=3, nb_row=2, nb_col=2, init="glorot_uniform", activation="relu",
              border_mode="same", subsample=[2, 2], dim_ordering="tf", W_regularizer=None, b_regularizer=None,
              activity_regularizer=None, W_constraint=None, b_constraint=None, bias=True),
        layer("MaxPooling2D", "p", ["c"], pool_size=[2, 2], strides=[2, 2], border_mode="valid", dim_ordering="tf"),
        layer("Flatten", "f", ["p"]),
        layer("Dense", "a", ["f"], activation="linear", **dense),
        layer("Dense", "b", ["f"], activation="tanh", **dense),
        layer("Merge", "m", ["a", "b"], mode="concat", mode_type="raw", concat_axis=1, dot_axes=-1, output_shape=None,
              output_shape_type="raw", output_mask=None, output_mask_type="raw", arguments={}),
    ]
    config = {"name": "model_1", "layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [["m", 0, 0]]}
    (HERE / name).parent.mkdir(exist_ok=True)
    with h5py.File(HERE / f"{name}.h5", "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Model", "config": config}).encode()
        group = file.create_group("model_weights")
        if backend:
            group.attrs["backend"] = backend.encode()
        group.attrs["layer_names"] = [n["name"].encode() for n in layers]
        for n in layers:
            inner = group.create_group(n["name"])
            values = m.get_layer(n["name"]).get_weights() if n["name"] in "cab" else []
            inner.attrs["weight_names"] = [f"{n['name']}_{k}".encode() for k in "Wb"[:len(values)]]
            for k, v in zip("Wb", values):
                inner.create_dataset(f"{n['name']}_{k}", data=v)
    if backend:
        return
    data = np.random.default_rng(2).uniform(-2, 2, (3, 6, 6, 2)).astype("float32")
    np.savez(HERE / f"{name}.in.npz", **{"in": data})
    np.savez(HERE / f"{name}.out.npz", m=m.predict_on_batch(data))


def draw(m, rng):
    for w in m.weights:
        low, high = (0.5, 1.5) if "variance" in w.name or "gamma" in w.name else (-0.6, 0.6)
        w.assign(rng.uniform(low, high, w.shape).astype("float32"))


def sample(t, rng):
    shape = tuple(d or 3 for d in t.shape)
    if "int" in str(t.dtype):
        return rng.integers(0, 10, shape).astype(str(t.dtype).split("'")[-2 if "'" in str(t.dtype) else 0])
    return rng.uniform(-2, 2, shape).astype("float32")


def flat(value):
    if isinstance(value, dict):
        return [x for k in sorted(value) for x in flat(value[k])]
    return [x for v in value for x in flat(v)] if isinstance(value, (list, tuple)) else [value]


def pack(path):
    with zipfile.ZipFile(path) as z:
        entries = [(n, z.read(n)) for n in z.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name, data in entries:
            z.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)


def unique(names):
    out = []
    for n in names:
        k, wanted = 0, n
        while wanted in out:
            k += 1
            wanted = f"{n}_{k}"
        out.append(wanted)
    return out


def input_names(m):
    return [t._keras_history[0].name for t in m.inputs]


def main():
    if VERSION == 3:
        keras1("keras1", None)
        keras1("theano/keras1", "theano")
    for function, suffixes, clear in MODELS:
        name = function.__name__
        if clear:
            keras.backend.clear_session()
        m = function()
        rng = np.random.default_rng(len(name))
        draw(m, rng)
        inputs = [sample(t, rng) for t in m.inputs]
        single = len(inputs) == 1
        given = dict(zip(input_names(m), inputs)) if name in ("structures", "keras2_operations") else inputs
        answers = flat(m.predict_on_batch(inputs[0] if single else given))
        np.savez(HERE / f"{name}.in.npz", **dict(zip(input_names(m), inputs)))
        np.savez(HERE / f"{name}.out.npz", **dict(zip(unique(getattr(m, "output_names", None) or [m.layers[-1].name]), answers)))
        for suffix in suffixes.split():
            path = HERE / f"{name}.{suffix}"
            m.save(str(path))
            if suffix == "keras":
                pack(path)


if __name__ == "__main__":
    main()
