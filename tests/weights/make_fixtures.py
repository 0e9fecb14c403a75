"""Makes the weights files in this folder with the real libraries.

    python make_fixtures.py keras      # Keras 3 (pip install keras tensorflow-cpu)
    python make_fixtures.py tf_keras   # Keras 2 (pip install tf_keras), the older layouts

Element j of the model's i-th weight is 100 i + j, so that a weight in a wrong place cannot pass unseen.
"""
import importlib
import json
import os
import struct
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def build(keras):
    layers = keras.layers
    a = keras.Input((3,))
    b = layers.Dense(3, name="inner_a")(a)
    b = layers.BatchNormalization(name="inner_bn")(b)
    inner = keras.Model(a, layers.Dense(3, name="inner_b")(b), name="inner")
    x = keras.Input((3, 3, 2), name="image")
    y = layers.DepthwiseConv2D(2, name="dw")(x)
    y = layers.SeparableConv2D(3, 1, name="sep")(y)
    y = layers.BatchNormalization(name="bn")(y)
    y = inner(layers.GlobalAveragePooling2D(name="pool")(y))
    y = keras.Sequential([layers.Dense(2, name="seq_dense")], name="seq")(y)
    shared = layers.Dense(2, name="shared")
    return keras.Model(x, shared(shared(y)), name="model"), inner


def each_layer(model):
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from each_layer(layer)
        elif layer.weights:
            yield layer


def all_weights(model):
    """Within a layer as Keras 3's h5 files number them: gamma, beta, moving_mean, moving_variance."""
    return [w for layer in each_layer(model) for w in layer.trainable_weights + layer.non_trainable_weights]


def fill(model):
    for i, weight in enumerate(all_weights(model)):
        count = int(np.prod(weight.shape))
        weight.assign((100 * i + np.arange(count)).reshape(tuple(weight.shape)).astype("float32"))


def save_safetensors(path, arrays):
    """The format is simple enough to be written without its package."""
    header, data = {"__metadata__": {"format": "np"}}, b""
    for key, (dtype, shape, raw) in arrays.items():
        offsets = [len(data), len(data) + len(raw)]
        header[key] = {"dtype": dtype, "shape": list(shape), "data_offsets": offsets}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def save_keyed(model):
    arrays = {w.path: np.array(w) for w in all_weights(model)}
    np.savez(os.path.join(HERE, "model.npz"), **arrays)
    packed = {k: ("F32", v.shape, v.tobytes()) for k, v in arrays.items()}
    # One weight in each of the narrower types; their values are exact there.
    dense = arrays["shared/bias"]
    packed["shared/bias"] = ("BF16", dense.shape, (dense.view("<u4") >> 16).astype("<u2").tobytes())
    packed["dw/bias"] = ("F16", arrays["dw/bias"].shape, arrays["dw/bias"].astype("<f2").tobytes())
    packed["dw/kernel"] = ("F64", arrays["dw/kernel"].shape, arrays["dw/kernel"].astype("<f8").tobytes())
    packed["sep/bias"] = ("I16", arrays["sep/bias"].shape, arrays["sep/bias"].astype("<i2").tobytes())
    save_safetensors(os.path.join(HERE, "model.safetensors"), packed)


def save_frozen(keras):
    """Two layers alike in an inner model, the first frozen: the older layout puts its weights behind the second's."""
    a = keras.Input((3,))
    inner = keras.Model(a, keras.layers.Dense(3, name="second")(keras.layers.Dense(3, name="first")(a)), name="inner")
    x = keras.Input((3,), name="x")
    model = keras.Model(x, inner(x))
    fill(model)
    inner.get_layer("first").trainable = False
    model.save(os.path.join(HERE, "keras3_frozen_model.h5"))


def make_keras3(keras):
    model, _ = build(keras)
    fill(model)
    # bfloat16 keeps 8 bits of mantissa: 2000 and 2001 would be one.
    model.get_layer("shared").bias.assign([2000.0, 2048.0])
    model.save_weights(os.path.join(HERE, "keras3.weights.h5"))
    model.save(os.path.join(HERE, "keras3.keras"))
    model.save(os.path.join(HERE, "keras3_model.h5"))
    save_keyed(model)
    save_frozen(keras)


def make_keras2(keras):
    model, inner = build(keras)
    fill(model)
    model.get_layer("shared").bias.assign([2000.0, 2048.0])
    model.save_weights(os.path.join(HERE, "keras2_weights.h5"))
    model.save(os.path.join(HERE, "keras2_model.h5"))
    model.save(os.path.join(HERE, "keras2.keras"))
    inner.get_layer("inner_a").trainable = False
    model.save_weights(os.path.join(HERE, "keras2_partly_frozen.h5"))
    inner.trainable = False
    model.save_weights(os.path.join(HERE, "keras2_frozen.h5"))


if __name__ == "__main__":
    library = importlib.import_module(sys.argv[1])
    (make_keras3 if sys.argv[1] == "keras" else make_keras2)(library)
