"""What TensorFlow has no CPU kernels for, computed from what it has: Keras defines these layers, builds them on a CPU and
fails when they run. Importing this puts the equivalents in the place of Keras' backend functions.

 - convolutions with the channels first: the same with the channels last, between two transposes;
 - transposed convolutions with dilation: the same with zeros put into the kernel;
 - depthwise convolutions with different strides: that of stride 1, thinned out;
 - pooling of volumes in float64: averages through XLA, maxima one axis after the other.
"""
import numpy as np
import tensorflow as tf
from keras.src import backend

_nn = backend.nn
_conv, _conv_transpose, _depthwise, _separable = _nn.conv, _nn.conv_transpose, _nn.depthwise_conv, _nn.separable_conv


def _channels_last(function, inputs, data_format):
    """function(inputs) in channels_last."""
    if backend.standardize_data_format(data_format) != "channels_first":
        return function(inputs)
    rank = len(inputs.shape)
    result = function(tf.transpose(inputs, (0, *range(2, rank), 1)))
    return tf.transpose(result, (0, rank - 1, *range(1, rank - 1)))


def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1):
    return _channels_last(lambda x: _conv(x, kernel, strides, padding, "channels_last", dilation_rate), inputs, data_format)


def _dilated(kernel, rates):
    kernel = tf.convert_to_tensor(kernel)
    for axis, rate in enumerate(rates):
        if rate == 1:
            continue
        size = kernel.shape[axis]
        spread = np.zeros(((size - 1) * rate + 1, size))
        spread[np.arange(size) * rate, np.arange(size)] = 1
        moved = tf.tensordot(tf.constant(spread, kernel.dtype), kernel, axes=[[1], [axis]])
        kernel = tf.transpose(moved, [*range(1, axis + 1), 0, *range(axis + 1, len(kernel.shape))])
    return kernel


def conv_transpose(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1):
    rank = len(inputs.shape) - 2
    rates = (dilation_rate,) * rank if isinstance(dilation_rate, int) else tuple(dilation_rate)
    kernel = _dilated(kernel, rates)
    return _channels_last(lambda x: _conv_transpose(x, kernel, strides, padding, output_padding, "channels_last", 1), inputs,
                          data_format)


def _square(function, n):
    """function(inputs, n kernels, ...) for strides that may differ."""
    def run(inputs, *arguments, strides=1, padding="valid", data_format=None, dilation_rate=1):
        kernels, rest = arguments[:n], arguments[n:]
        names = ("strides", "padding", "data_format", "dilation_rate")
        given = dict(zip(names, (strides, padding, data_format, dilation_rate)), **dict(zip(names, rest)))
        strides, padding, data_format, dilation_rate = (given[name] for name in names)
        if isinstance(strides, int) or len(set(strides)) == 1:
            return function(inputs, *kernels, strides=strides, padding=padding, data_format=data_format,
                            dilation_rate=dilation_rate)

        def thinned(x):
            if padding == "same":
                size = kernels[0].shape[:2]
                pads = []
                for n, k, s, d in zip(x.shape[1:3], size, strides, (1, 1) if isinstance(dilation_rate, int) else dilation_rate):
                    total = max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
                    pads.append((total // 2, total - total // 2))
                x = tf.pad(x, [(0, 0), *pads, (0, 0)])
            whole = function(x, *kernels, strides=1, padding="valid", data_format="channels_last", dilation_rate=dilation_rate)
            return whole[:, ::strides[0], ::strides[1]]
        return _channels_last(thinned, inputs, data_format)
    return run


_max_pool, _average_pool = _nn.max_pool, _nn.average_pool


def _volume_of_doubles(inputs):
    return len(inputs.shape) == 5 and inputs.dtype == "float64"


def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    if not _volume_of_doubles(inputs):
        return _max_pool(inputs, pool_size, strides, padding, data_format)
    size = (pool_size,) * 3 if isinstance(pool_size, int) else tuple(pool_size)
    step = size if strides is None else (strides,) * 3 if isinstance(strides, int) else tuple(strides)

    def axes(x):
        n, d, h, w, c = x.shape
        x = tf.reshape(x, (n, d, h * w, c))
        x = tf.nn.max_pool2d(x, (size[0], 1), (step[0], 1), padding.upper())
        d = x.shape[1]
        x = tf.reshape(x, (n * d, h, w, c))
        x = tf.nn.max_pool2d(x, size[1:], step[1:], padding.upper())
        return tf.reshape(x, (n, d, *x.shape[1:]))
    return _channels_last(axes, inputs, data_format)


def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    if not _volume_of_doubles(inputs):
        return _average_pool(inputs, pool_size, strides, padding, data_format)
    compiled = tf.function(lambda x: _average_pool(x, pool_size, strides, padding, data_format), jit_compile=True)
    return compiled(inputs)


_adaptive = {tf.reduce_max: _nn.adaptive_max_pool, tf.reduce_mean: _nn.adaptive_average_pool}


def _adaptive_pool(reduce):
    def pool(inputs, output_size, data_format=None):
        if not _volume_of_doubles(inputs):
            return _adaptive[reduce](inputs, output_size, data_format)
        sizes = (output_size,) * 3 if isinstance(output_size, int) else tuple(output_size)

        def axes(x):
            for axis, parts in enumerate(sizes, 1):
                n = x.shape[axis]
                x = tf.stack([reduce(tf.gather(x, range(i * n // parts, -(-(i + 1) * n // parts)), axis=axis), axis)
                              for i in range(parts)], axis)
            return x
        return _channels_last(axes, inputs, data_format)
    return pool


def install():
    _nn.conv, _nn.conv_transpose = conv, conv_transpose
    _nn.depthwise_conv, _nn.separable_conv = _square(_depthwise, 1), _square(_separable, 2)
    _nn.max_pool, _nn.average_pool = max_pool, average_pool
    _nn.adaptive_max_pool, _nn.adaptive_average_pool = _adaptive_pool(tf.reduce_max), _adaptive_pool(tf.reduce_mean)
