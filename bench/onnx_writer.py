"""Writes a Keras model as the ONNX graph that an engine can make the most of: channels first, one operator for each layer
(LSTM and LayerNormalization among them, where converters leave loops and chains), a fixed batch.

write(model, batch, path). Each layer class has one function, which takes the layer, the Graph and its input names, and gives
the name of its result. A name in Graph.first holds its channels on axis 1; last() and first() convert where needed.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    def __init__(self, batch):
        self.batch, self.nodes, self.constants, self.first_names = batch, [], [], set()

    def constant(self, value, dtype="f4"):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype), name))
        return name

    def op(self, kind, *inputs, first=False, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        if first:
            self.first_names.add(name)
        return name

    def first(self, name, rank):
        if name in self.first_names:
            return name
        return self.op("Transpose", name, perm=[0, rank - 1, *range(1, rank - 1)], first=True)

    def last(self, name, rank):
        if name not in self.first_names:
            return name
        return self.op("Transpose", name, perm=[0, *range(2, rank), 1])


def weights(layer):
    return [np.asarray(w) for w in layer.weights]


def source_shape(layer):
    source = layer.input[0] if isinstance(layer.input, (list, tuple)) else layer.input
    return source.shape


def rank_of(layer):
    return len(source_shape(layer))


def activated(g, name, function, first=False):
    """The activation functions that the models use."""
    kind = function if isinstance(function, str) else function.__name__
    simple = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "elu": "Elu", "hard_silu": "HardSwish"}
    if kind == "linear":
        return name
    if kind == "softmax":
        return g.op("Softmax", name, axis=-1)
    if kind == "hard_sigmoid":
        return g.op("HardSigmoid", name, alpha=1 / 6, beta=0.5, first=first)
    if kind == "gelu":
        half = g.op("Mul", name, g.op("Add", g.op("Erf", g.op("Div", name, g.constant(2**0.5))), g.constant(1)))
        return g.op("Mul", half, g.constant(0.5), first=first)
    return g.op(simple[kind], name, first=first)


def pads(layer, sizes, source):
    """ONNX' padding of a window: TensorFlow's `same` puts the odd element behind."""
    if layer.padding == "valid":
        return [0] * 2 * len(sizes)
    before, after = [], []
    dilations = getattr(layer, "dilation_rate", 1)
    dilations = dilations if isinstance(dilations, tuple) else (dilations,) * len(sizes)
    for extent, size, stride, dilation in zip(source, sizes, layer.strides, dilations):
        whole = max((-(-extent // stride) - 1) * stride + (size - 1) * dilation + 1 - extent, 0)
        before.append(whole // 2)
        after.append(whole - whole // 2)
    return before + after


def convolution(layer, g, x):
    rank, values = rank_of(layer), weights(layer)
    kernel, depthwise = values[0], type(layer).__name__ == "DepthwiseConv2D"
    if depthwise:
        kernel = kernel.transpose(2, 3, 0, 1).reshape(-1, 1, *kernel.shape[:2])
    else:
        kernel = kernel.transpose(rank - 1, rank - 2, *range(rank - 2))
    sizes = kernel.shape[2:]
    y = g.op("Conv", g.first(x, rank), g.constant(kernel), *[g.constant(b) for b in values[1:]], first=True,
             strides=list(layer.strides), dilations=list(layer.dilation_rate), kernel_shape=list(sizes),
             pads=pads(layer, sizes, layer.input.shape[1:-1]), group=len(kernel) if depthwise else 1)
    return activated(g, y, layer.activation, True)


def dense(layer, g, x):
    values, y = weights(layer), g.last(x, rank_of(layer))
    if rank_of(layer) == 2:
        y = g.op("Gemm", y, *[g.constant(v) for v in values])
    else:
        y = g.op("MatMul", y, g.constant(values[0]))
        y = g.op("Add", y, g.constant(values[1]))
    return activated(g, y, layer.activation)


def normalization(layer, g, x):
    gamma, beta, mean, variance = weights(layer)
    values = [g.constant(v) for v in (gamma, beta, mean, variance)]
    return g.op("BatchNormalization", g.first(x, rank_of(layer)), *values, epsilon=layer.epsilon, first=True)


def pooling(layer, g, x):
    kind = "AveragePool" if "Average" in type(layer).__name__ else "MaxPool"
    extra = {"count_include_pad": 0} if kind == "AveragePool" else {}
    return g.op(kind, g.first(x, rank_of(layer)), kernel_shape=list(layer.pool_size), strides=list(layer.strides),
                pads=pads(layer, layer.pool_size, layer.input.shape[1:-1]), first=True, **extra)


def global_pooling(layer, g, x):
    rank = rank_of(layer)
    if rank == 3 and x not in g.first_names:
        return g.op("ReduceMean", x, g.constant([1], "i8"), keepdims=0)
    y = g.op("GlobalAveragePool" if "Average" in type(layer).__name__ else "GlobalMaxPool", g.first(x, rank))
    return g.op("Reshape", y, g.constant([g.batch, layer.output.shape[-1]], "i8"))


def reshape(layer, g, x):
    """Channels stay first where only extents of 1 stand beside them."""
    target = layer.output.shape[1:]
    if x in g.first_names and all(n == 1 for n in layer.input.shape[1:-1]):
        return g.op("Reshape", x, g.constant([g.batch, *target], "i8"))
    if len(target) > 2 and all(n == 1 for n in target[:-1]):
        return g.op("Reshape", x, g.constant([g.batch, target[-1], *target[:-1]], "i8"), first=True)
    return g.op("Reshape", g.last(x, rank_of(layer)), g.constant([g.batch, *target], "i8"))


def merged(kind):
    def write(layer, g, *names):
        rank = rank_of(layer)
        first = any(n in g.first_names for n in names)
        names = [(g.first if first else g.last)(n, rank) for n in names]
        attributes = {"axis": 1 if first else rank - 1} if kind == "Concat" else {}
        return g.op(kind, *names, first=first, **attributes)
    return write


def relu(layer, g, x):
    first = x in g.first_names
    if layer.max_value is None:
        return g.op("Relu", x, first=first)
    return g.op("Clip", x, g.constant(0), g.constant(layer.max_value), first=first)


def zero_padding(layer, g, x):
    low, high = zip(*layer.padding)
    whole = g.constant([0, 0, *low, 0, 0, *high], "i8")
    return g.op("Pad", g.first(x, 4), whole, first=True)


def upsampling(layer, g, x):
    scales = g.constant([1, 1, *layer.size])
    return g.op("Resize", g.first(x, 4), "", scales, mode="nearest", nearest_mode="floor", first=True,
                coordinate_transformation_mode="asymmetric")


def layer_normalization(layer, g, x):
    return g.op("LayerNormalization", g.last(x, rank_of(layer)), *[g.constant(v) for v in weights(layer)], axis=-1,
                epsilon=layer.epsilon)


def recurrent(layer, g, x):
    """Keras orders the gates i f c o and z r h; ONNX i o f c and z r h."""
    kernel, recurrent_kernel, bias = weights(layer)
    kind = type(layer).__name__
    order = [0, 3, 1, 2] if kind == "LSTM" else [0, 1, 2]

    def ordered(v):
        parts = np.split(v, len(order), -1)
        return np.concatenate([parts[k] for k in order], -1)
    if kind == "LSTM":
        whole, extra = np.concatenate([ordered(bias), np.zeros_like(bias)]), {}
    else:
        whole, extra = np.concatenate([ordered(bias[0]), ordered(bias[1])]), {"linear_before_reset": 1}
    steps = g.op("Transpose", g.last(x, 3), perm=[1, 0, 2])
    inputs = [steps, g.constant(ordered(kernel).T[None]), g.constant(ordered(recurrent_kernel).T[None]),
              g.constant(whole[None])]
    if layer.return_sequences:
        y = g.op(kind, *inputs, hidden_size=layer.units, **extra)
        return g.op("Transpose", g.op("Squeeze", y, g.constant([1], "i8")), perm=[1, 0, 2])
    name = f"t{len(g.nodes)}"
    g.nodes.append(helper.make_node(kind, inputs, ["", name], hidden_size=layer.units, **extra))
    return g.op("Squeeze", name, g.constant([0], "i8"))


def attention(layer, g, x, *_):
    values = weights(layer)
    steps, channels = source_shape(layer)[1:]
    heads, size = values[0].shape[1:]
    split = g.constant([g.batch, steps, heads, size], "i8")

    def linear(name, kernel, bias, rows):
        product = g.op("MatMul", name, g.constant(kernel.reshape(rows, -1)))
        return g.op("Add", product, g.constant(bias.reshape(-1)))
    q, k, v = [g.op("Reshape", linear(x, values[2 * i], values[2 * i + 1], channels), split) for i in range(3)]
    q, k, v = [g.op("Transpose", t, perm=p) for t, p in ((q, [0, 2, 1, 3]), (k, [0, 2, 3, 1]), (v, [0, 2, 1, 3]))]
    scores = g.op("Softmax", g.op("MatMul", g.op("Mul", q, g.constant(size**-0.5)), k), axis=-1)
    mixed = g.op("Transpose", g.op("MatMul", scores, v), perm=[0, 2, 1, 3])
    mixed = g.op("Reshape", mixed, g.constant([g.batch, steps, heads * size], "i8"))
    return linear(mixed, values[6], values[7], heads * size)


LAYERS = {
    "Conv1D": convolution, "Conv2D": convolution, "DepthwiseConv2D": convolution, "Dense": dense,
    "BatchNormalization": normalization, "AveragePooling2D": pooling, "MaxPooling2D": pooling, "MaxPooling1D": pooling,
    "GlobalAveragePooling1D": global_pooling, "GlobalAveragePooling2D": global_pooling,
    "GlobalMaxPooling2D": global_pooling, "Flatten": reshape, "Reshape": reshape, "Add": merged("Add"),
    "Multiply": merged("Mul"), "Concatenate": merged("Concat"), "ReLU": relu, "ZeroPadding2D": zero_padding,
    "UpSampling2D": upsampling, "LayerNormalization": layer_normalization, "LSTM": recurrent, "GRU": recurrent,
    "MultiHeadAttention": attention, "Dropout": lambda layer, g, x: x,
    "Activation": lambda layer, g, x: activated(g, x, layer.activation, x in g.first_names),
}


def write(model, batch, path):
    g, names = Graph(batch), {id(model.inputs[0]): "x"}
    for layer in model.layers[1:]:
        sources = layer.input if isinstance(layer.input, (list, tuple)) else [layer.input]
        names[id(layer.output)] = LAYERS[type(layer).__name__](layer, g, *[names[id(t)] for t in sources])
    output = model.outputs[0]
    g.nodes.append(helper.make_node("Identity", [g.last(names[id(output)], len(output.shape))], ["y"]))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, *tensor.shape[1:]])
            for name, tensor in (("x", model.inputs[0]), ("y", output))]
    graph = helper.make_graph(g.nodes, model.name, ends[:1], ends[1:], g.constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
