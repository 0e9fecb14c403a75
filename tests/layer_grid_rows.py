"""What layer_grid.py enumerates: for each layer its arguments and the values they take, as texts of a model file.

An argument's value None leaves the argument out. Names that start with @ are not arguments: `@in` the inputs of one call,
each `EXTENTS[:DTYPE[:LOW:HIGH]]` with spaces between them; `@before` a layer that inputs go through first (it makes a mask);
`@call` the call's form, {0} and {1} being the inputs; `@after` a layer on the result (it consumes a mask). `valid` says which
combinations can be meant; a few of the others are tried too, for what both must refuse.
"""
import dataclasses
import typing


@dataclasses.dataclass
class Row:
    name: str
    arguments: dict
    valid: typing.Callable = lambda chosen: True
    tolerance: float = 2e-7  # of the reference: more where Keras itself computes in float32, or rounds to whole numbers


ROWS = []


def row(name, inputs, valid=None, tolerance=2e-7, **arguments):
    special = {"@" + k[1:]: arguments.pop(k) for k in list(arguments) if k[0] == "_"}
    names = {"@in": inputs.split(" | "), **special, **arguments}
    ROWS.append(Row(name, names, valid or (lambda chosen: True), tolerance))


def texts(*values):
    return [None if v is None else repr(v) for v in values]


FLAG = [None, "True"]
OFF = [None, "False"]
ACTIVATIONS = texts(None, "relu", "tanh", "softmax", "gelu", "leaky_relu", "hard_sigmoid")
MASK = [None, "Masking(0.0)"]
AXIS_FORMAT = texts(None, "channels_first", "channels_last")
DTYPE = texts(None, "float64")
INTS = "5:int32 | 4,3:int64 | 7:uint8 | 3:bool | 4:int8 | 2,2:uint16"

# ---- any shape ----
row("Dense", "5 | 1 | 17 | 3,5 | 2,3,4 | 2,1,2,3 | 6:int32 | 5:bool", units=texts(1, 3, 7, 8, 9, 16, 17, 31), use_bias=OFF,
    activation=ACTIVATIONS + ["LeakyReLU(0.1)", "lambda t: t * 2.0", "'sparsemax'", "'log_softmax'"], dtype=DTYPE,
    kernel_initializer=texts(None, "zeros", "he_normal"), _before=MASK)
row("Activation", "5 | 2,3 | 1 | 4:int32",
    activation=texts(*"""linear celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid
    sparsemax squareplus swish tanh tanh_shrink threshold nonsense""".split()) + ["ops.tanh", "lambda t: t + 1"])
row("Flatten", "5 | 3,4 | 2,3,4 | 1,1 | 2,2,2,2 | 3:int32 | ", data_format=AXIS_FORMAT, _before=MASK)
for name in ("Dropout", "AlphaDropout"):
    row(name, "5 | 3,4 | 3:int32", rate=["0.5", "0", "0.99", "1", "-0.1", "1.5"], noise_shape=texts(None, (None, 1)), seed=texts(None, 7),
        _call=["({0})", "({0}, training=False)"], _before=MASK)
row("GaussianDropout", "5 | 3,4", rate=["0.5", "0", "1", "-1"], seed=texts(None, 1), _before=MASK)
row("GaussianNoise", "5 | 3,4", stddev=["0.5", "0", "1.0", "-1"], seed=texts(None, 1), _before=MASK)
for rank, inputs in ((1, "3,4 | 1,1 | 4"), (2, "3,4,2 | 1,1,1 | 3,4"), (3, "2,3,4,2 | 1,1,1,1 | 2,3,4")):
    row(f"SpatialDropout{rank}D", inputs, rate=["0.5", "0", "-0.1"], **({"data_format": AXIS_FORMAT} if rank > 1 else {}))
row("ActivityRegularization", "5 | 3,4", l1=texts(None, 0.1), l2=texts(None, 0.2), _before=MASK)
row("SpectralNormalization", "3,4 | 5,4,2 | 5:int32:0:4", layer=["Dense(3)", "Conv1D(2, 2)", "Conv2D(3, 2)", "Embedding(5, 3)", "Flatten()",
    "EinsumDense('abc,cd->abd', (None, 2))", "DepthwiseConv1D(2)", "LSTM(2)"], power_iterations=texts(None, 3, 0))
row("Identity", "5 | 3,4 | 2:int32", dtype=DTYPE, _before=MASK)
row("BatchNormalization", "5 | 1 | 3,4 | 3,4,2 | 2,3,1,2", axis=texts(None, -1, 1, 2, 3, 7), epsilon=texts(None, 1e-5, 0.1),
    center=OFF, scale=OFF, momentum=texts(None, 0.5), dtype=DTYPE, _before=MASK, _call=["({0})", "({0}, training=False)"])
row("ReLU", "5 | 3,4 | 4:int32", max_value=texts(None, 1.0, 0.5, 6, -1), negative_slope=texts(None, 0.1, 0, -0.5),
    threshold=texts(None, 0.3, 0, 1, -1), _before=MASK)
row("LeakyReLU", "5 | 3,4 | 4:int32", negative_slope=texts(None, 0.1, 0, 1, -0.5), alpha=texts(None, 0.2), dtype=DTYPE)
row("ELU", "5 | 3,4", alpha=texts(None, 0.1, 0, 2.5, -1), dtype=DTYPE, _before=MASK)
row("PReLU", "5 | 3,4 | 2,3,4 | 1", shared_axes=texts(None, 1, [1], [2], [1, 2], [3]), alpha_initializer=texts(None, "ones"), _before=MASK)
row("Softmax", "5 | 3,4 | 2,3,4 | 1", axis=texts(None, -1, 1, 2, 3, -2, [1, 2], (-1, -2), 0), dtype=DTYPE, _before=MASK)
row("Softmax", "4,5 4,5:bool:0:1", axis=texts(None, -1, 1, (1, 2)), _call=["({0}, mask={1})", "({0}, {1})"])
row("Reshape", "6 | 2,3 | 3,4 | 12:int32 | 1", target_shape=texts((6,), (2, 3), (3, 2, 1), (-1,), (-1, 2), (2, -1, 3), (1, -1), (3, 4), (7,),
    (-1, -1), [2, 3], 6, ()))
row("Permute", "3,4 | 2,3,4 | 5 | 2,1,3,2 | 3,4:int32", dims=texts((2, 1), (1, 2), (3, 1, 2), (1,), (1, 3, 2), (4, 1, 3, 2), (0, 1), (2, 2), [2, 1]))
row("RepeatVector", "5 | 1 | 3,4 | 3:int32", n=texts(1, 2, 7, 8, 0, -1, 2.5))
row("Rescaling", "3 | 4,3 | 2,2,3:uint8:0:255 | 3:int32 | 3:bool", scale=["0.5", "2", "1 / 255.0", "[0.1, 0.2, 0.3]", "(1, 2, 3)", "-1"],
    offset=texts(None, 0, 0.5, -1, [1.0, 2.0, 3.0]), dtype=DTYPE)

# ---- several tensors ----
TWO = "5 5 | 3,4 3,4 | 3,4 4 | 3,4 1,4 | 2,3,4 3,1 | 1 5 | 5:int32 5:int32 | 5:int32 5 | 3,4 3,5 | 5:bool 5:bool"
for name in ("Add", "Multiply", "Average", "Maximum", "Minimum"):
    row(name, TWO + " | 3,4 3,4 3,4 | 3 3 3 3 | 5", _call=["([{0}, {1}])", "([{0}, {1}, {0}])", "([{1}, {0}])", "([{0}])", "({0})"], dtype=DTYPE,
        _before=MASK)
row("Subtract", TWO, _call=["([{0}, {1}])", "([{1}, {0}])", "([{0}, {1}, {0}])", "([{0}])"], dtype=DTYPE, _before=MASK)
row("Concatenate", "5 5 | 3,4 3,4 | 3,4 2,4 | 3,4 3,1 | 2,3,4 2,3,5 | 5:int32 5:int32 | 5:int32 5 | 5 3,4 | 3,4 4 | 5:bool 5:bool",
    axis=texts(None, -1, 1, 2, -2, 3, 0), _call=["([{0}, {1}])", "([{0}, {1}, {0}])", "([{0}])"], _before=MASK)
row("Dot", "5 5 | 3,4 3,4 | 3,4 4,5 | 3,4 5,4 | 4 3,4 | 2,3,4 2,4,3 | 2,3,4 4 | 1,1 1,1 | 3,4 3", axes=texts(1, 2, -1, (1, 2), (2, 1), (2, 2), (1, 1),
    (-1, -1), (3, 2), (-1, -2), 0, (0, 1)), normalize=FLAG, _call=["([{0}, {1}])", "([{1}, {0}])"])

# ---- convolutions ----
SHAPES = {1: "7,3 | 1,1 | 8,4 | 9,1 | 16,6 | 2,8 | 3,7", 2: "5,6,3 | 1,1,1 | 7,5,4 | 8,9,1 | 4,4,6 | 2,3,8", 3: "3,4,5,2 | 1,1,1,1 | 4,3,3,4 | 2,5,3,1"}
KERNELS = {1: texts(1, 2, 3, 5, (3,)), 2: texts(1, 2, 3, (1, 3), (3, 2), (5, 1)), 3: texts(1, 2, (1, 2, 3), 3)}
STRIDES = {1: texts(None, 1, 2, 3), 2: texts(None, 2, (2, 1), (1, 3), 3), 3: texts(None, 2, (1, 2, 1))}
DILATIONS = {1: texts(None, 1, 2, 3), 2: texts(None, 2, (1, 2), (3, 1)), 3: texts(None, 2, (1, 2, 1))}
USUAL = dict(activation=ACTIVATIONS, use_bias=OFF)


def one(value):
    return value is None or all(d == 1 for d in [eval(value)] if not isinstance(d, tuple)) and not value.startswith("(")


def conv_valid(chosen):
    return (one(chosen["strides"]) or one(chosen["dilation_rate"])) and fits(chosen)


def transpose_valid(chosen):
    """The output padding is less than each stride."""
    strides = eval(chosen["strides"] or "1")
    least = min(strides) if isinstance(strides, tuple) else strides
    return conv_valid(chosen) and int(chosen["output_padding"] or 0) < least


def fits(chosen):
    """Groups divide the channels and the filters."""
    groups = int(chosen.get("groups") or 1)
    extents = chosen["@in"].split(":")[0].split(",")
    channels = int(extents[0 if "first" in (chosen.get("data_format") or "") else -1])
    return channels % groups == 0 and int(chosen.get("filters") or groups) % groups == 0


for rank in (1, 2, 3):
    row(f"Conv{rank}D", SHAPES[rank], conv_valid, filters=texts(1, 2, 4, 7, 8, 9, 16, 17), kernel_size=KERNELS[rank], strides=STRIDES[rank],
        padding=texts(None, "same", "valid", *(["causal"] if rank == 1 else [])), data_format=AXIS_FORMAT, dilation_rate=DILATIONS[rank],
        groups=texts(None, 1, 2, 3, 4), dtype=DTYPE, **USUAL)
    row(f"Conv{rank}DTranspose", SHAPES[rank], transpose_valid, filters=texts(1, 3, 8, 9, 16), kernel_size=KERNELS[rank], strides=STRIDES[rank],
        padding=texts(None, "same", "valid"), output_padding=texts(None, 0, 1, 2), data_format=AXIS_FORMAT, dilation_rate=DILATIONS[rank], **USUAL)
for rank in (1, 2):
    square = {1: texts(None, 1, 2, 3), 2: texts(None, 2, 3, (2, 2), (1, 2))}[rank]
    more = dict(strides=square, padding=texts(None, "same", "valid"), depth_multiplier=texts(None, 1, 2, 3), data_format=AXIS_FORMAT,
                dilation_rate=DILATIONS[rank], dtype=DTYPE, **USUAL)
    row(f"DepthwiseConv{rank}D", SHAPES[rank], conv_valid, kernel_size=KERNELS[rank], **more)
    row(f"SeparableConv{rank}D", SHAPES[rank], conv_valid, filters=texts(1, 3, 8, 17), kernel_size=KERNELS[rank], **more)

# ---- pooling ----
for rank in (1, 2, 3):
    pools = {1: texts(None, 1, 2, 3, (2,)), 2: texts(None, 1, 2, 3, (2, 3), (1, 2)), 3: texts(None, 2, (1, 2, 3), 3)}[rank]
    for kind in ("Max", "Average"):
        size = pools if kind == "Max" else pools[1:]
        row(f"{kind}Pooling{rank}D", SHAPES[rank], pool_size=size, strides=STRIDES[rank], padding=texts(None, "same", "valid"),
            data_format=AXIS_FORMAT, dtype=DTYPE)
        mask = {"_before": MASK} if rank == 1 and kind == "Average" else {}
        row(f"Global{kind}Pooling{rank}D", SHAPES[rank] + " | 4", data_format=AXIS_FORMAT, keepdims=FLAG, dtype=DTYPE, **mask)
        sizes = {1: texts(1, 2, 3, 5, (4,)), 2: texts(1, 2, (1, 3), (5, 2)), 3: texts(1, 2, (2, 1, 3))}[rank]
        row(f"Adaptive{kind}Pooling{rank}D", SHAPES[rank], output_size=sizes, data_format=AXIS_FORMAT)

# ---- borders and sizes ----
BORDERS = {1: texts(None, 0, 1, 3, (1, 2), (0, 3), -1), 2: texts(None, 0, 1, (1, 2), ((1, 0), (2, 1)), ((0, 3), (0, 0)), (1, 2, 3)),
           3: texts(None, 0, 1, (1, 0, 2), ((1, 0), (0, 1), (2, 0)))}
for rank in (1, 2, 3):
    given = {} if rank == 1 else {"data_format": AXIS_FORMAT}
    row(f"ZeroPadding{rank}D", SHAPES[rank] + (" | 3,2:int32" if rank == 1 else ""), padding=BORDERS[rank], **(given or {"data_format": AXIS_FORMAT}))
    row(f"Cropping{rank}D", SHAPES[rank], cropping=BORDERS[rank], **given)
row("UpSampling1D", SHAPES[1] + " | 3", size=texts(None, 1, 2, 3, 0))
row("UpSampling2D", SHAPES[2], tolerance=2e-6, size=texts(None, 1, 2, 3, (2, 3), (1, 4)), data_format=AXIS_FORMAT,
    interpolation=texts(None, "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"))
row("UpSampling3D", SHAPES[3], size=texts(None, 1, 2, (1, 2, 3)), data_format=AXIS_FORMAT)
row("Resizing", "5,6,3 | 1,1,1 | 7,5,4 | 4,4,1 | 2,9,2", lambda c: not (c["crop_to_aspect_ratio"] and c["pad_to_aspect_ratio"]),
    tolerance=2e-6, height=texts(1, 3, 4, 8), width=texts(1, 4, 5, 9),
    interpolation=texts(None, "nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"), crop_to_aspect_ratio=FLAG, pad_to_aspect_ratio=FLAG,
    antialias=FLAG, fill_mode=texts(None, "constant"), fill_value=texts(None, 0.5), data_format=AXIS_FORMAT)
row("Resizing", "4,4,3:uint8:0:255 | 5,6,1:uint8:0:255 | 4,3,2:int32:-99:99", tolerance=0.02, height=texts(3, 8), width=texts(3, 7),
    interpolation=texts(None, "nearest", "bicubic"), crop_to_aspect_ratio=FLAG, antialias=FLAG)
row("CenterCrop", "5,6,3 | 1,1,1 | 7,5,4 | 4,4,1", height=texts(1, 3, 4, 7), width=texts(1, 4, 6), data_format=AXIS_FORMAT)
for name, first in (("RandomFlip", {"mode": texts(None, "horizontal", "vertical")}), ("RandomRotation", {"factor": ["0.2", "(-0.1, 0.3)"]}),
                    ("RandomZoom", {"height_factor": ["0.2", "(-0.1, 0.1)"]}), ("RandomContrast", {"factor": ["0.2"]}),
                    ("RandomTranslation", {"height_factor": ["0.2"], "width_factor": ["0.1"]}), ("RandomBrightness", {"factor": ["0.2"]})):
    row(name, "5,6,3 | 1,1,1 | 4,4,3", **first, seed=texts(None, 3))
IMAGES, SEED, RANGE = "5,6,3 | 4,4,3", texts(None, 3), texts(None, (0, 1))
for name, first in (("RandomShear", {"x_factor": ["0.2", "(0.1, 0.3)"], "y_factor": [None, "0.2"]}), ("RandomPerspective", {"factor": [None, "0.5"]}),
                    ("RandomElasticTransform", {"factor": [None, "0.5"], "value_range": RANGE}), ("RandomErasing", {"factor": [None, "0.5"], "value_range": RANGE}),
                    ("RandomHue", {"factor": ["0.2", "(0.1, 0.3)"], "value_range": RANGE}), ("RandomSaturation", {"factor": ["0.2"], "value_range": RANGE}),
                    ("RandomSharpness", {"factor": ["0.2"], "value_range": RANGE}), ("RandomColorDegeneration", {"factor": ["0.2"], "value_range": RANGE}),
                    ("RandomPosterization", {"factor": ["4"], "value_range": RANGE}), ("RandomInvert", {"factor": [None, "0.5"], "value_range": RANGE}),
                    ("RandomGrayscale", {"factor": [None, "0.5"]}), ("RandomGaussianBlur", {"factor": [None, "0.5"], "kernel_size": [None, "5"]}),
                    ("RandomColorJitter", {"brightness_factor": [None, "0.2"], "hue_factor": [None, "0.1"], "value_range": RANGE}),
                    ("RandAugment", {"num_ops": [None, "1"], "value_range": RANGE}), ("AugMix", {"num_chains": [None, "2"], "all_ops": OFF, "value_range": RANGE}),
                    ("MixUp", {"alpha": [None, "0.4"]}), ("CutMix", {"factor": [None, "0.5"]}), ("Solarization", {"addition_factor": [None, "0.2"]})):
    row(name, IMAGES, **first, seed=SEED)
row("RandomCrop", "5,6,3 | 4,4,1", height=["4", "5"], width=["4", "6"], seed=SEED)

# ---- normalization ----
row("LayerNormalization", "5 | 1 | 17 | 3,4 | 2,3,4", axis=texts(None, -1, 1, 2, [1, 2], (-2, -1), [2], 4), epsilon=texts(None, 1e-6, 0.1),
    center=OFF, scale=OFF, dtype=DTYPE, _before=MASK)
row("GroupNormalization", "4 | 3,4 | 2,3,8 | 4,4,6 | 1,1 | 3,7", groups=texts(None, 1, 2, 4, -1, 3), axis=texts(None, -1, 1, 2, (1, 2)),
    epsilon=texts(None, 0.1), center=OFF, scale=OFF)
row("RMSNormalization", "5 | 3,4 | 2,3,4 | 1", axis=texts(None, -1, 1, 2, [1, 2], (-1,)), epsilon=texts(None, 0.1), dtype=DTYPE, _before=MASK)
row("UnitNormalization", "5 | 3,4 | 2,3,4 | 1", axis=texts(None, -1, 1, 2, [1, 2], (-1,)), dtype=DTYPE, _before=MASK)
row("Normalization", "3 | 4,3 | 2,2,3 | 3:int32 | 1", axis=texts(None, -1, 1, 2, (1, 2)) + ["None"], invert=FLAG,
    mean=texts(None, 0.5, [0.1, 0.2, 0.3]), variance=texts(None, 2.0, [1.0, 2.0, 0.0]), dtype=DTYPE)

# ---- attention ----
row("MultiHeadAttention", "4,5 3,5 | 1,1 1,1 | 5,8 5,8 | 3,4 6,7 | 2,3,4 2,3,4", num_heads=texts(1, 2, 3), key_dim=texts(1, 4, 5),
    value_dim=texts(None, 3), dropout=texts(None, 0.1), use_bias=OFF, output_shape=texts(None, 6, (2, 3), (7,)),
    attention_axes=texts(None, (1,), (1, 2), 2), sliding_window=texts(None, 2), use_gate=FLAG,
    _call=["({0}, {1})", "({0}, {0})", "({0}, {0}, use_causal_mask=True)", "({0}, {1}, {1})", "({0}, {1}, return_attention_scores=True)",
           "(query={0}, value={1}, key={1})"], _before=MASK)
row("GroupQueryAttention", "4,5 3,5 | 1,1 1,1 | 5,8 5,8", head_dim=texts(1, 3, 4), num_query_heads=texts(1, 2, 4), num_key_value_heads=texts(1, 2),
    dropout=texts(None, 0.1), use_bias=OFF, sliding_window=texts(None, 2), use_gate=FLAG,
    _call=["({0}, {1})", "({0}, {0})", "({0}, {0}, use_causal_mask=True)", "({0}, {1}, return_attention_scores=True)"], _before=MASK)
row("Attention", "4,5 3,5 | 1,1 1,1 | 5,8 5,8", use_scale=FLAG, score_mode=texts(None, "dot", "concat", "x"), dropout=texts(None, 0.1), seed=texts(None, 1),
    _call=["([{0}, {1}])", "([{0}, {1}, {1}])", "([{0}, {1}], return_attention_scores=True)", "([{0}, {1}], use_causal_mask=True)"], _before=MASK)
row("AdditiveAttention", "4,5 3,5 | 1,1 1,1 | 5,8 5,8", use_scale=OFF, dropout=texts(None, 0.1),
    _call=["([{0}, {1}])", "([{0}, {1}, {1}])", "([{0}, {1}], return_attention_scores=True)", "([{0}, {1}], use_causal_mask=True)"], _before=MASK)
row("EinsumDense", "4 | 3,4 | 2,3,4", equation=texts("ab,bc->ac", "abc,cd->abd", "...x,xy->...y", "abc,bcd->ad", "abcd,de->abce", "abcd,cde->abe"),
    output_shape=texts(5, (5,), (3, 5), (None, 5), (2, 3, 5)), bias_axes=texts(None, "c", "d", "y", "bd", "e"), activation=texts(None, "relu"))

# ---- preprocessing ----
row("CategoryEncoding", "1:int32:0:4 | 3:int32:0:4 | 4:int64:0:4 | 2,3:int32:0:4 | 1:uint8:0:4 | 3:float32:0:4", num_tokens=texts(5, 7, None),
    output_mode=texts(None, "one_hot", "multi_hot", "count"), sparse=OFF, dtype=texts(None, "float64", "int32"))
row("CategoryEncoding", "3:int32:0:4 3:float32:-1:1", num_tokens=texts(5, 8), output_mode=texts("count", "multi_hot"),
    _call=["({0}, count_weights={1})"])
row("Discretization", "3 | 2,3 | 1 | 4:int32:-2:2", bin_boundaries=texts([0.0], [-0.5, 0.0, 0.5], [-1, 1]), output_mode=texts(None, "int", "one_hot", "multi_hot", "count"),
    dtype=texts(None, "int32", "float32"))
row("Hashing", "1:int32:-9:99 | 3:int64:-9:99 | 2,3:int32:-5:9 | 4:uint8:0:20", num_bins=texts(1, 3, 7, 64, 0), mask_value=texts(None, 0, 3), salt=texts(None, 7, [3, 5]),
    output_mode=texts(None, "int", "one_hot", "multi_hot", "count"))
row("IntegerLookup", "1:int32:0:9 | 4:int64:0:9 | 2,3:int64:0:9", vocabulary=texts([1, 3, 5], [7], [-1, 2, 4, 8]), num_oov_indices=texts(None, 0, 1, 3), mask_token=texts(None, 0),
    oov_token=texts(None, -2), invert=FLAG, output_mode=texts(None, "int", "one_hot", "multi_hot", "count"), pad_to_max_tokens=FLAG, max_tokens=texts(None, 9))
row("Embedding", "1:int32:0:4 | 5:int32:0:4 | 2,3:int64:0:4 | 4:uint8:0:4 | 5:float32:0:4", input_dim=texts(5, 17), output_dim=texts(1, 3, 8, 17), mask_zero=FLAG,
    embeddings_initializer=texts(None, "ones"), dtype=DTYPE, _after=[None, "GlobalAveragePooling1D()", "LSTM(2)"])
row("ReversibleEmbedding", "3:int32:0:4 | 2,3:int64:0:4", input_dim=texts(5, 9), output_dim=texts(1, 4), tie_weights=OFF, mask_zero=FLAG,
    logit_soft_cap=texts(None, 0.5), _after=[None, "GlobalAveragePooling1D()"])
row("ReversibleEmbedding", "4 | 3,4", input_dim=texts(5, 9), output_dim=texts(4, 3), tie_weights=OFF, logit_soft_cap=texts(None, 0.5), dtype=DTYPE,
    _call=["({0}, reverse=True)"])
row("Masking", "4,3:int32:0:1 | 4,3 | 2,3,4:int32:0:1 | 5", mask_value=texts(None, 0.0, 1.0), dtype=DTYPE, _after=[None, "GlobalAveragePooling1D()", "GRU(2, return_sequences=True)"])
row("Masking", "4,1:float32:0:1 | 3,2:float32:-1:0", mask_value=texts(None, 0), _after=["LSTM(3)", "SimpleRNN(3, return_sequences=True)", "Dense(2)"])

# ---- recurrent ----
SEQUENCES = "4,3 | 1,1 | 5,2 | 2,8 | 3,3,2 | 4"
FLOW = dict(return_sequences=FLAG, return_state=FLAG, go_backwards=FLAG, unroll=FLAG, _before=MASK)
GATES = texts(None, "hard_sigmoid", "tanh")
row("SimpleRNN", SEQUENCES, units=texts(1, 3, 4, 8, 17), activation=texts(None, "relu", "linear"), use_bias=OFF, dropout=texts(None, 0.2),
    recurrent_dropout=texts(None, 0.1), **FLOW)
row("GRU", SEQUENCES, units=texts(1, 3, 4, 8, 17), activation=texts(None, "relu", "linear"), recurrent_activation=GATES, use_bias=OFF, reset_after=OFF,
    dropout=texts(None, 0.2), dtype=DTYPE, **FLOW)
row("LSTM", SEQUENCES, units=texts(1, 3, 4, 8, 17), activation=texts(None, "relu", "linear"), recurrent_activation=GATES, use_bias=OFF, unit_forget_bias=OFF,
    dropout=texts(None, 0.2), use_cudnn=texts(None, False), dtype=DTYPE, **FLOW)
CELLS = ["LSTMCell(3)", "GRUCell(4)", "SimpleRNNCell(1)", "GRUCell(2, reset_after=False)", "[LSTMCell(3), GRUCell(2)]", "[SimpleRNNCell(3), SimpleRNNCell(3)]",
         "StackedRNNCells([GRUCell(3)])", "LSTMCell(3, activation='relu', use_bias=False)", "Dense(3)"]
ONE_STATE = ["({0}, [{1}])", "({0}, {1})", "({0}, states=[{1}], training=False)", "({0})"]
row("SimpleRNNCell", "4 3 | 1 1 | 2,3 3", units=texts(1, 3), activation=texts(None, "relu", "softmax"), use_bias=OFF, dtype=DTYPE, _call=ONE_STATE)
row("GRUCell", "4 3 | 1 1 | 2,3 3", units=texts(1, 3), activation=texts(None, "relu"), recurrent_activation=GATES, use_bias=OFF, reset_after=OFF, dtype=DTYPE, _call=ONE_STATE)
row("LSTMCell", "4 3 3 | 1 1 1 | 2,3 3 3", units=texts(1, 3), activation=texts(None, "relu"), recurrent_activation=GATES, use_bias=OFF, unit_forget_bias=OFF, dtype=DTYPE,
    _call=["({0}, [{1}, {2}])", "({0}, states=[{1}, {2}], training=False)", "({0}, [{1}])"])
row("StackedRNNCells", "4 3 3 | 1 3 2 | 5 2 2 | 2,3 3 3", cells=["[GRUCell(3)]", "[GRUCell(3), SimpleRNNCell(3)]", "[SimpleRNNCell(2), GRUCell(2, reset_after=False)]",
    "[LSTMCell(3), GRUCell(3)]", "[LSTMCell(2)]", "[SimpleRNNCell(3, use_bias=False), GRUCell(2)]"],
    _call=["({0}, [{1}])", "({0}, [{1}, {2}])", "({0}, [[{1}], {2}])", "({0}, [[{1}, {2}]])", "({0}, [[{1}, {2}], {1}], training=False)", "({0}, {1})"])
row("RNN", SEQUENCES.replace(" | 3,3,2", ""), cell=CELLS, zero_output_for_mask=FLAG, **FLOW)
row("Bidirectional", SEQUENCES, layer=["LSTM(3)", "GRU(2, return_sequences=True)", "SimpleRNN(1, return_state=True)", "LSTM(2, return_sequences=True, return_state=True)",
    "RNN(GRUCell(3))", "LSTM(3, go_backwards=True)", "Dense(3)"], merge_mode=texts(None, "concat", "sum", "mul", "ave") + ["None"],
    backward_layer=[None, "LSTM(3, go_backwards=True)", "GRU(2, go_backwards=True, return_sequences=True)"], _before=MASK)
row("Bidirectional", "3,5,2 | 2,4,3,2 | 2,3,2,3,2", layer=[f"ConvLSTM{rank}D(2, 2{more})" for rank in (1, 2, 3) for more in
    ("", ", return_sequences=True", ", padding='same', return_state=True", ", data_format='channels_first', return_sequences=True, go_backwards=True")],
    merge_mode=texts(None, "sum", "mul", "ave") + ["None"], backward_layer=[None, "ConvLSTM2D(2, 2, go_backwards=True)", "ConvLSTM1D(3, 2, return_sequences=True)"])
row("TimeDistributed", "3,4 | 1,1 | 2,5,3 | 2,4,5,2 | 4", lambda c: "GlobalAverage" not in c["layer"] or c["@in"] == "2,5,3", layer=["Dense(3)", "Dense(2, activation='relu')", "Conv2D(2, 2)", "Conv1D(3, 2, padding='same')", "Flatten()",
    "BatchNormalization()", "LSTM(3)", "GlobalAveragePooling1D()", "Dropout(0.5)", "MaxPooling2D(2)", "LayerNormalization()", "TimeDistributed(Dense(2))"], _before=MASK)
for rank, inputs in ((1, "3,5,2 | 1,1,1 | 2,4,3"), (2, "3,4,5,2 | 1,1,1,1 | 2,3,3,3"), (3, "2,2,3,2,2 | 1,1,1,1,1")):
    windows = {1: texts(1, 2, 3), 2: texts(1, 2, (2, 3)), 3: texts(1, 2)}[rank]
    row(f"ConvLSTM{rank}D", inputs, lambda c: one(c["strides"]) or one(c["dilation_rate"]), filters=texts(1, 2, 3), kernel_size=windows, strides=texts(None, 1, 2),
        padding=texts(None, "same"), data_format=AXIS_FORMAT, dilation_rate=texts(None, 2), activation=texts(None, "relu"), recurrent_activation=GATES, use_bias=OFF,
        unit_forget_bias=OFF, return_sequences=FLAG, return_state=FLAG, go_backwards=FLAG)
row("Lambda", "3 | 4,3", function=["lambda t: t * 2.0", "lambda t: ops.tanh(t)[:, :2]", "lambda t, k=2: t * k", "ops.relu"], output_shape=texts(None, (3,)),
    arguments=[None], mask=[None], _before=MASK)

# ---- what has no row ----
# Each class that keras.layers exports has a row, or stands here with the reason (layer_grid.py checks that).
STRINGS = "takes or gives strings, which compiled models do not have: E298"
FOREIGN = "wraps a model of another framework or file format"
SIGNAL = "computes on images or signals what no kernel does: the message says that it is not supported"
WITHOUT_ROW = {
    "StringLookup": STRINGS, "TextVectorization": STRINGS,
    "FlaxLayer": FOREIGN, "JaxLayer": FOREIGN, "TFSMLayer": FOREIGN, "TorchModuleWrapper": FOREIGN,
    "AutoContrast": SIGNAL, "Equalization": SIGNAL, "ContrastLimitedAdaptiveHistogramEqualization": SIGNAL, "MelSpectrogram": SIGNAL,
    "STFTSpectrogram": SIGNAL, "MaxNumBoundingBoxes": SIGNAL, "HashedCrossing": "crosses by a hash that no kernel computes: the message says so",
    "InputLayer": "made by Input, which every case has", "InputSpec": "no layer: a description of inputs", "Layer": "the base class of the file's own",
    "Wrapper": "the base class of Bidirectional and the like", "Pipeline": "a list of layers, for data pipelines",
}


def uncovered(layers):
    """The names of classes of the module that have neither a row nor a reason, and of reasons without a class."""
    names = {}  # of each class: several for one
    for name, value in vars(layers).items():
        if isinstance(value, type):
            names.setdefault(value, set()).add(name)
    rows, exported = {r.name for r in ROWS}, set().union(*names.values())
    missing = [min(own) for own in names.values() if not own & (rows | set(WITHOUT_ROW))]
    return sorted(missing), sorted(set(WITHOUT_ROW) - exported | set(WITHOUT_ROW) & rows)
