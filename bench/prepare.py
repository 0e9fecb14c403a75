"""Makes of one model file all that the engines need, with Keras:  prepare.py MODEL.lam FOLDER BATCH...

FOLDER gets model.weights.h5 (random, from a seed that depends on the name alone), facts.json, and for each batch N the input xN.npy,
Keras' answer yN.npy, N.onnx, N.tflite and N.int8.tflite, which is quantised on x32.npy's like; an engine's file that cannot be made becomes N.onnx.error with the reason.
"""
import json
import os
import pathlib
import runpy
import sys
import zlib

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", KERAS_BACKEND="tensorflow")

import keras
import numpy as np
import tensorflow as tf

import onnx_writer


def build(path):
    """The model with weights that keep values in range: Keras' kernels, and biases and statistics that change results."""
    seed = zlib.crc32(path.stem.encode())
    keras.utils.set_random_seed(seed % 2**31)
    model = runpy.run_path(str(path))["model"]
    random = np.random.default_rng(seed)
    for variable in model.weights:
        kind, shape = variable.path.rsplit("/", 1)[-1], variable.shape
        if kind in ("bias", "beta", "moving_mean"):
            variable.assign(variable + random.normal(0, 0.1, shape))
        elif kind in ("gamma", "moving_variance"):
            variable.assign(random.uniform(0.7, 1.3, shape))
    return model


def macs(layer):
    """Multiply-adds of the matrix products in a layer for one sample; the padding's count."""
    kind, matrices = type(layer).__name__, [w.shape for w in layer.weights if len(w.shape) > 1 and "bias" not in w.path]
    size, output = sum(int(np.prod(m)) for m in matrices), layer.output.shape
    if kind in ("Dense", "Conv1D", "Conv2D", "DepthwiseConv2D"):
        return size * int(np.prod(output[1:-1], dtype=int))
    if kind in ("LSTM", "GRU"):
        return size * layer.input.shape[1]
    if kind == "MultiHeadAttention":
        return output[1] * (size + 2 * output[1] * int(np.prod(matrices[0][1:])))
    return 0


def samples(model, batch):
    return np.random.default_rng(batch).uniform(-1, 1, (batch, *model.inputs[0].shape[1:])).astype("f4")


def converter_of(model, batch):
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    spec = tf.TensorSpec([batch, *model.inputs[0].shape[1:]], tf.float32)
    function = tf.function(lambda x: model(x, training=False), input_signature=[spec]).get_concrete_function()
    return tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(function)])


def write_tflite(model, batch, path):
    path.write_bytes(converter_of(model, batch).convert())


def write_int8(model, batch, path):
    """int8 inside, float32 at its inputs and outputs, as `lamina --quantize=int8` has it, calibrated on the same samples."""
    converter, data = converter_of(model, batch), samples(model, 32)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([np.resize(data[i:i + batch], (batch, *data.shape[1:]))] for i in range(0, 32, batch))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    path.write_bytes(converter.convert())


def main():
    path, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    model = build(path)
    facts = {"macs": sum(map(macs, model.layers)), "weight_bytes": 4 * model.count_params()}
    (folder / "facts.json").write_text(json.dumps(facts))
    model.save_weights(folder / "model.weights.h5")
    for batch in map(int, sys.argv[3:]):
        x = samples(model, batch)
        np.save(folder / f"x{batch}.npy", x)
        np.save(folder / f"y{batch}.npy", model.predict(x, batch_size=8, verbose=0))
        for suffix, write in (("onnx", onnx_writer.write), ("tflite", write_tflite), ("int8.tflite", write_int8)):
            try:
                write(model, batch, folder / f"{batch}.{suffix}")
            except Exception as error:
                (folder / f"{batch}.{suffix}.error").write_text(f"{type(error).__name__}: {error}"[:300])
                print(f"{path.stem}: no {suffix}: {type(error).__name__}: {error}"[:300])


main()
